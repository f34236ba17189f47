"""attention, from the command line to the file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]
Make = Callable[[Path, str], Path]
TEXT = "The capital of 乍得"


def test_the_numbers_are_printed_on_one_line(tiny_checkpoint: Path, capsys: Capture) -> None:
    assert main.run(["attention", str(tiny_checkpoint), TEXT, "--json", "--layer", "2", "--head", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert set(told) == {"schema", "model", "kind", "texts", "maps"}
    assert (told["kind"], told["texts"]) == ("decoder", [TEXT])
    (drawn,) = told["maps"]
    assert (drawn["part"], drawn["layers"], drawn["heads"]) == ("decoder", [2], [1])
    assert drawn["keys"][0] == "The"
    assert all(abs(sum(row) - 1) < 1e-4 for row in drawn["weights"][0][0])


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "t5"])
@pytest.mark.parametrize("ending", [".html", ".PNG"])
def test_every_kind_is_drawn(make_checkpoint: Make, tmp_path: Path, capsys: Capture, kind: str, ending: str) -> None:
    output = tmp_path / f"picture{ending}"
    answer = ["--answer", "日本 Tokyo"] if kind == "t5" else []
    folder = make_checkpoint(tmp_path / kind, kind)
    capsys.readouterr()
    assert main.run(["attention", str(folder), "The capital", "-o", str(output), *answer]) == 0
    written = capsys.readouterr()
    assert (written.out, written.err.splitlines()[0]) == ("", f"wrote {output}")
    if ending == ".html":
        page = output.read_text(encoding="utf-8")
        assert page.count("<section") == (3 if kind == "t5" else 1)
        assert f"<strong>{kind}</strong>" in page
    else:
        assert output.read_bytes().startswith(b"\x89PNG")


def test_signs_without_a_font_are_told(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from limbeck.evaluation import fonts

    own = fonts._covered
    monkeypatch.setattr(fonts, "_covered", lambda path, signs: {sign for sign in own(path, signs) if sign < "\u2e80"})
    assert main.run(["attention", str(tiny_checkpoint), TEXT, "-o", str(tmp_path / "x.png")]) == 0
    assert "no installed font has 乍 得: those tokens are numbered" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "what"),
    [
        ([TEXT], 2, "nowhere to show it"),
        ([TEXT, "-o", "x.gif"], 2, "'x.gif' is neither a page nor an image"),
        ([TEXT, "--json", "--layer", "3"], 2, "there is no layer 3"),
        ([TEXT, "--json", "--head", "0"], 2, "there is no head 0"),
        ([TEXT, "--json", "--answer", "x"], 2, "reads one text"),
        (["", "--json"], 2, "is empty"),
        ([TEXT, "-o", "no/where/x.html"], 1, "cannot use 'no/where/x.html'"),
        ([TEXT, "-o", "no/where/x.png"], 1, "cannot use 'no/where/x.png'"),
    ],
)
def test_what_cannot_be_shown_is_an_error(
    tiny_checkpoint: Path, capsys: Capture, options: list[str], code: int, what: str
) -> None:
    assert main.run(["attention", str(tiny_checkpoint), *options]) == code
    told = capsys.readouterr().err
    assert what in told
    assert "fix: " in told


def test_a_folder_that_is_no_model_is_told(tmp_path: Path, capsys: Capture) -> None:
    assert main.run(["attention", str(tmp_path), TEXT, "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["fix"].startswith("give a Hugging Face folder")
    assert "has no config.json" in told.err
