from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from limbeck.model import checkpoint
from limbeck.model.packing import PackedBatch, keeps_apart, lay_out, pack, reading

Make = Callable[[Path, str], Path]
DOCUMENTS = ([5, 9, 12, 40, 7], [8], [30, 31, 32], [60, 61, 62, 63, 64, 65])
WIDTH = 18


@pytest.fixture(scope="module", params=["llama", "gpt2", "qwen3"])
def network(make_checkpoint: Make, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest):
    folder = make_checkpoint(tmp_path_factory.mktemp(request.param), request.param)
    return checkpoint.load(folder)


def batch() -> PackedBatch:
    tokens, positions = lay_out(DOCUMENTS, WIDTH, 0)
    nothing = torch.empty(0, dtype=torch.int64)
    return PackedBatch(
        tokens_BT=torch.tensor([tokens]), positions_BT=torch.tensor([positions]), index_N=nothing, next_N=nothing
    )


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_documents_get_the_logits_they_get_alone(network: PreTrainedModel, attention: str) -> None:
    network.set_attn_implementation(attention)
    with torch.inference_mode():
        packed_TV = network(**reading(batch())).logits[0]
        alone = torch.cat([network(torch.tensor([each])).logits[0] for each in DOCUMENTS])
        mixed_TV = network(batch().tokens_BT).logits[0]
    torch.testing.assert_close(packed_TV[: len(alone)], alone, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(mixed_TV[: len(alone)], alone, rtol=1e-4, atol=1e-4)


def test_a_network_is_asked_whether_it_keeps_documents_apart(network: PreTrainedModel) -> None:
    network.train()
    assert keeps_apart(network)
    assert network.training


def test_one_that_takes_no_positions_is_not_packed() -> None:
    config = AutoConfig.for_model("mamba", vocab_size=64, hidden_size=16, num_hidden_layers=1, state_size=4)
    assert not keeps_apart(AutoModelForCausalLM.from_config(config))


def test_one_that_reads_on_across_borders_is_not_packed(network: PreTrainedModel) -> None:
    class Careless(torch.nn.Module):
        device = torch.device("cpu")

        def forward(self, input_ids: torch.Tensor, position_ids: torch.Tensor | None = None, use_cache: bool = False):
            return network(input_ids, use_cache=use_cache)

    assert not keeps_apart(Careless())


def test_the_longest_goes_first_and_where_it_leaves_the_least_room() -> None:
    rows = pack([6, 4, 5, 3, 2], 10)
    assert rows == [[0, 1], [2, 3, 4]]
    assert pack([], 10) == []
    assert pack([10, 10], 10) == [[0], [1]]


def test_every_document_is_in_one_row_and_no_row_is_too_long() -> None:
    lengths = [(n * 7919) % 31 + 1 for n in range(500)]
    rows = pack(lengths, 32)
    assert sorted(document for row in rows for document in row) == list(range(500))
    assert all(sum(lengths[document] for document in row) <= 32 for row in rows)
    # a row more than the tokens need in fifty is all that is lost
    assert len(rows) <= sum(lengths) / 32 * 1.02 + 1


def test_positions_begin_anew_with_each_document() -> None:
    tokens, positions = lay_out(([7, 8, 9], [4, 5]), 7, 0)
    assert tokens == [7, 8, 9, 4, 5, 0, 0]
    assert positions == [0, 1, 2, 0, 1, 0, 0]
