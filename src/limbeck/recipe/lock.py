"""recipe.lock.toml: everything a run was made from, with nothing left to a default."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from limbeck.recipe.preset import load_preset
from limbeck.recipe.recipe import KnowledgeSpec, Recipe

_VERSIONED = ("limbeck", "torch", "transformers", "tokenizers", "openvino", "openvino-genai", "gguf", "xllamacpp")
_CHUNK_BYTES = 1 << 20


def lock_text(recipe: Recipe, *, versions: Mapping[str, str] | None = None) -> str:
    """Write the resolved recipe as TOML; the same recipe, sources and versions give the same bytes."""
    lines = ["# Written by limbeck; the recipe with every default and digest resolved.", "schema = 1"]
    lines += _pairs({"name": recipe.name, "seed": recipe.seed, "engines": recipe.engines})
    lines += _table("base", _base(recipe))
    lines += _table("budget", asdict(recipe.budget))
    for source in recipe.knowledge:
        lines += ["", "[[knowledge]]", *_pairs(_source(source, recipe.folder))]
    lines += _table("fusion", {"method": recipe.fusion.method, **recipe.fusion.options})
    lines += _table("compression", recipe.compression.options)
    lines += _table("evaluation", _evaluation(recipe))
    lines += _table("versions", installed_versions() if versions is None else versions)
    return "\n".join(lines) + "\n"


def installed_versions() -> dict[str, str]:
    """Return the version of each installed package that changes results."""
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def digest(location: Path) -> str:
    """Return the sha256 of a file, or of the names and contents of a folder's files."""
    if location.is_file():
        return _sha256(location)
    whole = hashlib.sha256()
    for path in sorted(path for path in location.rglob("*") if path.is_file() and not path.name.startswith(".")):
        whole.update(f"{path.relative_to(location).as_posix()}\0{_sha256(path)}\n".encode())
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            state.update(chunk)
    return state.hexdigest()


def _base(recipe: Recipe) -> dict[str, Any]:
    base = recipe.base
    found: dict[str, Any] = {"kind": base.kind, "name": base.name}
    if base.kind == "preset":
        found |= asdict(load_preset(base.name))
    if base.folder is not None:
        found["sha256"] = digest(base.folder)
    return found


def _source(source: KnowledgeSpec, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": source.kind, "location": source.written, "sha256": digest(source.location)}
    for key, value in source.options.items():
        path = Path(value) if isinstance(value, str) else None
        if path is None or not path.is_absolute():
            found[key] = value
        else:
            found |= {key: _relative(path, folder), f"{key}_sha256": digest(path)}
    return found


def _evaluation(recipe: Recipe) -> dict[str, Any]:
    found = asdict(recipe.evaluation)
    questions = recipe.evaluation.questions
    if questions is not None:
        found |= {"questions": _relative(questions, recipe.folder), "questions_sha256": digest(questions)}
    return found


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    written = _pairs(values)
    return ["", f"[{name}]", *written] if written else []


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {''.join(_value(value))}" for key, value in values.items() if value is not None]


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _quoted(key)


def _value(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int | float):
        yield repr(value)
    elif isinstance(value, tuple | list):
        yield "[" + ", ".join("".join(_value(item)) for item in value) + "]"
    else:
        yield _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_escape(letter) for letter in escaped) + '"'


def _escape(letter: str) -> str:
    return letter if letter.isprintable() or letter == " " else f"\\U{ord(letter):08x}"
