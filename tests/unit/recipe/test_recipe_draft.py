from pathlib import Path

import pytest

from limbeck.core.errors import RecipeError
from limbeck.recipe.draft import draft, write_draft
from limbeck.recipe.load import load_recipe


def test_a_draft_is_short_and_loads(tmp_path: Path) -> None:
    folder = tmp_path / "旅行 desk!"
    (folder / "pages").mkdir(parents=True)
    (folder / "pages/one.md").write_text("# One\n")
    (folder / "README.md").write_text("not knowledge")
    for name in ("a.csv", "b.tsv", "c.csv"):
        (folder / name).write_text("name\tx\n")
    assert len(draft(folder).splitlines()) <= 15
    recipe = load_recipe(write_draft(folder))
    assert recipe.name == "旅行-desk"
    assert [source.written for source in recipe.knowledge] == ["a.csv", "b.tsv", "c.csv"]
    assert "1 more" in draft(folder)


def test_a_recipe_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "limbeck.toml").write_text("mine")
    (tmp_path / "a.csv").write_text("name\n")
    with pytest.raises(RecipeError, match="exists already"):
        write_draft(tmp_path)
    assert (tmp_path / "limbeck.toml").read_text() == "mine"


def test_nothing_to_know_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no knowledge found"):
        write_draft(tmp_path)
    assert not (tmp_path / "limbeck.toml").exists()
    with pytest.raises(RecipeError, match="there is no folder"):
        write_draft(tmp_path / "absent")
