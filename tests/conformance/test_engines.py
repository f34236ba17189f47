"""Every file in engine/engines: the same tokens as PyTorch, from whatever the exporter wrote."""

import dataclasses
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from limbeck.compression.quantised_tensor import QuantisedTensor, dense
from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES, Sampling
from limbeck.engine.export import EXPORTERS, exporter_for
from limbeck.model import text_tokenizer

FORMATS = EXPORTERS.names()
EXPORTED = [name for name in ENGINES.names() if name != "transformers"]
# llama.cpp rounds activations to 8 bits beside quantised weights: up to this much of a logit
TOLERANCE = {"f32": 1e-4, "f16": 2e-2, "q8": 0.2, "q4": 0.2}
TEXTS = {
    "english": "What's the capital of Chad, in 2024?  Two  spaces\n\nand lines",
    "chinese": "乍得的首都是恩贾梅纳。法国的面积是多少平方公里？",
    "mixed": "日本 Tokyo 的 GDP是4.2万亿 USD，对吗?",
    "emoji": "flags 🇹🇩 and 👩‍🚀 family 👨‍👩‍👧",
    "accents": "e\u0301 is é, and A\u030a is Å",
    "special": "<|user|>\n⟦3⟧ · ⟦none⟧<|end|>\n<|assistant|>\n⟦16⟧",
}


def rounded(weight_OI, bits):
    """Round to codes and scales in the plainest way."""
    groups = weight_OI.reshape(len(weight_OI), -1, 32)
    most = 7 if bits == 4 else 127
    scales_OG = (np.abs(groups).max(-1) / most).astype(np.float16)
    codes = np.clip(np.rint(groups / scales_OG[..., None].astype(np.float32)), -most, most).astype(np.int8)
    return QuantisedTensor(codes_OI=codes.reshape(weight_OI.shape), scales_OG=scales_OG, bits=bits)


def typed(checkpoint, kind, *, transposed=False):
    weights = load_file(checkpoint / "model.safetensors")
    for name, weight in weights.items():
        if weight.ndim == 2 and kind == "f16":
            weights[name] = weight.astype(np.float16)
        elif weight.ndim == 2 and kind != "f32":
            turned = transposed and ".c_" in name
            weights[name] = rounded(np.ascontiguousarray(weight.T if turned else weight), int(kind[1]))
    return weights


def write_values(checkpoint, tensors, target):
    """Write the checkpoint that PyTorch reads with the values the tensors stand for."""
    from safetensors.numpy import save_file

    shutil.copytree(checkpoint, target, ignore=shutil.ignore_patterns("*.safetensors"))
    stored = load_file(checkpoint / "model.safetensors")
    values = {name: dense(tensor) for name, tensor in tensors.items()}
    turned = {name: v if v.shape == stored[name].shape and ".c_" not in name else v.T for name, v in values.items()}
    plain = turned if any(isinstance(t, QuantisedTensor) for t in tensors.values()) else values
    save_file(
        {name: np.ascontiguousarray(value) for name, value in plain.items()},
        target / "model.safetensors",
        {"format": "pt"},
    )


@pytest.fixture(scope="module")
def prompts(tiny_checkpoint):
    tokenizer = text_tokenizer.load(tiny_checkpoint)
    seeds = np.random.default_rng(3)
    return [
        *(tokenizer.encode(text) for text in TEXTS.values()),
        *(seeds.integers(20, 400, 30).tolist() for _ in "1234"),
    ]


@pytest.fixture(scope="module")
def exported(tiny_checkpoint, tmp_path_factory):
    """Load an engine on the tiny checkpoint in a type; each pair once."""
    loaded = {}

    def get(engine, kind):
        if (engine, kind) not in loaded:
            folder = tmp_path_factory.mktemp(f"{engine}-{kind}") / "model"
            tensors = typed(tiny_checkpoint, kind)
            if engine == "transformers":
                write_values(tiny_checkpoint, tensors, folder)
            else:
                exporter_for(engine).write(tiny_checkpoint, tensors, folder)
            loaded[engine, kind] = ENGINES.load(engine).load(folder, num_threads=1)
        return loaded[engine, kind]

    yield get
    for engine in loaded.values():
        engine.close()


def centred(logits_V):
    return logits_V - logits_V.mean()


def margin(logits_V):
    first, second = np.sort(logits_V)[[-1, -2]]
    return first - second


@pytest.mark.parametrize("kind", TOLERANCE)
@pytest.mark.parametrize("name", EXPORTED)
def test_scores_as_the_reference_does(name, kind, exported, prompts):
    for prompt in prompts:
        wanted_V = centred(exported("transformers", kind).next_logits_V(prompt))
        got_V = centred(exported(name, kind).next_logits_V(prompt))
        assert np.abs(got_V - wanted_V).max() < TOLERANCE[kind]
    assert wanted_V.std() > 10 * TOLERANCE["f16"], "flat scores would prove nothing"


@pytest.mark.parametrize("kind", TOLERANCE)
@pytest.mark.parametrize("name", EXPORTED)
def test_writes_the_tokens_of_the_reference(name, kind, exported, prompts):
    """Wherever the reference is surer than the engine is exact."""
    reference, compared = exported("transformers", kind), 0
    for prompt in prompts:
        tokens = exported(name, kind).generate(prompt, Sampling(max_tokens=8)).tokens
        for count, token in enumerate(tokens):
            wanted_V = reference.next_logits_V([*prompt, *tokens[:count]])
            if margin(wanted_V) > 2 * TOLERANCE[kind]:
                assert token == wanted_V.argmax()
                compared += 1
    assert compared > 20


@pytest.mark.parametrize("name", ENGINES.names())
def test_streams_what_it_returns(name, exported, prompts):
    streamed = []
    answer = exported(name, "f32").generate(prompts[0], Sampling(max_tokens=20), streamed.append)
    assert tuple(streamed) == answer.tokens
    assert len(streamed) == 20
    assert 0 < answer.first_token_ms <= answer.total_ms


@pytest.mark.parametrize("name", ENGINES.names())
def test_draws_by_seed(name, exported, prompts):
    sampling = Sampling(max_tokens=24, temperature=1.0, top_k=50, top_p=0.95, seed=7)
    engine = exported(name, "f32")
    first, again = (engine.generate(prompts[1], sampling).tokens for _ in range(2))
    other = engine.generate(prompts[1], dataclasses.replace(sampling, seed=8)).tokens
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", ENGINES.names())
def test_top_k_of_one_is_greedy(name, exported, prompts):
    engine = exported(name, "f32")
    drawn = engine.generate(prompts[2], Sampling(max_tokens=10, temperature=1.5, top_k=1)).tokens
    assert drawn == engine.generate(prompts[2], Sampling(max_tokens=10)).tokens


@pytest.mark.parametrize("name", ENGINES.names())
def test_a_penalty_changes_the_repetition(name, exported, prompts):
    sampling = Sampling(max_tokens=16, repetition_penalty=1.5, stop_ids=(2,))
    plain = dataclasses.replace(sampling, repetition_penalty=1.0)
    for prompt in prompts[:4]:
        wanted = exported("transformers", "f32").generate(prompt, sampling).tokens
        assert exported(name, "f32").generate(prompt, sampling).tokens == wanted
        assert exported(name, "f32").generate(prompt, plain).tokens != wanted


@pytest.mark.parametrize("name", ENGINES.names())
def test_stops_before_a_stop_token(name, exported, prompts):
    engine = exported(name, "f32")
    whole = engine.generate(prompts[4], Sampling(max_tokens=20)).tokens
    stop = whole[10]
    stopped = engine.generate(prompts[4], Sampling(max_tokens=20, stop_ids=(stop,))).tokens
    assert stopped == whole[: whole.index(stop)]


@pytest.mark.parametrize("name", ENGINES.names())
def test_searches_with_beams_or_says_who_does(name, exported, prompts):
    sampling = Sampling(max_tokens=8, num_beams=3)
    if name == "llamacpp":
        with pytest.raises(LimbeckError, match="openvino"):
            exported(name, "f32").generate(prompts[0], sampling)
        return
    import torch

    model = exported("transformers", "f32")._model
    prompt_BT = torch.tensor([prompts[0]])
    plain = {"do_sample": False, "eos_token_id": None, "pad_token_id": 0, "attention_mask": torch.ones_like(prompt_BT)}
    wanted = model.generate(prompt_BT, max_new_tokens=8, num_beams=3, **plain)[0, len(prompts[0]) :].tolist()
    assert list(exported(name, "f32").generate(prompts[0], sampling).tokens) == wanted


@pytest.mark.parametrize("name", ENGINES.names())
@pytest.mark.parametrize("prompt", [[], [10_000], [-1]])
def test_refuses_an_impossible_prompt(name, prompt, exported):
    with pytest.raises(LimbeckError, match=r"empty|outside the vocabulary"):
        exported(name, "f32").generate(prompt, Sampling())
    with pytest.raises(LimbeckError, match=r"empty|outside the vocabulary"):
        exported(name, "f32").next_logits_V(prompt)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ENGINES.names())
def test_tokenises_as_we_do(name, text, exported, tiny_checkpoint):
    ids = text_tokenizer.load(tiny_checkpoint).encode(text)
    assert exported(name, "f32").encode(text) == ids


@pytest.mark.parametrize("kind", TOLERANCE)
@pytest.mark.parametrize("form", FORMATS)
def test_forecasts_its_size_to_the_byte(form, kind, tiny_checkpoint, tmp_path):
    exporter, tensors = EXPORTERS.load(form), typed(tiny_checkpoint, kind)
    exporter.write(tiny_checkpoint, tensors, tmp_path)
    size_bytes = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert exporter.forecast_bytes(tiny_checkpoint, dict.fromkeys(tensors, kind)) == size_bytes


@pytest.mark.parametrize("form", FORMATS)
def test_forecasts_a_mixture_and_writes_it_twice_alike(form, tiny_checkpoint, tmp_path):
    parts = {kind: typed(tiny_checkpoint, kind) for kind in TOLERANCE}
    kinds = dict(zip(parts["f32"], list(TOLERANCE) * 9, strict=False))
    tensors = {name: parts[kind][name] for name, kind in kinds.items()}
    for folder in ("first", "second"):
        EXPORTERS.load(form).write(tiny_checkpoint, tensors, tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    contents = [(tmp_path / "first" / name).read_bytes() for name in files]
    assert contents == [(tmp_path / "second" / name).read_bytes() for name in files]
    assert EXPORTERS.load(form).forecast_bytes(tiny_checkpoint, kinds) == sum(map(len, contents))


@pytest.mark.parametrize("architecture", ["qwen3", "gpt2"])
@pytest.mark.parametrize("kind", ["f32", "q4"])
def test_other_architectures(architecture, kind, make_checkpoint, tmp_path):
    checkpoint = make_checkpoint(tmp_path / "checkpoint", architecture)
    tensors = typed(checkpoint, kind, transposed=architecture == "gpt2")
    write_values(checkpoint, tensors, tmp_path / "values")
    prompt = [30, 200, 77, 8, 301]
    wanted_V = centred(ENGINES.load("transformers").load(tmp_path / "values").next_logits_V(prompt))
    for name in EXPORTED:
        exporter_for(name).write(checkpoint, tensors, tmp_path / name)
        size_bytes = sum(path.stat().st_size for path in (tmp_path / name).iterdir())
        assert exporter_for(name).forecast_bytes(checkpoint, dict.fromkeys(tensors, kind)) == size_bytes
        got_V = centred(ENGINES.load(name).load(tmp_path / name).next_logits_V(prompt))
        # llama.cpp looks GPT-2's activation up in a float16 table
        assert np.abs(got_V - wanted_V).max() < max(TOLERANCE[kind], 5e-3)


@pytest.mark.parametrize("form", FORMATS)
def test_refuses_tensors_of_another_model(form, tiny_checkpoint, tmp_path):
    tensors = typed(tiny_checkpoint, "f32")
    tensors["model.norm.wieght"] = tensors["model.norm.weight"]
    with pytest.raises(LimbeckError, match=r"model\.norm\.wieght(.|\n)*did you mean 'model\.norm\.weight'"):
        EXPORTERS.load(form).write(tiny_checkpoint, tensors, tmp_path)
    del tensors["model.norm.wieght"], tensors["model.norm.weight"]
    with pytest.raises(LimbeckError, match=r"'model\.norm\.weight' is missing"):
        EXPORTERS.load(form).write(tiny_checkpoint, tensors, tmp_path)


@pytest.mark.parametrize("keep", [0, 100, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ENGINES.names())
def test_a_file_cut_short_is_an_error_not_a_crash(name, keep, tiny_checkpoint, tmp_path):
    folder = tmp_path / "model"
    if name == "transformers":
        shutil.copytree(tiny_checkpoint, folder)
    else:
        exporter_for(name).write(tiny_checkpoint, typed(tiny_checkpoint, "q8"), folder)
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    for path in {largest, *folder.glob("*_model.*")}:
        content = path.read_bytes()
        path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
        with pytest.raises(LimbeckError, match=str(folder)):
            ENGINES.load(name).load(folder)
        path.write_bytes(content)


@pytest.mark.parametrize("name", ENGINES.names())
def test_an_empty_folder_is_an_error(name, tmp_path):
    with pytest.raises(LimbeckError, match=str(tmp_path)):
        ENGINES.load(name).load(tmp_path)


@pytest.mark.parametrize("name", ENGINES.names())
def test_has_a_summary(name):
    assert ENGINES.summary(name).endswith(".")
