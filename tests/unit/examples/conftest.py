import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def starter_module() -> Iterator[Callable[[str], ModuleType]]:
    """Make the starter's recipes importable, and forget them after."""
    known = set(sys.modules)
    folder = str(ROOT / "recipes" / "starter")
    sys.path.insert(0, folder)
    yield __import__
    sys.path.remove(folder)
    for name in set(sys.modules) - known:
        if folder in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
