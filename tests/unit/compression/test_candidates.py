import numpy as np
import pytest
from fake_export_format import ToyFormat, random_weights, write_checkpoint

from limbeck.compression.candidates import (
    mixed_candidate,
    quantisable,
    uniform_candidates,
    uniform_types,
)
from limbeck.compression.quantised_tensor import QuantisedTensor
from limbeck.compression.rounding import Rounding
from limbeck.compression.sensitivity import type_losses

WEIGHTS = random_weights(odd=True)


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "model", WEIGHTS)


def losses():
    measured = {"model.embed_tokens.weight": 0.5, "model.layers.0.up.weight": 0.1, "model.layers.0.down.weight": 0.02}
    return {name: type_losses(WEIGHTS[name], loss) for name, loss in measured.items()}


def test_vectors_stay_f32_and_odd_widths_f16():
    types = uniform_types(WEIGHTS, "q4")
    assert types["model.norm.weight"] == "f32"
    assert types["model.odd.weight"] == "f16"
    assert types["model.embed_tokens.weight"] == "q4"
    assert not quantisable(WEIGHTS["model.odd.weight"])


def test_uniform_candidates_forecast_what_is_written(checkpoint, tmp_path):
    export = ToyFormat()
    found = uniform_candidates(WEIGHTS, checkpoint, export)
    assert [candidate.name for candidate in found] == ["q4", "q8", "f16"]
    for candidate in found:
        folder = tmp_path / candidate.name
        folder.mkdir()
        export.write(checkpoint, Rounding().tensors(WEIGHTS, candidate.types), folder)
        assert (folder / "model.toy").stat().st_size == candidate.forecast_bytes


def test_a_model_without_matrices_has_one_candidate(tmp_path):
    weights = {"a": np.ones(5, np.float32)}
    folder = write_checkpoint(tmp_path / "flat", weights)
    assert [found.name for found in uniform_candidates(weights, folder, ToyFormat())] == ["q4"]


def test_the_mix_never_exceeds_its_limit_and_uses_it(checkpoint):
    export = ToyFormat()
    least, _, most = (candidate.forecast_bytes for candidate in uniform_candidates(WEIGHTS, checkpoint, export))
    for limit_bytes in range(least, most + 500, 997):
        mix = mixed_candidate(WEIGHTS, losses(), checkpoint=checkpoint, export=export, limit_bytes=limit_bytes)
        assert mix is not None
        assert mix.forecast_bytes <= limit_bytes
        assert set(mix.types) == set(WEIGHTS)
    assert "q4" not in mix.types.values()


def test_the_first_bytes_go_to_the_tensor_that_loses_most_for_them(checkpoint):
    export = ToyFormat()
    least = uniform_candidates(WEIGHTS, checkpoint, export)[0].forecast_bytes
    mix = mixed_candidate(WEIGHTS, losses(), checkpoint=checkpoint, export=export, limit_bytes=least + 4000)
    assert mix is not None
    assert {name for name, kind in mix.types.items() if kind == "q8"} == {"model.embed_tokens.weight"}


def test_no_mix_below_the_smallest(checkpoint):
    assert mixed_candidate(WEIGHTS, losses(), checkpoint=checkpoint, export=ToyFormat(), limit_bytes=100) is None


def test_sizes_that_do_not_add_up_are_tightened(checkpoint):
    class Clumsy(ToyFormat):
        """Takes 2000 bytes more where two tensors differ from q4, which no single one shows."""

        def forecast_bytes(self, checkpoint, types):
            larger = sum(kind in ("q8", "f16") for name, kind in types.items() if name in losses())
            return super().forecast_bytes(checkpoint, types) + 2000 * (larger > 1)

    export = Clumsy()
    least = uniform_candidates(WEIGHTS, checkpoint, export)[0].forecast_bytes
    for extra in range(0, 40_000, 500):
        mix = mixed_candidate(WEIGHTS, losses(), checkpoint=checkpoint, export=export, limit_bytes=least + extra)
        assert mix is None or mix.forecast_bytes <= least + extra


def test_tensors_become_their_types():
    types = uniform_types(WEIGHTS, "q8")
    tensors = Rounding().tensors(WEIGHTS, types)
    assert isinstance(tensors["model.embed_tokens.weight"], QuantisedTensor)
    assert tensors["model.odd.weight"].dtype == np.float16
    assert tensors["model.norm.weight"].dtype == np.float32
