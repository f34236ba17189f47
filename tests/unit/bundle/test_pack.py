import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.bundle.card import About
from limbeck.bundle.manifest import check_files, read_manifest
from limbeck.bundle.pack import pack, reseal
from limbeck.core.errors import BundleError, MachineError


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_parts_make_the_same_bytes(packed: Callable[[str], Path]) -> None:
    assert contents(packed("a")) == contents(packed("b"))


def test_only_the_tokenizers_own_files_are_taken(packed: Callable[[str], Path]) -> None:
    names = contents(packed("a")).keys()
    assert "tokenizer/tokenizer.json" in names
    assert not [name for name in names if name.endswith("safetensors")]


def test_the_lock_reads_back(packed: Callable[[str], Path]) -> None:
    lock = tomllib.loads((packed("a") / "recipe.lock.toml").read_text(encoding="utf-8"))
    assert lock == {"name": "atlas", "seed": 0, "budget": {"disk": "25 MB"}, "knowledge": [{"kind": "table"}]}


@pytest.mark.parametrize("part", ["models", "tokenizer", "knowledge"])
def test_a_missing_part_is_named(tmp_path: Path, parts: dict[str, Path], part: str) -> None:
    given = {**parts, part: tmp_path / "nowhere"}
    with pytest.raises(BundleError, match=r"nowhere|tokenizer\.json"):
        pack(tmp_path / "out", name="x", lock={}, about=About(base_model="m"), **given)
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_is_not_written_over(tmp_path: Path, packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    before = contents(folder)
    with pytest.raises(BundleError, match="holds files already"):
        packed("a")
    assert contents(folder) == before


def test_a_full_disk_is_the_machines_fault(
    tmp_path: Path, parts: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(MachineError, match="disk is full"):
        pack(tmp_path / "out", name="x", lock={}, about=About(base_model="m"), **parts)


def test_an_edit_is_sealed_and_noted(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    (folder / "knowledge.sqlite").write_bytes(b"edited")
    with pytest.raises(BundleError):
        check_files(folder, read_manifest(folder))
    assert reseal(folder).edited == ("knowledge.sqlite",)
    assert reseal(folder).edited == ("knowledge.sqlite",), "the note stays"
    check_files(folder, read_manifest(folder))


def test_a_report_joins_without_counting_as_an_edit(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    (folder / "report").mkdir()
    for text in ("{}", "{1}"):
        (folder / "report.json").write_text(text, encoding="utf-8")
        (folder / "report" / "sample.jsonl").write_text(text, encoding="utf-8")
        assert reseal(folder).edited == ()
    check_files(folder, read_manifest(folder))


def test_damage_elsewhere_is_never_sealed_in(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    (folder / "knowledge.sqlite").write_bytes(b"edited")
    weights = folder / "model" / "openvino" / "weights.bin"
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(BundleError, match=r"weights\.bin was altered"):
        reseal(folder)
