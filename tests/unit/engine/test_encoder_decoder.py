"""What an encoder-decoder writes is what transformers writes with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import Sampling
from limbeck.engine.engines._encoder_decoder import EncoderDecoder
from limbeck.model import checkpoint

Make = Callable[[Path, str], Path]
PROMPT = [60, 61, 62, 63, 64]


@pytest.fixture(scope="module", params=["t5", "bart"])
def folder(make_checkpoint: Make, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture
def engine(folder: Path) -> EncoderDecoder:
    return EncoderDecoder(folder, checkpoint.load(folder, "seq2seq").eval())


def theirs(folder: Path, **options: object) -> list[int]:
    network = checkpoint.load(folder, "seq2seq").eval()
    written = network.generate(torch.tensor([PROMPT]), max_new_tokens=12, do_sample=False, eos_token_id=2, **options)
    tokens = written[0, 1 + (network.generation_config.forced_bos_token_id is not None) :].tolist()
    return tokens[: tokens.index(2)] if 2 in tokens else tokens


def test_greedy_is_theirs(folder: Path, engine: EncoderDecoder) -> None:
    heard: list[int] = []
    found = engine.generate(PROMPT, Sampling(max_tokens=12, stop_ids=(2,)), heard.append)
    assert list(found.tokens) == heard == theirs(folder)
    assert found.tokens


def test_each_prompt_is_read_anew(engine: EncoderDecoder) -> None:
    sampling = Sampling(max_tokens=6)
    first = engine.generate(PROMPT, sampling).tokens
    other = engine.generate([90, 91, 92], sampling).tokens
    assert engine.generate(PROMPT, sampling).tokens == first != other


def test_one_beam_of_three_is_no_worse_than_greedy(folder: Path, engine: EncoderDecoder) -> None:
    network = checkpoint.load(folder, "seq2seq").eval()

    def score(tokens: tuple[int, ...]) -> float:
        start = network.config.decoder_start_token_id
        with torch.inference_mode():
            given = torch.tensor([[start, *tokens[:-1]]])
            logits = network(input_ids=torch.tensor([PROMPT]), decoder_input_ids=given).logits[0]
        chosen = logits.log_softmax(-1)[torch.arange(len(tokens)), torch.tensor(tokens)]
        return float(chosen.mean())

    greedy = engine.generate(PROMPT, Sampling(max_tokens=5)).tokens
    beams = engine.generate(PROMPT, Sampling(max_tokens=5, num_beams=3)).tokens
    assert score(beams) >= score(greedy) - 1e-5


def test_a_first_token_of_its_own_is_written_before_the_answer(make_checkpoint: Make, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, "bart")
    network = checkpoint.load(folder, "seq2seq").eval()
    plain = EncoderDecoder(folder, network).generate(PROMPT, Sampling(max_tokens=4)).tokens
    network.generation_config.forced_bos_token_id = 77
    network.save_pretrained(folder)
    found = EncoderDecoder(folder, network).generate(PROMPT, Sampling(max_tokens=11)).tokens
    assert found[:4] != plain
    assert list(found) == theirs(folder)[:11]


def test_a_decoder_that_does_not_say_how_it_starts_is_told(folder: Path) -> None:
    network = checkpoint.load(folder, "seq2seq")
    network.config.decoder_start_token_id = network.generation_config.decoder_start_token_id = None
    with pytest.raises(LimbeckError, match="how its decoder starts"):
        EncoderDecoder(folder, network)
