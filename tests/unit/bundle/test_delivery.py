from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.bundle.delivery import replace_bundle
from limbeck.bundle.manifest import check_files, read_manifest
from limbeck.core.errors import BundleError


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "evaluation" / "report").mkdir(parents=True)
    for name in ("report.json", "report.html", "report/sample.jsonl", "answers.jsonl"):
        (tmp_path / "evaluation" / name).write_text("{}", encoding="utf-8")
    return tmp_path / "evaluation"


def test_a_delivered_bundle_holds_its_report_and_is_sealed(
    packed: Callable[[str], Path], report: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        target = replace_bundle(packed(f"made{_}"), report, tmp_path / "build" / "atlas")
        check_files(target, read_manifest(target))
        assert (target / "report" / "sample.jsonl").exists() and not (target / "answers.jsonl").exists()
    assert [path.name for path in target.parent.iterdir()] == ["atlas"]


def test_what_is_no_bundle_is_not_replaced(packed: Callable[[str], Path], report: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(BundleError, match="no bundle"):
        replace_bundle(packed("made"), report, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_damaged_bundle_is_not_delivered_over_a_sound_one(
    packed: Callable[[str], Path], report: Path, tmp_path: Path
) -> None:
    target = replace_bundle(packed("good"), report, tmp_path / "atlas")
    damaged = packed("bad")
    (damaged / "knowledge.sqlite").write_bytes(b"damaged")
    with pytest.raises(BundleError, match=r"truncated|altered"):
        replace_bundle(damaged, report, target)
    check_files(target, read_manifest(target))
