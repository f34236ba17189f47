"""What a table can be asked: its properties, what its subjects are, and their names in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Names = tuple[str, str]
"""A name in English and in Chinese."""

FOLDS = 4
"""The wordings of a property fall into so many parts: what a model learns to answer, search has not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One thing known of every subject; keys are `en` and `zh`, and the first label is its name."""

    id: str
    labels: Mapping[str, tuple[str, ...]]
    answer: Mapping[str, str]
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def in_fold(self, language: str, fold: int) -> tuple[str, ...]:
        """Return the wordings of one fold."""
        return self.questions.get(language, ())[fold::FOLDS]

    def without_fold(self, fold: int) -> "Property":
        """Return the property with all wordings but those of a fold."""
        kept = {
            language: tuple(line for place, line in enumerate(lines) if place % FOLDS != fold)
            for language, lines in self.questions.items()
        }
        return replace(self, questions=kept)

    def to_json(self) -> dict[str, Any]:
        """Return the property as plain JSON data."""
        return {
            "id": self.id,
            "labels": {language: list(labels) for language, labels in self.labels.items()},
            "answer": dict(self.answer),
            "questions": {language: list(lines) for language, lines in self.questions.items()},
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Property":
        """Read what `to_json` wrote."""
        return Property(
            id=data["id"],
            labels={language: tuple(labels) for language, labels in data["labels"].items()},
            answer=dict(data["answer"]),
            questions={language: tuple(lines) for language, lines in data["questions"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Everything a knowledge base can be asked about: kinds of subject, properties, subjects."""

    kinds: tuple[Names, ...]
    properties: tuple[Property, ...]
    entities: tuple[Names, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the schema as plain JSON data."""
        return {
            "kinds": [list(names) for names in self.kinds],
            "properties": [known.to_json() for known in self.properties],
            "entities": [list(names) for names in self.entities],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Schema":
        """Read what `to_json` wrote."""
        return Schema(
            kinds=tuple((en, zh) for en, zh in data["kinds"]),
            properties=tuple(Property.from_json(known) for known in data["properties"]),
            entities=tuple((en, zh) for en, zh in data["entities"]),
        )
