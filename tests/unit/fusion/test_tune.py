"""tune = true: the search over how to teach, and that a killed one repeats no trial."""

from pathlib import Path

import pytest

from limbeck.fusion import tune as tuning
from limbeck.fusion.tune import tune
from limbeck.model.batches import Lesson
from limbeck.model.checkpoint import load
from limbeck.model.trainer import Schedule, Work

LESSONS = [
    Lesson(tokens=[9, n % 5 + 30, 40, n % 5 + 50, 2], answer_start=3, row_positions=[1], row_matches=[n % 2 == 0])
    for n in range(24)
]
SCHEDULE = Schedule(num_steps=6, batch_size=4, learning_rate=1e-3, warmup_steps=1, seed=1)


def test_a_search_that_stops_goes_on_with_the_trials_it_has(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "NUM_TRIALS", 3)
    loaded: list[str] = []

    def counted(name: str, most: int | None = None):
        def network():
            if most is not None and loaded.count(name) == most:
                raise KeyboardInterrupt
            loaded.append(name)
            return load(tiny_checkpoint)

        return network

    whole, cut = (tmp_path / "whole", tmp_path / "cut")
    whole.mkdir(), cut.mkdir()
    expected = tune(counted("whole"), LESSONS[4:], LESSONS[:4], SCHEDULE, Work(partial=whole))
    with pytest.raises(KeyboardInterrupt):
        tune(counted("cut", most=2), LESSONS[4:], LESSONS[:4], SCHEDULE, Work(partial=cut))
    assert tune(counted("again"), LESSONS[4:], LESSONS[:4], SCHEDULE, Work(partial=cut)) == expected
    assert (loaded.count("whole"), loaded.count("again")) == (3, 1)
    assert len({trial.losses for trial in expected.trials}) == 3
    best = min(expected.trials, key=lambda trial: trial.losses[-1][1])
    assert expected.schedule.learning_rate == best.setting.learning_rate
    assert sorted(path.suffix for path in (whole / "trials").iterdir()) == [".json"] * 3
