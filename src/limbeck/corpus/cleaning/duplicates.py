"""Repeated records, and records that say nearly the same, by MinHash and locality-sensitive hashing.

Source: Broder 1997, "On the resemblance and containment of documents"; the sketches are of `rensa`.
"""

from collections.abc import Iterator, Sequence

from limbeck.core.progress import Progress, silent
from limbeck.corpus.cleaning.normal_form import figures, shingles
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import BadRow

_PERMUTATIONS = 128
_SEED = 1
_RECALL = 0.99
_SKETCH_ERROR = 0.15
_MOST_COMPARED = 256
_STEP = 1000

Kept = tuple[list[Record], list[BadRow]]
"""The records that stay, in order, and where the others stand."""


def drop_repeated(records: Sequence[Record]) -> Kept:
    """Keep the first of records that are the same in every turn, spacing apart."""
    first: dict[tuple[str, ...], Record] = {}
    dropped = []
    for record in records:
        texts = tuple(f"{message.role}: {_spaced(message.content)}" for message in record.messages)
        earlier = first.setdefault(texts or (_spaced(record.text),), record)
        if earlier is not record:
            dropped.append(BadRow(where=record.where, what=f"the same as {earlier.where}"))
    return list(first.values()), dropped


def drop_near_duplicates(records: Sequence[Record], threshold: float, progress: Progress = silent) -> Kept:
    """Keep the first of records whose every turn shares at least `threshold` of its runs of words with the other's.

    Records with different numbers in them are never near duplicates. The same input gives the same result; of very
    many candidates only the first 256 are compared.
    """
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS, num_bands=_num_bands(threshold))
    kept: list[Record] = []
    sketches: list[RMinHash] = []
    dropped = []
    for number, record in enumerate(records):
        if number % _STEP == 0:
            progress(number, len(records), "near duplicates")
        sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update({run for text in record.passages for run in shingles(text)})
        near = (at for at in sorted(index.query(sketch)) if sketch.jaccard(sketches[at]) >= threshold - _SKETCH_ERROR)
        twin = _twin(record, (kept[at] for at in near), threshold)
        if twin is not None:
            dropped.append(BadRow(where=record.where, what=f"nearly the same as {twin.where}"))
            continue
        index.insert(len(kept), sketch)
        kept.append(record)
        sketches.append(sketch)
    return kept, dropped


def similarity(one: str, other: str) -> float:
    """Return the share of runs of words that two texts have in common (Jaccard), 1.0 for the same."""
    ours, theirs = shingles(one), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _twin(record: Record, candidates: Iterator[Record], threshold: float) -> Record | None:
    for other, _ in zip(candidates, range(_MOST_COMPARED), strict=False):
        pairs = list(zip(record.passages, other.passages, strict=False))
        if len(record.passages) != len(other.passages) or record.kind != other.kind:
            continue
        if all(figures(ours) == figures(theirs) and similarity(ours, theirs) >= threshold for ours, theirs in pairs):
            return other
    return None


def _num_bands(threshold: float) -> int:
    """Return the fewest bands that find a pair right at the threshold 99 times in 100."""
    sizes = [1, 2, 4, 8, 16, 32, 64, 128]
    return next((n for n in sizes if 1 - (1 - threshold ** (_PERMUTATIONS // n)) ** n >= _RECALL), _PERMUTATIONS)
