"""The options a component takes, read from its file without importing it."""

import ast
import importlib.util
from pathlib import Path

from limbeck.core.family import Family


def declared_options(family: Family, name: str) -> tuple[str, ...] | None:
    """Return the fields of the component's `Options` class, sorted; None where the file is not ours to read.

    A component without an `Options` class takes no option.
    """
    spec = importlib.util.find_spec(family.package)
    folders = (spec and spec.submodule_search_locations) or ()
    for path in (Path(folder) / f"{name}.py" for folder in folders):
        if path.exists():
            return _fields(ast.parse(path.read_text(encoding="utf-8")))
    return None


def _fields(tree: ast.Module) -> tuple[str, ...]:
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Options":
            fields = (line.target for line in statement.body if isinstance(line, ast.AnnAssign))
            return tuple(sorted(field.id for field in fields if isinstance(field, ast.Name)))
    return ()
