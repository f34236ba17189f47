"""Every family: built, saved, loaded, taught, adapted and, where it writes, generating."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

import limbeck.model
from limbeck.core.errors import LimbeckError
from limbeck.core.family import Family
from limbeck.model import adapter, checkpoint
from limbeck.model.adapter import Adapter, Lora
from limbeck.model.checkpoint_kind import kind_of
from limbeck.model.masking import Masking
from limbeck.model.network_family import FAMILIES
from limbeck.model.position_scores import PositionScores
from limbeck.model.span_corruption import Spans
from limbeck.model.text_batches import Windows
from limbeck.recipe.preset import Preset

TOKENIZER = Path(limbeck.model.__path__[0]) / "presets" / "tiny"
OBJECTIVES = Family(package="limbeck.model.objectives", noun="objective")
OBJECTIVE_OF = {"causal": "causal", "masked": "masked", "seq2seq": "span"}
SHAPE = Preset(family="", hidden_size=32, intermediate_size=48, num_layers=2, head_dim=16, context_tokens=64)
STREAM = np.random.default_rng(0).integers(40, 400, 4000).astype(np.uint16)
GIVEN = {
    "causal": {},
    "masked": {"masking": Masking(mask_id=39, first_word=40, vocab_size=400)},
    "seq2seq": {"spans": Spans(sentinels=tuple(range(30, 39)), end_id=2)},
}


@pytest.fixture(scope="module", params=FAMILIES.names())
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp(family)
    checkpoint.create(replace(SHAPE, family=family), TOKENIZER, target, seed=0)
    return target


@pytest.fixture
def network(family: str, folder: Path) -> PreTrainedModel:
    return checkpoint.load(folder, FAMILIES.load(family).KIND)


def batch_for(kind: str) -> object:
    module = OBJECTIVES.load(OBJECTIVE_OF[kind])
    assert kind in module.KINDS
    return next(module.batches(STREAM, 0, windows=Windows(width=32, batch_size=4), seed=0, **GIVEN[kind]))


def losses(network: PreTrainedModel, kind: str, weights: list[torch.nn.Parameter], rate: float) -> Iterator[float]:
    """Yield the loss of one batch before each step."""
    objective, batch = OBJECTIVES.load(OBJECTIVE_OF[kind]).Objective(network), batch_for(kind)
    optimiser = torch.optim.SGD(weights, lr=rate)
    while True:
        loss = objective(batch)
        yield float(loss.detach())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def logits_of(network: PreTrainedModel) -> torch.Tensor:
    tokens = torch.tensor([[50, 60, 70, 80, 90]])
    given = {"decoder_input_ids": tokens} if network.config.is_encoder_decoder else {}
    with torch.inference_mode():
        return network(input_ids=tokens, **given).logits


def test_its_name_is_that_of_the_architecture_and_its_kind_is_found(family: str, folder: Path) -> None:
    network = checkpoint.load(folder, FAMILIES.load(family).KIND)
    assert network.config.model_type == family
    assert kind_of(folder, network.config.to_dict()) == FAMILIES.load(family).KIND


def test_the_same_seed_makes_the_same_file_and_another_does_not(family: str, folder: Path, tmp_path: Path) -> None:
    files = []
    for seed in (0, 1):
        checkpoint.create(replace(SHAPE, family=family), TOKENIZER, tmp_path / str(seed), seed=seed)
        files.append((tmp_path / str(seed) / "model.safetensors").read_bytes())
    assert files[0] == (folder / "model.safetensors").read_bytes() != files[1]


def test_what_is_saved_is_what_is_loaded(network: PreTrainedModel, tmp_path: Path, folder: Path) -> None:
    checkpoint.save(network, tmp_path, tokenizer=folder)
    again = checkpoint.load(tmp_path, kind_of(tmp_path, network.config.to_dict()))
    assert torch.equal(logits_of(again), logits_of(network))


def test_one_step_lowers_the_loss_of_its_batch(family: str, network: PreTrainedModel) -> None:
    first, second = itertools.islice(losses(network, FAMILIES.load(family).KIND, [*network.parameters()], 0.05), 2)
    assert second < first


def test_in_training_it_is_as_certain_as_in_use(network: PreTrainedModel) -> None:
    """Dropout draws from a generator that no training checkpoint holds."""
    at_rest = logits_of(network.eval())
    assert torch.equal(logits_of(network.train()), at_rest)


def test_positions_are_scored_as_the_whole_network_would(family: str, network: PreTrainedModel) -> None:
    if FAMILIES.load(family).KIND == "seq2seq":
        pytest.skip("its decoder is scored whole")
    tokens, index = torch.tensor([[50, 60, 70], [80, 90, 41]]), torch.tensor([0, 2, 5])
    with torch.inference_mode():
        scored = PositionScores(network)(index, input_ids=tokens)
        whole = network(input_ids=tokens).logits.reshape(6, -1)[index]
    torch.testing.assert_close(scored, whole)


def test_it_generates_where_it_writes(family: str, network: PreTrainedModel) -> None:
    if FAMILIES.load(family).KIND == "masked":
        pytest.skip("an encoder writes nothing")
    written = network.generate(torch.tensor([[50, 60, 70]]), max_new_tokens=5, min_new_tokens=5, do_sample=False)
    assert written.shape[1] >= 5


def taught(network: PreTrainedModel, kind: str, *, steps: int = 4) -> tuple[Adapter, list[float]]:
    attached = adapter.attach(network, Lora(rank=4), seed=0)
    told = list(itertools.islice(losses(attached.network, kind, attached.parameters(), 1.0), steps))
    return attached, told


def test_an_adapter_changes_nothing_at_first_and_then_only_itself(family: str, network: PreTrainedModel) -> None:
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    at_first = logits_of(network)
    fresh = adapter.attach(network, Lora(rank=4), seed=0)
    assert torch.equal(logits_of(fresh.network), at_first)
    kind = FAMILIES.load(family).KIND
    told = list(itertools.islice(losses(fresh.network, kind, fresh.parameters(), 1.0), 4))
    assert told[-1] < told[0]
    after = {name.replace(".base_layer", ""): weight for name, weight in network.state_dict().items()}
    assert not [name for name, weight in before.items() if not torch.equal(after[name], weight)]
    assert all(".lora_" in name for name in set(after) - set(before))
    assert not torch.equal(logits_of(network), at_first)


def test_an_adapter_is_saved_alone_loaded_and_merged(
    family: str, network: PreTrainedModel, folder: Path, tmp_path: Path
) -> None:
    kind = FAMILIES.load(family).KIND
    attached, _ = taught(network, kind)
    attached.save(tmp_path / "adapter")
    wanted = logits_of(network.eval())
    assert {file.name for file in (tmp_path / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    assert str(folder) not in (tmp_path / "adapter/adapter_config.json").read_text(encoding="utf-8")
    again = adapter.load(checkpoint.load(folder, kind), tmp_path / "adapter")
    assert torch.equal(logits_of(again.network), wanted)
    assert not again.parameters()
    checkpoint.save(again.merge(), tmp_path / "merged", tokenizer=folder)
    plain = checkpoint.load(tmp_path / "merged", kind)
    assert not [name for name, _ in plain.named_parameters() if "lora" in name]
    torch.testing.assert_close(logits_of(plain), wanted)


def test_the_same_training_makes_the_same_adapter(
    family: str, network: PreTrainedModel, folder: Path, tmp_path: Path
) -> None:
    kind = FAMILIES.load(family).KIND
    taught(network, kind)[0].save(tmp_path / "one")
    taught(checkpoint.load(folder, kind), kind)[0].save(tmp_path / "two")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_second_adapter_is_refused(network: PreTrainedModel) -> None:
    adapter.attach(network, Lora(), seed=0)
    with pytest.raises(LimbeckError, match="has an adapter already"):
        adapter.attach(network, Lora(), seed=0)
