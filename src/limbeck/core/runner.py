"""Run a pipeline: skip what is there, resume what was stopped, never publish half of anything."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol, final

from limbeck.core.artifact import Artifact, Damage
from limbeck.core.disk import JSON, is_disk_error, is_full, machine_error
from limbeck.core.errors import Interrupted, LimbeckError, SourceError, UsageError
from limbeck.core.heartbeat import Heartbeat, Running, forget_abandoned, running
from limbeck.core.interrupt import stop_on_interrupt
from limbeck.core.key import key_of, outside_parts, own_parts, with_inputs
from limbeck.core.plan import StagePlan, plan_stages
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage, StageContext
from limbeck.core.store import Store
from limbeck.core.units import format_duration


class Listener(Protocol):
    """Hears what a run does, to show it."""

    def stage_started(self, stage: str) -> None:
        """A stage begins to work; not called for a hit."""

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        """A stage has come this far."""

    def stage_finished(self, stage: str, outcome: Literal["hit", "ran"], seconds: float) -> None:
        """The artifact of a stage is there."""

    def problem(self, text: str) -> None:
        """Something a person should know of, which does not end the run."""


@final
class Silent:
    """A listener that shows nothing."""

    def stage_started(self, stage: str) -> None:
        """Show nothing."""

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        """Show nothing."""

    def stage_finished(self, stage: str, outcome: Literal["hit", "ran"], seconds: float) -> None:
        """Show nothing."""

    def problem(self, text: str) -> None:
        """Show nothing."""


@final
class Runner:
    """The stages of a pipeline over a store, in an order where each reads only earlier ones."""

    def __init__(
        self, store: Store, stages: Sequence[Stage], listener: Listener | None = None, *, tree: SourceTree | None = None
    ) -> None:
        _check_order(stages)
        self._store = store
        self._stages = tuple(stages)
        self._listener: Listener = listener or Silent()
        self._tree = tree or SourceTree(memo=store.memo.sources)

    def plan(self) -> tuple[StagePlan, ...]:
        """Tell what a run would do.

        Raises: SourceError: a file that a stage reads is missing.
        """
        plans = plan_stages(self._stages, self._store, self._tree)
        self._store.memo.save()
        return plans

    def why(self, stage: str) -> str:
        """Explain what would happen to one stage.

        Raises: UsageError: no such stage, with the nearest one.
        """
        names = [each.name for each in self._stages]
        if stage not in names:
            near = difflib.get_close_matches(stage, names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(f"there is no stage {stage!r}", fix=f"{hint}stages: {', '.join(names)}")
        plan = next(each for each in self.plan() if each.stage == stage)
        return _explain(plan)

    def status(self) -> tuple[Running, ...]:
        """Tell how far every unfinished stage in the store is, those at work first."""
        return running(self._store)

    def run(self) -> Mapping[str, Artifact]:
        """Bring every stage up to date and return the artifacts by stage.

        Raises: Interrupted: stopped by Ctrl-C, resumable. MachineError: the disk refused. SourceError: as `plan`.
        """
        made: dict[str, Artifact] = {}
        self._store.sweep()
        try:
            with stop_on_interrupt() as should_stop:
                for stage in self._stages:
                    if should_stop():
                        raise _stopped(f"stopped before {stage.name}")
                    made[stage.name] = self._obtain(stage, made, should_stop)
        finally:
            self._store.memo.save()
        return made

    def _obtain(self, stage: Stage, made: Mapping[str, Artifact], should_stop: Callable[[], bool]) -> Artifact:
        own = own_parts(stage, self._tree, self._store.memo)
        parts = with_inputs(own, stage, made)
        key = key_of(stage, parts)
        found = self._store.find(stage.name, key)
        if isinstance(found, Artifact):
            return self._hit(found)
        with self._locked(stage.name, key, should_stop):
            found = self._store.find(stage.name, key)  # another run may have made it meanwhile
            if isinstance(found, Artifact):
                return self._hit(found)
            if found is not None:
                self._set_aside(found)
            return self._make(stage, parts, made, should_stop)

    def _hit(self, artifact: Artifact) -> Artifact:
        self._listener.stage_finished(artifact.stage, "hit", 0.0)
        return artifact

    def _set_aside(self, damage: Damage) -> None:
        aside = self._store.quarantine(damage)
        self._listener.problem(
            f"the artifact of {damage.stage} is damaged ({damage.problem}); set aside in {aside}, made again"
        )

    def _locked(self, stage: str, key: str, should_stop: Callable[[], bool]) -> AbstractContextManager[None]:
        def waiting(pid: int | None) -> None:
            self._listener.problem(f"{stage}: waiting for another run (process {pid}) that is making the same artifact")

        return self._store.locked(stage, key, waiting=waiting, should_stop=should_stop)

    def _make(
        self, stage: Stage, parts: Mapping[str, JSON], made: Mapping[str, Artifact], should_stop: Callable[[], bool]
    ) -> Artifact:
        key = key_of(stage, parts)
        forget_abandoned(self._store, stage.name, key)
        heartbeat = Heartbeat(self._store, stage.name, key)
        self._listener.stage_started(stage.name)
        try:
            with self._store.workplace(stage.name, key) as folder:
                self._work(
                    stage,
                    self._context(
                        stage, folder=folder, key=key, made=made, heartbeat=heartbeat, should_stop=should_stop
                    ),
                )
                self._check_unchanged(stage, parts)
                artifact = self._store.publish(folder / "out", stage=stage.name, key=key, parts=parts)
        except BaseException:
            heartbeat.pause()
            raise
        self._store.remember_seconds(stage.name, heartbeat.seconds)
        heartbeat.end()
        self._listener.stage_finished(stage.name, "ran", heartbeat.seconds)
        return artifact

    def _context(
        self,
        stage: Stage,
        *,
        folder: Path,
        key: str,
        made: Mapping[str, Artifact],
        heartbeat: Heartbeat,
        should_stop: Callable[[], bool],
    ) -> StageContext:
        def progress(done: int, total: int, note: str = "") -> None:
            heartbeat.beat(done, total, note)
            self._listener.stage_progress(stage.name, done, total, note)

        inputs = {
            source: _view(made[source], names, folder / "inputs" / source) for source, names in stage.inputs.items()
        }
        return StageContext(
            out=folder / "out",
            partial=self._store.partial(stage.name, key),
            inputs=inputs,
            progress=progress,
            should_stop=should_stop,
        )

    def _work(self, stage: Stage, context: StageContext) -> None:
        try:
            stage.run(context)
        except Interrupted as error:
            raise _stopped(f"stopped in {stage.name}: {error.what}") from error
        except LimbeckError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and is_disk_error(error):
                raise machine_error(error, self._store.root) from error
            if is_full(self._store.root, error):  # SQLite, safetensors and torch raise errors of their own
                raise machine_error(None, self._store.root) from error
            raise

    def _check_unchanged(self, stage: Stage, parts: Mapping[str, JSON]) -> None:
        """Refuse to publish under a key that names other inputs than those that were read."""
        before, after = parts["files"], outside_parts(stage, self._store.memo)
        assert isinstance(before, Mapping)
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if changed:
            what = f"{changed[0]} changed while {stage.name} was reading it"
            raise SourceError(what, where=changed[0], fix="run the same command again")


def _view(artifact: Artifact, names: tuple[str, ...], folder: Path) -> Path:
    """Show a stage only the files it declared: what it cannot see, it cannot read behind the key's back."""
    folder.mkdir(parents=True)
    for name in artifact.select(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(artifact.path / name)
    return folder


def _stopped(what: str) -> Interrupted:
    return Interrupted(what, fix="run the same command again: it goes on from here")


def _explain(plan: StagePlan) -> str:
    if plan.status == "hit":
        return f"{plan.stage} is up to date: nothing it reads has changed"
    verb = "may run" if plan.status == "after" else "runs"
    lines = [f"{plan.stage} {verb}: {plan.reason}"]
    if len(plan.changes) > 1:
        lines += [f"  {change}" for change in plan.changes]
    if plan.resumes:
        lines.append("  it goes on from the checkpoint of the run that was stopped")
    if plan.forecast_seconds is not None:
        lines.append(f"  it took {format_duration(plan.forecast_seconds)} the last time")
    return "\n".join(lines)


def _check_order(stages: Sequence[Stage]) -> None:
    names: list[str] = []
    for stage in stages:
        unknown = [source for source in stage.inputs if source not in names]
        if unknown or stage.name in names:
            raise ValueError(f"stage {stage.name!r} comes twice or reads {unknown}, which no earlier stage makes")
        names.append(stage.name)
