from pathlib import Path

import pytest

from limbeck.core.digest import digest_file
from limbeck.core.disk import JSON, write_json
from limbeck.core.errors import SourceError
from limbeck.core.key import key_of, outside_parts, own_parts
from limbeck.core.memo import Memo
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage


def stage(*files: Path, params: dict[str, JSON] | None = None) -> Stage:
    return Stage(name="read", version=1, run=lambda context: None, files=files, params=params or {})


def lying_memo(tmp_path: Path, path: Path) -> Memo:
    facts = path.stat()
    known: list[JSON] = [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, "lie"]
    write_json(tmp_path / "memo.json", {"files": {str(path): known}})
    return Memo(tmp_path / "memo.json")


def test_small_file_is_read_whatever_is_remembered_and_a_large_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    memo = lying_memo(tmp_path, path)
    assert outside_parts(stage(path), memo) == {"a.txt": digest_file(path)}
    monkeypatch.setattr("limbeck.core.key._ALWAYS_READ_BYTES", 1)
    assert outside_parts(stage(path), memo) == {"a.txt": "lie"}


def test_labels_are_as_short_as_tells_them_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "one" / "a.txt", tmp_path / "two" / "a.txt"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("a")
    memo = Memo(tmp_path / "memo.json")
    assert list(outside_parts(stage(paths[0]), memo)) == ["a.txt"]
    assert list(outside_parts(stage(*paths), memo)) == ["one/a.txt", "two/a.txt"]
    assert list(outside_parts(stage(paths[0], paths[0]), memo)) == ["a.txt"]


def test_missing_file_says_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist") as caught:
        outside_parts(stage(tmp_path / "gone"), Memo(tmp_path / "memo.json"))
    assert caught.value.where == str(tmp_path / "gone") and caught.value.fix


def test_key_is_of_what_counts(tmp_path: Path) -> None:
    def key(params: dict[str, JSON]) -> str:
        parts = own_parts(stage(params=params), SourceTree(), Memo(tmp_path / "memo.json"))
        return key_of(stage(), parts)

    assert key({"a": (1, 2), "b": 1}) == key({"b": 1, "a": [1, 2]})
    assert key({"a": 1}) != key({"a": 2})
