import pytest
import torch

from limbeck.model import precision


@pytest.mark.parametrize(("gain", "wanted"), [(3.0, "bfloat16"), (1.5, "bfloat16"), (1.4, "float32"), (0.2, "float32")])
def test_coarser_numbers_must_win_clearly(monkeypatch: pytest.MonkeyPatch, gain: float, wanted: str) -> None:
    seconds = {torch.float32: gain, torch.bfloat16: 1.0}
    threads = []

    def measured(kind: torch.dtype) -> float:
        threads.append(torch.get_num_threads())
        return seconds[kind]

    before = torch.get_num_threads()
    monkeypatch.setattr(precision, "_seconds", measured)
    assert precision.fastest_precision() == wanted
    assert threads == [1, 1], "threads that wait for each other measure what else runs"
    assert torch.get_num_threads() == before


def test_the_probe_of_this_machine_is_the_same_every_time() -> None:
    assert len({precision.fastest_precision() for _ in range(5)}) == 1
