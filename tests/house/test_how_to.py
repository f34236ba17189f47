"""The worked examples of docs/how-to do what their pages say, in a copy of the project."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from limbeck.engine.engine import Sampling
from limbeck.engine.export import exporter_for
from limbeck.engine.json_schema import KEYWORDS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
RUN = re.compile(r"<!-- run(?:: (slow))? -->\n```(\w+)\n(.*?)```", re.DOTALL)
TIMEOUT_S = 300
BUNDLE = Path(__file__).with_name("pack_scripted.py")


def is_slow(page: Path) -> bool:
    return any(found[1] for found in RUN.finditer(page.read_text(encoding="utf-8")))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy with what the examples need: the sources, the tests, and a bundle that answers without weights."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    for name in ("conformance", "conftest.py", "documents.py"):
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
    assert "rst       reStructuredText pages: passages by heading, each an exact span of its file." in printed
    assert "found / Lost property: Found keys are kept" in printed
    assert "found.rst, characters 29-73" in printed


def test_a_compression_method(project: Path) -> None:
    assert "alternate" in follow(ROOT / "docs/how-to/add-a-compression-method.md", project)


def test_a_check(project: Path) -> None:
    run(project, "python", BUNDLE.read_text(encoding="utf-8"))
    assert follow(ROOT / "docs/how-to/add-a-check.md", project) == "repeatable 1.0 met\n"


def test_preparing_data(project: Path) -> None:
    page = ROOT / "docs/how-to/prepare-data.md"
    shown = re.findall(r"```text\n(rows in.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    table, *records = follow(page, project).partition('{"messages"')
    assert [table] == shown
    assert "".join(records).count('"role": "assistant"') == 4
    assert "拨打 [PHONE] 可以预订" in "".join(records)


@pytest.mark.slow
def test_keeping_knowledge(project: Path) -> None:
    page = ROOT / "docs/how-to/keep-knowledge.md"
    printed = follow(page, project)
    for shown in re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert shown in printed or shown.startswith("path  =")
    for line in (
        "\ncity\nN'Djamena\n恩贾梅纳\n",
        "set Chad / capital: N'Djamena → N'Djamena until 2129-12-31, Moundou from 2130-01-01\n",
        "took back: add Atlantis / capital\n",
        "wrote again.sqlite: 9 facts of 3 entities",
        "[1] Chad / office: 12 Desert Road\n    acme.csv row 1",
        "✓ whole",
    ):
        assert line in printed


def test_the_python_of_the_readme(project: Path) -> None:
    run(project, "python", BUNDLE.read_text(encoding="utf-8"))
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert (
        run(project, "python", code)
        == "The capital of Mongolia is Ulaanbaatar.\nCitation(source='places.csv', row=1, span=None)\n"
    )


def test_serving(project: Path) -> None:
    run(project, "python", BUNDLE.read_text(encoding="utf-8"))
    printed = follow(ROOT / "docs/how-to/serve.md", project)
    assert printed == "The capital of Mongolia is Ulaanbaatar.\nplaces.csv 1\n"


def test_every_route_is_on_the_page_and_no_other() -> None:
    from limbeck.serving.api import chat, completions, embeddings, health, knowledge, models

    routers = (chat, completions, embeddings, health, knowledge, models)
    routes = {
        (method, route.path) for part in routers for route in part.router.routes for method in route.methods or ()
    }
    text = (ROOT / "docs/how-to/serve.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(GET|POST|PUT|DELETE) (/[^?`]*)", text))
    assert told == {*routes, ("GET", "/openapi.json")} - {("GET", "/v1/models/{model:path}")}


def test_adapting_a_model(project: Path, tiny_checkpoint: Path) -> None:
    shutil.copytree(tiny_checkpoint, project / "base")
    first, last, answer = follow(ROOT / "docs/how-to/adapt-a-model.md", project).splitlines()
    assert float(last) < 0.5 < float(first)
    assert answer == "恩贾梅纳"
    assert {"adapter", "merged"} <= {path.name for path in project.iterdir()}


def test_every_option_of_generation_is_explained_with_its_default() -> None:
    text = (ROOT / "docs/how-to/generate.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    told = {name.strip(" `"): default.strip(" `") for name, default in rows}
    assert told == {field.name: str(field.default) for field in dataclasses.fields(Sampling)}
    assert all(f"`{keyword}`" in text for keyword in KEYWORDS)


@pytest.mark.slow
def test_generating(project: Path, tiny_checkpoint: Path) -> None:
    page, target = ROOT / "docs/how-to/generate.md", project / "build/atlas/model/openvino"
    assert is_slow(page)
    exporter_for("openvino").write(tiny_checkpoint, load_file(tiny_checkpoint / "model.safetensors"), target)
    *told, counted, names = follow(page, project).splitlines()
    assert told
    assert re.fullmatch(r"\d+ tokens, cut by max_tokens: (True|False)", counted)
    assert names == "['is_island', 'place']"


@pytest.mark.slow
def test_training(project: Path) -> None:
    page = ROOT / "docs/how-to/train.md"
    assert is_slow(page)
    printed = follow(page, project)
    assert re.search(r"^rows in +6$", printed, re.MULTILINE)
    assert "objective: dialogue (5 of 5 records are dialogues)" in printed
    assert {"model.safetensors", "report.html"} <= {path.name for path in (project / "build/talks").iterdir()}


@pytest.mark.slow
def test_an_engine(project: Path) -> None:
    page = ROOT / "docs/how-to/add-an-engine.md"
    assert is_slow(page)
    assert "uncached" in follow(page, project)
