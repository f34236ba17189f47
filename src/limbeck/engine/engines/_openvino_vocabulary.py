"""Read what each token says from the detokenizer beside an OpenVINO model, as text: running it takes 100 ms more."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.engine.vocabulary import Vocabulary, fill_up, refuse_tokenizer

_FILE = "openvino_detokenizer.xml"
# anything else between the vocabulary and the text changes what tokens say
_BYTE_LEVEL = {
    "Parameter", "Convert", "Const", "VocabDecoder", "FuzeRagged", "UTF8Validate", "StringTensorPack", "Result",
}  # fmt: skip
_BEGINS, _ENDS, _BYTES, _SPECIAL = 1, 2, 3, 4
_TYPES = {"i32": np.int32, "u8": np.uint8}


def read_vocabulary(folder: Path, vocab_size: int, encode: Callable[[str], list[int]]) -> Vocabulary:
    """Read the vocabulary of an export, filled up to `vocab_size`.

    Raises: LimbeckError: the files are missing or damaged, or not of a byte-level tokenizer.
    """
    path = folder / _FILE
    try:
        graph = ElementTree.parse(path).getroot()
        constants = path.with_suffix(".bin").read_bytes()
        layers = {layer.attrib["id"]: layer for layer in graph.iter("layer")}
        kinds = {layer.attrib["type"] for layer in layers.values()}
        if kinds - _BYTE_LEVEL:
            raise refuse_tokenizer("/".join(sorted(kinds - _BYTE_LEVEL)), path)
        inputs = {
            int(edge.attrib["to-port"]): layers[edge.attrib["from-layer"]]
            for edge in graph.iter("edge")
            if layers[edge.attrib["to-layer"]].attrib["type"] == "VocabDecoder"
        }
        begins, ends, content = (_constant(inputs[port], constants) for port in (_BEGINS, _ENDS, _BYTES))
        special = _constant(inputs[_SPECIAL], constants) if _SPECIAL in inputs else np.zeros(0, np.int32)
    except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
        fix = "the files are damaged; export them again"
        raise LimbeckError(f"no readable vocabulary: {error}", where=str(path), fix=fix) from error
    spans = enumerate(zip(begins.tolist(), ends.tolist(), strict=True))
    pieces = {token: content[begin:end].tobytes() for token, (begin, end) in spans}
    special_ids = frozenset(special.tolist())
    return Vocabulary(pieces_V=fill_up(pieces, vocab_size), special_ids=special_ids, encode=encode)


def _constant(layer: ElementTree.Element, constants: bytes) -> npt.NDArray[np.int32] | npt.NDArray[np.uint8]:
    data = layer.find("data")
    if data is None:
        raise ValueError(f"layer {layer.attrib['id']} holds no data")
    dtype = np.dtype(_TYPES[data.attrib["element_type"]])
    count = int(data.attrib["size"]) // dtype.itemsize
    return np.frombuffer(constants, dtype, count, int(data.attrib["offset"]))
