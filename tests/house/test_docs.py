"""The documents say what the program does: generated pages are fresh, examples work, both languages are equal."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from limbeck.recipe import form
from limbeck.recipe.catalogue import catalogue
from limbeck.recipe.shape import shape

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/*.md")])
TUTORIAL = ("docs/tutorial.md", "docs/tutorial.zh-CN.md")
PAIRS = [
    ("README.md", "README.zh-CN.md"),
    TUTORIAL,
    ("docs/attention.md", "docs/attention.zh-CN.md"),
    ("docs/compress.md", "docs/compress.zh-CN.md"),
    ("docs/sources.md", "docs/sources.zh-CN.md"),
    ("docs/how-to/prepare-data.md", "docs/how-to/prepare-data.zh-CN.md"),
    ("docs/how-to/train.md", "docs/how-to/train.zh-CN.md"),
    ("docs/how-to/keep-knowledge.md", "docs/how-to/keep-knowledge.zh-CN.md"),
    ("docs/how-to/serve.md", "docs/how-to/serve.zh-CN.md"),
]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
RUN = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.])/(?:work|home|root|Users|tmp)/|[A-Z]:\\")


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: str, *languages: str) -> list[str]:
    return [code for language, code in FENCED.findall(read(page)) if language in languages]


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh() -> None:
    stale = [path for path, text in generator().pages() if read(path) != text]
    assert not stale, "run `make docs`"


def test_a_stale_page_is_named_and_not_touched(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    before = read("docs/reference/python.md")
    monkeypatch.setattr(generator(), "pages", lambda: [("docs/reference/python.md", "another text")])
    assert generator().main(["--check"]) == 1
    assert "stale docs/reference/python.md" in capsys.readouterr().out
    assert (ROOT / "docs/reference/python.md").read_text(encoding="utf-8") == before


def test_marked_blocks_are_filled_from_what_was_measured() -> None:
    row = {"name": "a_new_row", "value": 0.9, "unit": "share", "bar": 0.92, "met": False, "low": 0.85, "high": 0.94}
    table = "\n".join(generator()._table([{**row, "bound": "at least"}], "README.md"))
    assert "| a_new_row | 90.0% (85.0% – 94.0%) | ≥ 92.0% | ✗ missed |" in table
    titled = list(generator()._table([{**row, "name": "refusal_recall"}], "README.zh-CN.md"))
    assert titled[-1].startswith("| 无法回答的问题中拒答的比例 | 90.0%")
    filled = generator()._fill("a\n<!-- numbers -->\nold\n<!-- /numbers -->\nb", "numbers", table, "x.md")
    assert filled == f"a\n<!-- numbers -->\n{table}\n<!-- /numbers -->\nb"
    for page in ("README.md", "README.zh-CN.md"):
        assert all(f"<!-- {mark} -->" in read(page) for mark in ("transcript", "/transcript", "numbers", "/numbers"))


def test_every_command_is_in_the_reference() -> None:
    paths = [context.command_path for context in generator().commands()]
    assert {"limbeck", "limbeck ask", "limbeck kb set"} <= set(paths)
    assert [line[3:] for line in read("docs/reference/cli.md").splitlines() if line.startswith("## ")] == paths


def test_every_component_is_in_the_reference() -> None:
    page = read("docs/reference/components.md")
    for members in catalogue().values():
        for member, summary in members.items():
            assert f"**`{member}`**: {summary}" in page


@pytest.mark.parametrize(
    "shaped", [value for key, value in vars(form).items() if key.endswith("Form") and key[0] != "_"]
)
def test_every_recipe_key_is_explained(shaped: type) -> None:
    for key in shaped.model_fields:
        is_section = key in ("knowledge", "fusion", "compression", "evaluation")
        assert (f"[{key}]" if is_section else f"| `{key}` |") in read("docs/recipe.md"), key


def test_the_options_of_fusion_are_explained_with_their_defaults() -> None:
    tree = ast.parse(read("src/limbeck/fusion/methods/reference.py"))
    options = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Options")
    section = read("docs/recipe.md").partition("## `[fusion]`")[2].partition("\n## ")[0]
    rows = {line.split("|")[1].strip(" `"): line for line in section.splitlines() if line[:1] == "|"}
    for line in options.body:
        if isinstance(line, ast.AnnAssign) and line.value is not None:
            stated = rows[ast.unparse(line.target)].split("|")[3].strip(" `")
            assert ast.literal_eval(stated) == ast.literal_eval(line.value)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/recipe.md"])
def test_recipes_shown_are_valid(page: str) -> None:
    _, problems = shape(tomllib.loads(blocks(page, "toml")[0]))
    assert not problems


@pytest.mark.parametrize("page", [name(page) for page in PAGES])
def test_toml_and_python_blocks_parse(page: str) -> None:
    for code in blocks(page, "toml"):
        tomllib.loads(code)
    for code in blocks(page, "python"):
        ast.parse(code)


def test_the_python_of_the_readme_uses_names_that_exist() -> None:
    import limbeck

    (code,) = blocks("README.md", "python")
    compile(code, "README.md", "exec")
    imported = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imported if node.module == "limbeck" for alias in node.names}
    assert names
    assert names <= set(limbeck.__all__)
    for chain in ("answer.text", "answer.citations"):
        assert f"reply.{chain}" in code
    assert "answer" in limbeck.Reply.__dataclass_fields__
    assert {"text", "citations"} <= set(limbeck.Answer.__dataclass_fields__)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_show_the_same(english: str, chinese: str) -> None:
    assert FENCED.findall(read(english)) == FENCED.findall(read(chinese))
    headings = [[line.split()[0] for line in read(page).splitlines() if line[:1] == "#"] for page in (english, chinese)]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_readmes_are_short(page: str) -> None:
    text = re.sub(r"<!-- (transcript|numbers) -->.*?<!-- /\1 -->", "", read(page), flags=re.DOTALL)
    assert len(text.splitlines()) < 120


def commands_shown() -> list[tuple[str, str]]:
    shown = []
    for page in PAGES:
        for code in blocks(name(page), "sh"):
            shown += [(name(page), line) for line in code.splitlines() if line.startswith(("limbeck ", "make "))]
    return shown


@pytest.mark.parametrize(("page", "line"), commands_shown())
def test_every_command_shown_exists(page: str, line: str) -> None:
    program, *words = line.split()
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)
        assert set(words) <= set(targets)
        return
    known = {context.command_path: context.command for context in generator().commands()}
    depth = 2 if words[0] == "kb" else 1
    command = known[" ".join(["limbeck", *words[:depth]])]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= options


@pytest.mark.parametrize(("english", "chinese"), [TUTORIAL])
def test_the_tutorial_works_up_to_the_training(english: str, chinese: str, tmp_path: Path) -> None:
    del chinese  # the blocks are the same, see above
    here = tmp_path / "rooms"
    for path, content in FILE.findall(read(english)):
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_text(content, encoding="utf-8")
    mapping = (here / "rooms.toml").read_text(encoding="utf-8")
    printed = shell(here, "limbeck init")
    assert (here / "limbeck.toml").read_text(encoding="utf-8") == blocks(english, "toml")[0]
    (here / "limbeck.toml").unlink()
    printed = "".join(shell(here, code) for code in RUN.findall(read(english)))
    assert "[1] Aurora / seats: 12\n    rooms.csv row 1 · named, named, 100%" in printed
    assert "[1] Keys / Where to fetch a key: Keys are handed out" in printed
    assert "[1] 北辰厅 / 座位数: 40\n    rooms.csv row 2 · named, named, " in printed
    assert "questions.jsonl" in printed
    assert tomllib.loads(mapping)["property"]


def shell(folder: Path, code: str) -> str:
    import os

    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-c", code], cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_mapping_shown_reads_the_example(tmp_path: Path) -> None:
    ((path, content),) = FILE.findall(read("docs/knowledge-mapping.md"))
    (tmp_path / path).write_text(content, encoding="utf-8")
    table = ROOT / "examples/atlas/countries.csv"
    shell(tmp_path, f"limbeck kb build {table} --mapping {path} -o atlas.sqlite")
    found = shell(tmp_path, 'limbeck kb search atlas.sqlite "法国的面积是多少？"')
    assert "平方公里" in found.splitlines()[0]
    assert "named, named" in found.splitlines()[1]


def test_the_changelog_begins_with_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[0] == version


@pytest.mark.parametrize("page", [name(page) for page in PAGES])
def test_links_lead_somewhere(page: str) -> None:
    for target in LINK.findall(re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)):
        if "://" in target:
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), target
        headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in [re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings]


@pytest.mark.parametrize("page", [name(page) for page in PAGES])
def test_no_page_names_a_path_of_one_machine(page: str) -> None:
    assert not MACHINE.findall(read(page))


def test_decisions_are_short_and_of_one_form() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        lines = page.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 40, page.name
        assert lines[0].startswith(f"# {int(page.name[:4])}. ")
        assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
