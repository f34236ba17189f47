"""The key of an artifact: a digest of everything that decides its content."""

import json
from collections.abc import Mapping
from pathlib import Path

from limbeck.core.artifact import Artifact
from limbeck.core.digest import canonical_json, digest_file, digest_files, digest_json
from limbeck.core.disk import JSON
from limbeck.core.errors import SourceError
from limbeck.core.memo import Memo
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage

SCHEMA = 1
_ALWAYS_READ_BYTES = 64 * 1024 * 1024
_KEY_DIGITS = 32


def own_parts(stage: Stage, tree: SourceTree, memo: Memo) -> dict[str, JSON]:
    """Return every part of a stage's key that does not wait for an earlier stage.

    Raises: SourceError: a file or folder it reads is missing.
    """
    parts: dict[str, JSON] = {
        "schema": SCHEMA,
        "version": stage.version,
        "modules": tree.digests(stage.modules),
        "params": stage.params,
        "files": outside_parts(stage, memo),
        "environment": stage.environment,
    }
    plain: dict[str, JSON] = json.loads(canonical_json(parts))  # as a manifest gives it back
    return plain


def outside_parts(stage: Stage, memo: Memo) -> dict[str, JSON]:
    """Return the digest of each outside file by its label; where the files lie does not count."""
    digests: dict[str, JSON] = {}
    for label, path in zip(_labels(stage.files), stage.files, strict=True):
        if path.is_dir():
            found = digest_files(path, lambda each: _digest(each, memo))
            digests |= {f"{label}/{name}": digest for name, digest in found.items()}
        elif path.is_file():
            digests[label] = _digest(path, memo)
        else:
            fix = "put it there, or name the right place in the recipe"
            raise SourceError(f"{stage.name} reads {path}, which does not exist", where=str(path), fix=fix)
    return digests


def with_inputs(own: Mapping[str, JSON], stage: Stage, made: Mapping[str, Artifact]) -> dict[str, JSON]:
    """Add the digests of the input files a stage declares: what else is in those artifacts cannot matter."""
    inputs: dict[str, JSON] = {
        source: {name: record.sha256 for name, record in made[source].select(names).items()}
        for source, names in stage.inputs.items()
    }
    return {**own, "inputs": inputs}


def key_of(stage: Stage, parts: Mapping[str, JSON]) -> str:
    """Return the key of the artifact that these parts make."""
    return digest_json({"stage": stage.name, **parts})[:_KEY_DIGITS]


def _digest(path: Path, memo: Memo) -> str:
    # A small file is always read: an edit can keep its size and its times.
    return digest_file(path) if path.stat().st_size < _ALWAYS_READ_BYTES else memo.digest(path)


def _labels(paths: tuple[Path, ...]) -> list[str]:
    """Name each path by as few of its last parts as tell all apart."""
    absolute = [path.absolute() for path in paths]
    most = max((len(path.parts) for path in absolute), default=1)
    for depth in range(1, most + 1):
        labels = ["/".join(path.parts[-depth:]) for path in absolute]
        if len(set(labels)) == len(set(absolute)):
            return labels
    return [str(path) for path in absolute]
