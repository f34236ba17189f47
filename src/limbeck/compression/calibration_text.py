"""Calibration prompts out of plain text: a user's files, or the text that comes along where there are none."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limbeck.compression.calibration import Prompt, spread
from limbeck.core.errors import LimbeckError
from limbeck.core.package import folder_of
from limbeck.core.progress import Progress, silent
from limbeck.corpus.intake import IntakeOptions, take_in
from limbeck.corpus.record import Record
from limbeck.model.chat_template import ChatTemplate
from limbeck.model.chat_template import load as load_template
from limbeck.model.text_tokenizer import TextTokenizer
from limbeck.model.text_tokenizer import load as load_tokenizer

BUILT_IN = "built-in text: English and Chinese house rules and price lists, generic"
"""What stands in where no data is given, in the words of reports."""

_PROMPTS = 96
_LEARNT = 384
_JUDGED_EVERY = 3
_LEAST_WINDOWS = 24
_WINDOW_TOKENS = 128
_LEAST_TOKENS = 8
_LEAST_CHARACTERS = 200
_SAMPLE_CHARACTERS = 20_000
_FOREIGN_SHARE = 0.05
_BYTES_SHARE = 0.75
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Prompts to judge a compressed model on, where they are from, and what a person should know of them.

    `learning` is other text of the same source to learn rounding from; empty where there is too little for both.
    """

    prompts: tuple[Prompt, ...]
    learning: tuple[Prompt, ...]
    source: str
    num_texts: int
    notes: tuple[str, ...] = ()


def calibrate_on_files(
    files: Sequence[Path], model: Path, *, context_tokens: int | None, progress: Progress = silent
) -> Calibration:
    """Take prompts from files of text or dialogues; the same files give the same prompts.

    Raises: LimbeckError: a file cannot be read, or there is too little text in all of them.
    """
    template = load_template(model)
    records = take_in(files, IntakeOptions(near_duplicates=None), progress=progress).train
    texts = list(_joined(_written(record, template) for record in records))
    return _calibrate(texts, model, context_tokens, source=", ".join(path.name for path in files))


def calibrate_on_built_in(model: Path, *, context_tokens: int | None) -> Calibration:
    """Take prompts from the two-language text that comes with Limbeck."""
    pages = sorted((folder_of("limbeck.fusion") / "practice").glob("*/*.md"))
    texts = [_COMMENT.sub("", page.read_text(encoding="utf-8")).strip() for page in pages]
    return _calibrate(texts, model, context_tokens, source=BUILT_IN)


def _written(record: Record, template: ChatTemplate | None) -> str:
    if template is None or not record.messages:
        return "\n".join(record.passages)
    messages = [{"role": message.role, "content": message.content} for message in record.messages]
    return template.render(messages, add_generation_prompt=False)


def _joined(texts: Iterable[str]) -> Iterable[str]:
    """Put lines that are too short to be judged alone together, in their order."""
    kept: list[str] = []
    for text in texts:
        kept.append(text)
        if sum(map(len, kept)) >= _LEAST_CHARACTERS:
            yield "\n".join(kept)
            kept = []
    if kept:
        yield "\n".join(kept)


def _calibrate(texts: Sequence[str], model: Path, context_tokens: int | None, *, source: str) -> Calibration:
    tokenizer = load_tokenizer(model)
    most = min(_WINDOW_TOKENS, context_tokens or _WINDOW_TOKENS)
    windows = [window for text in texts for window in _windows(tokenizer.encode(text), most)]
    if not windows:
        what = f"there is too little text to calibrate on: no text of {len(texts)} has {_LEAST_TOKENS} tokens"
        raise LimbeckError(what, where=source, fix="give more text after --data, or leave it out")
    is_enough = len(windows) >= _LEAST_WINDOWS
    judged = windows[::_JUDGED_EVERY] if is_enough else windows
    others = [window for place, window in enumerate(windows) if place % _JUDGED_EVERY]
    notes = list(_foreign(texts, tokenizer, source))
    if not is_enough:
        notes.append(f"{source} is too little to learn rounding from, so weights are rounded to the nearest code")
    return Calibration(
        prompts=_cut(spread(judged, _PROMPTS)),
        learning=spread(others, _LEARNT) if is_enough else (),
        source=source,
        num_texts=len(texts),
        notes=tuple(notes),
    )


def _windows(tokens: Sequence[int], most: int) -> Iterable[Prompt]:
    for start in range(0, len(tokens), most):
        window = tuple(tokens[start : start + most])
        if len(window) >= _LEAST_TOKENS:
            yield window


def _cut(windows: Sequence[Prompt]) -> tuple[Prompt, ...]:
    """End each window somewhere, as often as it takes to have enough prompts of little text."""
    rng = np.random.default_rng(0)
    rounds = -(-_PROMPTS // len(windows))
    cut = [window[: rng.integers(_LEAST_TOKENS, len(window) + 1)] for _ in range(rounds) for window in windows]
    return tuple(dict.fromkeys(cut))


def _foreign(texts: Sequence[str], tokenizer: TextTokenizer, source: str) -> Iterable[str]:
    """Tell of writing the tokenizer has no tokens for: the model was hardly trained on it."""
    sample = "".join(spread(texts, 200))[:_SAMPLE_CHARACTERS]
    foreign = "".join(sign for sign in sample if not sign.isascii())
    if len(foreign) < _FOREIGN_SHARE * len(sample):
        return
    tokens = tokenizer.encode(foreign)
    share = len(foreign) / len(sample)
    if len(tokens) >= _BYTES_SHARE * len(foreign.encode()):
        yield (
            f"the tokenizer splits {share:.0%} of the characters of {source} into single bytes "
            f"({len(tokens) / len(foreign):.1f} tokens each): the model hardly knows their language"
        )
    lost = set(foreign) - set(tokenizer.decode(tokens))
    if lost:
        signs = " ".join(sorted(lost)[:8])
        yield f"the tokenizer has no tokens for {len(lost)} different characters of {source}, such as {signs}"
