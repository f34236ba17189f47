"""Convert a tokenizer to OpenVINO, so that the exported folder can read and write text by itself."""

import json
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

from limbeck.engine.exporters._openvino_graph import name_by_position, serialise


@lru_cache(maxsize=4)
def tokenizer_files(folder: Path, stamp: tuple[int, ...]) -> dict[str, bytes]:
    """Return the name and content of each file; `stamp` tells one state of the folder from another."""
    from openvino_tokenizers import convert_tokenizer
    from transformers import PreTrainedTokenizerFast

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers and the converter both warn about themselves
        source = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **_ends(folder))
        models = convert_tokenizer(source, with_detokenizer=True, add_special_tokens=False)
    files = {}
    with tempfile.TemporaryDirectory() as scratch:
        for model, name in zip(models, ("openvino_tokenizer", "openvino_detokenizer"), strict=True):
            name_by_position(model)
            weights = Path(scratch) / f"{name}.bin"
            files[f"{name}.xml"] = serialise(model, weights)
            files[weights.name] = weights.read_bytes()
    return files


def _ends(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ends = {name: config.get(name) for name in ("bos_token", "eos_token", "pad_token")}
    return {
        name: token["content"] if isinstance(token, dict) else token
        for name, token in ends.items()
        if token is not None
    }
