import time
from pathlib import Path

import pytest

from limbeck.core.source_digest import SourceTree

FILES = {
    "__init__.py": "from fake.unrelated import lazy\n",
    "unrelated.py": "lazy = 1\n",
    "alone.py": "import os\nimport json.decoder\nx = 1\n",
    "whole.py": "import fake.inner.deep\n",
    "name.py": "from fake.inner import deep\n",
    "member.py": "from fake.inner.deep import go\n",
    "near.py": "from .inner import deep\n",
    "late.py": "def f():\n    if True:\n        from fake.inner.deep import go\n",
    "typed.py": "class C:\n    def f(self):\n        import fake.alone as a, sys\n",
    "loop_a.py": "import fake.loop_b\n",
    "loop_b.py": "import fake.loop_a\n",
    "inner/__init__.py": "",
    "inner/deep.py": "def go():\n    return 1\n",
    "inner/up.py": "from ..alone import x\nfrom . import deep\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "fake"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("alone", ["alone"]),
        ("whole", ["inner", "inner.deep", "whole"]),
        ("name", ["inner", "inner.deep", "name"]),
        ("member", ["inner", "inner.deep", "member"]),
        ("near", ["inner", "inner.deep", "near"]),
        ("late", ["inner", "inner.deep", "late"]),
        ("typed", ["alone", "typed"]),
        ("loop_a", ["loop_a", "loop_b"]),
        ("inner.up", ["alone", "inner", "inner.deep", "inner.up"]),
        ("inner", ["inner"]),
    ],
)
def test_finds_what_a_module_imports(folder: Path, module: str, found: list[str]) -> None:
    names = [f"fake.{name}" for name in found]
    digests = SourceTree("fake", folder).digests([f"fake.{module}"])
    assert [name for name in digests if name != "fake"] == names


def test_root_package_is_not_followed_unless_imported(folder: Path) -> None:
    assert "fake.unrelated" not in SourceTree("fake", folder).digests(["fake.member"])
    assert "fake.unrelated" in SourceTree("fake", folder).digests(["fake"])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("def go():\n    return 1\n", True),
        ("# a comment\n\n\ndef go() :\n    return (1)\n", True),
        ('"""Say what."""\ndef go():\n    """Say\n    more."""\n    return 1\n', True),
        ("def go():\n    return 2\n", False),
        ("def go():\n    return 1.0\n", False),
        ("def go(x=0):\n    return 1\n", False),
        ("def went():\n    return 1\n", False),
        ('def go():\n    "a"\n    "b"\n    return 1\n', False),
    ],
)
def test_digest_follows_the_meaning_not_the_text(folder: Path, text: str, same: bool) -> None:
    before = SourceTree("fake", folder).digests(["fake.member"])
    (folder / "inner" / "deep.py").write_text(text)
    after = SourceTree("fake", folder).digests(["fake.member"])
    assert (before == after) is same
    assert before["fake.member"] == after["fake.member"]


def test_memo_never_hides_an_edit(folder: Path) -> None:
    memo: dict[str, object] = {}
    first = SourceTree("fake", folder, memo).digests(["fake.member"])  # type: ignore[arg-type]
    assert SourceTree("fake", folder, memo).digests(["fake.member"]) == first  # type: ignore[arg-type]
    (folder / "inner" / "deep.py").write_text("def go():\n    return 3\n")
    assert SourceTree("fake", folder, memo).digests(["fake.member"]) != first  # type: ignore[arg-type]


def test_undeclared_name_is_our_bug(folder: Path) -> None:
    for name in ("fake.nothing", "other.alone", "fake.inner.deep.go"):
        with pytest.raises(LookupError, match=name):
            SourceTree("fake", folder).digests([name])


def test_module_that_does_not_parse_is_named(folder: Path) -> None:
    (folder / "alone.py").write_text("def (")
    with pytest.raises(SyntaxError) as caught:
        SourceTree("fake", folder).digests(["fake.alone"])
    assert caught.value.filename == str(folder / "alone.py")


def test_the_project_itself_is_fast_to_digest() -> None:
    before = time.perf_counter()
    digests = SourceTree().digests(["limbeck.core.runner", "limbeck.core.store"])
    assert time.perf_counter() - before < 0.5
    assert "limbeck.core.units" in digests
    assert "limbeck.core.device" not in digests
