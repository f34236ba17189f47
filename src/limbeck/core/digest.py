"""SHA-256 of a file, of a folder and of plain data: equal content, equal digest, on every machine."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from limbeck.core.disk import JSON


def digest_bytes(data: bytes) -> str:
    """Digest bytes."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """Digest the content of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: JSON) -> bytes:
    """Write a value the one way that equal values share: sorted keys, no spaces, UTF-8.

    Raises: ValueError: not a number (NaN or infinity). TypeError: not plain data.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", errors="surrogatepass")


def digest_json(value: JSON) -> str:
    """Digest plain data."""
    return digest_bytes(canonical_json(value))


def list_files(folder: Path) -> tuple[str, ...]:
    """Name every file under a folder by its relative path with `/`, sorted; empty folders do not count."""
    found: list[str] = []
    for parent, _folders, names in os.walk(folder, onerror=_raise):
        found.extend((Path(parent) / name).relative_to(folder).as_posix() for name in names)
    return tuple(sorted(found))


def digest_files(folder: Path, digest: Callable[[Path], str] = digest_file) -> dict[str, str]:
    """Digest each file under a folder, by relative path."""
    return {name: digest(folder / name) for name in list_files(folder)}


def digest_folder(folder: Path) -> str:
    """Digest a folder: the sorted relative paths and the content of each file."""
    return digest_json(digest_files(folder))


def _raise(error: OSError) -> None:
    # os.walk would skip a folder it may not read, and the digest would then miss what is in it.
    raise error
