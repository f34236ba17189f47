"""An artifact: a finished folder with a manifest that says how it was made and what is in it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.digest import digest_json
from limbeck.core.disk import JSON

MANIFEST = "artifact.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of an artifact."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What a stage made; `parts` is what its key was computed from."""

    stage: str
    key: str
    path: Path
    files: Mapping[str, FileRecord]
    parts: Mapping[str, JSON]

    @property
    def digest(self) -> str:
        """Digest the content: equal files, equal digest, however they were made."""
        return digest_json({name: record.sha256 for name, record in self.files.items()})

    def select(self, names: Iterable[str]) -> dict[str, FileRecord]:
        """Return the named files, and those in named folders; no names means all.

        Raises: LookupError: the artifact has no such file or folder.
        """
        wanted = tuple(names)
        chosen: dict[str, FileRecord] = {} if wanted else dict(self.files)
        for name in wanted:
            folder = name.rstrip("/") + "/"
            found = {path: self.files[path] for path in self.files if path == name or path.startswith(folder)}
            if not found:
                raise LookupError(
                    f"stage {self.stage!r} wrote no {name!r}; it wrote {', '.join(self.files) or 'nothing'}"
                )
            chosen |= found
        return dict(sorted(chosen.items()))

    def manifest(self) -> dict[str, JSON]:
        """Return the content of `artifact.json`, which carries its own digest."""
        content: dict[str, JSON] = {
            "schema": _SCHEMA,
            "stage": self.stage,
            "key": self.key,
            "parts": self.parts,
            "files": {
                name: {"sha256": record.sha256, "size_bytes": record.size_bytes}
                for name, record in sorted(self.files.items())
            },
        }
        return {**content, "digest": digest_json(content)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """An artifact that is not what was published."""

    stage: str
    key: str
    path: Path
    problem: str


def read_artifact(folder: Path) -> Artifact:
    """Read a manifest.

    Raises: ValueError: torn, altered, or of another schema. FileNotFoundError: there is none.
    """
    manifest = json.loads((folder / MANIFEST).read_bytes())
    if not isinstance(manifest, dict) or manifest.pop("digest", None) != digest_json(manifest):
        raise ValueError(f"{MANIFEST} is not what was written")
    if manifest["schema"] != _SCHEMA:
        raise ValueError(f"{MANIFEST} has schema {manifest['schema']}, this version reads {_SCHEMA}")
    files = {name: FileRecord(**record) for name, record in manifest["files"].items()}
    return Artifact(stage=manifest["stage"], key=manifest["key"], path=folder, files=files, parts=manifest["parts"])
