"""What `import limbeck` offers: a dozen names, each found where it lives, none of them loaded early."""

import subprocess
import sys

import pytest

import limbeck


def test_every_public_name_resolves() -> None:
    assert {name: getattr(limbeck, name).__name__ for name in limbeck.__all__} == {n: n for n in limbeck.__all__}


def test_there_are_at_most_twelve_sorted() -> None:
    assert list(limbeck.__all__) == sorted(limbeck.__all__)
    assert len(limbeck.__all__) <= 12
    assert set(limbeck.__all__) <= set(dir(limbeck))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="open_bundel"):
        _ = limbeck.open_bundel


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, limbeck\nprint([m for m in sys.modules if m.startswith('limbeck.') or m in ('numpy', 'click')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_run_side_names_load_no_torch() -> None:
    code = "import sys, limbeck\n[getattr(limbeck, n) for n in limbeck.__all__]\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
