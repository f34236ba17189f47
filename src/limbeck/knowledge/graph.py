"""What a set of RDF triples says of each subject: its names, and its values by property, in two languages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import final
from urllib.parse import unquote

from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import JOINERS, Rendering, Value
from limbeck.knowledge.source import PropertyRead, RowRead
from limbeck.knowledge.tables.mapping import default_answer
from limbeck.knowledge.text import strip_controls, subject_key
from limbeck.knowledge.triples import Triple, TripleStore

_RDFS, _SKOS = "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2004/02/skos/core#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_SCHEMA = ("http://schema.org/", "https://schema.org/")
_LABELS = (f"{_RDFS}label", f"{_SKOS}prefLabel", *(f"{each}name" for each in _SCHEMA), "http://xmlns.com/foaf/0.1/name")
_ALIASES = (f"{_SKOS}altLabel", *(f"{each}alternateName" for each in _SCHEMA))
_NAMING = frozenset((*_LABELS, *_ALIASES, _TYPE))
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_THING = Label(en="thing", zh="事物")


@final
class Graph:
    """The subjects of a store that are things: those that name a property or a class say how others are told."""

    def __init__(self, store: TripleStore) -> None:
        self._store = store
        self.left_out: Counter[str] = Counter()
        predicates = store.predicates()
        self._predicates = [name for name in predicates if name not in _NAMING]
        self._vocabulary = {*predicates, *store.objects_of(_TYPE)}
        self._ids = _ids(self._predicates)
        self._spaces: set[str] = set()
        self._name_subjects()

    def properties(self) -> Iterator[PropertyRead]:
        """Yield every property, named by its label in the graph or by its IRI."""
        for predicate in self._predicates:
            label, aliases = self._names(predicate, self._store.about(predicate))
            more: dict[str, list[str]] = {"en": [], "zh": []}
            for alias in aliases:
                more["en" if alias.isascii() else "zh"].append(alias)
            known = Property(
                id=self._ids[predicate],
                labels={side: tuple(dict.fromkeys([label.get(side), *more[side]])) for side in ("en", "zh")},
                answer=default_answer({"en": label.en, "zh": label.zh}),
                questions={"en": (), "zh": ()},
            )
            yield PropertyRead(property=known, rendering=Rendering())

    def rows(self) -> Iterator[RowRead]:
        """Yield a row for each thing, in the order of the file."""
        number = 0
        for subject in self._store.subjects():
            name = self._store.name(subject)
            if name is None:
                continue
            number += 1
            yield self._row(number, subject, Label(en=name[0], zh=name[1]))

    def _name_subjects(self) -> None:
        for subject in _things(self._store.subjects(), self._vocabulary, self.left_out):
            self._spaces.add(_space(subject))
            label, _ = self._names(subject, self._store.about(subject))
            norms = (subject_key(label.en), subject_key(label.zh))
            self._store.set_name(subject, label.en, label.zh, norms)
        for subject in self._store.namesakes():
            en, zh = self._store.name(subject) or ("", "")
            own = _local(subject)
            self._store.rename(subject, f"{en} ({own})", f"{zh}（{own}）")
            self.left_out["shared name, told apart by its IRI"] += 1

    def _names(self, subject: str, triples: Iterable[Triple]) -> tuple[Label, list[str]]:
        """Return what a subject is called, its IRI's last part where nothing else is, and its other names."""
        about = [each for each in triples if each.kind == "literal" and each.object.strip()]
        named = [each for predicate in _LABELS for each in about if each.predicate == predicate]
        found: dict[str, str] = {}
        for each in named:
            found.setdefault(_side(each.language), _clean(each.object))
        en, zh = found.get("en") or found.get(""), found.get("zh") or found.get("")
        own = _clean(_local(subject)) or subject
        label = Label(en=en or zh or own, zh=zh or en or own)
        others = [each for each in about if each.predicate in _ALIASES] + named
        known = [_clean(each.object) for each in others if _side(each.language) != "other"]
        return label, [name for name in dict.fromkeys(known) if name not in (label.en, label.zh)]

    def _row(self, number: int, subject: str, label: Label) -> RowRead:
        triples = self._store.about(subject)
        plain, aliases = self._names(subject, triples)
        if plain != label:
            aliases = list(dict.fromkeys([plain.en, plain.zh, *aliases]))
        types = [each.object for each in triples if each.predicate == _TYPE and each.kind == "iri"]
        told: dict[str, list[Triple]] = {}
        for each in triples:
            if each.predicate in self._ids:
                told.setdefault(self._ids[each.predicate], []).append(each)
        values = {name: self._values(found) for name, found in told.items()}
        return RowRead(
            number=number,
            text="\n".join(_lines(subject, label, values)),
            subject=label,
            kind=self._names(types[0], self._store.about(types[0]))[0] if types else _THING,
            aliases=tuple(aliases),
            values={name: found for name, found in values.items() if found},
        )

    def _values(self, triples: Iterable[Triple]) -> tuple[Value, ...]:
        """Return the values of one property: a text in each language once is one value told in both."""
        sides: dict[str, list[str]] = {"en": [], "zh": [], "": []}
        things: list[Value] = []
        for each in triples:
            side = _side(each.language)
            if each.kind == "iri":
                things.append(self._thing(each.object))
            elif each.kind == "blank":
                self.left_out["value that is a blank node"] += 1
            elif side == "other":
                self.left_out["literal in another language"] += 1
            elif text := _clean(each.object):
                sides[side].append(text)
        if sides["en"] and sides["zh"]:
            # which of several belong together is not said
            joined = Label(**{side: JOINERS[side].join(sides[side]) for side in ("en", "zh")})
            things.append(Value(shown=joined, bare=joined, paired=True))
            plain = sides[""]
        else:
            plain = [*sides["en"], *sides["zh"], *sides[""]]
        texts = [Label(en=text, zh=text) for text in plain]
        return (*things, *(Value(shown=text, bare=text, paired=False) for text in dict.fromkeys(texts)))

    def _thing(self, iri: str) -> Value:
        name = self._store.name(iri)
        label = Label(en=name[0], zh=name[1]) if name else self._nameless(iri)
        return Value(shown=label, bare=label, paired=True)

    def _nameless(self, iri: str) -> Label:
        if iri in self._vocabulary or _space(iri) in self._spaces:
            return self._names(iri, self._store.about(iri))[0]
        return Label(en=iri, zh=iri)


def _things(subjects: Iterator[str], vocabulary: set[str], left_out: Counter[str]) -> Iterator[str]:
    """Yield the subjects that have an IRI and are no property or class; blank nodes are counted."""
    for subject in subjects:
        if subject.startswith("_:"):
            left_out["blank node"] += 1
        elif subject not in vocabulary:
            yield subject


def _lines(subject: str, label: Label, values: Mapping[str, tuple[Value, ...]]) -> Iterator[str]:
    yield f"IRI: {subject}"
    yield f"name: {_both(label)}"
    for name, found in values.items():
        for value in found:
            yield f"{name}: {_both(value.shown)}"


def _both(label: Label) -> str:
    return label.en if label.en == label.zh else f"{label.en} / {label.zh}"


def _ids(predicates: list[str]) -> dict[str, str]:
    """Name properties by the last part of their IRIs; one whose name is taken, by its whole IRI."""
    ids: dict[str, str] = {}
    for predicate in predicates:
        short = _local(predicate)
        ids[predicate] = short if short and short not in ids.values() else predicate
    return ids


def _local(iri: str) -> str:
    """Return the last part of an IRI as words: `http://example.org/hasCapital` is `has capital`."""
    last = unquote(re.split(r"[#/:]", iri.rstrip("#/:"))[-1])
    words = _CAMEL.sub(" ", last).replace("_", " ").strip() or iri
    return words.lower() if last[:1].islower() else words


def _space(iri: str) -> str:
    """Return an IRI without its last part."""
    return iri[: max(iri.rfind("#"), iri.rfind("/"), iri.rfind(":")) + 1]


def _side(language: str) -> str:
    """Return `en`, `zh`, an empty text for no language, or `other`."""
    main = language.partition("-")[0]
    return main if main in ("en", "zh", "") else "other"


def _clean(text: str) -> str:
    return " ".join(strip_controls(text, " ").split())
