"""Who may do what: keys by name, each with its scopes, only their digests on disk."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from limbeck.core.disk import disk_errors, write_json
from limbeck.core.errors import LimbeckError, UsageError

Scope = Literal["read", "chat", "knowledge", "admin"]
"""`read` sees models and knowledge, `chat` asks, `knowledge` edits it, `admin` sees the metrics."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
SCHEMA = 1
_PREFIX = "lk-"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: its name, what it may do, and the digest of its secret."""

    name: str
    scopes: tuple[Scope, ...]
    sha256: str


def default_path() -> Path:
    """Return where this user's keys lie."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "limbeck" / "keys.json"


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read the keys of a file; none where there is no file.

    Raises: LimbeckError: it is damaged.
    """
    if not path.exists():
        return ()
    try:
        fields = json.loads(path.read_bytes())
        if fields["schema"] != SCHEMA:
            raise ValueError(f"schema {fields['schema']!r}")
        keys = tuple(Key(name=key["name"], scopes=tuple(key["scopes"]), sha256=key["sha256"]) for key in fields["keys"])
        if not all(
            isinstance(key.name, str) and set(key.scopes) <= set(SCOPES) and len(key.sha256) == 64 for key in keys
        ):
            raise ValueError("a key without name, scopes or digest")
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = "make the keys anew with --new-key, or give another file with --keys"
        raise LimbeckError(f"the keys cannot be read: {error}", where=str(path), fix=fix) from error
    return keys


def new_key(path: Path, name: str, scopes: Sequence[str]) -> str:
    """Add a key to a file and return its secret, which nobody can read again.

    Raises: UsageError: the name is taken or empty, or a scope is none. MachineError: the disk refuses.
    """
    keys = read_keys(path)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        given = f"unknown scope {unknown[0]!r}" if unknown else "no scope"
        raise UsageError(given, where="--scope", fix=f"scopes: {', '.join(SCOPES)}")
    if not name.strip() or not name.isprintable():
        raise UsageError("a key needs a name to know it by", where="--new-key", fix="limbeck serve --new-key laptop")
    if name in [key.name for key in keys]:
        raise UsageError(
            f"there is a key {name!r} already", where=str(path), fix="choose another name, or --drop-key it"
        )
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    added = Key(name=name, scopes=tuple(scope for scope in SCOPES if scope in scopes), sha256=_digest(secret))
    _write(path, (*keys, added))
    return secret


def drop_key(path: Path, name: str) -> None:
    """Take a key out of a file.

    Raises: UsageError: there is none of that name.
    """
    keys = read_keys(path)
    if name not in [key.name for key in keys]:
        known = ", ".join(key.name for key in keys) or "none"
        raise UsageError(f"there is no key {name!r}", where=str(path), fix=f"keys: {known}")
    _write(path, tuple(key for key in keys if key.name != name))


def find_key(keys: Collection[Key], secret: str) -> Key | None:
    """Return the key of a secret, or None; every digest is compared, so that the time tells nothing."""
    digest = _digest(secret)
    found = [key for key in keys if hmac.compare_digest(key.sha256, digest)]
    return found[0] if found else None


def _digest(secret: str) -> str:
    # secrets are random and long: a slow hash would protect nothing more
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _write(path: Path, keys: Sequence[Key]) -> None:
    with disk_errors(path.parent):
        write_json(path, {"schema": SCHEMA, "keys": [asdict(key) for key in keys]})
        path.chmod(0o600)
