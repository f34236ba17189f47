"""What a bundle is made of: every file with its digest, checked before anything in it is used.

The manifest seals itself too: it is refused unless it is byte for byte what we would write.
"""

import hashlib
import json
import stat
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from limbeck.core.budget import Budget
from limbeck.core.disk import write_atomic
from limbeck.core.errors import BundleError

MANIFEST = "manifest.json"
SCHEMA = 1
KNOWLEDGE = "knowledge.sqlite"
_REPACK = "copy the bundle again from where it was built, or rebuild it with `limbeck run`"
_BESIDE = f".{MANIFEST}.tmp"
_TRANSIENT = (f"{KNOWLEDGE}-shm", f"{KNOWLEDGE}-wal")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of a bundle; `path` is relative, with forward slashes."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle says of itself; `edited` names files changed since it was packed."""

    name: str
    engines: tuple[str, ...]
    languages: tuple[str, ...]
    licence: str
    base_model: str
    budget: Budget
    files: tuple[FileEntry, ...]
    edited: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Return the bytes of all files, the manifest apart."""
        return sum(entry.size_bytes for entry in self.files)


def encode(manifest: Manifest) -> bytes:
    """Write a manifest as canonical JSON that ends in its own digest."""
    body = {"schema": SCHEMA, **asdict(manifest)}
    return _canonical({**body, "sealed_sha256": hashlib.sha256(_canonical(body)).hexdigest()})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place in one step, so that no reader meets half of it."""
    write_atomic(folder / MANIFEST, encode(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest without looking at the other files.

    Raises: BundleError: not a bundle, another schema, damaged or altered, a path that leaves the folder.
    """
    path = folder / MANIFEST
    if not folder.is_dir() or not path.is_file() or path.is_symlink():
        raise BundleError(
            f"{str(folder)!r} is not a bundle: it has no {MANIFEST}",
            where=str(folder),
            fix="give the folder that `limbeck run` left, such as build/atlas",
        )
    raw = path.read_bytes()
    manifest = _decode(raw, path)
    for entry in manifest.files:
        _check_path(entry.path, path)
    if encode(manifest) != raw:
        raise BundleError(f"{MANIFEST} was altered after it was sealed", where=str(path), fix=_REPACK)
    return manifest


def check_files(folder: Path, manifest: Manifest, *, except_for: Collection[str] = ()) -> None:
    """Hold every file against the manifest.

    Raises: BundleError: a file is missing, extra, a link, of another size or of other bytes.
    """
    present = dict(_walk(folder))
    listed = {entry.path: entry for entry in manifest.files}
    for name in sorted(listed.keys() - present.keys()):
        raise BundleError(f"{name} is missing from the bundle", where=str(folder / name), fix=_REPACK)
    for name in sorted(present.keys() - listed.keys() - set(except_for)):
        fix = f"remove it, or add it for good with a new seal: {folder / name}"
        raise BundleError(f"{name} is not in the manifest", where=str(folder / name), fix=fix)
    kept = [entry for entry in manifest.files if entry.path not in except_for]
    for entry in kept:
        _check_size(folder, entry, present[entry.path])
    for entry, digest in zip(kept, digests(folder, [entry.path for entry in kept]), strict=True):
        if digest != entry.sha256:
            what = f"{entry.path} was altered: sha256 {digest[:12]}…, the manifest says {entry.sha256[:12]}…"
            raise BundleError(what, where=str(folder / entry.path), fix=_REPACK)


def describe_files(folder: Path, names: Collection[str] | None = None) -> tuple[FileEntry, ...]:
    """List every file of a folder, or those named, with size and digest, sorted by path; the manifest is left out."""
    sizes = {name: size for name, size in sorted(_walk(folder)) if names is None or name in names}
    pairs = zip(sizes.items(), digests(folder, list(sizes)), strict=True)
    return tuple(FileEntry(path=name, size_bytes=size, sha256=digest) for (name, size), digest in pairs)


def digests(folder: Path, names: Collection[str]) -> list[str]:
    """Return the sha256 of files, two at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda name: _digest(folder / name), names))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _walk(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield relative path and size of every file but the manifest.

    Raises: BundleError: a link, a pipe or a device, which a copy elsewhere would not carry.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode) or name in (MANIFEST, _BESIDE):
            continue
        if not stat.S_ISREG(status.st_mode):
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a plain file"
            raise BundleError(f"{name} is {kind}", where=str(path), fix="replace it by the file itself")
        if not _is_transient(name, status.st_size):
            yield name, status.st_size


def _is_transient(name: str, size_bytes: int) -> bool:
    """Tell SQLite's own empty leftovers from a file; a log that still holds an edit is not one."""
    return name in _TRANSIENT and (name.endswith("-shm") or size_bytes == 0)


def _check_size(folder: Path, entry: FileEntry, size_bytes: int) -> None:
    if size_bytes != entry.size_bytes:
        word = "truncated" if size_bytes < entry.size_bytes else "longer than it was"
        what = f"{entry.path} is {word}: {size_bytes} bytes, the manifest says {entry.size_bytes}"
        raise BundleError(what, where=str(folder / entry.path), fix=_REPACK)


def _check_path(name: str, where: Path) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or str(pure) != name or name == MANIFEST:
        raise BundleError(f"{MANIFEST} names a file outside the bundle: {name!r}", where=str(where), fix=_REPACK)


def _decode(raw: bytes, path: Path) -> Manifest:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{MANIFEST} is not JSON: {error}", where=str(path), fix=_REPACK) from None
    if not isinstance(body, dict) or body.get("schema") != SCHEMA:
        schema = body.get("schema") if isinstance(body, dict) else None
        fix = "open it with the version of limbeck that packed it, or pack it again with this one"
        raise BundleError(f"{MANIFEST} has schema {schema!r}; this limbeck reads {SCHEMA}", where=str(path), fix=fix)
    try:
        return _from_json(body)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{MANIFEST} lacks or misspells a field: {error}"
        raise BundleError(what, where=str(path), fix=_REPACK) from None


def _from_json(body: Mapping[str, object]) -> Manifest:
    fields = {key: value for key, value in body.items() if key not in ("schema", "sealed_sha256")}
    files = fields.pop("files")
    budget = fields.pop("budget")
    assert_list = (files, fields["engines"], fields["languages"], fields["edited"])
    if not all(isinstance(value, list) for value in assert_list) or not isinstance(budget, dict):
        raise TypeError("files, engines, languages and edited are lists, budget is an object")
    return Manifest(
        files=tuple(_entry(item) for item in files),  # type: ignore[attr-defined]
        budget=Budget(**budget),
        **{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()},  # type: ignore[arg-type]
    )


def _entry(item: Mapping[str, object]) -> FileEntry:
    entry = FileEntry(**item)  # type: ignore[arg-type]
    if not (isinstance(entry.path, str) and isinstance(entry.sha256, str) and isinstance(entry.size_bytes, int)):
        raise TypeError(f"a file has path, sha256 and size_bytes, not {item!r}")
    return entry


def _canonical(body: Mapping[str, object]) -> bytes:
    return (json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
