"""From a checked form to the recipe: names looked up, files found, defaults filled in."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limbeck.core.budget import Budget
from limbeck.core.family import Family
from limbeck.recipe.families import ENGINES, EXPORTERS, FUSION_METHODS, SOURCES
from limbeck.recipe.form import KnowledgeForm, RecipeForm
from limbeck.recipe.locate import KeyPath
from limbeck.recipe.options import declared, declared_format, declared_options
from limbeck.recipe.place import FILE_OPTIONS, check_file, guess_kinds
from limbeck.recipe.preset import preset_names
from limbeck.recipe.problem import Problem
from limbeck.recipe.recipe import (
    BaseSpec,
    CompressionSpec,
    EvaluationSpec,
    FusionSpec,
    KnowledgeSpec,
    Option,
    Recipe,
)
from limbeck.recipe.shape import nearest
from limbeck.recipe.shipped import shipped_folder, shipped_names, tuning_of

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

_PLAIN: Mapping[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text in quotes"),
}


def resolve(form: RecipeForm, path: Path) -> tuple[Recipe | None, list[Problem]]:
    """Look up everything a form names, relative to the recipe at `path`; return the recipe, or every problem."""
    folder = path.parent
    problems = [*_engine_problems(form), *_fusion_problems(form), *_evaluation_problems(form, folder)]
    problems += _option_problems("limbeck.compression.search", form.compression.model_extra or {}, ("compression",))
    base, base_problem = _base(form.base, folder)
    problems += [base_problem] if base_problem else []
    for position, source in enumerate(form.knowledge):
        problems += _source_problems(source, folder, position)
    if problems or base is None:
        return None, problems
    return _recipe(form, base, path), []


def _recipe(form: RecipeForm, base: BaseSpec, path: Path) -> Recipe:
    budget, evaluation = form.budget, form.evaluation.model_dump()
    if form.evaluation.questions:
        evaluation["questions"] = path.parent / form.evaluation.questions
    return Recipe(
        name=form.name,
        base=base,
        budget=Budget(disk_bytes=budget.disk, memory_bytes=budget.memory, latency_ms=budget.latency),
        engines=tuple(dict.fromkeys(form.engines)),
        knowledge=tuple(spec for source in form.knowledge for spec in _knowledge(source, path.parent)),
        fusion=FusionSpec(
            method=form.fusion.method,
            options=_options({**tuning_of(base.folder), **(form.fusion.model_extra or {})}),
        ),
        compression=CompressionSpec(options=_options(form.compression.model_extra)),
        evaluation=EvaluationSpec(**evaluation),
        seed=form.seed,
        folder=path.parent,
        path=path,
    )


def _base(written: str, folder: Path) -> tuple[BaseSpec | None, Problem | None]:
    if written in preset_names():
        return BaseSpec(kind="preset", name=written), None
    if written in shipped_names():
        return BaseSpec(kind="shipped", name=written, folder=shipped_folder(written)), None
    location = folder / written
    if (location / "config.json").is_file():
        return BaseSpec(kind="folder", name=written, folder=location.resolve()), None
    if location.is_dir():
        what = f"base {written!r} is a folder without a config.json"
        return None, Problem(what=what, path=("base",), fix="name a Hugging Face checkpoint folder")
    if _HUB_ID.fullmatch(written):
        return BaseSpec(kind="hub", name=written), None
    known, more = (*shipped_names(), *preset_names()), " or name a Hugging Face folder"
    return None, Problem(what=f"unknown base {written!r}", path=("base",), fix=nearest(written, known, more))


def _engine_problems(form: RecipeForm) -> list[Problem]:
    named = [_engine_problem(name, ("engines", position)) for position, name in enumerate(form.engines)]
    return [problem for problem in named if problem]


def _engine_problem(name: str, path: KeyPath) -> Problem | None:
    unknown = _name_problem(ENGINES, name, path)
    if unknown or _is_packable(name):
        return unknown
    fix = f"for a bundle: {', '.join(other for other in ENGINES.names() if _is_packable(other))}"
    return Problem(what=f"engine {name!r} is a reference to compare with; no bundle is made for it", path=path, fix=fix)


def _is_packable(engine: str) -> bool:
    reads = declared_format(_module(ENGINES, engine))
    return reads is None or reads in EXPORTERS.names()


def _fusion_problems(form: RecipeForm) -> list[Problem]:
    unknown = _name_problem(FUSION_METHODS, form.fusion.method, ("fusion", "method"))
    if unknown:
        return [unknown]
    return _option_problems(
        _module(FUSION_METHODS, form.fusion.method), form.fusion.model_extra or {}, ("fusion",), ("method",)
    )


def _evaluation_problems(form: RecipeForm, folder: Path) -> list[Problem]:
    written = form.evaluation.questions
    missing = check_file(written, folder, ("evaluation", "questions"), noun="file") if written else None
    return [missing] if missing else []


def _source_problems(source: KnowledgeForm, folder: Path, position: int) -> list[Problem]:
    here: KeyPath = ("knowledge", position)
    missing = check_file(source.location, folder, (*here, "location"), noun="source")
    problems = [missing] if missing else []
    kinds = (source.kind,) if source.kind else guess_kinds(folder / source.location)
    if not kinds:
        if not missing:
            known = f"add kind = one of: {', '.join(SOURCES.names())}"
            problems.append(Problem(what=f"cannot tell the kind of {source.location!r}", path=here, fix=known))
        return problems
    kind = kinds[0]
    unknown = _name_problem(SOURCES, kind, (*here, "kind"))
    if unknown:
        return [*problems, unknown]
    options = source.model_extra or {}
    known_keys = {key for each in kinds for key in declared_options(_module(SOURCES, each)) or {}}
    if options and len(kinds) > 1 and known_keys >= set(options):
        what = f"{source.location!r} holds {' and '.join(kinds)}, and {', '.join(options)} is of one kind"
        fix = f"write a [[knowledge]] for each, with kind = {kinds[0]!r} and so on"
        return [*problems, Problem(what=what, path=here, fix=fix)]
    problems += _option_problems(_module(SOURCES, kind), options, here, tuple(KnowledgeForm.model_fields))
    needs = declared(_module(SOURCES, kind), "NEEDS")
    if needs and not set(needs) & set(options):
        problems.append(Problem(what=f"{kind!r} needs {' or '.join(needs)}", path=here, fix=f"add {needs[0]} = …"))
    files = [(key, options[key]) for key in FILE_OPTIONS if isinstance(options.get(key), str)]
    return problems + [p for key, name in files if (p := check_file(name, folder, (*here, key), noun=key))]


def _name_problem(family: Family, name: str, path: KeyPath) -> Problem | None:
    if name in family.names():
        return None
    return Problem(
        what=f"unknown {family.noun} {name!r}",
        path=path,
        fix=nearest(name, family.names(), " (`limbeck list` shows all)"),
    )


def _module(family: Family, name: str) -> str:
    return f"{family.package}.{name}"


def _option_problems(
    module: str, options: Mapping[str, Any], path: KeyPath, fixed: tuple[str, ...] = ()
) -> list[Problem]:
    """Hold options against those a component states; `fixed` are the keys that every section of the kind has."""
    known = declared_options(module)
    if known is None:
        return []
    found = []
    for key, value in options.items():
        if key not in known:
            near = nearest(key, (*fixed, *known))
            found.append(Problem(what=f"unknown key {key!r}", path=(*path, key), fix=near))
        elif wanted := _wrong_type(value, known[key]):
            found.append(Problem(what=f"{key!r} must be {wanted}, not {value!r}", path=(*path, key)))
    return found


def _wrong_type(value: object, annotation: str) -> str | None:
    """Return what a value should have been, where it is not; types that are not plain are left to the component."""
    if annotation not in _PLAIN:
        return None
    types, wanted = _PLAIN[annotation]
    is_right = isinstance(value, types) and isinstance(value, bool) == (annotation == "bool")
    return None if is_right else wanted


def _knowledge(source: KnowledgeForm, folder: Path) -> tuple[KnowledgeSpec, ...]:
    """Return the source, or one for each kind that a folder of several holds."""
    location = folder / source.location
    kinds = (source.kind,) if source.kind else guess_kinds(location)
    assert kinds, source.location
    options = dict(_options(source.model_extra))
    beside = {key: _absolute(folder / str(options[key])) for key in FILE_OPTIONS if key in options}
    options |= {key: str(path) for key, path in beside.items()}
    files = (_absolute(location), *beside.values())
    return tuple(
        KnowledgeSpec(
            kind=kind, location=files[0], written=source.location, options=options, files=files, scope=source.scope
        )
        for kind in kinds
    )


def _absolute(path: Path) -> Path:
    """Take out `..` and keep links, so that a linked source is still cited by the name it has here."""
    return Path(os.path.abspath(path))


def _options(extra: Mapping[str, Any] | None) -> Mapping[str, Option]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in sorted((extra or {}).items())}
