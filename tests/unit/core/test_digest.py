import hashlib
from pathlib import Path

import pytest

from limbeck.core.digest import canonical_json, digest_file, digest_files, digest_folder, digest_json


def test_file_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_file(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_equal_data_has_equal_digest() -> None:
    assert digest_json({"a": 1, "b": [True, None]}) == digest_json({"b": (True, None), "a": 1})
    assert canonical_json({"b": "国", "a": 1.5}) == '{"a":1.5,"b":"国"}'.encode()


@pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": 1.0}, {"a": True}, {"b": 1}, {}])
def test_other_data_has_another_digest(other: dict[str, object]) -> None:
    assert digest_json({"a": 1}) != digest_json(other)  # type: ignore[arg-type]


def test_what_is_no_plain_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest_json(float("nan"))
    with pytest.raises(TypeError):
        digest_json({"path": tmp_path})  # type: ignore[dict-item]


def test_folder_digest_counts_names_and_content(tmp_path: Path) -> None:
    seen = set()

    def note() -> None:
        digest = digest_folder(tmp_path / "a")
        assert digest not in seen
        seen.add(digest)

    (tmp_path / "a" / "b").mkdir(parents=True)
    note()
    (tmp_path / "a" / "b" / "c").write_text("x")
    note()
    (tmp_path / "a" / "b" / "c").write_text("y")
    note()
    (tmp_path / "a" / "b" / "c").rename(tmp_path / "a" / "c")
    note()
    (tmp_path / "a").rename(tmp_path / "moved")
    assert digest_folder(tmp_path / "moved") in seen
    assert list(digest_files(tmp_path / "moved")) == ["c"]


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_folder(tmp_path / "nothing")
