from dataclasses import dataclass, field

import pytest

from limbeck.cli.progress import Bars, Lines, shown


@dataclass
class Clock:
    now: float = 0.0
    seen: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.stage_finished("knowledge", "hit", 0.0)
    lines.stage_started("fusion")
    for step in range(1, 1001):
        clock.now += 0.02
        lines.stage_progress("fusion", step, 1000, "loss 0.5")
    lines.stage_finished("fusion", "ran", 20.0)
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == ["knowledge: unchanged", "fusion: started"]
    assert told[2] == "fusion: 100 of 1000 (10%), about 18 s left, loss 0.5"
    assert told[-1] == "fusion: done in 20 s"
    assert len(told) <= 13


def test_a_slow_stage_is_heard_of_every_five_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.stage_started("fusion")
    for step in range(1, 13):
        clock.now += 1
        lines.stage_progress("fusion", step, 10_000, "")
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_progress_of_nothing_is_no_division_by_zero() -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.stage_started("fusion")
    clock.now = 10
    lines.stage_progress("fusion", 0, 0, "")


def test_a_pipe_gets_lines() -> None:
    with shown() as listener:
        assert isinstance(listener, Lines)


def test_bars_come_and_go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars()
    with bars.progress:
        bars.stage_finished("knowledge", "hit", 0.0)
        bars.stage_started("fusion")
        bars.stage_progress("fusion", 1, 2, "loss [0.5]")
        bars.problem("odd [thing]")
        bars.stage_finished("fusion", "ran", 3.0)
    told = capsys.readouterr().err
    assert "= knowledge" in told
    assert "✓ fusion" in told
    assert "odd [thing]" in told


def test_a_resumed_stage_tells_the_time_from_what_it_did_itself(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.stage_started("train")
    for clock.now, done in ((1.0, 51), (10.0, 60)):
        lines.stage_progress("train", done, 100, "")
    assert "60 of 100 (60%), about 40 s left" in capsys.readouterr().err


def test_what_comes_before_the_first_step_is_not_counted_as_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.stage_started("fusion")
    for _ in range(6):
        clock.now += 10
        lines.stage_progress("fusion", 0, 1000, "searching")
    for step in range(1, 61):
        clock.now += 0.5
        lines.stage_progress("fusion", step, 1000, "")
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "fusion: 60 of 1000 (6%), about 7 min 50 s left"
    assert not [line for line in told if "h " in line]
