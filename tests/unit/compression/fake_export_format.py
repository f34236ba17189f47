"""A file format and a model small enough to check by hand: tokens are averaged, mixed once, and scored."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from limbeck.compression.export_format import Measurement
from limbeck.compression.quantised_tensor import QuantisedTensor, Tensor, TensorType, dense
from limbeck.core.progress import Progress

VOCAB, WIDTH, ODD = 96, 64, 20
_BITS_PER_WEIGHT = {"f32": 32, "f16": 16, "q8": 8.5, "q4": 4.5}
_HEADER_BYTES = 256
_ALIGNMENT = 64

Weights = Mapping[str, npt.NDArray[np.float32]]


def random_weights(seed: int = 0, *, odd: bool = False) -> dict[str, npt.NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    weights = {
        "model.embed_tokens.weight": rng.standard_normal((VOCAB, WIDTH)),
        "model.layers.0.down.weight": rng.standard_normal((WIDTH, 2 * WIDTH)) * 0.2,
        "model.layers.0.up.weight": rng.standard_normal((2 * WIDTH, WIDTH)) * 0.3,
        "model.norm.weight": 1 + 0.1 * rng.standard_normal(WIDTH),
    }
    if odd:
        weights["model.odd.weight"] = rng.standard_normal((WIDTH, ODD))
    return {name: weight.astype(np.float32) for name, weight in weights.items()}


def write_checkpoint(folder: Path, weights: Weights, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dict(weights), folder / "model.safetensors")
    settings = {"tie_word_embeddings": True, "vocab_size": VOCAB, **config}
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def random_prompts(count: int = 24, seed: int = 1) -> tuple[tuple[int, ...], ...]:
    rng = np.random.default_rng(seed)
    return tuple(tuple(map(int, rng.integers(0, VOCAB, size=rng.integers(3, 12)))) for _ in range(count))


def score(weights: Weights, prompts: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    """Return (N, V) scores of the toy model."""
    embedding = weights["model.embed_tokens.weight"]
    means_NH = np.stack([embedding[list(prompt)].mean(axis=0) for prompt in prompts]) * weights["model.norm.weight"]
    mixed_NH = np.maximum(means_NH @ weights["model.layers.0.up.weight"].T, 0) @ weights["model.layers.0.down.weight"].T
    return ((means_NH + mixed_NH) @ embedding.T).astype(np.float32)


class ToyReference:
    """The toy model in full precision."""

    def __init__(self, folder: Path) -> None:
        self.weights = dict(load_file(folder / "model.safetensors"))
        self.runs = 0

    def logits_NV(self, prompts: Sequence[tuple[int, ...]]) -> npt.NDArray[np.float32]:
        self.runs += 1
        return score(self.weights, prompts)

    def logits_with_NV(
        self, prompts: Sequence[tuple[int, ...]], name: str, weight: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        self.runs += 1
        return score(self.weights | {name: weight}, prompts)

    def input_moments(self, prompts: Sequence[tuple[int, ...]]) -> dict[str, npt.NDArray[np.float32]]:
        embedding = self.weights["model.embed_tokens.weight"]
        inputs_NH = np.stack([embedding[list(prompt)].mean(axis=0) for prompt in prompts])
        return {"model.layers.0.up.weight": (inputs_NH.T @ inputs_NH / len(prompts)).astype(np.float32)}

    def distil(
        self, tensors: Mapping[str, Tensor], texts: Sequence[tuple[int, ...]], progress: Progress
    ) -> dict[str, Tensor]:
        progress(1, 1, "toy")
        return self.distilled(dict(tensors))

    def distilled(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return tensors


@dataclass
class ToyFormat:
    """Writes one padded file; its clock and its memory are functions of the file's size."""

    name: str = "toy"
    latency_ms: Callable[[int], float] = lambda size_bytes: 1.0
    memory_bytes: Callable[[int], int] = lambda size_bytes: 10_000_000 + size_bytes
    spoil: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]] = lambda logits_NV: logits_NV
    written: list[Path] = field(default_factory=list)

    def forecast_bytes(self, checkpoint: Path, types: Mapping[str, TensorType]) -> int:
        shapes = {name: weight.size for name, weight in load_file(checkpoint / "model.safetensors").items()}
        return _HEADER_BYTES + sum(
            _padded(int(shapes[name] * _BITS_PER_WEIGHT[kind]) // 8) for name, kind in types.items()
        )

    def write(self, checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
        assert not any(target.iterdir())
        blobs = {name: _packed(tensor) for name, tensor in tensors.items()}
        with (target / "model.toy").open("wb") as file:
            file.write(b"toy".ljust(_HEADER_BYTES))
            for blob in blobs.values():
                file.write(blob.ljust(_padded(len(blob)), b"\0"))
        self.written.append(target)
        _SHELF[str(target)] = {name: dense(tensor) for name, tensor in tensors.items()}

    def measure(self, folder: Path, prompts: Sequence[Sequence[int]]) -> Measurement:
        size_bytes = (folder / "model.toy").stat().st_size
        logits_NV = self.spoil(score(_SHELF[str(folder)], prompts))
        return Measurement(
            peak_memory_bytes=self.memory_bytes(size_bytes),
            latency_ms=self.latency_ms(size_bytes),
            first_token_ms=5.0,
            logits_NV=logits_NV,
            tokens_N=tuple((int(row.argmax()),) for row in logits_NV),
        )


_SHELF: dict[str, dict[str, npt.NDArray[np.float32]]] = {}


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNMENT) * _ALIGNMENT


def _packed(tensor: Tensor) -> bytes:
    if not isinstance(tensor, QuantisedTensor):
        return tensor.tobytes()
    codes = tensor.codes_OI.view(np.uint8)
    packed = codes if tensor.bits == 8 else (codes[:, ::2] & 15) | (codes[:, 1::2] << 4)
    return packed.tobytes() + tensor.scales_OG.tobytes()
