"""A folder of interchangeable components is its own registry: the file name is the name.

Nothing is imported to list a family: the summary is the first docstring line, read as text.
Outside packages join through an entry point group of the folder's dotted name.
"""

import ast
import difflib
import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from limbeck.core.errors import LimbeckError


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The components of one kind, found by file name in `package`."""

    package: str
    noun: str

    def names(self) -> tuple[str, ...]:
        """Return every component name, sorted, importing none."""
        own = {path.stem for path in self._folder().glob("[!_]*.py")}
        return tuple(sorted(own | set(self._outside())))

    def summary(self, name: str) -> str:
        """Return the first docstring line of a component without importing it."""
        path = self._folder() / f"{name}.py"
        if not path.exists():
            return f"from {self._outside()[name].value}"
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        return docstring.partition("\n")[0]

    def load(self, name: str) -> ModuleType:
        """Import one component.

        Raises: LimbeckError: no such name, with the nearest one.
        """
        if name not in self.names():
            near = difflib.get_close_matches(name, self.names(), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise LimbeckError(f"unknown {self.noun} {name!r}", fix=f"{hint}known: {', '.join(self.names())}")
        outside = self._outside()
        module: ModuleType = (
            outside[name].load() if name in outside else importlib.import_module(f"{self.package}.{name}")
        )
        return module

    def _folder(self) -> Path:
        spec = importlib.util.find_spec(self.package)
        assert spec is not None and spec.submodule_search_locations, self.package
        return Path(next(iter(spec.submodule_search_locations)))

    def _outside(self) -> dict[str, importlib.metadata.EntryPoint]:
        return {point.name: point for point in importlib.metadata.entry_points(group=self.package)}
