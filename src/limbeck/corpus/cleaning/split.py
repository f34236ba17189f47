"""A share of the records set aside for evaluation, the same one for the same input and seed."""

import hashlib
from collections.abc import Sequence

from limbeck.corpus.cleaning.normal_form import key
from limbeck.corpus.record import Record


def split_off(records: Sequence[Record], share: float, seed: int) -> tuple[list[Record], list[Record]]:
    """Return what to train on and what to evaluate on, each in the order they came.

    Records with the same prompt stay on one side. A share above zero sets at least one prompt aside, and leaves one.
    """
    groups: dict[str, list[int]] = {}
    for at, record in enumerate(records):
        groups.setdefault(key(record.prompt), []).append(at)
    drawn = sorted(groups, key=lambda name: hashlib.sha256(f"{seed}\0{name}".encode()).digest())
    wanted = max(round(share * len(records)), 1) if share > 0 else 0
    aside: set[int] = set()
    for name in drawn[:-1]:
        if len(aside) >= wanted:
            break
        aside.update(groups[name])
    train = [record for at, record in enumerate(records) if at not in aside]
    return train, [record for at, record in enumerate(records) if at in aside]
