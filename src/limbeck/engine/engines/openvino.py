"""OpenVINO: fast on x86, small to start; keeps quantised weights compressed in memory.

B = beams, T = tokens, S = tokens read so far and now, V = vocabulary.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13

from limbeck.core.errors import LimbeckError
from limbeck.engine.decoding import check_prompt, decode
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.engines._openvino_vocabulary import read_vocabulary
from limbeck.engine.vocabulary import Vocabulary

FORMAT = "openvino"
MODEL_FILE, TOKENIZER_FILE = "openvino_model.xml", "openvino_tokenizer.xml"


@final
class OpenVinoEngine:
    """One compiled model, driven token by token.

    OpenVINO GenAI would drive it too, for 100 ms and 30 MB more at the start; it is loaded only to
    tokenise.
    """

    name = "openvino"

    def __init__(self, folder: Path, request: ov.InferRequest, *, vocab_size: int) -> None:
        self._folder = folder
        self._request: ov.InferRequest | None = request
        self._tokenizer: Any = None
        self._vocabulary: Vocabulary | None = None
        self._num_read = 0
        self.vocab_size = vocab_size

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes."""
        return decode(self, prompt_T, sampling, on_token)

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        """Score every token that could follow the prompt."""
        check_prompt(prompt_T, self.vocab_size)
        self.reset()
        logits_BV = self.step(np.array([prompt_T], np.int64), np.zeros(1, np.int32))
        return np.array(logits_BV[0], np.float32)

    def encode(self, text: str) -> list[int]:
        """Tokenise with the exported tokenizer."""
        if self._tokenizer is None:
            import openvino_tokenizers  # noqa: F401 - its import makes OpenVINO know the operations of tokenizers

            self._tokenizer = ov.Core().compile_model(self._folder / TOKENIZER_FILE, "CPU")
        return [int(token) for token in self._tokenizer([text])["input_ids"][0]]

    def vocabulary(self) -> Vocabulary:
        """Return what each token says, read from the exported detokenizer."""
        if self._vocabulary is None:
            self._vocabulary = read_vocabulary(self._folder, self.vocab_size, self.encode)
        return self._vocabulary

    def close(self) -> None:
        """Free the weights."""
        self._request = self._tokenizer = None

    def reset(self) -> None:
        """Forget everything read."""
        self._open().reset_state()
        self._num_read = 0

    def step(self, tokens_BT: npt.NDArray[np.int64], beam_idx_B: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Read on and score the next token (B, V); the result is overwritten by the next call."""
        num_beams, num_new = tokens_BT.shape
        num_seen = self._num_read + num_new
        positions_T = np.arange(self._num_read, num_seen)
        inputs = {
            "input_ids": tokens_BT,
            "attention_mask": np.ones((num_beams, num_seen), np.int64),
            "position_ids": np.ascontiguousarray(np.broadcast_to(positions_T, (num_beams, num_new))),
            "beam_idx": beam_idx_B,
        }
        logits_BTV = self._open().infer(inputs, share_inputs=True, share_outputs=True)["logits"]
        self._num_read = num_seen
        last_BV: npt.NDArray[np.float32] = logits_BTV[:, -1]
        return last_BV

    def _open(self) -> ov.InferRequest:
        if self._request is None:
            raise LimbeckError("the engine is closed", where=str(self._folder))
        return self._request


def load(folder: Path, *, num_threads: int = 2) -> OpenVinoEngine:
    """Compile the exported model of a folder.

    Raises: LimbeckError: the files are missing or damaged.
    """
    path = folder / MODEL_FILE
    if not path.exists():
        raise LimbeckError(f"no {MODEL_FILE} here", where=str(folder), fix="export the model for openvino")
    try:
        model = ov.Core().read_model(path)
        _score_last_token_only(model)
        compiled = ov.Core().compile_model(model, "CPU", _settings(num_threads))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise LimbeckError(
            f"OpenVINO cannot load the model: {reason}", where=str(path), fix="the files are damaged; export them again"
        ) from error
    vocab_size = compiled.output("logits").partial_shape[2].get_length()
    return OpenVinoEngine(folder, compiled.create_infer_request(), vocab_size=vocab_size)


def _settings(num_threads: int) -> dict[str, Any]:
    return {
        # bfloat16, the default where there is AMX, is slower for one stream and dies on one thread
        "INFERENCE_PRECISION_HINT": "f32",
        "KV_CACHE_PRECISION": "f32",
        # quantising activations as well moves logits by a tenth; the file was judged without
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        "INFERENCE_NUM_THREADS": num_threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }


def _score_last_token_only(model: ov.Model) -> None:
    projection = model.output("logits").get_node().input_value(0).get_node()
    if projection.get_type_name() != "MatMul":
        return
    last_B1H = opset13.slice(projection.input_value(0), [-1], [np.iinfo(np.int64).max], [1], [1])
    projection.input(0).replace_source_output(last_B1H.output(0))
    model.validate_nodes_and_infer_types()
