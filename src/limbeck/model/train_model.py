"""Train a model from files: the whole way from a model's name and data to a finished artifact, resumable throughout."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Literal, final

from limbeck.core.artifact import Artifact
from limbeck.core.change import differences, in_short
from limbeck.core.disk import JSON, disk_errors, read_json, write_json
from limbeck.core.errors import LimbeckError
from limbeck.core.key import own_parts
from limbeck.core.runner import Listener, Runner
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage
from limbeck.core.store import Store
from limbeck.model.base_model import find_base
from limbeck.model.train_options import TrainOptions
from limbeck.model.training_plan import plan_from, space_around
from limbeck.model.training_stages import TrainingStages
from limbeck.model.tuning import Setting, Trial, best_trial, rungs_of, search

_LAST = "last.json"


def train_model(
    options: TrainOptions, store: Store, listener: Listener, prepared: Callable[[Mapping[str, Any]], None]
) -> Artifact:
    """Return the artifact of a training; `prepared` hears the data waterfall before the training begins.

    Raises: Interrupted: stopped by Ctrl-C, resumable. Diverged: the loss is no number. MachineError: too little
            memory or disk. LimbeckError: the model or the data is no good. UsageError: options that contradict.
    """
    _check_files(options)
    stages = TrainingStages(options=options, named=find_base(options.model))
    tree = SourceTree(memo=store.memo.sources)
    before = stages.preparing()
    _tell_history(store, before, options, listener, tree)
    made = Runner(store, before, listener, tree=tree).run()
    prepared(json.loads((made["lessons"].path / "waterfall.json").read_text(encoding="utf-8")))
    setting: Setting | None = None
    told: JSON = None
    if options.tune:
        kept = json.loads((made["plan"].path / "plan.json").read_text(encoding="utf-8"))
        trials, setting = _tune(options, kept, _Trials(stages, store, listener, tree))
        told = {"trials": [trial.as_json() for trial in trials], "chosen": asdict(setting)}
    return Runner(store, (*before, stages.train(setting, told)), _Quiet(listener), tree=tree).run()["train"]


@final
class _Trials:
    """Trials on disk: each is made once, whatever ends the search."""

    def __init__(self, stages: TrainingStages, store: Store, listener: Listener, tree: SourceTree) -> None:
        self._stages, self._store, self._listener, self._tree = stages, store, listener, tree
        self._settings: list[Setting] = []

    def loss(self, setting: Setting, num_steps: int) -> float:
        """Return the held-out loss of a trial, infinite where it diverged."""
        if setting not in self._settings:
            self._settings.append(setting)
        stage = self._stages.trial(setting, num_steps)
        heard = _Quiet(self._listener, f"trial {self._settings.index(setting) + 1}, ")
        runner = Runner(self._store, (*self._stages.preparing(), stage), heard, tree=self._tree)
        found = json.loads((runner.run()["trial"].path / "trial.json").read_text(encoding="utf-8"))
        return float("inf") if found["held_out"] is None else float(found["held_out"])


def _tune(options: TrainOptions, kept: Mapping[str, Any], trials: _Trials) -> tuple[tuple[Trial, ...], Setting]:
    plan = plan_from(kept)
    if not kept["scores"]:
        what = "a search needs held-out data to judge by, and none is left over"
        raise LimbeckError(what, where="limbeck train --tune", fix="give some: --eval FILE")
    found = search(
        space_around(plan, options),
        trials.loss,
        num_trials=options.tune,
        rungs=rungs_of(plan.schedule.num_steps),
        seed=options.seed,
    )
    return found, best_trial(found).setting


@final
class _Quiet:
    """A listener that is not told again of stages that are there already."""

    def __init__(self, listener: Listener, prefix: str = "") -> None:
        self._listener, self._prefix = listener, prefix

    def stage_started(self, stage: str) -> None:
        self._listener.stage_started(stage)

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        self._listener.stage_progress(stage, done, total, self._prefix + note)

    def stage_finished(self, stage: str, outcome: Literal["hit", "ran"], seconds: float) -> None:
        if outcome != "hit" or stage == "train":
            self._listener.stage_finished(stage, outcome, seconds)

    def problem(self, text: str) -> None:
        self._listener.problem(text)


def _check_files(options: TrainOptions) -> None:
    for path in (*options.data, *((options.held_out,) if options.held_out else ())):
        if not path.is_file():
            what = f"'{path}' is a folder" if path.is_dir() else f"there is no '{path}'"
            raise LimbeckError(what, where=str(path), fix="give a file: text, CSV, TSV, JSON, JSONL or Parquet")


def _tell_history(
    store: Store, stages: tuple[Stage, ...], options: TrainOptions, listener: Listener, tree: SourceTree
) -> None:
    """Say so where this is not the training that was made or begun here before."""
    parts = {stage.name: own_parts(stage, tree, store.memo) for stage in stages if stage.name in ("corpus", "plan")}
    plan: Mapping[str, Any] = parts["plan"]
    corpus: Mapping[str, Any] = parts["corpus"]
    now: dict[str, Any] = {
        "params": {**plan["params"], "model": options.model, "tune": options.tune},
        "files": {**plan["files"], **corpus["files"]},
        "environment": plan["environment"],
        "modules": plan["modules"],
    }
    before = read_json(store.root / _LAST)
    if before is not None and (changes := differences(before, now)):
        listener.problem(f"this is another training than the last one here, so it starts anew: {in_short(changes)}")
    with disk_errors(store.root):
        write_json(store.root / _LAST, now)
