"""verify: what it prints and when it fails; the measuring itself is tested with the evaluation."""

import json
from pathlib import Path

import pytest

from limbeck.cli import main
from limbeck.evaluation.measurement import share
from limbeck.evaluation.verify import Verification

Capture = pytest.CaptureFixture[str]


def found(hits: int) -> Verification:
    row = share("answers_repeated", hits, 10, bar=0.95).to_json()
    differences = ({"question": "capital of Chad?"},) if hits < 10 else ()
    return Verification(rows=(row,), differences=differences, edited=("knowledge.sqlite",))


@pytest.mark.parametrize(("hits", "code"), [(10, 0), (5, 3)])
def test_a_claim_that_does_not_hold_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, hits: int, code: int
) -> None:
    monkeypatch.setattr("limbeck.evaluation.verify.verify", lambda bundle, engine, progress: found(hits))
    assert main.run(["verify", "build/atlas"]) == code
    written = capsys.readouterr()
    assert "answers_repeated" in written.out
    assert "edited since it was packed: knowledge.sqlite" in written.out
    assert ("answered otherwise here: capital of Chad?" in written.out) == (code == 3)
    assert ("error: the bundle does not hold what it claims" in written.err) == (code == 3)
    assert main.run(["verify", "build/atlas", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["met"] is (code == 0)


def test_a_tampered_byte_is_refused(bundle: Path, capsys: Capture) -> None:
    (bundle / "model/openvino/weights.bin").write_bytes(b"v" * 100)
    assert main.run(["verify", str(bundle)]) == 1
    assert "was altered" in capsys.readouterr().err
