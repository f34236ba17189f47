"""Every option of Sampling on every file in engine/engines: the same everywhere, or refused by name."""

import dataclasses
import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES, Sampling
from limbeck.engine.export import exporter_for
from limbeck.engine.options import engines_with, lacking
from limbeck.engine.writing import write
from limbeck.model import text_tokenizer

END = 2
# an option each: with which it must run, or be refused
OPTIONS = {
    "max_tokens": Sampling(max_tokens=3),
    "temperature": Sampling(temperature=0.7),
    "top_k": Sampling(temperature=1.0, top_k=5),
    "top_p": Sampling(temperature=1.0, top_p=0.5),
    "min_p": Sampling(temperature=1.0, min_p=0.5),
    "num_beams": Sampling(num_beams=2),
    "repetition_penalty": Sampling(repetition_penalty=1.3),
    "seed": Sampling(temperature=1.0, seed=5),
    "stop_ids": Sampling(stop_ids=(END,)),
    "stop_texts": Sampling(stop_texts=("the",)),
    "json_schema": Sampling(json_schema='{"type": "boolean"}'),
}
# the tiny model is unsure of everything; at this temperature some draws are a hundred times likelier than others
DRAWN = {
    "top_k": Sampling(max_tokens=1, temperature=0.3, top_k=3),
    "top_p": Sampling(max_tokens=1, temperature=0.3, top_p=0.8),
    "min_p": Sampling(max_tokens=1, temperature=0.3, min_p=0.07),
    "all": Sampling(max_tokens=1, temperature=0.3, top_k=20, top_p=0.9, min_p=0.05),
}
SCHEMA = {
    "type": "object",
    "properties": {
        "place": {"enum": ["乍得", "N'Djamena", 7, None]},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
        "inner": {"type": "object", "properties": {"is_big": {"type": "boolean"}}, "required": ["is_big"]},
        "none": {"type": "null"},
    },
    "required": ["place", "inner", "none"],
}
JSON = Sampling(max_tokens=300, json_schema=json.dumps(SCHEMA), stop_ids=(END,))


@pytest.fixture(scope="module")
def prompts(tiny_checkpoint):
    tokenizer = text_tokenizer.load(tiny_checkpoint)
    seeds = np.random.default_rng(3)
    return [tokenizer.encode("The capital of Chad 乍得"), *(seeds.integers(20, 400, 30).tolist() for _ in "12345")]


@pytest.fixture(scope="module")
def engine_of(tiny_checkpoint, tmp_path_factory):
    """Load an engine on the tiny checkpoint; each once."""
    loaded = {}

    def get(name):
        if name not in loaded:
            folder = tiny_checkpoint
            if name != "transformers":
                folder = tmp_path_factory.mktemp(name)
                exporter_for(name).write(tiny_checkpoint, load_file(tiny_checkpoint / "model.safetensors"), folder)
            loaded[name] = ENGINES.load(name).load(folder, num_threads=1)
        return loaded[name]

    yield get
    for engine in loaded.values():
        engine.close()


@pytest.fixture(params=ENGINES.names())
def engine(request, engine_of):
    return engine_of(request.param)


def test_an_example_stands_for_every_option():
    defaults = Sampling()
    assert set(OPTIONS) == {field.name for field in dataclasses.fields(Sampling)}
    for option, sampling in OPTIONS.items():
        assert getattr(sampling, option) != getattr(defaults, option)


@pytest.mark.parametrize("option", OPTIONS)
def test_runs_or_says_which_engine_does(option, engine, prompts):
    if option not in lacking(engine.name):
        assert engine.generate(prompts[0], OPTIONS[option]).total_ms > 0
        return
    with pytest.raises(LimbeckError) as caught:
        engine.generate(prompts[0], OPTIONS[option])
    assert f"the {engine.name} engine lacks {option}" in str(caught.value)
    assert engines_with([option])
    assert all(name in str(caught.value) for name in engines_with([option]))


def test_no_option_is_lacking_everywhere():
    assert all(engines_with([option]) for option in OPTIONS)
    assert not lacking("openvino"), "the default engine has them all"


def test_knows_what_its_tokens_say(engine, prompts, tiny_checkpoint):
    tokenizer = text_tokenizer.load(tiny_checkpoint)
    vocabulary = engine.vocabulary()
    assert len(vocabulary.pieces_V) == engine.vocab_size
    for token in range(tokenizer.vocab_size):
        assert vocabulary.decode([token]) == tokenizer.decode([token])
    for prompt in prompts:
        assert vocabulary.decode(prompt) == tokenizer.decode(prompt)
    marks = json.loads((tiny_checkpoint / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    assert vocabulary.special_ids == {mark["id"] for mark in marks if mark["special"]}


def kept(logits_V, sampling):
    """What may be drawn, worked out in the plainest way."""
    chances_V = np.exp((logits_V - logits_V.max()) / sampling.temperature)
    order = np.argsort(-chances_V)[: sampling.top_k or None]
    chances = chances_V[order] / chances_V[order].sum()
    count = sum(total - chance < (sampling.top_p or 1) for total, chance in zip(chances.cumsum(), chances, strict=True))
    return {int(token) for token in order[:count] if chances_V[token] >= (sampling.min_p or 0)}


@pytest.mark.parametrize("option", DRAWN)
def test_draws_only_from_what_is_kept_and_from_all_of_it(option, engine, engine_of, prompts):
    sampling = DRAWN[option]
    allowed = kept(engine_of("transformers").next_logits_V(prompts[5]), sampling)
    seeded = (dataclasses.replace(sampling, seed=seed) for seed in range(200))
    drawn = {engine.generate(prompts[5], one).tokens[0] for one in seeded}
    assert len(allowed) > 1, "one token would prove nothing"
    assert drawn == allowed


def test_a_share_of_one_is_greedy(engine, prompts):
    drawn = engine.generate(prompts[2], Sampling(max_tokens=10, temperature=1.5, min_p=1.0)).tokens
    assert drawn == engine.generate(prompts[2], Sampling(max_tokens=10)).tokens


def spanning(vocabulary, tokens):
    """Find texts that begin inside a token and reach into a later one, each with what stands before it."""
    pieces = [vocabulary.pieces_V[token] for token in tokens]
    ends = np.cumsum([len(piece) for piece in pieces]).tolist()
    written = b"".join(pieces)
    for end in ends:
        for start in range(end - 3, end):
            stop_text = written[start : end + 1]
            if start not in ends and is_text(stop_text) and written.find(stop_text) == start:
                yield stop_text.decode(), written[:start].decode("utf-8", "replace")


def is_text(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_ends_before_a_stop_text_that_spans_tokens(engine, prompts, tiny_checkpoint):
    sampling, found = Sampling(max_tokens=24), 0
    for prompt in prompts:
        whole = engine.generate(prompt, sampling).tokens
        for stop_text, before in list(spanning(engine.vocabulary(), whole))[:3]:
            told, tokens = [], []
            stopping = dataclasses.replace(sampling, stop_texts=("\x00 never", stop_text))
            answer = write(engine, prompt, stopping, told.append)
            again = engine.generate(prompt, stopping, tokens.append)
            assert answer.text == again.text == "".join(told) == before
            assert again.tokens == tuple(tokens) == whole[: len(tokens)]
            assert len(tokens) < len(whole)
            assert not answer.is_cut
            found += 1
    assert found > 3


def test_a_stop_text_that_only_begins_takes_nothing_away(engine, prompts):
    sampling = Sampling(max_tokens=24)
    whole = write(engine, prompts[1], sampling)
    endings = tuple(whole.text[at:] + "\x00" for at in range(len(whole.text)) if whole.text[at:].isprintable())
    told = []
    answer = write(engine, prompts[1], dataclasses.replace(sampling, stop_texts=endings or ("\x00",)), told.append)
    assert (answer.tokens, answer.text) == (whole.tokens, whole.text)
    assert "".join(told) == whole.text
    assert answer.is_cut


def fits(value):
    names = SCHEMA["properties"]
    return (
        set(SCHEMA["required"]) <= set(value) <= set(names)
        and value["place"] in names["place"]["enum"]
        and set(value.get("tags", [])) <= {"a", "b", "c"}
        and isinstance(value["inner"]["is_big"], bool)
        and value["none"] is None
    )


def test_writes_the_json_that_the_reference_writes(engine, engine_of, prompts):
    texts = set()
    for prompt in prompts:
        told = []
        answer = write(engine, prompt, JSON, told.append)
        assert answer.tokens == engine_of("transformers").generate(prompt, JSON).tokens
        assert answer.text == "".join(told) == engine.vocabulary().decode(answer.tokens)
        assert answer.is_cut or fits(json.loads(answer.text))
        texts.add(answer.text)
    assert len(texts) > 1, "one text would not show that the model chooses"


def test_draws_json_by_seed(engine, prompts):
    drawn = dataclasses.replace(JSON, temperature=2.0, min_p=0.02)
    seeded = [dataclasses.replace(drawn, seed=seed) for seed in range(6)]
    texts = [engine.generate(prompts[2], sampling).text for sampling in seeded]
    assert texts == [engine.generate(prompts[2], sampling).text for sampling in seeded]
    assert len(set(texts)) > 1
    assert all(fits(json.loads(text)) for text in texts)


@pytest.mark.parametrize("schema", ["{}", '{"type": "array"}', '{"type": ["string", "null"]}', '{"type": "number"}'])
def test_json_is_whole_or_said_to_be_cut(schema, engine, prompts):
    for max_tokens in (1, 4, 60):
        sampling = Sampling(max_tokens=max_tokens, json_schema=schema, stop_ids=(END,))
        for prompt in prompts[:3]:
            answer = engine.generate(prompt, sampling)
            assert len(answer.tokens) <= max_tokens
            assert is_json(answer.text) == (not answer.is_cut)


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in ENGINES.names() if "num_beams" not in lacking(name)])
def test_beams_keep_to_json_and_stop_texts(name, engine_of, prompts):
    engine, reference = engine_of(name), engine_of("transformers")
    beams = dataclasses.replace(JSON, num_beams=3)
    answer = engine.generate(prompts[0], beams)
    assert fits(json.loads(answer.text))
    assert answer.tokens == reference.generate(prompts[0], beams).tokens
    plain = Sampling(max_tokens=16, num_beams=3)
    whole = engine.generate(prompts[0], plain).tokens
    stop_text, before = next(spanning(engine.vocabulary(), whole))
    stopping = dataclasses.replace(plain, stop_texts=(stop_text,))
    stopped = engine.generate(prompts[0], stopping)
    assert stop_text not in stopped.text
    assert (stopped.tokens, stopped.text) == (reference.generate(prompts[0], stopping).tokens, before)
