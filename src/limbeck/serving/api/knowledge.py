"""`/v1/knowledge`: search what the bundle knows, show what a citation names, and edit facts; the next answer is new."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.evidence import Citation, Evidence, Label, Link, Match
from limbeck.serving.api.body import Body, Text
from limbeck.serving.api.citing import CitationFields, quoted
from limbeck.serving.api.failure import RESPONSES, ApiError
from limbeck.serving.api.guard import needs
from limbeck.serving.api.limits import MAX_ROWS
from limbeck.serving.api.service import service_of

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"], responses=RESPONSES)
_MOST_CHARS = 2000
_EVERYONE = ""
"""The scope that is served: what is for others is neither told nor edited."""
_MOST_ROW = 2**53
Words = Annotated[str, Query(min_length=1, max_length=_MOST_CHARS)]
Name = Annotated[str, Field(min_length=1, max_length=_MOST_CHARS)]
Place = Annotated[int, Query(ge=0, le=_MOST_ROW)]


class Names(BaseModel):
    """A name in both languages."""

    en: str
    zh: str


class Row(BaseModel):
    """What a search found: a fact or a passage, how it was found, and where it stands."""

    kind: Literal["fact", "passage"]
    subject: Names
    property: Names
    property_id: str
    value: Names
    link: Link
    match: Match
    fit: float
    lead: float
    citation: CitationFields


class Found(BaseModel):
    """The rows that a question is shown with, best first."""

    question: str
    results: list[Row]


class FactBody(Body):
    """A value to be the only one of a subject and property, in one language or in both."""

    subject: Name
    property: Name
    value: Text
    language: Literal["en", "zh"] | None = None


class Edited(BaseModel):
    """What was done; undoing takes it back."""

    done: str


@router.get("", dependencies=[needs("read")])
async def search(
    request: Request,
    question: Words,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 8,
    history: Annotated[list[str] | None, Query(max_length=MAX_ROWS)] = None,
) -> Found:
    """Search the knowledge for a question; `history` is earlier questions, oldest first."""
    base = service_of(request).knowledge

    def work() -> Found:
        found = base.search(question, history or (), limit=limit)
        return Found(question=question, results=[_row(base, row) for row in found])

    return await service_of(request).run(request, work)


@router.get("/citation", dependencies=[needs("read")])
async def show(
    request: Request, source: Words, row: Place | None = None, start: Place | None = None, end: Place | None = None
) -> CitationFields:
    """Show the row of a table, or the characters from start to end of a page, that a citation names."""
    if (row is None) == (start is None or end is None):
        raise ApiError(400, "name a row, or the characters from start to end", code="invalid_value", param="row")
    span = (start, end) if start is not None and end is not None else None
    base, citation = service_of(request).knowledge, Citation(source=source, row=row, span=span)

    def work() -> CitationFields:
        try:
            return quoted(base, citation)
        except KnowledgeError as error:
            raise ApiError(404, error.what, code="citation_not_found", param="source") from error

    return await service_of(request).run(request, work)


@router.put("/fact", dependencies=[needs("knowledge")])
async def set_fact(body: FactBody, request: Request) -> Edited:
    """Set the value of a subject and property that the bundle knows of."""

    def change(base: KnowledgeBase) -> Edited:
        base.set(body.subject, body.property, body.value, body.language, scope=_EVERYONE)
        return Edited(done=f"set {body.subject} / {body.property}")

    return await _edit(request, "set", change)


@router.delete("/fact", dependencies=[needs("knowledge")])
async def delete_fact(request: Request, subject: Words, property: Words) -> Edited:
    """Forget every value of a subject and property."""

    def change(base: KnowledgeBase) -> Edited:
        base.delete(subject, property, scope=_EVERYONE)
        return Edited(done=f"deleted {subject} / {property}")

    return await _edit(request, "delete", change)


@router.delete("/source", dependencies=[needs("knowledge")])
async def delete_source(request: Request, name: Words) -> Edited:
    """Forget a source, and exactly what it alone supports."""

    def change(base: KnowledgeBase) -> Edited:
        base.delete_source(name, scope=_EVERYONE)
        return Edited(done=f"deleted {name}")

    return await _edit(request, "delete_source", change)


@router.post("/undo", dependencies=[needs("knowledge")])
async def undo(request: Request) -> Edited:
    """Take back the newest edit that still holds."""
    return await _edit(request, "undo", lambda base: Edited(done=f"took back: {', '.join(base.undo())}"))


async def _edit(request: Request, kind: str, change: Callable[[KnowledgeBase], Edited]) -> Edited:
    service = service_of(request)
    return await service.run(request, lambda: service.edit(kind, change))


def _row(base: KnowledgeBase, row: Evidence) -> Row:
    return Row(
        kind=row.kind,
        subject=_names(row.subject),
        property=_names(row.property),
        value=_names(row.value),
        property_id=row.property_id,
        link=row.link,
        match=row.match,
        fit=round(row.fit, 4),
        lead=round(row.lead, 4),
        citation=quoted(base, row.citation),
    )


def _names(label: Label) -> Names:
    return Names(en=label.en, zh=label.zh)
