"""The style enforces itself: sizes, names, docstrings, and where imports may point."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "limbeck").rglob("*.py"))
OTHERS = sorted(
    [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "recipes").rglob("*.py")]
)
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_class", "handler", "processor"}
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 500, 60, 7


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*SOURCES, *OTHERS], ids=name)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= MAX_FUNCTION_LINES, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_functions_take_few_parameters(path: Path) -> None:
    for function in functions(path):
        arguments = function.args
        named = [
            a.arg
            for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            if a.arg not in ("self", "cls")
        ]
        is_command = any("click" in ast.unparse(decorator) for decorator in function.decorator_list)
        assert len(named) <= MAX_PARAMETERS or is_command, f"{function.name} takes {len(named)}"


def test_names_say_something() -> None:
    assert not [name(path) for path in SOURCES if path.stem in VAGUE]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_public_names_are_documented(path: Path) -> None:
    assert ast.get_docstring(tree(path)), "the file says nothing of its one idea"
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_import_from_an_ancestor_package(path: Path) -> None:
    packages = {".".join(("limbeck", *part)) for part in _ancestors(path)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in packages:
            modules = {alias.name for alias in node.names}
            known = {child.stem for child in _folder(node.module).iterdir()}
            assert modules <= known, f"line {node.lineno} takes {modules - known} from an ancestor"


def _ancestors(path: Path) -> list[tuple[str, ...]]:
    parts = path.relative_to(ROOT / "src" / "limbeck").parts[:-1]
    return [parts[:n] for n in range(len(parts) + 1)]


def _folder(module: str) -> Path:
    return ROOT.joinpath("src", *module.split("."))


def test_imports_point_up_the_list() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


RUN_SIDE = (
    "limbeck.recipe.load",
    "limbeck.knowledge.base",
    "limbeck.knowledge.build",
    "limbeck.fusion.answer",
    "limbeck.fusion.prompt",
    "limbeck.bundle.assistant",
    "limbeck.engine.engines.openvino",
    "limbeck.engine.engines.llamacpp",
    "limbeck.evaluation.report",
    "limbeck.evaluation.attention_page",
    "limbeck.serving.conversation",
    "limbeck.serving.dialogue",
    "limbeck.serving.open_talker",
    "limbeck.serving.api.app",
    "limbeck.serving.api.server",
    "limbeck.pipeline",
    "limbeck.cli.main",
)


def test_the_run_side_loads_no_torch() -> None:
    code = "import importlib, sys\n" + "\n".join(f"importlib.import_module({module!r})" for module in RUN_SIDE)
    code += "\nheavy = {'torch', 'transformers', 'safetensors', 'gguf'} & set(sys.modules)\nassert not heavy, heavy"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
