"""RDF as N-Triples or Turtle: a row per subject, with its names and values in both languages."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from limbeck.core.digest import digest_file
from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import check_filled
from limbeck.knowledge.extra import extra
from limbeck.knowledge.graph import Graph
from limbeck.knowledge.source import FileRead, Record, find_files, left_out, some
from limbeck.knowledge.triples import Triple, TripleStore

ENDINGS = (".ttl", ".nt", ".nq", ".trig")
SIGNS = (r"(?i)\A(?:\s|#[^\n]*\n)*(?:@prefix|@base|prefix\s+\w*:)\s", r"\A<\w+:[^>\s]*>\s+<\w+:[^>\s]*>\s+[<\"_]")
LIBRARIES = ("pyoxigraph",)
OPTIONS = ()
HOLDS_FACTS = True


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every graph at a location, triple by triple; the memory it takes does not grow with the file.

    Raises: SourceError: missing, empty, broken, or nothing in it has a name. MachineError: no pyoxigraph.
    """
    for path in find_files(location, ENDINGS):
        check_filled(path)
        with closing(TripleStore()) as store:
            store.add(_triples(path))
            yield from _records(path, store)


def _records(path: Path, store: TripleStore) -> Iterator[Record]:
    graph = Graph(store)
    yield FileRead(path=path, digest=digest_file(path))
    yield from graph.properties()
    fix = "give subjects an IRI, and properties beside their label"
    yield from some(graph.rows(), SourceError("the graph says nothing of any thing", where=str(path), fix=fix))
    yield from left_out({**graph.left_out, "repeated triple": store.repeated})


def _triples(path: Path) -> Iterator[Triple]:
    with extra("sources", "RDF"):
        import pyoxigraph

    form = pyoxigraph.RdfFormat.from_extension(path.suffix.lower().removeprefix(".")) or pyoxigraph.RdfFormat.TURTLE
    try:
        for quad in pyoxigraph.parse(path=str(path), format=form):
            yield _triple(pyoxigraph, quad)
    except SyntaxError as error:
        where = f"{path}:{error.lineno}" if error.lineno else str(path)
        fix = "correct the line, or name the file as what it is"
        raise SourceError(f"this is not {form.name}: {error.msg}", where=where, fix=fix) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"the graph cannot be read: {error}", where=str(path), fix="write it as UTF-8") from error


def _triple(rdf: Any, quad: Any) -> Triple:
    found = quad.object
    subject = quad.subject.value if isinstance(quad.subject, rdf.NamedNode) else str(quad.subject)
    if isinstance(found, rdf.Literal):
        language = (found.language or "").lower()
        return Triple(
            subject=subject, predicate=quad.predicate.value, object=found.value, kind="literal", language=language
        )
    is_iri = isinstance(found, rdf.NamedNode)
    return Triple(
        subject=subject,
        predicate=quad.predicate.value,
        object=found.value if is_iri else str(found),
        kind="iri" if is_iri else "blank",
    )
