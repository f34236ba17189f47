"""Name the tokens of a text as a reader sees them: its own characters, not the tokenizer's byte code."""

from collections.abc import Sequence

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPACES = {" ": "␣", "\n": "⏎", "\t": "⇥"}


def label_tokens(text: str, offsets: Sequence[tuple[int, int]], tokens: Sequence[str]) -> tuple[str, ...]:
    """Return a label for each token: its characters, or its own name where it stands for none, such as `[CLS]`.

    A character that takes several tokens is numbered: `猫₁`, `猫₂`.
    """
    labels = []
    for place, ((start, stop), token) in enumerate(zip(offsets, tokens, strict=True)):
        written = text[start:stop]
        if not written:
            labels.append(token)
            continue
        label = written.strip() or "".join(_SPACES.get(character, "␣") for character in written)
        labels.append(label + _number(offsets, place))
    return tuple(labels)


def _number(offsets: Sequence[tuple[int, int]], place: int) -> str:
    """Number a token among those that share its character."""
    first = last = place
    while first > 0 and _share(offsets[first - 1], offsets[place]):
        first -= 1
    while last + 1 < len(offsets) and _share(offsets[last + 1], offsets[place]):
        last += 1
    return "" if first == last else str(place - first + 1).translate(_SUBSCRIPTS)


def _share(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
