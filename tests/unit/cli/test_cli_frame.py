import errno
import json
from collections.abc import Callable

import click
import pytest

from limbeck.cli import main
from limbeck.core.errors import BundleError, GateError, Interrupted, MachineError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `limbeck list` raise whatever a test wants."""

    def arrange(error: BaseException) -> None:
        from limbeck.recipe import catalogue

        def fail() -> None:
            raise error

        monkeypatch.setattr(catalogue, "catalogue", fail)

    return arrange


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["aks", "x"]) == 2
    assert capsys.readouterr().err == "error: unknown command 'aks'\n  at:  limbeck\n  fix: did you mean 'ask'?\n"
    assert main.run(["kb", "serach"]) == 2
    assert "did you mean 'search'?" in capsys.readouterr().err


def test_a_wrong_option_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["list", "--jsn"]) == 2
    assert (
        capsys.readouterr().err == "error: no such option '--jsn'\n  at:  limbeck list\n  fix: did you mean '--json'?\n"
    )


def test_a_missing_argument_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["ask"]) == 2
    assert "fix: `limbeck ask --help` shows how it is used" in capsys.readouterr().err


def test_a_bare_group_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["kb"]) == 2
    assert "Commands:" in capsys.readouterr().err
    assert main.run(["--help"]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_the_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"limbeck {version('limbeck')}\n"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BundleError("odd", where="here", fix="do that"), 1, "error: odd\n  at:  here\n  fix: do that\n"),
        (GateError("too large"), 3, "error: too large\n"),
        (MachineError("no disk"), 4, "error: no disk\n"),
        (Interrupted("stopped"), 130, "error: stopped\n  fix: go on where it stopped: `limbeck list`\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n  fix: go on where it stopped: `limbeck list`\n"),
        (click.Abort(), 130, "error: interrupted\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/x"),
            4,
            "error: the disk refused: No space left on device\n  at:  /x\n",
        ),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 4, "fix: pip install 'limbeck[build]'\n"),
        (ModuleNotFoundError("No module named 'xllamacpp'", name="xllamacpp"), 4, "fix: pip install 'limbeck[gguf]'\n"),
        (ModuleNotFoundError("No module named 'fastapi'", name="fastapi"), 4, "fix: pip install 'limbeck[serve]'\n"),
        (ModuleNotFoundError("No module named 'limbeck.x'", name="limbeck.x"), 5, "unexpected ModuleNotFoundError"),
        (ValueError("boom"), 5, "error: unexpected ValueError: boom\n"),
    ],
)
def test_each_failure_has_its_exit_code(
    failing: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    told: str,
) -> None:
    failing(error)
    assert main.run(["list"]) == code
    written = capsys.readouterr()
    assert told in written.err
    assert "Traceback" not in written.err
    assert written.out == ""


def test_a_bug_says_how_to_report_it(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(ValueError("boom"))
    assert main.run(["list", "--json"]) == 5
    assert "please report it with the output of `limbeck --debug list --json`" in capsys.readouterr().err


def test_debug_shows_the_traceback(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(BundleError("odd"))
    assert main.run(["--debug", "list"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_with_json_the_error_is_json_too(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(BundleError("odd", where="here", fix="do that"))
    assert main.run(["list", "--json"]) == 1
    written = capsys.readouterr()
    assert json.loads(written.out) == {"schema": 1, "error": {"what": "odd", "where": "here", "fix": "do that"}}
    assert written.err.startswith("error: odd")


def test_a_reader_that_leaves_is_no_failure(failing: Callable[[BaseException], None]) -> None:
    failing(BrokenPipeError())
    assert main.run(["list"]) == 0


def test_a_path_of_the_command_line_is_the_users(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["ask", "x" * 5000, "hi"]) == 1
    assert "File name too long" in capsys.readouterr().err


def test_half_a_character_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["plan", "\udcff", "--json"]) == 1
    assert "\udcff" in json.loads(capsys.readouterr().out)["error"]["what"]
