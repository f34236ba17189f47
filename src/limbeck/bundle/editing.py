"""Open the knowledge of a file or of a bundle; an edited bundle is sealed anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.core.errors import KnowledgeError

if TYPE_CHECKING:
    from limbeck.knowledge.base import KnowledgeBase


@contextmanager
def reading(path: Path, *, scope: str = "", every_day: bool = False) -> Iterator["KnowledgeBase"]:
    """Open the knowledge base at `path`, or that of the bundle there, as a reader of a scope sees it."""
    from limbeck.knowledge.base import KnowledgeBase

    with KnowledgeBase.open(knowledge_file(path), scope=scope, every_day=every_day) as base:
        yield base


@contextmanager
def writing(path: Path) -> Iterator["KnowledgeBase"]:
    """Open a knowledge base to edit it; a bundle is checked before and sealed after.

    Raises: BundleError: the bundle is damaged; nothing is edited then.
    """
    from limbeck.knowledge.base import KnowledgeBase

    if path.is_dir():
        from limbeck.bundle.manifest import check_files, read_manifest

        check_files(path, read_manifest(path))
    with KnowledgeBase.open(knowledge_file(path), writable=True) as base:
        yield base
    if path.is_dir():
        from limbeck.bundle.pack import reseal

        reseal(path)


def knowledge_file(path: Path) -> Path:
    """Return the knowledge file that a file or bundle name stands for.

    Raises: KnowledgeError: there is none.
    """
    if path.is_dir():
        from limbeck.bundle.manifest import KNOWLEDGE, read_manifest

        read_manifest(path)
        return path / KNOWLEDGE
    if not path.is_file():
        fix = "give a bundle, or a file that `limbeck kb build` wrote"
        raise KnowledgeError(f"there is no knowledge base '{path}'", fix=fix)
    return path
