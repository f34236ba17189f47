"""From the cells of one property to its values as they are shown: parts, units, coded values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from limbeck.knowledge.evidence import Label

JOINERS = {"en": ", ", "zh": "、"}
"""What stands between several values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value as it is shown, and bare (no unit) as a question would name it.

    `paired` tells that the source itself gave both languages.
    """

    shown: Label
    bare: Label
    paired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How a cell becomes values: `separator` parts several, `units` follow, `codes` are spelled out."""

    separator: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Label] = field(default_factory=dict)

    def values(self, whole: Label, *, paired: bool) -> tuple[Value, ...]:
        """Return the values of a cell; sides with unlike numbers of parts stay one joined value."""
        if not self.separator:
            return (self._value(whole, paired=paired),)
        sides = {side: self._parts(whole.get(side)) for side in JOINERS}
        if len(sides["en"]) != len(sides["zh"]):
            joined = {side: JOINERS[side].join(parts) for side, parts in sides.items()}
            return (self._value(Label(**joined), paired=paired),)
        pairs = dict.fromkeys(zip(sides["en"], sides["zh"], strict=True))
        return tuple(self._value(Label(en=en, zh=zh), paired=paired) for en, zh in pairs)

    def without_unit(self, shown: Label) -> tuple[Label, Label]:
        """Return a value that is shown as the bare value and its unit; one without a unit has an empty one."""
        if self.units:
            en, zh = f" {self.units['en']}", f"{self._gap()}{self.units['zh']}"
            if shown.en.endswith(en) and shown.zh.endswith(zh):
                bare = Label(en=shown.en.removesuffix(en), zh=shown.zh.removesuffix(zh))
                return bare, Label(en=self.units["en"], zh=self.units["zh"])
        return shown, Label(en="", zh="")

    def to_json(self) -> dict[str, Any]:
        """Return the rendering as plain JSON data."""
        codes = {code: [label.en, label.zh] for code, label in self.codes.items()}
        return {"separator": self.separator, "units": dict(self.units), "codes": codes}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Rendering":
        """Read what `to_json` wrote."""
        codes = {code: Label(en=en, zh=zh) for code, (en, zh) in data["codes"].items()}
        return Rendering(separator=data["separator"], units=data["units"], codes=codes)

    def _parts(self, cell: str) -> list[str]:
        return [part.strip() for part in cell.split(self.separator) if part.strip()]

    def _value(self, bare: Label, *, paired: bool) -> Value:
        coded = self.codes.get(bare.en)
        if coded is not None:
            return Value(shown=coded, bare=coded, paired=True)
        if not self.units:
            return Value(shown=bare, bare=bare, paired=paired)
        en, zh = self.units["en"], self.units["zh"]
        return Value(shown=Label(en=f"{bare.en} {en}", zh=f"{bare.zh}{self._gap()}{zh}"), bare=bare, paired=True)

    def _gap(self) -> str:
        """Return what stands before the unit in Chinese."""
        en, zh = self.units["en"], self.units["zh"]
        return " " if zh.isascii() or zh == en else ""
