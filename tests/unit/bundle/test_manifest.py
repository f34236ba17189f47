import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.bundle.manifest import MANIFEST, check_files, encode, read_manifest
from limbeck.core.errors import BundleError

FILES = (
    "CARD.md",
    "knowledge.sqlite",
    "model/llamacpp/weights.bin",
    "model/openvino/weights.bin",
    "recipe.lock.toml",
    "tokenizer/chat_template.jinja",
    "tokenizer/tokenizer.json",
)


def open_all(folder: Path) -> None:
    check_files(folder, read_manifest(folder))


def rewrite(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    body = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(body)
    (folder / MANIFEST).write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def test_a_sound_bundle_is_accepted(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    open_all(folder)
    assert [entry.path for entry in read_manifest(folder).files] == list(FILES)
    assert encode(read_manifest(folder)) == (folder / MANIFEST).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_any_file_is_refused(packed: Callable[[str], Path], name: str) -> None:
    path = packed("a") / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(BundleError, match="was altered") as caught:
        open_all(path.parents[name.count("/")])
    assert name in caught.value.what and caught.value.fix


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused(packed: Callable[[str], Path], name: str) -> None:
    folder = packed("a")
    os.truncate(folder / name, (folder / name).stat().st_size - 1)
    with pytest.raises(BundleError, match=f"{name} is truncated"):
        open_all(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(packed: Callable[[str], Path], name: str) -> None:
    folder = packed("a")
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        open_all(folder)


def test_no_byte_of_the_manifest_may_change(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    raw = (folder / MANIFEST).read_bytes()
    for position in range(0, len(raw), 7):
        damaged = bytearray(raw)
        damaged[position] ^= 1
        (folder / MANIFEST).write_bytes(damaged)
        with pytest.raises(BundleError):
            open_all(folder)


def test_a_truncated_manifest_is_refused(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    os.truncate(folder / MANIFEST, 100)
    with pytest.raises(BundleError, match="not JSON"):
        read_manifest(folder)


def test_a_raised_budget_is_noticed(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    rewrite(folder, lambda body: body["budget"].update(disk_bytes=1))  # type: ignore[attr-defined]
    with pytest.raises(BundleError, match="altered after it was sealed"):
        read_manifest(folder)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b", "a\\b", "C:/x", "./a", "manifest.json", ""])
def test_a_path_that_leaves_the_bundle_is_refused(packed: Callable[[str], Path], path: str) -> None:
    folder = packed("a")
    rewrite(folder, lambda body: body["files"][0].update(path=path))  # type: ignore[index]
    with pytest.raises(BundleError, match="outside the bundle"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda body: body.update(schema=2), "schema 2; this limbeck reads 1"),
        (lambda body: body.pop("schema"), "schema None"),
        (lambda body: body.pop("files"), "lacks or misspells a field: 'files'"),
        (lambda body: body.update(extra=1), "unexpected keyword argument 'extra'"),
        (lambda body: body["files"][0].update(size_bytes="9"), "path, sha256 and size_bytes"),
        (lambda body: body.update(files={}), "are lists"),
        (lambda body: body["files"].append(3), "lacks or misspells"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(
    packed: Callable[[str], Path], change: Callable[[dict[str, object]], None], message: str
) -> None:
    folder = packed("a")
    rewrite(folder, change)
    with pytest.raises(BundleError, match=message):
        read_manifest(folder)


def test_a_manifest_that_is_a_list_is_refused(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    (folder / MANIFEST).write_text("[]", encoding="utf-8")
    with pytest.raises(BundleError, match="schema None"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["virus.py", "model/openvino/more.bin", "knowledge.sqlite-journal", ".hidden"])
def test_an_extra_file_is_refused(packed: Callable[[str], Path], name: str) -> None:
    folder = packed("a")
    (folder / name).write_bytes(b"x")
    with pytest.raises(BundleError, match=f"{name} is not in the manifest"):
        open_all(folder)


def test_sqlites_empty_leftovers_are_no_extra_files_but_an_unsaved_edit_is(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    (folder / "knowledge.sqlite-shm").write_bytes(bytes(32))
    (folder / "knowledge.sqlite-wal").write_bytes(b"")
    open_all(folder)
    (folder / "knowledge.sqlite-wal").write_bytes(b"an edit")
    with pytest.raises(BundleError, match="sqlite-wal is not in the manifest"):
        open_all(folder)


@pytest.mark.parametrize("name", ["knowledge.sqlite", "model/openvino", "loop"])
def test_a_symbolic_link_is_refused(packed: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    folder = packed("a")
    aside = tmp_path / "aside"
    if (folder / name).exists():
        (folder / name).rename(aside)
    (folder / name).symlink_to(aside)
    with pytest.raises(BundleError, match=f"{name} is a symbolic link"):
        open_all(folder)


def test_a_pipe_is_refused_and_not_read(packed: Callable[[str], Path]) -> None:
    folder = packed("a")
    os.mkfifo(folder / "pipe")
    with pytest.raises(BundleError, match="not a plain file"):
        open_all(folder)


def test_what_is_not_a_bundle_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(BundleError, match="is not a bundle"):
            read_manifest(path)
