"""Two small drawings for the report, as inline SVG: the loss curve, and candidates by size and KL."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from limbeck.core.units import format_bytes

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 34, 44
_KL_FLOOR = 1e-6
_LETTER, _LINE = 7.5, 15.0
"""About how wide a letter and how high a line of a label is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Map values onto pixels, straight or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a value, one decimal."""
        low, high, here = (math.log10(x) if self.is_log else x for x in (self.low, self.high, value))
        share = (here - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return round values within the scale."""
        if self.is_log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 4))]
        span = (self.high - self.low) or 1.0
        step = 10.0 ** math.floor(math.log10(span / 3))
        step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
        return [step * number for number in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def plot_loss(points: Sequence[Mapping[str, float]]) -> Markup:
    """Draw loss over steps, and the held-out loss where it was taken; empty where fewer than two points are known."""
    if len(points) < 2:
        return Markup("")
    losses = [point["loss"] for point in points]
    scored = [point for point in points if "held_out" in point]
    x = _across(0, max(point["step"] for point in points))
    y = _upward(0, max(*losses, *(point["held_out"] for point in scored)) * 1.05)
    line = " ".join(f"{x.at(point['step'])},{y.at(point['loss'])}" for point in points)
    final = Markup(
        '<circle class="chosen" cx="{}" cy="{}" r="4"/><text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(x.at(points[-1]["step"]), y.at(losses[-1]), _WIDTH - _RIGHT, y.at(losses[-1]) - 10, f"{losses[-1]:.3g}")
    drawn = Markup('<polyline class="curve" points="{}"/>').format(line) + final
    if scored:
        dots = " ".join(f"{x.at(point['step'])},{y.at(point['held_out'])}" for point in scored)
        drawn += Markup('<polyline class="held" points="{}"/>').format(dots)
    return _svg("Training loss by step", _axes(x, y, _plain, _plain, labels=("step", "loss")) + drawn)


def plot_candidates(candidates: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw exports by bytes and KL from the uncompressed model, chosen ones filled; empty where none was scored."""
    scored = [one for one in candidates if "kl" in one]
    if not scored:
        return Markup("")
    sizes = [one["actual_bytes"] for one in scored]
    kls = [max(one["kl"][end], _KL_FLOOR) for one in scored for end in ("low", "mean", "high")]
    x = _across(min(sizes) * 0.9, max(sizes) * 1.12)
    y = _upward(10 ** (math.log10(min(kls)) - 0.4), 10 ** (math.log10(max(kls)) + 0.3), is_log=True)
    labels = _apart([_label(one, x, y) for one in scored])
    drawn = Markup("").join(_candidate(one, label, x, y) for one, label in zip(scored, labels, strict=True))
    axes = _axes(x, y, lambda value: format_bytes(int(value)), _plain, labels=("bytes", "KL"))
    return _svg("Candidates by size and by KL divergence from the uncompressed model", axes + drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text and where it stands; `end` tells that it stops at x instead of beginning there."""

    text: str
    x: float
    y: float
    end: bool

    def touches(self, other: "Label") -> bool:
        """Tell whether two labels would be drawn over each other."""
        (left, right), (other_left, other_right) = self._reach(), other._reach()
        return left < other_right and other_left < right and abs(self.y - other.y) < _LINE

    def _reach(self) -> tuple[float, float]:
        width = _LETTER * len(self.text)
        return (self.x - width, self.x) if self.end else (self.x, self.x + width)


def _label(one: Mapping[str, Any], x: Scale, y: Scale) -> Label:
    at = x.at(one["actual_bytes"])
    end = at > _WIDTH * 0.75
    beside = at - 9 if end else at + 9
    mean = y.at(max(one["kl"]["mean"], _KL_FLOOR))
    return Label(text=f"{one['engine']} {one['name']}", x=beside, y=mean + 4, end=end)


def _apart(labels: Sequence[Label]) -> list[Label]:
    """Move labels up or down by lines until none touches one before it."""
    placed: list[Label] = []
    for label in labels:
        moved = (replace(label, y=label.y + _LINE * lines) for lines in (0, -1, 1, -2, 2, -3, 3))
        placed.append(next((each for each in moved if not any(map(each.touches, placed))), label))
    return placed


def _candidate(one: Mapping[str, Any], label: Label, x: Scale, y: Scale) -> Markup:
    low, mean, high = (y.at(max(one["kl"][end], _KL_FLOOR)) for end in ("low", "mean", "high"))
    kind = "chosen" if one["status"] == "chosen" else "rejected"
    at = x.at(one["actual_bytes"])
    return Markup(
        '<g><title>{title}</title><line class="whisker" x1="{at}" x2="{at}" y1="{low}" y2="{high}"/>'
        '<circle class="{kind}" cx="{at}" cy="{mean}" r="5"/>'
        '<text x="{beside}" y="{below}" text-anchor="{anchor}">{label}</text></g>'
    ).format(
        title=f"{one['engine']} {one['name']}: {one['status']}, {one['reason']}",
        at=at,
        low=low,
        high=high,
        mean=mean,
        kind=kind,
        beside=label.x,
        anchor="end" if label.end else "start",
        below=label.y,
        label=label.text,
    )


def _across(low: float, high: float) -> Scale:
    return Scale(low=low, high=high, start=_LEFT, end=_WIDTH - _RIGHT)


def _upward(low: float, high: float, *, is_log: bool = False) -> Scale:
    return Scale(low=low, high=high, start=_HEIGHT - _BOTTOM, end=_TOP, is_log=is_log)


def _axes(
    x: Scale, y: Scale, write_x: Callable[[float], str], write_y: Callable[[float], str], *, labels: tuple[str, str]
) -> Markup:
    return Markup("").join([*_x_axis(x, write_x, labels[0]), *_y_axis(y, write_y, labels[1])])


def _x_axis(x: Scale, write: Callable[[float], str], label: str) -> Iterator[Markup]:
    floor = _HEIGHT - _BOTTOM
    yield Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH - _RIGHT, floor, floor)
    for value in x.ticks():
        tick = '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
        yield Markup(tick).format(x.at(value), floor + 17, write(value))
    yield Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(
        _WIDTH - _RIGHT, _HEIGHT - 6, label
    )


def _y_axis(y: Scale, write: Callable[[float], str], label: str) -> Iterator[Markup]:
    for value in y.ticks():
        at = y.at(value)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH - _RIGHT, at, at)
        tick = '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
        yield Markup(tick).format(_LEFT - 8, at + 4, write(value))
    yield Markup('<text class="name" x="12" y="{}">{}</text>').format(_TOP - 18, label)


def _plain(value: float) -> str:
    return f"{value:g}"


def _svg(title: str, body: Markup) -> Markup:
    return Markup('<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}">{body}</svg>').format(
        width=_WIDTH, height=_HEIGHT, title=escape(title), body=body
    )
