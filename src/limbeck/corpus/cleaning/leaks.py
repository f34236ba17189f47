"""Training records that give away what a model will be asked: the same prompt or text, or a long run of words.

Source of the run of 13 words, and of leaving out runs that more than ten records share: Brown et al. 2020, appendix C.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from limbeck.corpus.cleaning.normal_form import key, runs, units
from limbeck.corpus.language import language_of
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import BadRow

_RUN_UNITS = {"en": 13, "zh": 26}
_MOST_SHARING = 10


def drop_leaks(records: Sequence[Record], held_out: Sequence[Record]) -> tuple[list[Record], list[BadRow]]:
    """Keep the training records that share neither a prompt nor a long run of words with what is held out.

    A run is 13 words, or 26 Han characters. Runs that more than 10 training records share, such as a fixed
    instruction, give nothing away and do not count.
    """
    prompts: dict[str, Record] = {}
    places: dict[str, Record] = {}
    for record in held_out:
        for text in (record.prompt, "\n".join(record.passages)):
            prompts.setdefault(key(text), record)
        for run in _long_runs(record):
            places.setdefault(run, record)
    shared = [{run for run in _long_runs(record) if run in places} for record in records]
    common = Counter(run for found in shared for run in found)
    kept, dropped = [], []
    for record, found in zip(records, shared, strict=True):
        telling = sorted(run for run in found if common[run] <= _MOST_SHARING)
        source = _same_prompt(record, prompts) or (places[telling[0]] if telling else None)
        if source is None:
            kept.append(record)
        else:
            how = "shares a run of words with" if telling else "asks the same as"
            dropped.append(BadRow(where=record.where, what=f"{how} {source.where}"))
    return kept, dropped


def _same_prompt(record: Record, prompts: dict[str, Record]) -> Record | None:
    return prompts.get(key(record.prompt)) or prompts.get(key("\n".join(record.passages)))


def _long_runs(record: Record) -> Iterator[str]:
    for text in record.passages:
        size = _RUN_UNITS[language_of(text)]
        parts = units(text)
        if len(parts) >= size:
            yield from runs(parts, size)
