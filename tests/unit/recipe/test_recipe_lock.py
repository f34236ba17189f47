import tomllib
from pathlib import Path

import pytest

from limbeck.bundle.lock import write_toml
from limbeck.recipe.load import load_recipe
from limbeck.recipe.lock import lock_of

RECIPE = """\
name = "atlas"
base = "tiny"
budget = { disk = "25 MB" }
[[knowledge]]
location = "国家.csv"
[evaluation]
questions = "questions.jsonl"
accuracy = 0.92
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "国家.csv").write_text("name,capital\nChad,N'Djamena\n", encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text("{}\n")
    (tmp_path / "limbeck.toml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def test_the_lock_is_valid_toml_with_everything_resolved(folder: Path) -> None:
    lock = tomllib.loads(write_toml(lock_of(load_recipe(folder), versions={"limbeck": "0.1.0"})))
    assert lock["base"]["hidden_size"] > 0
    assert lock["budget"] == {"disk_bytes": 25_000_000}
    assert lock["engines"] == ["openvino"]
    assert lock["fusion"]["method"] == "reference"
    assert lock["knowledge"][0]["location"] == "国家.csv"
    assert len(lock["knowledge"][0]["sha256"]) == 64
    assert lock["evaluation"]["questions"] == "questions.jsonl"
    assert lock["versions"] == {"limbeck": "0.1.0"}


def test_the_same_inputs_give_the_same_bytes_wherever_they_lie(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    for path in folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    assert write_toml(lock_of(load_recipe(folder))) == write_toml(lock_of(load_recipe(other)))


def test_a_changed_source_changes_the_lock(folder: Path) -> None:
    before = write_toml(lock_of(load_recipe(folder)))
    (folder / "国家.csv").write_text("name,capital\nChad,Abéché\n", encoding="utf-8")
    assert write_toml(lock_of(load_recipe(folder))) != before


def test_a_mapping_is_named_relative_and_hashed(folder: Path) -> None:
    (folder / "map.toml").write_text('[subject]\ncolumn = "name"\n')
    (folder / "limbeck.toml").write_text(RECIPE.replace("[evaluation]", 'mapping = "map.toml"\n[evaluation]'))
    recipe = load_recipe(folder)
    assert recipe.knowledge[0].files == (folder / "国家.csv", folder / "map.toml")
    source = tomllib.loads(write_toml(lock_of(recipe)))["knowledge"][0]
    assert source["mapping"] == "map.toml"
    assert len(source["mapping_sha256"]) == 64
