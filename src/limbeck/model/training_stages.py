"""The stages of a training: each makes an artifact whose key is everything that decides it.

    base ─► corpus ─► lessons ─► plan ─► trial … ─► train

A killed run goes on at the stage it was in, a training inside it at its newest checkpoint. A changed option or file has
another key, so what depends on it is made anew.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from limbeck.core.device import installed
from limbeck.core.digest import list_files
from limbeck.core.disk import JSON, read_json, write_json
from limbeck.core.errors import Diverged
from limbeck.core.family import Family
from limbeck.core.package import folder_of
from limbeck.core.stage import Stage, StageContext
from limbeck.model.base_model import Named
from limbeck.model.lessons import OBJECTIVE_NAMES
from limbeck.model.train_options import TrainOptions
from limbeck.model.tuning import Setting

_VERSION = 1
_EVAL_SHARE = 0.05
_WEIGHTS = (".safetensors", ".json", ".jinja", ".txt", ".model")
_PRESETS = ("limbeck.model.preset_tokenizer",)
_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "peft")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStages:
    """Builds the stages of one training."""

    options: TrainOptions
    named: Named

    def preparing(self) -> tuple[Stage, ...]:
        """Return what comes before any training: files to lessons and a plan."""
        first = () if self.named.place == "folder" else (self._base(),)
        return (*first, self._corpus(), self._lessons(), self._plan())

    def trial(self, setting: Setting, num_steps: int) -> Stage:
        """Return a trial: trained from the start for so many steps, kept as its held-out loss."""

        def run(context: StageContext) -> None:
            from limbeck.model.training_run import trial_loss

            try:
                curve = self._teach(context, setting, num_steps)[2].curve
                found: dict[str, JSON] = {"held_out": trial_loss(curve), "diverged": False}
            except Diverged as error:
                found = {"held_out": None, "diverged": True, "why": error.what}
            write_json(context.out / "trial.json", {**found, "setting": asdict(setting), "steps": num_steps})

        return self._training("trial", run, {"setting": asdict(setting), "steps": num_steps})

    def train(self, setting: Setting | None, trials: JSON = None) -> Stage:
        """Return the training itself, with the plan's numbers or those of a search."""

        def run(context: StageContext) -> None:
            from limbeck.model.training_run import describe, save_trained

            room, plan, outcome = self._teach(context, setting, None)
            facts: dict[str, Any] = {"schema": 1, "model": self.named.name, "lora": self.options.lora}
            facts |= {"seed": self.options.seed, **describe(room, plan, outcome)}
            facts["waterfall"] = read_json(context.inputs["lessons"] / "waterfall.json")
            facts["tuning"] = trials
            facts["measured"] = {"tokens_per_second": outcome.tokens_per_second}
            save_trained(room, context.out)
            write_json(context.out / "training.json", facts)

        return self._training("train", run, {"setting": asdict(setting) if setting else None, "trials": trials})

    def _base(self) -> Stage:
        preset, name = self.named.preset, self.named.name

        def run(context: StageContext) -> None:
            from limbeck.model import checkpoint
            from limbeck.model.hub_kind import kind_on_hub
            from limbeck.model.preset_tokenizer import write_preset_tokenizer

            if preset is None:
                checkpoint.fetch(name, context.out, kind_on_hub(name))
                return
            words = write_preset_tokenizer(tokenizer, preset.family, context.partial / "tokenizer")
            checkpoint.create(preset, words, context.out, seed=self.options.seed)

        tokenizer = folder_of("limbeck.model") / "presets" / name.partition("-")[0]
        return Stage(
            name="base",
            version=_VERSION,
            run=run,
            modules=(
                "limbeck.model.checkpoint",
                "limbeck.model.hub_kind",
                *_PRESETS,
                *_components("limbeck.model.families"),
            ),
            params={"name": name, "preset": asdict(preset) if preset else None, "seed": self.options.seed},
            files=(tokenizer,) if preset else (),
            environment=installed(_LIBRARIES),
        )

    def _corpus(self) -> Stage:
        options = self.options

        def run(context: StageContext) -> None:
            from limbeck.corpus.intake import IntakeOptions, take_in
            from limbeck.corpus.record_lines import save_lines

            held = (options.held_out,) if options.held_out else ()
            share = 0.0 if held else _EVAL_SHARE
            intake = take_in(
                options.data,
                IntakeOptions(eval_share=share, held_out=held, seed=options.seed),
                progress=context.progress,
            )
            evaluation = take_in(held, IntakeOptions(near_duplicates=None)).train if held else intake.evaluation
            save_lines(context.out / "train.jsonl", intake.train)
            save_lines(context.out / "held_out.jsonl", evaluation)
            write_json(context.out / "waterfall.json", intake.waterfall.to_json())

        return Stage(
            name="corpus",
            version=_VERSION,
            run=run,
            modules=("limbeck.corpus.intake", "limbeck.corpus.record_lines"),
            params={"seed": options.seed, "held_out": options.held_out is not None},
            files=(*options.data, *((options.held_out,) if options.held_out else ())),
        )

    def _lessons(self) -> Stage:
        def run(context: StageContext) -> None:
            from limbeck.model.lesson_stage import write_lessons

            write_lessons(context.inputs["corpus"], self._folder(context), context.out, self.options)

        return Stage(
            name="lessons",
            version=_VERSION,
            run=run,
            modules=("limbeck.model.lesson_stage",),
            params={"objective": self.options.objective, "length": self.options.length},
            inputs={"corpus": (), **self._base_input()},
            files=self._files(),
            environment=installed(_LIBRARIES),
        )

    def _plan(self) -> Stage:
        def run(context: StageContext) -> None:
            from limbeck.model.learning_rate import Start
            from limbeck.model.lessons import load_lessons
            from limbeck.model.training_plan import settle
            from limbeck.model.training_run import open_classroom

            room = open_classroom(self._folder(context), load_lessons(context.inputs["lessons"]), self.options)
            start: Start = "scratch" if self.named.place == "preset" else "continued"
            plan = settle(room.course, self.options, "adapter" if self.options.lora else start)
            write_json(context.out / "plan.json", {**plan.as_json(), "scores": bool(room.course.held_out())})

        return Stage(
            name="plan",
            version=_VERSION,
            run=run,
            modules=("limbeck.model.training_plan", *self._code()),
            params=self.options.as_params(),
            inputs={"lessons": ("lessons.json", "lessons.npz"), **self._base_input()},
            files=self._files(),
            environment=installed(_LIBRARIES),
        )

    def _training(self, name: str, run: Any, params: Mapping[str, JSON]) -> Stage:
        return Stage(
            name=name,
            version=_VERSION,
            run=run,
            modules=self._code(),
            params={**self.options.as_params(), **params},
            inputs={"lessons": (), "plan": ("plan.json",), **self._base_input()},
            files=self._files(),
            environment=installed(_LIBRARIES),
        )

    def _teach(self, context: StageContext, setting: Setting | None, num_steps: int | None) -> tuple[Any, Any, Any]:
        from limbeck.model.lessons import load_lessons
        from limbeck.model.trainer import Work
        from limbeck.model.training_plan import apply_setting, plan_from
        from limbeck.model.training_run import open_classroom, teach

        plan = plan_from(json.loads((context.inputs["plan"] / "plan.json").read_text(encoding="utf-8")))
        if setting is not None:
            plan = apply_setting(plan, setting, num_steps or plan.schedule.num_steps)
        lessons = load_lessons(context.inputs["lessons"])
        room = open_classroom(self._folder(context), lessons, self.options, setting.rank if setting else None)
        work = Work(partial=context.partial, progress=context.progress, should_stop=context.should_stop)
        return room, plan, teach(room, plan, work)

    def _folder(self, context: StageContext) -> Path:
        return self.named.folder if self.named.folder is not None else context.inputs["base"]

    def _base_input(self) -> dict[str, tuple[str, ...]]:
        return {} if self.named.folder is not None else {"base": ()}

    def _files(self) -> tuple[Path, ...]:
        """Return the files of a local model that decide the result: weights, config, tokenizer."""
        folder = self.named.folder
        if folder is None:
            return ()
        return tuple(folder / name for name in list_files(folder) if "/" not in name and name.endswith(_WEIGHTS))

    def _code(self) -> tuple[str, ...]:
        objectives = (f"limbeck.model.objectives.{name}" for name in OBJECTIVE_NAMES)
        return ("limbeck.model.training_run", *objectives, *_components("limbeck.model.families"))


def _components(package: str) -> tuple[str, ...]:
    return tuple(f"{package}.{name}" for name in Family(package=package, noun="component").names())
