"""PyTorch through transformers: the reference the other engines are held against; build side only.

B = beams, T = tokens, V = vocabulary.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.engine.decoding import check_prompt, decode
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.vocabulary import Vocabulary, read_tokenizer_json

FORMAT = "transformers"


@final
class TransformersEngine:
    """A checkpoint as PyTorch runs it, float32."""

    name = "transformers"

    def __init__(self, folder: Path, model: Any) -> None:
        self._folder = folder
        self._model: Any = model
        self._cache: Any = None
        self._vocabulary: Vocabulary | None = None
        self.vocab_size = int(model.config.vocab_size)

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
        """Tokenise as transformers does."""
        from transformers import PreTrainedTokenizerFast

        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(self._folder / "tokenizer.json"))
        return [int(token) for token in tokenizer.encode(text, add_special_tokens=False)]

    def vocabulary(self) -> Vocabulary:
        """Return what each token says, read from the exported tokenizer."""
        if self._vocabulary is None:
            self._vocabulary = read_tokenizer_json(self._folder / "tokenizer.json", self.vocab_size, self.encode)
        return self._vocabulary

    def close(self) -> None:
        """Free the weights."""
        self._model = self._cache = None

    def reset(self) -> None:
        """Forget everything read."""
        self._cache = None

    def step(self, tokens_BT: npt.NDArray[np.int64], beam_idx_B: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Read on and score the next token (B, V)."""
        import torch

        if self._model is None:
            raise LimbeckError("the engine is closed", where=str(self._folder))
        with torch.inference_mode():
            if self._cache is not None:
                self._cache.reorder_cache(torch.from_numpy(beam_idx_B.astype(np.int64)))
            out = self._model(torch.from_numpy(tokens_BT), past_key_values=self._cache, use_cache=True)
        self._cache = out.past_key_values
        last_BV: npt.NDArray[np.float32] = out.logits[:, -1].float().numpy()
        return last_BV


def load(folder: Path, *, num_threads: int = 2) -> TransformersEngine:
    """Load a Hugging Face folder.

    Raises: MachineError: the build side is not installed. LimbeckError: not a folder transformers can read.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging
    except ModuleNotFoundError as error:
        raise MachineError(f"{error.name} is not installed", fix="pip install 'limbeck[build]'") from error
    torch.set_num_threads(num_threads)
    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise LimbeckError(f"transformers cannot load the model: {error}", where=str(folder)) from error
    return TransformersEngine(folder, model.eval())
