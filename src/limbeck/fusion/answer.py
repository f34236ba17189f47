"""From what the model wrote to what the user reads: references filled in, cited, and checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from limbeck.fusion.prompt import NONE, reference
from limbeck.knowledge.evidence import Citation, Evidence

_SELECTION = re.compile(r"((?:⟦\d+⟧)+)\n")
_REFERENCE = re.compile(r"⟦(\d+)(?:\.(subject|property))?⟧")
PASSAGE_FORM = {"en": "From “{subject}”: {value}", "zh": "《{subject}》：{value}"}
"""How a passage is told; passages have no property, so `forms` keeps it under the empty name."""

JOINER = {"en": " ", "zh": ""}
"""What stands between the sentences of an answer that rests on several rows."""

_REFUSAL = {
    "en": "I don't know: nothing in my knowledge answers that.",
    "zh": "我不知道：我的知识里没有这个问题的答案。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the assistant says, and the evidence each value in it was taken from."""

    text: str
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    refused: bool


def refusal(language: str) -> Answer:
    """Say that the knowledge holds no answer."""
    return Answer(text=_REFUSAL[language], citations=(), evidence=(), refused=True)


def render(
    written: str, evidence: Sequence[Evidence], language: str, forms: Mapping[str, str] = MappingProxyType({})
) -> Answer:
    """Fill a model's references with the rows they name, and cite those rows.

    What is written begins with the rows it rests on, then a line break and the sentence: `⟦2⟧\\nIt is ⟦2⟧.`
    Refuses where the model refused, referred to a row that was not shown or not selected, cited no
    value, or wrote a figure of its own: a value that stands in no cited row never reaches the user.
    Where the base has a sentence for each selected row, those are said, whatever the model wrote:
    `forms` holds them by property, with {subject} and {value}.
    """
    selected, sentence = _split(written)
    sentence = _of_its_rows(sentence, selected, evidence, forms, language)
    named = {int(match[1]) for match in _REFERENCE.finditer(sentence)}
    has_value = any(match[2] is None for match in _REFERENCE.finditer(sentence))
    is_backed = has_value and named <= set(selected) and all(1 <= number <= len(evidence) for number in named)
    if NONE in written or not is_backed or not _is_plain(_REFERENCE.sub("", sentence)):
        return refusal(language)
    cited = tuple(evidence[number - 1] for number in sorted(named))
    text = _REFERENCE.sub(lambda match: _fill(match, evidence, language), sentence)
    return Answer(
        text=_tidy(text), citations=tuple(dict.fromkeys(row.citation for row in cited)), evidence=cited, refused=False
    )


def _split(written: str) -> tuple[list[int], str]:
    selection = _SELECTION.match(written.lstrip())
    if selection is None:
        return [], written
    return [int(number) for number in dict.fromkeys(re.findall(r"\d+", selection[1]))], written.lstrip()[
        selection.end() :
    ]


def _of_its_rows(
    sentence: str, selected: Sequence[int], evidence: Sequence[Evidence], forms: Mapping[str, str], language: str
) -> str:
    """Return the selected rows' own sentences where each has one: a crossed sentence would mislead."""
    if not selected or not all(1 <= number <= len(evidence) for number in selected):
        return sentence
    own = [forms.get(evidence[number - 1].property_id) for number in selected]
    if None in own:
        return sentence
    return JOINER[language].join(referring(str(form), number) for form, number in zip(own, selected, strict=True))


def referring(form: str, number: int) -> str:
    """Write a row's sentence, of {subject} and {value}, with references to that row."""
    return form.format(subject=reference(number, "subject"), value=reference(number))


def _fill(match: re.Match[str], evidence: Sequence[Evidence], language: str) -> str:
    row = evidence[int(match[1]) - 1]
    label = {"subject": row.subject, "property": row.property}.get(match[2], row.value)
    return label.get(language)


def _is_plain(prose: str) -> bool:
    return not any(character.isdecimal() or character in "⟦⟧" for character in prose)


def _tidy(text: str) -> str:
    collapsed = " ".join(text.split())
    return re.sub(r"([.。!！?？])[.。]+$", r"\1", collapsed)
