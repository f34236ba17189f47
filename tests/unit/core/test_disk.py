import errno
from pathlib import Path

import pytest

from limbeck.core.disk import disk_errors, is_disk_error, is_full, machine_error, read_json, write_atomic, write_json
from limbeck.core.errors import MachineError


def test_write_replaces_in_one_step_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_json(path, {"b": "国", "a": 1})
    write_json(path, {"b": 2})
    assert path.read_text() == '{\n "b": 2\n}\n'
    assert list(path.parent.iterdir()) == [path]


def test_failed_write_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError):
        write_atomic(tmp_path / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("text", ["", '{"a": 1', "[1]", "3"])
def test_torn_json_reads_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert read_json(tmp_path / "a.json") is None
    assert read_json(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "cannot write to the store"),
        (errno.EACCES, "Permission denied"),
        (errno.ENOTDIR, "needs a folder where a file is"),
        (errno.EIO, "cannot be used"),
    ],
)
def test_disk_errors_say_what_where_and_fix(tmp_path: Path, code: int, words: str) -> None:
    with pytest.raises(MachineError, match=words) as caught, disk_errors(tmp_path / "not" / "yet"):
        raise OSError(code, "text", str(tmp_path / "x"))
    assert caught.value.where == str(tmp_path / "x")
    assert caught.value.fix


def test_only_errors_of_the_disk_are_the_disks(tmp_path: Path) -> None:
    assert is_disk_error(OSError(errno.ENOSPC, "")) and is_disk_error(OSError(errno.EROFS, ""))
    assert not is_disk_error(FileNotFoundError(errno.ENOENT, ""))
    assert is_full(tmp_path, RuntimeError("write: No space left on device"))
    assert not is_full(tmp_path, RuntimeError("shape mismatch"))
    assert machine_error(None, tmp_path).where == str(tmp_path)
