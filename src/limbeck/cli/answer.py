"""An answer as a person reads it, or as a program does."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from limbeck.cli.console import paint

if TYPE_CHECKING:
    from limbeck.bundle.reply import Reply
    from limbeck.knowledge.evidence import Citation

_EXCERPT_CHARS = 72


def reply_json(reply: "Reply") -> dict[str, Any]:
    """Return what `ask --json` prints, apart from the schema number."""
    return {
        "answer": reply.answer.text,
        "citations": [citation_json(citation) for citation in reply.answer.citations],
        "refused": reply.answer.refused,
        "timings_ms": rounded(reply.timings_ms),
    }


def citation_json(citation: "Citation") -> dict[str, Any]:
    """Return a citation with its row, or its span of characters."""
    if citation.span is not None:
        return {"source": citation.source, "span": list(citation.span)}
    return {"source": citation.source, "row": citation.row}


def rounded(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """Round times to a hundredth of a millisecond."""
    return {name: round(value, 2) for name, value in timings_ms.items()}


def source_lines(reply: "Reply", resolve: Callable[["Citation"], str]) -> list[str]:
    """Write the numbered sources of an answer."""
    return [
        f"  {paint(f'[{number}]', 'cyan')} {describe(citation, resolve)}"
        for number, citation in enumerate(reply.answer.citations, start=1)
    ]


def describe(citation: "Citation", resolve: Callable[["Citation"], str]) -> str:
    """Write where a statement stands; a passage with its first words."""
    if citation.span is None:
        return place(citation)
    quoted = paint(f'"{shortened(resolve(citation))}"', "dim")
    return f"{place(citation)}: {quoted}"


def place(citation: "Citation") -> str:
    """Write `countries.csv row 36` or `visas.md, characters 120-260`."""
    if citation.span is None:
        return f"{citation.source} row {citation.row}"
    return f"{citation.source}, characters {citation.span[0]}-{citation.span[1]}"


def shortened(text: str) -> str:
    """Write a text on one line, cut where it grows too long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT_CHARS else flat[: _EXCERPT_CHARS - 1].rstrip() + "…"
