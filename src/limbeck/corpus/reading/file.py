"""One file to rows, by its ending."""

from pathlib import Path

from limbeck.core.errors import LimbeckError
from limbeck.corpus.reading.bytes_of import bytes_of, text_of
from limbeck.corpus.reading.plain import Unit, read_plain
from limbeck.corpus.reading.row import FileRows

_FORM_OF = {
    ".txt": "text",
    ".text": "text",
    ".md": "Markdown",
    ".markdown": "Markdown",
    ".csv": "CSV",
    ".tsv": "TSV",
    ".jsonl": "JSONL",
    ".ndjson": "JSONL",
    ".json": "JSON",
    ".parquet": "Parquet",
}
ENDINGS = tuple(_FORM_OF)
"""Endings of files that can be read, each also with `.gz`."""


def read_file(path: Path, name: str, *, unit: Unit = "auto") -> FileRows:
    """Read every row of a file; `name` is what it is called in places.

    Raises: LimbeckError: missing, empty, binary, damaged, or of no known ending.
    """
    data, form = bytes_of(path), _form_of(path)
    if form == "Parquet":
        from limbeck.corpus.reading.parquet import read_parquet

        return FileRows(name=name, form=form, encoding="", rows=read_parquet(path, data, name))
    decoded = text_of(data, path)
    text = decoded.characters
    if form in ("CSV", "TSV"):
        from limbeck.corpus.reading.delimited import read_delimited

        rows = read_delimited(text, name, is_tsv=form == "TSV")
    elif form in ("JSON", "JSONL"):
        from limbeck.corpus.reading.json_rows import read_json_rows

        form, rows = read_json_rows(text, name, is_lines=form == "JSONL")
    else:
        how, rows = read_plain(text, name, unit=unit, is_markdown=form == "Markdown")
        form = f"{form}, {how}"
    if not rows:
        raise LimbeckError("the file holds no rows", where=str(path), fix="put data into it, or leave it out")
    return FileRows(name=name, form=form, encoding=decoded.encoding, rows=rows)


def _form_of(path: Path) -> str:
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    form = _FORM_OF.get(bare.suffix.lower())
    if form is None:
        fix = f"name it with one of {', '.join(ENDINGS)}, each also with .gz"
        raise LimbeckError(f"cannot tell from its name what '{path}' is", fix=fix)
    return form
