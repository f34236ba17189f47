from pathlib import Path

import pytest

from limbeck.core.errors import RecipeError
from limbeck.recipe.load import load_recipe
from limbeck.recipe.lock import lock_of
from limbeck.recipe.recipe import Recipe
from limbeck.recipe.shipped import shipped_folder, shipped_names, shipped_summary, tuning_of


def recipe(folder: Path, more: str = "", base: str = "starter") -> Recipe:
    (folder / "facts.csv").write_text("name,capital\nChad,N'Djamena\n", encoding="utf-8")
    text = f'name = "x"\nbase = "{base}"\n[[knowledge]]\nlocation = "facts.csv"\n{more}'
    (folder / "limbeck.toml").write_text(text, encoding="utf-8")
    return load_recipe(folder)


def test_what_ships_is_whole_and_small() -> None:
    assert "starter" in shipped_names()
    files = {path.name for path in shipped_folder("starter").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja", "README.md"} <= files
    assert sum(path.stat().st_size for path in shipped_folder("starter").iterdir()) <= 16_000_000
    assert shipped_summary("starter")


def test_a_shipped_base_brings_its_own_defaults(tmp_path: Path) -> None:
    found = recipe(tmp_path)
    assert (found.base.kind, found.base.folder) == ("shipped", shipped_folder("starter"))
    assert dict(found.fusion.options) == dict(tuning_of(shipped_folder("starter"))) != {}


def test_the_recipe_wins_over_the_defaults(tmp_path: Path) -> None:
    found = recipe(tmp_path, "[fusion]\nsteps = 7\n")
    assert found.fusion.options["steps"] == 7
    assert found.fusion.options["questions"] == tuning_of(shipped_folder("starter"))["questions"]


def test_a_folder_beside_the_recipe_brings_none(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    assert dict(recipe(tmp_path, base="mine").fusion.options) == {} == tuning_of(None)


def test_the_lock_pins_the_weights(tmp_path: Path) -> None:
    base = lock_of(recipe(tmp_path))["base"]
    assert isinstance(base, dict) and base["name"] == "starter" and len(str(base["sha256"])) >= 32


def test_a_name_nearly_right_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="starter"):
        recipe(tmp_path, base="startr")
