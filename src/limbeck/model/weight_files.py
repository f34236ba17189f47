"""Look at the weight files of a folder before anything is loaded: no pickles, nothing cut short."""

import json
import struct
from pathlib import Path
from typing import Any

from limbeck.core.errors import LimbeckError

INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_HEADER_LIMIT = 100_000_000
_COPY = "copy the file again, and compare its size with that of the original"


def check_weights(folder: Path) -> None:
    """Refuse a folder whose weights cannot be read safely and whole.

    Raises: LimbeckError: no safetensors, only a pickle, a part that is missing, or a file that is cut short.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise _none(folder)
    missing = sorted(set(_parts(folder)) - {file.name for file in files})
    if missing:
        what = f"'{folder.name}' lacks parts of its weights: {', '.join(missing)}"
        raise LimbeckError(what, where=str(folder / INDEX), fix="copy the missing files into the folder")
    for file in files:
        check_tensors(file)


def check_tensors(file: Path) -> None:
    """Refuse a safetensors file that is not as long as its header says.

    Source: the format, https://huggingface.co/docs/safetensors
    Raises: LimbeckError: cut short, or no such file.
    """
    size_bytes = file.stat().st_size
    with file.open("rb") as opened:
        first = opened.read(8)
        length = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
        header = _header(opened.read(length)) if 0 < length <= min(_HEADER_LIMIT, size_bytes) else None
    if header is None:
        what = f"'{file.name}' is cut short or no safetensors file: it has no whole header"
        raise LimbeckError(what, where=str(file), fix=_COPY)
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    wanted = 8 + length + max(ends, default=0)
    if size_bytes < wanted:
        what = f"'{file.name}' is cut short: it has {size_bytes} bytes of {wanted}"
        raise LimbeckError(what, where=str(file), fix=_COPY)


def _none(folder: Path) -> LimbeckError:
    pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern) if file.name != "training.pt")
    if not pickles:
        what = f"'{folder.name}' is not a Hugging Face checkpoint: no model.safetensors"
        fix = "give a folder saved with save_pretrained (safetensors)"
        return LimbeckError(what, where=str(folder), fix=fix)
    what = f"the weights of '{folder.name}' are a pickle ({', '.join(pickles[:3])}), which can run code when it is read"
    fix = "take the safetensors of that model, or where you trust it convert it: load it and save_pretrained(folder)"
    return LimbeckError(what, where=str(folder / pickles[0]), fix=fix)


def _parts(folder: Path) -> list[str]:
    if not (folder / INDEX).is_file():
        return []
    try:
        return list(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        fix = "copy the file again"
        raise LimbeckError(f"'{INDEX}' is damaged: {error!r}", where=str(folder / INDEX), fix=fix) from error


def _header(data: bytes) -> dict[str, Any] | None:
    try:
        header = json.loads(data)
    except ValueError:
        return None
    is_header = isinstance(header, dict) and all(isinstance(entry, dict) for entry in header.values())
    return header if is_header else None
