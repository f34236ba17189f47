"""Recognise the layout of a file once, by most of its rows, and bring every row into the one form."""

import difflib
from collections import Counter
from collections.abc import Mapping

from limbeck.core.errors import LimbeckError
from limbeck.corpus.layouts.chat import read_turns
from limbeck.corpus.layouts.fields import optional_text_in, text_in
from limbeck.corpus.layouts.layout import PLAIN, Layout, layout_of
from limbeck.corpus.layouts.mapping import FieldMapping
from limbeck.corpus.layouts.pairs import read_alpaca, read_pair
from limbeck.corpus.reading.row import FileRows, Row
from limbeck.corpus.record import Record, dialogue_record, text_record
from limbeck.corpus.unusable import Unusable

_LAYOUTS = "text; prompt and completion; instruction, input and output; conversations; messages"
_SHOWN_FIELDS = 12


def recognise(file: FileRows, mapping: FieldMapping) -> Layout:
    """Return the layout that most rows of a file have; rows that could not be read do not count.

    Raises: LimbeckError: no layout fits, or a field that was named is in no row.
    """
    usable = [row for row in file.rows if not isinstance(row.value, Unusable)]
    found = Counter(_layout(row, mapping) for row in usable)
    known = [(layout, count) for layout, count in found.most_common() if layout is not None]
    if known and known[0][1] >= found[None]:
        return known[0][0]
    if not usable:
        return PLAIN
    stranger = next(row for row in usable if _layout(row, mapping) is None)
    raise _unknown(file, stranger, mapping)


def to_record(row: Row, layout: Layout, mapping: FieldMapping) -> Record:
    """Bring one row of a file into the one form.

    Raises: Unusable: it is of another layout, misses a field, or holds a dialogue out of order.
    """
    if isinstance(row.value, Unusable):
        raise row.value
    own = _layout(row, mapping)
    if own is not None and own.kind != layout.kind and not (own.is_guess or layout.is_guess):
        fix = "keep every layout in a file of its own"
        raise Unusable("another layout", f"this row is {own} in a file of {layout}", fix=fix)
    if isinstance(row.value, str):
        return text_record(_plain(row.value, layout), row.where)
    return _from_fields(row.value, layout, row.where)


def _from_fields(fields: Mapping[str, object], layout: Layout, where: str) -> Record:
    if layout.kind in ("messages", "ShareGPT"):
        if layout.fields[0] not in fields:
            fix = "give every row the same fields, or take the row out"
            raise Unusable("missing field", f"there is no {layout.fields[0]!r}", fix=fix)
        system = optional_text_in(fields, "system") if isinstance(fields.get("system"), str) else ""
        return dialogue_record(read_turns(fields[layout.fields[0]], layout.kind, system), where)
    if layout.kind == "alpaca":
        return dialogue_record(read_alpaca(fields, *layout.fields), where)
    if layout.kind == "pair":
        return dialogue_record(read_pair(fields, *layout.fields), where)
    if not layout.fields:
        fix = "keep every layout in a file of its own"
        raise Unusable("another layout", "this row has fields in a file of plain texts", fix=fix)
    return text_record(text_in(fields, layout.fields[0]), where)


def _plain(text: str, layout: Layout) -> str:
    if layout.fields:
        fix = "keep every layout in a file of its own"
        raise Unusable("another layout", f"this row is a bare text in a file of {layout}", fix=fix)
    if not text.strip():
        raise Unusable("empty text", "nothing is written", fix="take it out")
    return text


def _layout(row: Row, mapping: FieldMapping) -> Layout | None:
    if isinstance(row.value, Unusable):
        return None
    return PLAIN if isinstance(row.value, str) else layout_of(row.value, mapping)


def _unknown(file: FileRows, row: Row, mapping: FieldMapping) -> LimbeckError:
    fields = [str(name) for name in row.value] if isinstance(row.value, Mapping) else []
    missing = [name for name in mapping.given if name not in fields]
    if missing:
        near = difflib.get_close_matches(missing[0], fields, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"its fields are: {', '.join(fields[:_SHOWN_FIELDS])}"
        return LimbeckError(f"{file.name} has no field {missing[0]!r}", where=row.where, fix=fix)
    shown = ", ".join(fields[:_SHOWN_FIELDS]) + (", …" if len(fields) > _SHOWN_FIELDS else "")
    what = f"cannot tell what the rows of {file.name} are: " + (f"their fields are {shown}" if fields else "no fields")
    fix = f"name the fields: --text FIELD, or --prompt FIELD --completion FIELD; known layouts: {_LAYOUTS}"
    return LimbeckError(what, where=row.where, fix=fix)
