"""An encoder-decoder in PyTorch: the encoder reads the prompt once, the decoder writes the answer; build side only.

B = beams, S = prompt tokens, T = tokens written, V = vocabulary.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.engine.decoding import decode
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.vocabulary import Vocabulary, read_tokenizer_json


@final
class EncoderDecoder:
    """A checkpoint as PyTorch runs it, float32; what it reads and what it writes have a context each."""

    def __init__(self, folder: Path, model: Any) -> None:
        self._folder = folder
        self._model = model
        self._read: Any = None
        self._cache: Any = None
        self._start = _start_tokens(model, folder)
        self.vocab_size = int(model.get_input_embeddings().num_embeddings)

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Answer a prompt, calling `on_token` for each token as it comes."""
        return decode(self, prompt_T, sampling, on_token)

    def reset(self) -> None:
        """Forget everything read and written."""
        self._read = self._cache = None

    def step(self, tokens_BT: npt.NDArray[np.int64], beam_idx_B: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Read the prompt, or write on, and score the next token (B, V)."""
        import torch

        with torch.inference_mode():
            if self._read is None:
                self._read = self._model.get_encoder()(input_ids=torch.from_numpy(tokens_BT)).last_hidden_state
                tokens_BT = np.array([self._start], np.int64)
            else:
                self._cache.reorder_cache(torch.from_numpy(beam_idx_B.astype(np.int64)))
            out = self._model(
                encoder_outputs=(self._read.expand(len(tokens_BT), -1, -1),),
                decoder_input_ids=torch.from_numpy(tokens_BT),
                past_key_values=self._cache,
                use_cache=True,
            )
        self._cache = out.past_key_values
        last_BV: npt.NDArray[np.float32] = out.logits[:, -1].float().numpy()
        return last_BV

    def vocabulary(self) -> Vocabulary:
        """Return what each token says, read from the tokenizer of the folder."""
        from tokenizers import Tokenizer

        path = self._folder / "tokenizer.json"
        words = Tokenizer.from_file(str(path))
        return read_tokenizer_json(path, self.vocab_size, lambda text: words.encode(text, add_special_tokens=False).ids)


def _start_tokens(model: Any, folder: Path) -> list[int]:
    """Return what the decoder reads before its first word; some BARTs begin with a token of their own."""
    settings = model.generation_config
    start = settings.decoder_start_token_id
    if start is None:
        start = model.config.decoder_start_token_id
    if start is None:
        fix = "set decoder_start_token_id in config.json"
        raise LimbeckError("the model does not say how its decoder starts", where=str(folder), fix=fix)
    first = settings.forced_bos_token_id
    return [int(start)] if first is None else [int(start), int(first)]
