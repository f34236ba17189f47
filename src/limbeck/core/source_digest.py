"""Digest the code a stage runs: the modules it declares and every project module those import.

Found by parsing, importing nothing. Comments, docstrings and layout do not count; a changed
body of a far helper does. Components loaded by name (a `Family`) must be declared: no parser sees them.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import TypeAlias, final

from limbeck.core.digest import digest_bytes
from limbeck.core.disk import JSON

Memo: TypeAlias = MutableMapping[str, JSON]

_PROJECT = Path(__file__).resolve().parents[1]
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@final
class SourceTree:
    """The modules of one package, each file read once; `memo` spares parsing a text seen before."""

    def __init__(self, package: str = _PROJECT.name, folder: Path = _PROJECT, memo: Memo | None = None) -> None:
        self._package = package
        self._folder = folder
        self._memo: Memo = {} if memo is None else memo
        self._seen: dict[str, tuple[str, tuple[str, ...]]] = {}

    def digests(self, modules: Iterable[str]) -> dict[str, str]:
        """Return the digest of each module and of all they import, by dotted name, sorted.

        Raises: LookupError: a declared module has no file. SyntaxError: a module does not parse.
        """
        waiting = list(modules)
        for name in waiting:
            if self._file(name) is None:
                raise LookupError(f"a stage declares the module {name!r}, which has no file under {self._folder}")
        found: dict[str, str] = {}
        while waiting:
            name = waiting.pop()
            if name in found or self._file(name) is None:
                continue
            found[name], imports = self._read(name)
            waiting.extend(imports)
            waiting.extend(self._packages_of(name))
        return dict(sorted(found.items()))

    def _packages_of(self, name: str) -> Iterator[str]:
        # Importing a module runs each package above it. The root only offers names lazily: were it
        # followed, every stage would depend on every module.
        parts = name.split(".")
        return (".".join(parts[:depth]) for depth in range(2, len(parts)))

    def _file(self, name: str) -> Path | None:
        first, *rest = name.split(".")
        if first != self._package:
            return None
        target = self._folder.joinpath(*rest)
        candidates = (target / "__init__.py", target.with_suffix(".py")) if rest else (target / "__init__.py",)
        return next((path for path in candidates if path.is_file()), None)

    def _read(self, name: str) -> tuple[str, tuple[str, ...]]:
        if name not in self._seen:
            path = self._file(name)
            assert path is not None, name
            source = path.read_bytes()
            seen = f"{_VERSION} {name} {digest_bytes(source)}"
            if seen not in self._memo:
                tree = ast.parse(source, filename=str(path))
                package = name if path.name == "__init__.py" else name.rpartition(".")[0]
                self._memo[seen] = [_digest_tree(tree), *sorted(set(_imports(tree, package, self._package)))]
            digest, *imports = (str(item) for item in _items(self._memo[seen]))
            self._seen[name] = digest, tuple(imports)
        return self._seen[name]


def _items(value: JSON) -> list[JSON]:
    assert isinstance(value, list), value
    return value


def _digest_tree(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return digest_bytes(ast.dump(tree).encode("utf-8", errors="surrogatepass"))


def _imports(tree: ast.Module, package: str, root: str) -> Iterator[str]:
    """Name what a module imports, anywhere in it; `from a import b` may mean the module a.b or a name in a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == root)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, package)
            if source.split(".")[0] == root:
                yield source
                yield from (f"{source}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)
