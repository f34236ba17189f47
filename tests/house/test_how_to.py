"""The worked examples of docs/how-to do what their pages say, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
RUN = re.compile(r"<!-- run(?:: (slow))? -->\n```(\w+)\n(.*?)```", re.DOTALL)
TIMEOUT_S = 300


def is_slow(page: Path) -> bool:
    return any(found[1] for found in RUN.finditer(page.read_text(encoding="utf-8")))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy with what the examples need: the sources, the tests, and a bundle that answers without weights."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    for name in ("conformance", "conftest.py"):
        source, target = ROOT / "tests" / name, tmp_path / "tests" / name
        shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(source, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(project: Path, kind: str, code: str) -> str:
    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PYTHONPATH": str(project / "src"),
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
    }
    command = ["bash", "-e", "-c", code] if kind == "sh" else [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def follow(page: Path, project: Path) -> str:
    """Write the files of a page into the copy, run what it says, and return what was printed."""
    text = page.read_text(encoding="utf-8")
    for path, content in FILE.findall(text):
        assert not (project / path).exists(), f"{page.name} would overwrite {path}"
        (project / path).write_text(content, encoding="utf-8")
    return "".join(run(project, kind, code) for _, kind, code in RUN.findall(text))


def test_every_page_has_a_file_and_runs_something() -> None:
    assert {page.stem for page in PAGES} >= {
        "add-a-source",
        "add-an-engine",
        "add-a-compression-method",
        "add-a-check",
    }
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert FILE.search(text), page.name
        assert RUN.search(text), page.name


def test_the_examples_are_in_our_style(tmp_path: Path) -> None:
    for page in PAGES:
        for path, content in FILE.findall(page.read_text(encoding="utf-8")):
            (tmp_path / Path(path).name).write_text(content, encoding="utf-8")
    ruff = [str(Path(sys.executable).parent / "ruff")]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, "--config", str(ROOT / "pyproject.toml"), str(tmp_path)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_a_source(project: Path) -> None:
    printed = follow(ROOT / "docs/how-to/add-a-source.md", project)
    assert "plain     Plain text: a passage per paragraph, the first line is the title." in printed
    assert "found.txt, characters 15-69" in printed


def test_a_compression_method(project: Path) -> None:
    assert "alternate" in follow(ROOT / "docs/how-to/add-a-compression-method.md", project)


def test_a_check(project: Path) -> None:
    run(project, "py", BUNDLE)
    assert follow(ROOT / "docs/how-to/add-a-check.md", project) == "repeatable 1.0 met\n"


@pytest.mark.slow
def test_an_engine(project: Path) -> None:
    page = ROOT / "docs/how-to/add-an-engine.md"
    assert is_slow(page)
    assert "uncached" in follow(page, project)


BUNDLE = '''
import shutil
from pathlib import Path

import limbeck
from limbeck.bundle.card import About
from limbeck.bundle.pack import pack
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

engine = """
import itertools
from limbeck.engine.engine import Generation

class Engine:
    name = "silent"
    def generate(self, prompt_T, sampling, on_token=None):
        return Generation(tokens=(), first_token_ms=1.0, total_ms=1.0)
    def close(self):
        pass

def load(folder, *, num_threads=2):
    return Engine()
"""
home = Path(limbeck.__path__[0])
(home / "engine/engines/silent.py").write_text(engine)
for folder in ("models/silent", "examples/atlas", "build"):
    Path(folder).mkdir(parents=True)
Path("models/silent/weights").write_text("none")
Path("places.csv").write_text("name,capital\\nChad,N'Djamena\\n")
question = '{"question": "What is the capital of Chad?", "answers": ["N\\'Djamena"]}\\n'
Path("examples/atlas/questions.jsonl").write_text(question)
build([Source(kind="table", location=Path("places.csv"), root=Path())], Path("knowledge.sqlite"))
pack(
    Path("build/atlas"), name="atlas", models=Path("models"), tokenizer=home / "model/presets/tiny",
    knowledge=Path("knowledge.sqlite"), lock={"seed": 0}, about=About(base_model="tiny"),
)
'''
