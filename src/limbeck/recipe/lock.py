"""What goes into recipe.lock.toml: everything a run was made from, nothing left to a default."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from limbeck.core.device import versions as installed
from limbeck.core.digest import digest_file, digest_folder
from limbeck.core.disk import JSON
from limbeck.recipe.place import FILE_OPTIONS
from limbeck.recipe.preset import load_preset
from limbeck.recipe.recipe import KnowledgeSpec, Recipe

_VERSIONED = ("limbeck", "torch", "transformers", "tokenizers", "openvino", "openvino-tokenizers", "gguf", "xllamacpp")


def lock_of(recipe: Recipe, *, versions: Mapping[str, str | None] | None = None) -> dict[str, JSON]:
    """Return the resolved recipe with the sha256 of every source; equal inputs give an equal lock on every machine.

    Args:
        versions: of the packages that change results; those installed here by default.
    """
    return {
        "schema": 1,
        "name": recipe.name,
        "seed": recipe.seed,
        "engines": recipe.engines,
        "base": _base(recipe),
        "budget": asdict(recipe.budget),
        "knowledge": [_source(source, recipe.folder.resolve()) for source in recipe.knowledge],
        "fusion": {"method": recipe.fusion.method, **recipe.fusion.options},
        "compression": dict(recipe.compression.options),
        "evaluation": _evaluation(recipe),
        "versions": dict(installed(_VERSIONED) if versions is None else versions),
    }


def digest(location: Path) -> str:
    """Return the sha256 of a file, or of the names and contents in a folder."""
    return digest_folder(location) if location.is_dir() else digest_file(location)


def _base(recipe: Recipe) -> dict[str, JSON]:
    base = recipe.base
    found: dict[str, JSON] = {"kind": base.kind, "name": base.name}
    if base.kind == "preset":
        found |= asdict(load_preset(base.name))
    if base.folder is not None:
        found["sha256"] = digest(base.folder)
    return found


def _source(source: KnowledgeSpec, folder: Path) -> dict[str, JSON]:
    found: dict[str, JSON] = {"kind": source.kind, "location": source.written, "sha256": digest(source.location)}
    if source.scope:
        found["scope"] = source.scope
    for key, value in source.options.items():
        if key in FILE_OPTIONS:
            found |= {key: _relative(Path(str(value)), folder), f"{key}_sha256": digest(Path(str(value)))}
        else:
            found[key] = value
    return found


def _evaluation(recipe: Recipe) -> dict[str, JSON]:
    found: dict[str, JSON] = {**asdict(recipe.evaluation), "questions": None}
    questions = recipe.evaluation.questions
    if questions is not None:
        found |= {"questions": _relative(questions, recipe.folder), "questions_sha256": digest(questions)}
    return found


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
