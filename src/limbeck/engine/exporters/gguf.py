"""Write a checkpoint as one GGUF file for llama.cpp, with the codes and scales it is given.

O = outputs, I = inputs, G = groups of 32 inputs.
"""

import math
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from limbeck.compression.quantised_tensor import GROUP_SIZE, QuantisedTensor, Tensor
from limbeck.engine.exporters._checkpoint import Checkpoint, read_checkpoint, storable
from limbeck.engine.exporters._gguf_architecture import GgufArchitecture, architecture_of
from limbeck.engine.exporters._gguf_tokenizer import add_tokenizer

FILE_NAME = "model.gguf"
_TYPES = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8": gguf.GGMLQuantizationType.Q8_0,
    "q4": gguf.GGMLQuantizationType.Q4_0,
}


def write(checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
    """Write `model.gguf` into `target`; tensor names are those of the checkpoint.

    Raises: LimbeckError: an architecture, a tokenizer or a set of tensors GGUF cannot hold.
    """
    source = read_checkpoint(checkpoint)
    source.check_names(tensors)
    tensors = {name: storable(tensor) for name, tensor in tensors.items()}
    architecture = architecture_of(source)
    target.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(target / FILE_NAME, architecture.name)
    types = {name: _type_name(tensor) for name, tensor in tensors.items()}
    _add_metadata(writer, source, architecture, size_bytes=_forecast(source, types))
    for name in sorted(tensors):
        tensor = tensors[name]
        if source.is_transposed(name) and not isinstance(tensor, QuantisedTensor):
            tensor = np.asarray(tensor).T
        _add_tensor(writer, architecture, name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def forecast_bytes(checkpoint: Path, types: Mapping[str, str]) -> int:
    """Tell the exact size of what `write` would write, without the weights.

    Args:
        types: `f32`, `f16`, `q8` or `q4` for each tensor name.
    """
    source = read_checkpoint(checkpoint)
    source.check_types(types)
    return _forecast(source, types)


def _forecast(source: Checkpoint, types: Mapping[str, str]) -> int:
    architecture = architecture_of(source)
    header = _metadata_bytes(source.folder, source.stamp)
    data = 0
    for name, shape in source.shapes.items():
        header += 8 + len(architecture.rename(name).encode()) + 4 + 8 * len(shape) + 4 + 8
        data += _padded(_tensor_bytes(shape, types[name]))
    return _padded(header) + data


def _type_name(tensor: Tensor) -> str:
    if isinstance(tensor, QuantisedTensor):
        return f"q{tensor.bits}"
    return "f16" if np.asarray(tensor).dtype == np.float16 else "f32"


@lru_cache(maxsize=16)
def _metadata_bytes(checkpoint: Path, stamp: tuple[int, ...]) -> int:
    # the tokenizer makes this slow, and a search for a plan asks hundreds of times about one checkpoint
    source = read_checkpoint(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        writer = gguf.GGUFWriter(path, architecture_of(source).name)
        _add_metadata(writer, source, architecture_of(source), size_bytes=0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        return path.stat().st_size


def _add_metadata(
    writer: gguf.GGUFWriter, source: Checkpoint, architecture: GgufArchitecture, *, size_bytes: int
) -> None:
    writer.add_uint64("limbeck.size_bytes", size_bytes)  # llama.cpp dies of a file cut short
    architecture.add_metadata(writer, source.config)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_tokenizer(writer, source)


def _add_tensor(writer: gguf.GGUFWriter, architecture: GgufArchitecture, name: str, tensor: Tensor) -> None:
    renamed = architecture.rename(name)
    if isinstance(tensor, QuantisedTensor):
        rows_O = architecture.row_order(name, tensor.shape[0])
        blocks = _q8_0(tensor, rows_O) if tensor.bits == 8 else _q4_0(tensor, rows_O)
        writer.add_tensor(renamed, blocks, raw_dtype=_TYPES[f"q{tensor.bits}"])
        return
    values = np.asarray(tensor)
    writer.add_tensor(renamed, np.ascontiguousarray(values[architecture.row_order(name, values.shape[0])]))


def _q8_0(tensor: QuantisedTensor, rows_O: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    """Lay out blocks of a float16 scale and 32 bytes."""
    codes_OGS, scales_OGB = _grouped(tensor, rows_O)
    blocks = np.concatenate([scales_OGB, codes_OGS.view(np.uint8)], axis=2)
    return blocks.reshape(len(rows_O), -1)


def _q4_0(tensor: QuantisedTensor, rows_O: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    """Lay out blocks of a float16 scale and 16 bytes: code i + 8 below, code i + 16 + 8 above."""
    codes_OGS, scales_OGB = _grouped(tensor, rows_O)
    shifted = (codes_OGS + 8).astype(np.uint8)
    packed = shifted[:, :, :16] | (shifted[:, :, 16:] << 4)
    return np.concatenate([scales_OGB, packed], axis=2).reshape(len(rows_O), -1)


def _grouped(
    tensor: QuantisedTensor, rows_O: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.uint8]]:
    codes_OI = np.ascontiguousarray(tensor.codes_OI[rows_O])
    scales_OG = np.ascontiguousarray(tensor.scales_OG[rows_O])
    groups = scales_OG.shape[1]
    return codes_OI.reshape(len(rows_O), groups, GROUP_SIZE), scales_OG.view(np.uint8).reshape(len(rows_O), groups, 2)


def _tensor_bytes(shape: tuple[int, ...], type_name: str) -> int:
    kind = _TYPES["f32" if len(shape) == 1 else type_name]
    block, block_bytes = (int(size) for size in gguf.GGML_QUANT_SIZES[kind])
    return math.prod(shape) // block * block_bytes


def _padded(size_bytes: int) -> int:
    alignment = int(gguf.GGUF_DEFAULT_ALIGNMENT)
    return -(-size_bytes // alignment) * alignment
