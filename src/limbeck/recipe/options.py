"""What a component states about itself, read from its file without importing it."""

import ast
import importlib.util
from functools import cache
from pathlib import Path


def declared_options(module: str) -> dict[str, str] | None:
    """Return the options a component takes, each with its type as written; None where its file is not ours to read.

    They are the fields of its `Options` class, or the names in its `OPTIONS`; with neither it takes none.
    """
    tree = _tree(module)
    if tree is None:
        return None
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Options":
            fields = [line for line in statement.body if isinstance(line, ast.AnnAssign)]
            return {ast.unparse(field.target): ast.unparse(field.annotation) for field in fields}
    return dict.fromkeys(_constant(tree, "OPTIONS"), "str")


def declared(module: str, constant: str) -> tuple[str, ...]:
    """Return what a component states in a constant such as `ENDINGS`; nothing where it has none."""
    tree = _tree(module)
    return _constant(tree, constant) if tree else ()


def declared_format(module: str) -> str | None:
    """Return the export format an engine reads, from its `FORMAT`; None where the file is not ours to read."""
    tree = _tree(module)
    return "".join(_constant(tree, "FORMAT")) or None if tree else None


@cache
def _tree(module: str) -> ast.Module | None:
    package, _, name = module.rpartition(".")
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or ()
    for path in (Path(folder) / f"{name}.py" for folder in folders):
        if path.exists():
            return ast.parse(path.read_text(encoding="utf-8"))
    return None


def _constant(tree: ast.Module, name: str) -> tuple[str, ...]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(ast.unparse(target) == name for target in statement.targets):
            return tuple(ast.literal_eval(statement.value))
    return ()
