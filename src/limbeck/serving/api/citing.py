"""Citations as clients read them."""

from pydantic import BaseModel

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.evidence import Citation


class CitationFields(BaseModel):
    """Where a statement stands: a row of a table (1 is the first), or characters of a page; and what stands there."""

    source: str
    row: int | None = None
    span: tuple[int, int] | None = None
    text: str


def quoted(knowledge: KnowledgeBase, citation: Citation) -> CitationFields:
    """Return a citation with the text it points at.

    Raises: KnowledgeError: the base holds no such place.
    """
    text = knowledge.resolve(citation)
    return CitationFields(source=citation.source, row=citation.row, span=citation.span, text=text)


def place(citation: Citation) -> str:
    """Write `countries.csv:36` or `visas.md:120-260`, as `limbeck kb show` takes it."""
    if citation.span is None:
        return f"{citation.source}:{citation.row}"
    return f"{citation.source}:{citation.span[0]}-{citation.span[1]}"
