"""Libraries that only some sources need: named by the extra that installs them where they are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from limbeck.core.errors import MachineError


@contextmanager
def extra(name: str, what: str) -> Iterator[None]:
    """Import what an extra brings, within this; `what` is what cannot be read without it.

    Raises: MachineError: a library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        lacking = f"{what} needs {(error.name or '').partition('.')[0]!r}, which is not installed"
        raise MachineError(lacking, fix=f"pip install 'limbeck[{name}]'") from error
