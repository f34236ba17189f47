"""Draw attention weights as one PNG: a small picture for each head, layers below each other.

T = queries, S = keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.core.errors import UsageError
from limbeck.evaluation.fonts import Fonts, choose_fonts
from limbeck.model.attention_map import AttentionMap, Part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES: Mapping[Part, tuple[str, str]] = {
    "encoder": ("Encoder", " · 编码器"),
    "decoder": ("Decoder", " · 解码器"),
    "cross": ("Cross-attention", " · 交叉注意力"),
}
_LEGEND = ("attention weight, each row adds up to 1; hatched: masked", "\n注意力权重，每行之和为 1；斜线：被遮住")
_INK, _DIM, _LINE, _PAPER = "#1c2430", "#667084", "#dcd9cf", "#ffffff"
_RAMP = ("#f3f7f5", "#56a892", "#0c3a2f")
_DPI, _MAX_INCHES, _MARGIN = 160, 60.0, 0.35
_TOKEN_POINTS, _NAME_POINTS, _TITLE_POINTS = 7.5, 8.5, 12.0
_BETWEEN, _HEAD_ROOM, _PART_ROOM = 0.14, 0.26, 0.32
_TOP_ROOM = 0.95
_TICKS = (0, 0.05, 0.25, 0.5, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Where the heads of one map go, in inches; `left` and `below` hold the tokens."""

    drawn: AttentionMap
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    cell: float
    left: float
    below: float

    @property
    def panel(self) -> tuple[float, float]:
        return len(self.keys) * self.cell, len(self.queries) * self.cell

    @property
    def width(self) -> float:
        return self.left + len(self.drawn.heads) * (self.panel[0] + _BETWEEN)

    @property
    def height(self) -> float:
        return _PART_ROOM + _HEAD_ROOM + len(self.drawn.layers) * (self.panel[1] + _BETWEEN) + self.below


def draw_attention(maps: Sequence[AttentionMap], path: Path, *, model: str, texts: Sequence[str]) -> str:
    """Write the picture, and return the characters that no installed font has; their tokens are numbered instead.

    Raises: UsageError: too many heads for one picture.
    """
    from matplotlib.figure import Figure

    title = " → ".join(texts)
    shown = [title, model, *(token for each in maps for token in (*each.queries, *each.keys))]
    fonts, is_bilingual = _fonts_for("".join(shown))
    blocks = [_lay_out(each, fonts) for each in maps]
    width = max(6.2, *(block.width for block in blocks)) + 2 * _MARGIN
    height = _TOP_ROOM + sum(block.height + 0.2 for block in blocks) + _MARGIN
    if max(width, height) > _MAX_INCHES:
        fix = "choose some with --layer and --head, or write an .html, which scrolls"
        raise UsageError(f"a picture of {width:.0f} by {height:.0f} inches is too large", fix=fix)
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor=_PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    _head(axes, fonts, (title, model, "".join(_LEGEND[: 1 + is_bilingual])))
    top = _MARGIN + _TOP_ROOM
    for block in blocks:
        _draw_block(axes, block, top, fonts, "".join(_TITLES[block.drawn.part][: 1 + is_bilingual]))
        top += block.height + 0.2
    figure.savefig(path, format="png")
    return fonts.missing


def _fonts_for(text: str) -> tuple[Fonts, bool]:
    """Choose fonts, and tell whether they have our Chinese words too, which no one should be warned about."""
    fonts = choose_fonts(text)
    wider = choose_fonts(text + _LEGEND[1] + "".join(chinese for _, chinese in _TITLES.values()))
    return (wider, True) if wider.missing == fonts.missing else (fonts, False)


def _lay_out(drawn: AttentionMap, fonts: Fonts) -> _Block:
    queries = tuple(fonts.label(token, place) for place, token in enumerate(drawn.queries, 1))
    keys = tuple(fonts.label(token, place) for place, token in enumerate(drawn.keys, 1))
    cell = max(0.11, min(0.28, 1.5 / max(len(queries), len(keys))))
    return _Block(
        drawn=drawn,
        queries=queries,
        keys=keys,
        cell=cell,
        left=0.42 + fonts.inches(queries, _TOKEN_POINTS),
        below=0.05 + fonts.inches(keys, _TOKEN_POINTS),
    )


def _head(axes: "Axes", fonts: Fonts, lines: tuple[str, str, str]) -> None:
    """Write the title and the model, and draw the scale of the weights with what it means."""
    title, model, legend = (fonts.readable(line) for line in lines)
    style: dict[str, Any] = {"family": list(fonts.families), "va": "center"}
    axes.text(_MARGIN, _MARGIN + 0.1, title, size=_TITLE_POINTS + 2, color=_INK, weight="bold", **style)
    axes.text(_MARGIN, _MARGIN + 0.38, model, size=_NAME_POINTS, color=_DIM, **style)
    top, width = _MARGIN + 0.55, 2.2
    ramp = [[(step / 255) ** 2 for step in range(256)]]
    axes.imshow(ramp, extent=(_MARGIN, _MARGIN + width, top + 0.09, top), aspect="auto", **_scale())
    for value in _TICKS:
        place = _MARGIN + width * value**0.5
        axes.text(place, top + 0.19, f"{value:g}", size=_TOKEN_POINTS - 1, color=_DIM, ha="center", va="center")
    axes.text(_MARGIN + width + 0.25, top + 0.1, legend, size=_TOKEN_POINTS, color=_DIM, linespacing=1.5, **style)


def _draw_block(axes: "Axes", block: _Block, top: float, fonts: Fonts, title: str) -> None:
    style: dict[str, Any] = {"family": list(fonts.families), "va": "center"}
    axes.text(_MARGIN, top + 0.1, title, size=_TITLE_POINTS - 1, color=_INK, weight="bold", **style)
    names: dict[str, Any] = {"size": _NAME_POINTS, "color": _DIM, "ha": "center", "va": "center"}
    (wide, high), first = block.panel, top + _PART_ROOM + _HEAD_ROOM
    for column, head in enumerate(block.drawn.heads):
        axes.text(_left(block, column) + wide / 2, first - 0.13, f"head {head}", **names)
    for row, layer in enumerate(block.drawn.layers):
        above = first + row * (high + _BETWEEN)
        axes.text(_MARGIN + 0.08, above + high / 2, f"layer {layer}", rotation=90, **names)
        for column in range(len(block.drawn.heads)):
            _draw_head(axes, block, row, column, (_left(block, column), above))
        for place, token in enumerate(block.queries):
            at = (_left(block, 0) - 0.07, above + (place + 0.5) * block.cell)
            axes.text(*at, token, size=_TOKEN_POINTS, color=_INK, ha="right", **style)
    last = first + len(block.drawn.layers) * (high + _BETWEEN) - _BETWEEN
    for column in range(len(block.drawn.heads)):
        for place, token in enumerate(block.keys):
            at = (_left(block, column) + (place + 0.5) * block.cell, last + 0.07)
            axes.text(
                *at, token, size=_TOKEN_POINTS, color=_INK, rotation=90, ha="center", va="top", family=style["family"]
            )


def _draw_head(axes: "Axes", block: _Block, row: int, column: int, corner: tuple[float, float]) -> None:
    import numpy as np

    left, top = corner
    wide, high = block.panel
    hidden_TS = block.drawn.hidden_TS()
    weights_TS = np.ma.masked_array(block.drawn.weights_LHTS[row, column], hidden_TS)
    axes.imshow(
        weights_TS, extent=(left, left + wide, top + high, top), aspect="auto", interpolation="nearest", **_scale()
    )
    if hidden_TS.any():
        x, y = zip(*_stairs(block, left, top), strict=True)
        axes.fill(x, y, facecolor="none", edgecolor=_LINE, hatch="//////", linewidth=0)
    edge = [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high), (left, top)]
    axes.plot(*zip(*edge, strict=True), color=_LINE, linewidth=0.7)


def _stairs(block: _Block, left: float, top: float) -> Iterator[tuple[float, float]]:
    """Yield the outline of what a causal mask hides."""
    count, cell = len(block.queries), block.cell
    yield left + count * cell, top
    for step in range(1, count):
        yield left + step * cell, top + (step - 1) * cell
        yield left + step * cell, top + step * cell
    yield left + count * cell, top + (count - 1) * cell


def _left(block: _Block, column: int) -> float:
    return _MARGIN + block.left + column * (block.panel[0] + _BETWEEN)


def _scale() -> dict[str, Any]:
    """Return how a weight becomes a colour: its square root, which keeps small weights apart."""
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    return {"cmap": LinearSegmentedColormap.from_list("attention", list(_RAMP)), "norm": PowerNorm(0.5, 0, 1)}
