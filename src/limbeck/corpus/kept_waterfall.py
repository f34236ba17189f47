"""A waterfall kept as plain data, and read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from limbeck.corpus.unusable import BadRow
from limbeck.corpus.waterfall import Drop, FileIn, Waterfall


def waterfall_from(kept: Mapping[str, Any]) -> Waterfall:
    """Return the waterfall that `Waterfall.to_json` told of."""
    return Waterfall(
        files=_files(kept["files"]),
        held_out=_files(kept["held_out"]),
        drops=tuple(
            Drop(
                reason=drop["reason"],
                count=drop["count"],
                examples=tuple(BadRow(**row) for row in drop["examples"]),
            )
            for drop in kept["dropped"]
        ),
        train=kept["kept"]["train"],
        evaluation=kept["kept"]["evaluation"],
        changed=dict(kept["changed"]),
        tokens_trained=kept["tokens_trained"],
    )


def _files(files: Sequence[Mapping[str, Any]]) -> tuple[FileIn, ...]:
    return tuple(FileIn(**file) for file in files)
