"""A stage: what it reads, which code it runs, and the function that fills a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from limbeck.core.disk import JSON
from limbeck.core.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContext:
    """What a running stage is given.

    out: an empty folder to fill; it becomes the artifact.
    partial: a folder kept over kills, for checkpoints; removed once the artifact is there.
    inputs: for each earlier stage a folder with exactly the files that were declared.
    should_stop: true after the first Ctrl-C: checkpoint, then raise Interrupted.
    """

    out: Path
    partial: Path
    inputs: Mapping[str, Path]
    progress: Progress
    should_stop: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a pipeline; every field but `run` counts in the key of its artifact.

    modules: dotted names of the code it runs; what those import is found, what they load by name is not.
    params: the parameters it reads, and no others.
    inputs: earlier stage -> the files (or folders) of its artifact that it reads; an empty tuple means all.
    files: files and folders from outside whose content it reads.
    environment: facts of the machine that change the result, such as the version of a library.
    """

    name: str
    version: int
    run: Callable[[StageContext], None]
    modules: tuple[str, ...] = ()
    params: Mapping[str, JSON] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
