import os
from pathlib import Path

import pytest

from limbeck.core.errors import RecipeError
from limbeck.recipe.load import load_recipe
from limbeck.recipe.problem import RecipeProblems

GOOD = """\
name   = "atlas"
base   = "tiny"
budget = { disk = "25 MB", memory = "300 MB", latency = "15 ms/token" }
engines = ["openvino"]
[[knowledge]]
kind = "table"
location = "countries.csv"
[[knowledge]]
location = "handbook/"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "countries.csv").write_text("name,capital\nChad,N'Djamena\n")
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook/visas.md").write_text("# Visas\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(text: str | bytes) -> list[RecipeError]:
    Path("limbeck.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(RecipeError) as caught:
        load_recipe("limbeck.toml")
    error = caught.value
    return list(error.problems) if isinstance(error, RecipeProblems) else [error]


def only(text: str | bytes) -> RecipeError:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


def test_a_good_recipe_is_frozen_and_resolved(folder: Path) -> None:
    (folder / "limbeck.toml").write_text(GOOD)
    recipe = load_recipe(folder)
    assert (recipe.name, recipe.base.kind, recipe.base.name) == ("atlas", "preset", "tiny")
    assert (recipe.budget.disk_bytes, recipe.budget.memory_bytes, recipe.budget.latency_ms) == (
        25 * 10**6,
        300 * 10**6,
        15,
    )
    assert [source.kind for source in recipe.knowledge] == ["table", "markdown"]
    assert recipe.knowledge[1].location == folder / "handbook"
    assert recipe.folder == folder
    assert recipe == load_recipe("limbeck.toml")


def test_unknown_engine_names_the_nearest(folder: Path) -> None:
    error = only(GOOD.replace('"openvino"', '"openvion"'))
    assert error.what == "unknown engine 'openvion'"
    assert error.where == "limbeck.toml:4 engines"
    assert error.fix == "did you mean 'openvino'? (`limbeck list` shows all)"


@pytest.mark.parametrize(
    ("old", "new", "what", "where", "fix"),
    [
        ("name   =", "nmae = 1\nname =", "unknown key 'nmae'", "limbeck.toml:1 nmae", "did you mean 'name'?"),
        ("memory =", "memroy =", "unknown key 'memroy'", "limbeck.toml:3 budget.memroy", "did you mean 'memory'?"),
        (
            'location = "handbook/"',
            'locaton = "handbook/"\nlocation = "handbook/"',
            "unknown key 'locaton'",
            "limbeck.toml:9 knowledge.locaton",
            "did you mean 'location'?",
        ),
        (
            '"25 MB"',
            '"25 furlongs"',
            "disk: '25 furlongs' is not a size",
            "limbeck.toml:3 budget.disk",
            "write one such as '25 MB' or '300 MiB'",
        ),
        ('"25 MB"', '"0 MB"', "disk: '0 MB' must be above zero", "limbeck.toml:3 budget.disk", 'write disk = "25 MB"'),
        ('"25 MB"', "25", "disk: 25 has no unit", "limbeck.toml:3 budget.disk", "write one such as '25 MB'"),
        (
            '"15 ms/token"',
            '"15 MB"',
            "latency: '15 MB' is not a time per token",
            "limbeck.toml:3 budget.latency",
            "write one such as '15 ms/token'",
        ),
        (
            '"countries.csv"',
            '"countrys.csv"',
            "source 'countrys.csv' does not exist",
            "limbeck.toml:7 knowledge.location",
            "did you mean 'countries.csv'?",
        ),
        ('"table"', '"tabel"', "unknown source kind 'tabel'", "limbeck.toml:6 knowledge.kind", "did you mean 'table'?"),
        ('"tiny"', '"tny"', "unknown base 'tny'", "limbeck.toml:2 base", "did you mean 'tiny'?"),
        (
            '"tiny"',
            '"handbook"',
            "base 'handbook' is a folder without a config.json",
            "limbeck.toml:2 base",
            "name a Hugging Face checkpoint folder",
        ),
        ('"atlas"', "3", "'name' must be text in quotes, not 3", "limbeck.toml:1 name", 'write name = "atlas"'),
        ('"atlas"', '"../up"', "name: '../up' cannot name a folder", "limbeck.toml:1 name", "use letters"),
        ('["openvino"]', "[]", "'engines' is empty", "limbeck.toml:4 engines", 'write engines = ["openvino"]'),
        (
            "[[knowledge]]\nkind",
            '[fusion]\nmethod = "refrence"\n[[knowledge]]\nkind',
            "unknown fusion method 'refrence'",
            "limbeck.toml:6 fusion.method",
            "did you mean 'reference'?",
        ),
        (
            "[[knowledge]]\nkind",
            "[fusion]\nmehtod = 2.0\n[[knowledge]]\nkind",
            "unknown key 'mehtod'",
            "limbeck.toml:6 fusion.mehtod",
            "did you mean 'method'?",
        ),
        (
            "[[knowledge]]\nkind",
            '[evaluation]\nquestions = "q.jsonl"\n[[knowledge]]\nkind',
            "file 'q.jsonl' does not exist",
            "limbeck.toml:6 evaluation.questions",
            "there is: ",
        ),
        (
            "[[knowledge]]\nkind",
            "[evaluation]\naccuracy = 92\n[[knowledge]]\nkind",
            "accuracy = 92: input should be less than or equal to 1",
            "limbeck.toml:6 evaluation.accuracy",
            None,
        ),
        (
            'kind = "table"\nlocation = "countries.csv"',
            'location = "notes.xyz"',
            "source 'notes.xyz' does not exist",
            "limbeck.toml:6",
            "there is: ",
        ),
        ('name   = "atlas"\n', "", "'name' is missing", "limbeck.toml name", 'write name = "atlas"'),
    ],
)
def test_each_problem_says_what_where_and_fix(
    folder: Path, old: str, new: str, what: str, where: str, fix: str | None
) -> None:
    assert old in GOOD
    error = only(GOOD.replace(old, new, 1))
    assert error.what.startswith(what)
    assert (error.where or "").startswith(where)
    assert (error.fix is None) if fix is None else (fix in (error.fix or ""))


def test_all_problems_come_at_once_in_file_order(folder: Path) -> None:
    found = problems(GOOD.replace("memory", "memroy").replace('"25 MB"', '"0 MB"').replace("name ", "nmae "))
    assert [error.where for error in found] == [
        "limbeck.toml name",
        "limbeck.toml:1 nmae",
        "limbeck.toml:3 budget.disk",
        "limbeck.toml:3 budget.memroy",
    ]
    found = problems(GOOD.replace('"tiny"', '"tny"').replace("countries.csv", "x.csv").replace("handbook/", "y/"))
    assert [error.where for error in found] == [
        "limbeck.toml:2 base",
        "limbeck.toml:7 knowledge.location",
        "limbeck.toml:9 knowledge.location",
    ]


def test_wrong_shapes_hide_no_wrong_names(folder: Path) -> None:
    text = GOOD.replace('"tiny"', "7").replace('["openvino"]', '[3, "openvion"]').replace('"25 MB"', '"0 MB"')
    found = problems(text.replace("countries.csv", "x.csv") + "knd = 1\n[[knowledge]]\nname = 2\n")
    assert [error.where for error in found] == [
        "limbeck.toml:2 base",
        "limbeck.toml:3 budget.disk",
        "limbeck.toml:4 engines",
        "limbeck.toml:4 engines",
        "limbeck.toml:7 knowledge.location",
        "limbeck.toml:10 knowledge.knd",
        "limbeck.toml:11 knowledge.location",
        "limbeck.toml:12 knowledge.name",
    ]


@pytest.mark.parametrize("section", ["budget", "knowledge", "fusion", "compression", "evaluation", "engines"])
@pytest.mark.parametrize("value", ["3", '"x"', "[1]", "[[]]", "{ x = 1 }", "[{ x = [1] }]", "true"])
def test_any_section_of_any_shape_is_told(folder: Path, section: str, value: str) -> None:
    kept = [line for line in GOOD.splitlines() if not line.startswith((section, f"[[{section}"))]
    found = problems("\n".join([f"{section} = {value}", *kept]) if section != "knowledge" else f"{section} = {value}")
    assert all(error.what and error.where for error in found)


def test_an_empty_source_is_an_error(folder: Path) -> None:
    Path("countries.csv").write_bytes(b"")
    assert only(GOOD).what == "source 'countries.csv' is empty"
    Path("countries.csv").write_text("name\nChad\n")
    Path("handbook/visas.md").unlink()
    assert only(GOOD).what == "source 'handbook/' is an empty folder"


def test_an_unknown_ending_asks_for_a_kind(folder: Path) -> None:
    Path("facts.xyz").write_text("a")
    error = only(GOOD.replace('kind = "table"\nlocation = "countries.csv"', 'location = "facts.xyz"'))
    assert error.what == "cannot tell the kind of 'facts.xyz'"
    assert "table" in (error.fix or "")


def test_toml_syntax_has_a_line(folder: Path) -> None:
    error = only(GOOD.replace('base   = "tiny"', "base   = tiny"))
    assert error.where == "limbeck.toml:2"
    assert "base   = tiny" in (error.fix or "")
    assert only('name = "atlas').where == "limbeck.toml:1"
    assert only("[").where == "limbeck.toml:1"


def test_an_empty_file_misses_everything(folder: Path) -> None:
    assert {error.what for error in problems("")} == {
        "'name' is missing",
        "'base' is missing",
        "'knowledge' is missing",
    }


def test_not_utf8_names_the_byte(folder: Path) -> None:
    error = only(GOOD.encode() + "# 国家\n".encode("gb18030"))
    assert error.where == "limbeck.toml:10"
    assert error.what.startswith("not UTF-8: byte 0x")


def test_a_byte_order_mark_is_no_problem(folder: Path) -> None:
    Path("limbeck.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_recipe().name == "atlas"


def test_a_missing_recipe_points_to_init(folder: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe") as caught:
        load_recipe("limbeck.toml")
    assert caught.value.fix == "`limbeck init` writes one"
    (folder / "limbeck.toml").write_text(GOOD)
    with pytest.raises(RecipeError) as caught:
        load_recipe("limbek.toml")
    assert "did you mean 'limbeck.toml'?" in (caught.value.fix or "")
    with pytest.raises(RecipeError) as caught:
        load_recipe("handbook")
    assert "limbeck init handbook" in (caught.value.fix or "")


def test_a_base_may_be_a_folder_or_a_hub_id(folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model/config.json").write_text("{}")
    Path("limbeck.toml").write_text(GOOD.replace('"tiny"', '"model"'))
    assert load_recipe().base.folder == folder / "model"
    Path("limbeck.toml").write_text(GOOD.replace('"tiny"', '"org/some-model"'))
    assert load_recipe().base.kind == "hub"


def test_options_are_held_against_the_types_a_component_states(folder: Path) -> None:
    error = only(GOOD.replace('"countries.csv"', '"countries.csv"\nmapping = 3'))
    assert (error.what, error.where) == ("'mapping' must be text in quotes, not 3", "limbeck.toml:8 knowledge.mapping")
    error = only(GOOD.replace('"countries.csv"', '"countries.csv"\nmapping = "country.toml"'))
    assert error.what == "mapping 'country.toml' does not exist"


def test_odd_recipes_are_told_in_one_line(folder: Path) -> None:
    assert only("a = " + "[" * 5000).what == "not valid TOML: nested too deeply"
    assert len(only(GOOD.replace('"atlas"', str(list(range(999))))).what) < 100
    os.mkfifo("pipe.csv")
    assert only(GOOD.replace("countries.csv", "pipe.csv")).what == "source 'pipe.csv' is neither a file nor a folder"
    assert only(GOOD.replace("atlas", "a" * 65)).what.endswith("cannot name a folder")


def test_a_linked_source_keeps_its_name(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    (other / "real.csv").write_text("name\nChad\n")
    Path("linked.csv").symlink_to(other / "real.csv")
    Path("limbeck.toml").write_text(GOOD.replace("countries.csv", "linked.csv"))
    assert load_recipe().knowledge[0].location == folder / "linked.csv"


def test_an_engine_that_no_bundle_is_made_for_is_told(folder: Path) -> None:
    error = only(GOOD.replace('"openvino"', '"transformers"'))
    assert error.what == "engine 'transformers' is a reference to compare with; no bundle is made for it"
    assert (error.where, error.fix) == ("limbeck.toml:4 engines", "for a bundle: llamacpp, openvino")
