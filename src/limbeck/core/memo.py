"""Digests remembered between runs, so that a run with nothing to do reads next to nothing.

A file's digest is taken from here only while its size, times and inode are what they were. The change
time cannot be set by a program, so that an edit which restores size and modification time is still seen.
"""

from pathlib import Path
from typing import final

from limbeck.core.digest import digest_file
from limbeck.core.disk import JSON, read_json, write_json
from limbeck.core.lock import locked_if_free

_MOST_SOURCES = 5000


@final
class Memo:
    """What is remembered in one file; losing it costs time and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        saved = read_json(path) or {}
        self._files = _mapping(saved.get("files"))
        self.sources = _mapping(saved.get("sources"))
        self._saved = dict(self._files), dict(self.sources)

    def digest(self, path: Path) -> str:
        """Return the digest of a file, reading it only if it may have changed."""
        facts = _facts(path)
        known = self._files.get(str(path))
        if isinstance(known, list) and known[:-1] == facts:
            return str(known[-1])
        return self.refresh(path)

    def refresh(self, path: Path) -> str:
        """Read a file, whatever is remembered of it, and return its digest."""
        facts = _facts(path)
        digest = digest_file(path)
        self._files[str(path)] = [*facts, digest]
        return digest

    def carry(self, old: Path, new: Path) -> None:
        """Keep what is known of a file that was moved; if the move changed its facts, it is read again."""
        self._files[str(new)] = self._files.pop(str(old))

    def save(self) -> None:
        """Write what is new; a store that cannot be written to stays as it is."""
        if (self._files, self.sources) == self._saved:
            return
        files = {name: facts for name, facts in self._files.items() if Path(name).exists()}
        sources = self.sources if len(self.sources) < _MOST_SOURCES else {}
        try:
            with locked_if_free(self._path.with_suffix(".lock")) as free:
                if free:
                    write_json(self._path, {"files": files, "sources": sources}, durable=False)
        except OSError:
            return
        self._saved = dict(self._files), dict(self.sources)


def _facts(path: Path) -> list[JSON]:
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _mapping(value: JSON) -> dict[str, JSON]:
    return dict(value) if isinstance(value, dict) else {}
