"""Write a checkpoint as OpenVINO IR with its tokenizer, for OpenVINO and OpenVINO GenAI."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
from safetensors import safe_open

from limbeck.compression.quantised_tensor import GROUP_SIZE, QuantisedTensor, Tensor
from limbeck.core.errors import LimbeckError
from limbeck.engine.exporters._checkpoint import Checkpoint, read_checkpoint, storable
from limbeck.engine.exporters._openvino_graph import fill, serialise
from limbeck.engine.exporters._openvino_tokenizer import tokenizer_files
from limbeck.engine.exporters._openvino_trace import trace

MODEL_FILE = "openvino_model.xml"
WEIGHTS_FILE = "openvino_model.bin"
_STORED = re.compile(rb' offset="(\d+)" size="(\d+)"')


def write(checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
    """Write the model, its tokenizer and its configuration into `target`; names are the checkpoint's.

    Raises: LimbeckError: a tensor is missing or unknown, or a file cannot be read.
    """
    source = read_checkpoint(checkpoint)
    source.check_names(tensors)
    target.mkdir(parents=True, exist_ok=True)
    graph = fill(_skeleton(source), {name: storable(tensor) for name, tensor in tensors.items()})
    (target / MODEL_FILE).write_bytes(serialise(graph, target / WEIGHTS_FILE))
    for name, content in _small_files(source).items():
        (target / name).write_bytes(content)


def forecast_bytes(checkpoint: Path, types: Mapping[str, str]) -> int:
    """Tell the exact size of what `write` would write, without the weights.

    Args:
        types: `f32`, `f16`, `q8` or `q4` for each tensor name.
    """
    source = read_checkpoint(checkpoint)
    source.check_types(types)
    stand_ins = _vectors(source)
    for index, (name, shape) in enumerate(source.shapes.items()):
        if len(shape) > 1:
            is_turned = source.is_transposed(name) and types[name].startswith("q")
            stand_ins[name] = _stand_in(shape[::-1] if is_turned else shape, types[name], index)
    with tempfile.TemporaryDirectory() as folder:  # the null device has no positions to describe
        description = serialise(fill(_skeleton(source), stand_ins, share=True), Path(folder) / WEIGHTS_FILE)
    stored = max(int(offset) + int(size) for offset, size in _STORED.findall(description))
    return stored + len(description) + sum(map(len, _small_files(source).values()))


def _skeleton(source: Checkpoint) -> ov.Model:
    graph, shapes = trace((source.folder / "config.json").read_text(encoding="utf-8"))
    if shapes != source.shapes:
        name, where = min(shapes.items() ^ source.shapes.items())[0], str(source.folder / "config.json")
        raise LimbeckError(f"tensor {name!r} does not fit the configuration", where=where)
    return graph


def _vectors(source: Checkpoint) -> dict[str, Tensor]:
    """Read the vectors: they are written as they are, and two equal ones only once."""
    with safe_open(source.folder / "model.safetensors", "pt") as weights:
        names = [name for name, shape in source.shapes.items() if len(shape) == 1]
        return {name: weights.get_tensor(name).float().numpy() for name in names}


def _stand_in(shape: tuple[int, ...], type_name: str, index: int) -> Tensor:
    """Return a tensor of the right type and size, unlike every other."""
    mark = divmod(index + 1, 100)
    if type_name in ("f32", "f16"):
        values = np.zeros(shape, np.float32 if type_name == "f32" else np.float16)
        values.flat[:2] = mark
        return values
    codes_OI, scales_OG = np.zeros(shape, np.int8), np.zeros((shape[0], shape[1] // GROUP_SIZE), np.float16)
    codes_OI.flat[:8] = [int(digit) for digit in f"{index + 1:08o}"]
    scales_OG.flat[:2] = mark
    return QuantisedTensor(codes_OI=codes_OI, scales_OG=scales_OG, bits=4 if type_name == "q4" else 8)


def _small_files(source: Checkpoint) -> dict[str, bytes]:
    files = {
        "config.json": (source.folder / "config.json").read_bytes(),
        **tokenizer_files(source.folder, source.stamp),
    }
    generation = source.folder / "generation_config.json"
    if generation.exists():
        files["generation_config.json"] = generation.read_bytes()
    return files
