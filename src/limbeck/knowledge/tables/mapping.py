"""How the columns of a table become a subject and properties: a TOML mapping, or a guess from the headers."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limbeck.core.errors import SourceError
from limbeck.corpus.language import LANGUAGES, language_of
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Rendering

_ALIAS_COLUMNS = ("alias", "aliases", "alias_zh", "aliases_zh", "other_names", "other_names_zh", "别名")
_KEYS = {
    "subject": ("column", "aliases", "kind"),
    "property": ("id", "column", "label", "aliases", "unit", "separator", "values", "answer", "questions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyColumns:
    """One property and the columns it is read from; `columns` maps language to header."""

    property: Property
    columns: Mapping[str, str]
    rendering: Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """Which columns hold the subject, its other names, and each property."""

    subject: Mapping[str, str]
    aliases: tuple[str, ...]
    kind: Label
    properties: tuple[PropertyColumns, ...]


def guess_mapping(headers: Sequence[str], *, separators: Mapping[str, str], kind: str) -> TableMapping:
    """Take the first column as subject, `x` and `x_zh` as one property in two languages."""
    subject = _columns_of(headers[0], headers)
    rest = [header for header in headers if header not in subject.values()]
    aliases = tuple(header for header in rest if header.lower() in _ALIAS_COLUMNS)
    named = [header for header in rest if header not in aliases and not _is_chinese_side(header, headers)]
    properties = tuple(_guess_property(header, headers, separators) for header in named)
    return TableMapping(subject=subject, aliases=aliases, kind=_label(kind), properties=properties)


def read_mapping(path: Path, headers: Sequence[str], *, guess: TableMapping) -> TableMapping:
    """Read a mapping file; what it leaves out is taken from the guess.

    Raises: SourceError: every problem of the file at once.
    """
    reader = _Reader(path, headers)
    mapping = reader.read(_load(path), guess)
    if reader.problems:
        raise SourceError("; ".join(reader.problems), where=str(path), fix=f"the table's columns: {', '.join(headers)}")
    return mapping


class _Reader:
    """Read one mapping, collecting problems."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self._headers = headers
        self.problems: list[str] = []

    def read(self, data: dict[str, Any], guess: TableMapping) -> TableMapping:
        """Turn the parsed file into a mapping."""
        self._known(data, ("subject", "property"), "the mapping")
        about = self._section(data.get("subject", {}), "subject")
        properties = data.get("property", [])
        if not isinstance(properties, list):
            self.problems.append("[property] must be written [[property]]")
            properties = []
        return TableMapping(
            subject=self._columns(about["column"], "subject") if "column" in about else guess.subject,
            aliases=self._aliases(about) if "aliases" in about else guess.aliases,
            kind=_label(about["kind"]) if "kind" in about else guess.kind,
            properties=self._checked([self._property(each) for each in properties]) or guess.properties,
        )

    def _section(self, section: Any, name: str) -> dict[str, Any]:
        if not isinstance(section, dict):
            self.problems.append(f"[{name}] must be a table")
            return {}
        self._known(section, _KEYS[name], f"[{name}]")
        return section

    def _property(self, given: Any) -> PropertyColumns:
        part = self._section(given, "property")
        columns = self._columns(part["column"], "property") if "column" in part else {}
        name = str(part.get("id") or next(iter(columns.values()), "") or "?")
        if not columns:
            columns = self._columns(name, f"property {name!r}")
        labels = _pair(part.get("label", name.replace("_", " ")))
        more = part.get("aliases", {})
        known = Property(
            id=name,
            labels={side: _unique([labels[side], *_lines(more, side)]) for side in LANGUAGES},
            answer={**default_answer(labels), **_texts(part.get("answer", {}))},
            questions={side: tuple(_lines(part.get("questions", {}), side)) for side in LANGUAGES},
        )
        codes = {str(code): _label(shown) for code, shown in part.get("values", {}).items()}
        units = _pair(part["unit"]) if "unit" in part else {}
        rendering = Rendering(separator=str(part.get("separator", "")), units=units, codes=codes)
        return PropertyColumns(property=known, columns=columns, rendering=rendering)

    def _checked(self, properties: list[PropertyColumns]) -> tuple[PropertyColumns, ...]:
        """Check the wordings of every property; a question may name the values of the others."""
        names = [each.property.id for each in properties]
        for each in properties:
            self._check_templates(each.property, tuple(name for name in names if name != each.property.id))
        return tuple(properties)

    def _check_templates(self, known: Property, others: tuple[str, ...]) -> None:
        lines: list[tuple[str, tuple[str, ...], str]] = [
            (line, ("subject", "value"), "answer") for line in known.answer.values()
        ]
        lines += [(line, ("subject", *others), "question") for some in known.questions.values() for line in some]
        for line, fields, what in lines:
            try:
                line.format(**dict.fromkeys(fields, ""))
            except (KeyError, ValueError, IndexError):
                self.problems.append(
                    f"{what} of property {known.id!r} may use {{{'}, {'.join(fields)}}} only: {line!r}"
                )
            if what == "answer" and "{value}" not in line:
                self.problems.append(f"answer of property {known.id!r} has no {{value}}: {line!r}")

    def _columns(self, given: Any, where: str) -> dict[str, str]:
        columns = given if isinstance(given, dict) else {"": given}
        self._known(columns, ("", *LANGUAGES), f"column of {where}")
        return {str(side): self._column(str(column), where) for side, column in columns.items()}

    def _aliases(self, about: dict[str, Any]) -> tuple[str, ...]:
        given = about["aliases"]
        columns = [given] if isinstance(given, str) else list(given)
        return tuple(self._column(str(column), "subject aliases") for column in columns)

    def _column(self, column: str, where: str) -> str:
        if column not in self._headers:
            self.problems.append(f"unknown column {column!r} in {where}{_nearest(column, self._headers)}")
        return column

    def _known(self, given: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
        for name in given:
            if name not in allowed:
                self.problems.append(f"unknown key {name!r} in {where}{_nearest(name, allowed)}")


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fix = "correct `mapping` in the recipe"
        raise SourceError(f"mapping cannot be read: {error.strerror}", where=str(path), fix=fix) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"mapping is not TOML: {error}", where=str(path), fix="correct the line named") from error


def _guess_property(header: str, headers: Sequence[str], separators: Mapping[str, str]) -> PropertyColumns:
    columns = _columns_of(header, headers)
    name = header.removesuffix("_en")
    labels = _pair(name.replace("_", " ").strip())
    known = Property(
        id=name,
        labels={side: (labels[side],) for side in LANGUAGES},
        answer=default_answer(labels),
        questions={side: () for side in LANGUAGES},
    )
    rendering = Rendering(separator=separators.get(header, ""))
    return PropertyColumns(property=known, columns=columns, rendering=rendering)


def _columns_of(header: str, headers: Sequence[str]) -> dict[str, str]:
    """Return both sides of a pair `x`, `x_zh` (or `x_en`, `x_zh`), or one column for both languages."""
    other = header.removesuffix("_en") + "_zh"
    return {"en": header, "zh": other} if other in headers and other != header else {"": header}


def _is_chinese_side(header: str, headers: Sequence[str]) -> bool:
    stem = header.removesuffix("_zh")
    return stem != header and (stem in headers or f"{stem}_en" in headers)


def default_answer(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the plain sentence that tells a property in each language."""
    en, zh = (labels[side].replace("{", "(").replace("}", ")") for side in LANGUAGES)
    return {"en": f"The {en} of {{subject}} is {{value}}.", "zh": f"{{subject}}的{zh}是{{value}}。"}


def _pair(given: Any) -> dict[str, str]:
    label = _label(given)
    return {"en": label.en, "zh": label.zh}


def _label(given: Any) -> Label:
    texts = _texts(given)
    return Label(en=texts.get("en") or texts.get("zh", ""), zh=texts.get("zh") or texts.get("en", ""))


def _texts(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {side: str(given[side]) for side in LANGUAGES if side in given}
    return {side: str(given) for side in LANGUAGES}


def _lines(given: Any, side: str) -> list[str]:
    """Return the lines of one language; a bare list is sorted into the languages it is written in."""
    if isinstance(given, dict):
        lines = given.get(side, [])
        return [lines] if isinstance(lines, str) else [str(line) for line in lines]
    lines = [given] if isinstance(given, str) else [str(line) for line in given]
    return [line for line in lines if language_of(line) == side]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, [each for each in known if each], n=1)
    return f", did you mean {near[0]!r}?" if near else ""
