"""The whole of Limbeck in the order it happens: seven stages, each one verb that makes an artifact.

    recipe ─► knowledge ─► corpus ─► model ─► fusion ─► compression ─► bundle ─► evaluation

A stage names the code it runs, the parameters it uses and the files it reads of the stages before
it: editing a handbook page changes `knowledge.sqlite` but not `tables.sqlite`, so nothing is
trained again. The score is taken on the reopened bundle, never on the model in memory.
"""

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from limbeck.core.artifact import Artifact
from limbeck.core.device import installed
from limbeck.core.disk import JSON, read_json, write_json
from limbeck.core.package import folder_of
from limbeck.core.stage import Stage, StageContext
from limbeck.knowledge.encoder_files import ENCODER, shipped_folder
from limbeck.recipe.lock import lock_of
from limbeck.recipe.options import declared
from limbeck.recipe.preset import load_preset
from limbeck.recipe.recipe import KnowledgeSpec, Recipe

_TRAINS = ("torch", "transformers", "tokenizers", "numpy")
_EXPORTS = (*_TRAINS, "openvino", "openvino-tokenizers", "gguf", "xllamacpp")
_QUESTIONS = 10_000
_MEGABYTE = 1_000_000
_BYTES_PER_SOURCE_BYTE = 14
_CHECKS = ("questions", "usage", "engines_agree")


def stages(recipe: Recipe) -> tuple[Stage, ...]:
    """Return the stages of a recipe, first to last."""
    steps = (_knowledge, _corpus, _model, _fusion, _compression, _bundle, _evaluation)
    return tuple(step(recipe) for step in steps)


def store_root(recipe: Recipe) -> Path:
    """Return where a recipe's artifacts are kept: LIMBECK_STORE, or `.limbeck` beside it."""
    return Path(os.environ.get("LIMBECK_STORE") or recipe.folder / ".limbeck")


def deliver(artifacts: Mapping[str, Artifact], target: Path) -> Path:
    """Leave the finished bundle, its report inside, at `target`, in place of an older one of ours."""
    from limbeck.bundle.delivery import replace_bundle

    return replace_bundle(artifacts["bundle"].path, artifacts["evaluation"].path, target)


def _knowledge(recipe: Recipe) -> Stage:
    encoder = shipped_folder()

    def run(context: StageContext) -> None:
        from limbeck.knowledge.build import build
        from limbeck.knowledge.embedder import Embedder
        from limbeck.knowledge.source import Source

        sources = [
            Source(kind=spec.kind, location=spec.location, root=recipe.folder, options=spec.options, scope=spec.scope)
            for spec in recipe.knowledge
        ]
        shutil.copytree(encoder, context.out / ENCODER)
        embedder = Embedder(context.out / ENCODER)
        whole, facts = context.out / "knowledge.sqlite", context.out / "tables.sqlite"
        report = build(sources, whole, facts=facts, embedder=embedder, progress=context.progress)
        write_json(context.out / "sources.json", report.to_json())

    kinds = sorted({f"limbeck.knowledge.sources.{spec.kind}" for spec in recipe.knowledge})
    return Stage(
        name="knowledge",
        version=1,
        run=run,
        modules=("limbeck.knowledge.build", *kinds),
        params={"sources": [_as_written(spec, recipe.folder) for spec in recipe.knowledge]},
        files=(encoder, *(file for spec in recipe.knowledge for file in (spec.location, *_option_files(spec)))),
        environment=installed(name for kind in kinds for name in declared(kind, "LIBRARIES")),
    )


def _corpus(recipe: Recipe) -> Stage:
    count = int(str(recipe.fusion.options.get("questions", _QUESTIONS)))

    def run(context: StageContext) -> None:
        from limbeck.corpus.questions import save_questions, write_questions
        from limbeck.knowledge.base import KnowledgeBase

        with KnowledgeBase.open(context.inputs["knowledge"] / "tables.sqlite") as facts:
            questions = write_questions(facts.schema(), count=count, seed=recipe.seed)
        save_questions(questions, context.out / "questions.jsonl")
        write_json(context.out / "waterfall.json", Counter(f"{one.kind} ({one.language})" for one in questions))

    return Stage(
        name="corpus",
        version=1,
        run=run,
        modules=("limbeck.corpus.questions", "limbeck.knowledge.base"),
        params={"questions": count, "seed": recipe.seed},
        inputs={"knowledge": ("tables.sqlite",)},
        files=(folder_of("limbeck.corpus") / "frames",),
    )


def _model(recipe: Recipe) -> Stage:
    base = recipe.base
    tokenizer = folder_of("limbeck.model") / "presets" / base.name

    def run(context: StageContext) -> None:
        from limbeck.model import checkpoint

        if base.folder is not None:
            checkpoint.save(checkpoint.load(base.folder), context.out, tokenizer=base.folder)
        elif base.kind == "hub":
            checkpoint.fetch(base.name, context.out)
        else:
            checkpoint.create(load_preset(base.name), tokenizer, context.out, seed=recipe.seed)

    preset = asdict(load_preset(base.name)) if base.kind == "preset" else None
    return Stage(
        name="model",
        version=1,
        run=run,
        modules=("limbeck.model.checkpoint", *(["limbeck.model.families." + preset["family"]] if preset else [])),
        params={"base": base.name, "preset": preset, "seed": recipe.seed},
        files=(base.folder or tokenizer,) if base.kind != "hub" else (),
        environment=installed(_TRAINS),
    )


def _fusion(recipe: Recipe) -> Stage:
    def run(context: StageContext) -> None:
        from limbeck.corpus.questions import load_questions
        from limbeck.fusion.fuse import fuse
        from limbeck.fusion.methods.reference import Options
        from limbeck.model.trainer import Work

        fuse(
            context.inputs["model"],
            context.inputs["knowledge"] / "tables.sqlite",
            load_questions(context.inputs["corpus"] / "questions.jsonl"),
            context.out,
            options=Options(**dict(recipe.fusion.options)),  # type: ignore[arg-type]
            seed=recipe.seed,
            work=Work(partial=context.partial, progress=context.progress, should_stop=context.should_stop),
        )

    return Stage(
        name="fusion",
        version=1,
        run=run,
        modules=("limbeck.fusion.fuse",),
        params={"method": recipe.fusion.method, "options": dict(recipe.fusion.options), "seed": recipe.seed},
        inputs={"model": (), "corpus": ("questions.jsonl",), "knowledge": ("tables.sqlite",)},
        files=(folder_of("limbeck.fusion") / "practice",),
        environment=installed(_TRAINS),
    )


def _compression(recipe: Recipe) -> Stage:
    reserved_bytes = _reserved_bytes(recipe)

    def run(context: StageContext) -> None:
        from limbeck.compression.calibration import read_prompts
        from limbeck.compression.limits import Limits
        from limbeck.compression.search import compress
        from limbeck.engine.export_format import export_formats
        from limbeck.model.text_tokenizer import load as load_tokenizer

        assistant = context.inputs["fusion"]
        compress(
            assistant,
            read_prompts(assistant / "calibration.jsonl"),
            Limits(budget=recipe.budget, reserved_bytes=reserved_bytes),
            formats=export_formats(recipe.engines, stop_ids=load_tokenizer(assistant).stop_ids),
            out=context.out,
            progress=context.progress,
        )

    return Stage(
        name="compression",
        version=1,
        run=run,
        modules=(
            "limbeck.compression.search",
            "limbeck.engine.export_format",
            *_engine_modules(recipe),
            "limbeck.compression.methods.quantise",
        ),
        params={"budget": asdict(recipe.budget), "engines": list(recipe.engines), "reserved_bytes": reserved_bytes},
        inputs={"fusion": ()},
        environment=installed(_EXPORTS),
    )


def _bundle(recipe: Recipe) -> Stage:
    lock = lock_of(recipe)

    def run(context: StageContext) -> None:
        from limbeck.bundle.card import About, sources_of
        from limbeck.bundle.pack import pack

        knowledge = context.inputs["knowledge"]
        read = sources_of(read_json(knowledge / "sources.json") or {})
        about = About(base_model=recipe.base.name, budget=recipe.budget, sources=read)
        pack(
            context.out,
            name=recipe.name,
            models=context.inputs["compression"] / "models",
            tokenizer=context.inputs["fusion"],
            knowledge=knowledge / "knowledge.sqlite",
            lock=lock,
            about=about,
        )

    return Stage(
        name="bundle",
        version=1,
        run=run,
        modules=("limbeck.bundle.pack",),
        params={"lock": lock},
        inputs={"compression": ("models",), "fusion": (), "knowledge": ("knowledge.sqlite", ENCODER, "sources.json")},
    )


def _evaluation(recipe: Recipe) -> Stage:
    asked = recipe.evaluation
    bars = {name: value for name, value in asdict(asked).items() if name != "questions" and value is not None}

    def run(context: StageContext) -> None:
        from limbeck.evaluation.evaluate import evaluate
        from limbeck.evaluation.report import BuildFacts

        # a bundle refuses links, and inputs are links: open it as a user would have it
        bundle = Path(shutil.copytree(context.inputs["bundle"], context.partial / "bundle", dirs_exist_ok=True))
        facts = BuildFacts(
            knowledge=read_json(context.inputs["knowledge"] / "sources.json") or {},
            training=read_json(context.inputs["fusion"] / "training.json") or {},
            plan=read_json(context.inputs["compression"] / "plan.json") or {},
            measured=read_json(context.inputs["compression"] / "measured.json") or {},
            seed=recipe.seed,
        )
        evaluate(bundle, asked.questions, context.out, bars=bars, facts=facts, progress=context.progress)

    return Stage(
        name="evaluation",
        version=1,
        run=run,
        modules=("limbeck.evaluation.evaluate", *(f"limbeck.evaluation.checks.{name}" for name in _CHECKS)),
        params={"bars": bars},
        inputs={
            "bundle": (),
            "knowledge": ("sources.json",),
            "fusion": ("training.json",),
            "compression": ("plan.json", "measured.json"),
        },
        files=(asked.questions,) if asked.questions else (),
    )


def _as_written(spec: KnowledgeSpec, folder: Path) -> dict[str, JSON]:
    options = {
        key: os.path.relpath(str(value), folder) if _is_file(value) else value for key, value in spec.options.items()
    }
    return {"kind": spec.kind, "location": spec.written, "options": options, "scope": spec.scope}


def _option_files(spec: KnowledgeSpec) -> list[Path]:
    return [Path(str(value)) for value in spec.options.values() if _is_file(value)]


def _is_file(value: object) -> bool:
    return isinstance(value, str) and os.path.isabs(value) and Path(value).is_file()


def _engine_modules(recipe: Recipe) -> list[str]:
    return [f"limbeck.engine.engines.{name}" for name in recipe.engines]


def _reserved_bytes(recipe: Recipe) -> int:
    """Allow for knowledge, encoder, tokenizer and papers in whole megabytes, so that a small edit changes no plan."""
    databases = [Path(str(spec.options["database"])) for spec in recipe.knowledge if "database" in spec.options]
    files = [*databases, *(file for spec in recipe.knowledge for file in _files_in(spec.location))]
    sources = sum(file.stat().st_size for file in files)
    encoder = sum(file.stat().st_size for file in _files_in(shipped_folder()))
    return _MEGABYTE * (2 + -(-encoder // _MEGABYTE) + -(-sources * _BYTES_PER_SOURCE_BYTE // _MEGABYTE))


def _files_in(location: Path) -> list[Path]:
    return [path for path in location.rglob("*") if path.is_file()] if location.is_dir() else [location]
