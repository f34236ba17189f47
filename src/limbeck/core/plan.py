"""What a run would do, and why, without doing any of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from limbeck.core.artifact import Artifact, Damage
from limbeck.core.change import changes_since, in_short
from limbeck.core.disk import JSON
from limbeck.core.key import key_of, own_parts, with_inputs
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage
from limbeck.core.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """What will happen to one stage.

    status: "hit" has its artifact; "run" must run; "after" waits for a stage that runs first and may turn out a hit.
    changes: every difference to the nearest earlier artifact; `reason` is the first of them in words.
    forecast_seconds: from the last run of the stage, None if it never ran; key: None while it waits.
    resumes: there is a checkpoint of an attempt that was stopped.
    """

    stage: str
    status: Literal["hit", "run", "after"]
    reason: str
    changes: tuple[str, ...] = ()
    forecast_seconds: float | None = None
    key: str | None = None
    resumes: bool = False


def plan_stages(stages: Sequence[Stage], store: Store, tree: SourceTree) -> tuple[StagePlan, ...]:
    """Plan each stage in order; writes nothing but remembered digests."""
    made: dict[str, Artifact] = {}
    plans = []
    for stage in stages:
        own = own_parts(stage, tree, store.memo)
        if any(source not in made for source in stage.inputs):
            plans.append(_waiting(stage, own, store, made))
            continue
        parts = with_inputs(own, stage, made)
        found = store.find(stage.name, key_of(stage, parts))
        if isinstance(found, Artifact):
            made[stage.name] = found
            plans.append(
                StagePlan(stage=stage.name, status="hit", reason="unchanged", forecast_seconds=0.0, key=found.key)
            )
        else:
            plans.append(_missing(stage, parts, store, found))
    return tuple(plans)


def _missing(stage: Stage, parts: dict[str, JSON], store: Store, damage: Damage | None) -> StagePlan:
    key = key_of(stage, parts)
    changes = () if damage else changes_since(store.previous(stage.name), parts)
    partial = store.partial(stage.name, key)
    return StagePlan(
        stage=stage.name,
        status="run",
        reason=f"its artifact is damaged: {damage.problem}" if damage else _reason(changes),
        changes=changes or (),
        forecast_seconds=store.seconds(stage.name),
        key=key,
        resumes=partial.is_dir() and any(partial.iterdir()),
    )


def _waiting(stage: Stage, own: dict[str, JSON], store: Store, made: dict[str, Artifact]) -> StagePlan:
    """Plan a stage whose inputs are not there: with a change of its own it is sure to run."""
    changes = changes_since(store.previous(stage.name), own)
    unfinished = ", ".join(source for source in stage.inputs if source not in made)
    own_reason = changes is None or bool(changes)
    return StagePlan(
        stage=stage.name,
        status="run" if own_reason else "after",
        reason=_reason(changes) if own_reason else f"waits for {unfinished}",
        changes=changes or (),
        forecast_seconds=store.seconds(stage.name),
    )


def _reason(changes: tuple[str, ...] | None) -> str:
    if changes is None:
        return "never run"
    return in_short(changes) if changes else "its artifact was removed"
