"""Every failure as what, where and fix, on standard error or as JSON, with its exit code."""

import errno
import os
import sys
from collections.abc import Sequence

import click

from limbeck.cli.console import emit, note, paint
from limbeck.core.errors import Interrupted, LimbeckError, MachineError, UsageError

INTERNAL = 5
_EXTRA_OF_MODULE = {
    "torch": "build",
    "transformers": "build",
    "safetensors": "build",
    "gguf": "build",
    "openvino_tokenizers": "build",
    "matplotlib": "build",
    "optuna": "build",
    "pyarrow": "parquet",
    "rensa": "build",
    "py3langid": "build",
    "phonenumbers": "build",
    "stdnum": "build",
    "xllamacpp": "gguf",
    "rdflib": "rdf",
    "fastapi": "serve",
    "starlette": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
}
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell the user about an error and return the exit code."""
    if isinstance(error, BrokenPipeError):
        _close_stdout()
        return 0
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        note(error.format_message())
        return UsageError.exit_code
    known = explain(error, arguments)
    if "--debug" in arguments:
        import traceback

        traceback.print_exception(error)
    if known is None:
        known = _bug(error, arguments)
        _print([known], arguments)
        return INTERNAL
    _print(known.problems or [known], arguments)
    return known.exit_code


def explain(error: BaseException, arguments: Sequence[str]) -> LimbeckError | None:
    """Put an error in the user's words, or return None where it is our bug."""
    if isinstance(error, Interrupted):
        return Interrupted(error.what, where=error.where, fix=_resume(arguments))
    if isinstance(error, LimbeckError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Interrupted("interrupted", fix=_resume(arguments))
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing_extra(error)
    if isinstance(error, OSError):
        return _file_error(error, arguments)
    return None


def _file_error(error: OSError, arguments: Sequence[str]) -> LimbeckError | None:
    """Explain a disk that refuses, or a path of the command line that is none; any other is our bug."""
    if error.errno in _DISK:
        fix = "free some space or choose a folder you may write to"
        return MachineError(f"the disk refused: {error.strerror}", where=error.filename, fix=fix)
    path = str(error.filename or "")
    if any(word and path.startswith(word) for word in arguments):
        return LimbeckError(f"cannot use '{path[:80]}': {error.strerror}", fix="check the path")
    return None


def _resume(arguments: Sequence[str]) -> str:
    import shlex

    return f"go on where it stopped: `{shlex.join(['limbeck', *arguments])}`"


def _usage(error: click.ClickException) -> UsageError:
    what = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "limbeck"
    near = getattr(error, "possibilities", None)
    if near:
        what = what.partition(" Did you mean")[0].rstrip(".")
        return UsageError(what[:1].lower() + what[1:], where=path, fix=f"did you mean {near[0]!r}?")
    return UsageError(what[:1].lower() + what[1:], where=path, fix=f"`{path} --help` shows how it is used")


def _missing_extra(error: ModuleNotFoundError) -> MachineError | None:
    module = (error.name or "").partition(".")[0]
    extra = _EXTRA_OF_MODULE.get(module)
    if extra is None:
        return None
    return MachineError(f"this needs {module!r}, which is not installed", fix=f"pip install 'limbeck[{extra}]'")


def _bug(error: BaseException, arguments: Sequence[str]) -> LimbeckError:
    import shlex
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{frame[0].filename}:{frame[0].lineno}" if frame else None
    again = shlex.join(["limbeck", "--debug", *(word for word in arguments if word != "--debug")])
    fix = f"this is a bug in limbeck: please report it with the output of `{again}`"
    return LimbeckError(f"unexpected {type(error).__name__}: {error}".rstrip(": "), where=where, fix=fix)


def _print(problems: Sequence[LimbeckError], arguments: Sequence[str]) -> None:
    if "--json" in arguments:
        told = [{"what": problem.what, "where": problem.where, "fix": problem.fix} for problem in problems]
        emit({"error": told[0]} | ({"errors": told} if len(told) > 1 else {}))
    for problem in problems:
        note(f"{paint('error:', 'red', err=True)} {problem.what}")
        if problem.where:
            note(f"  {paint('at:', 'dim', err=True)}  {problem.where}")
        if problem.fix:
            note(f"  {paint('fix:', 'dim', err=True)} {problem.fix}")


def _close_stdout() -> None:
    """Keep the interpreter from complaining that the reader of a pipe has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
