import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.core.family import Family


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    folder = tmp_path / "kinds_of_tea"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "green.py").write_text('"""Not fermented.\n\nMore."""\nCUPS = 2\n')
    (folder / "black.py").write_text("raise RuntimeError('imported')\n")
    (folder / "_water.py").write_text("")
    outside = tmp_path / "outside-1.dist-info"
    outside.mkdir()
    (outside / "METADATA").write_text("Name: outside\nVersion: 1\n")
    (outside / "entry_points.txt").write_text("[kinds_of_tea]\nmint = json.decoder\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Family(package="kinds_of_tea", noun="tea")
    for name in [name for name in sys.modules if name.startswith("kinds_of_tea")]:
        del sys.modules[name]


def test_names_and_summaries_import_no_component(family: Family) -> None:
    assert family.names() == ("black", "green", "mint")
    assert [family.summary(name) for name in family.names()] == ["", "Not fermented.", "from json.decoder"]
    assert "kinds_of_tea.green" not in sys.modules


def test_load_takes_ours_and_theirs(family: Family) -> None:
    assert family.load("green").CUPS == 2
    assert family.load("mint").__name__ == "json.decoder"


def test_unknown_name_tells_the_nearest(family: Family) -> None:
    with pytest.raises(LimbeckError, match="unknown tea 'gren'") as caught:
        family.load("gren")
    assert caught.value.fix == "did you mean 'green'? known: black, green, mint"


def test_error_of_a_component_is_not_hidden(family: Family) -> None:
    with pytest.raises(RuntimeError, match="imported"):
        family.load("black")
