"""An engine that refers to the first row that search marked as matching, or to none; found by entry point.

Its weights file says how many seconds a token takes after a prompt with some word in it. What it is asked beside that
is drawn from noise, so that seeds, temperatures and schemas matter.
"""

import json
import re
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from limbeck.engine.decoding import decode
from limbeck.engine.vocabulary import read_tokenizer_json

FORMAT = "referring"
_MATCHED = re.compile(r"[=^][+~]\d\d!?⟦(\d+)⟧|#[4-9]⟦(\d+)⟧")


class ReferringEngine:
    name = "referring"

    def __init__(self, folder: Path) -> None:
        self._path = folder.parent.parent / "tokenizer" / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(self._path))
        self._seconds_of = json.loads((folder / "weights.bin").read_text())
        self._vocabulary = None
        self.vocab_size = self._tokenizer.get_vocab_size()
        self.num_steps = 0

    def generate(self, prompt_T, sampling, on_token=None):
        return decode(self, prompt_T, sampling, on_token)

    def next_logits_V(self, prompt_T):
        self.reset()
        self._script = []
        self._read = len(prompt_T) - self.prompt_tokens
        return self.step(np.array([prompt_T]), None)[0]

    def encode(self, text):
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def vocabulary(self):
        if self._vocabulary is None:
            self._vocabulary = read_tokenizer_json(self._path, self.vocab_size, self.encode)
        return self._vocabulary

    def close(self):
        pass

    def reset(self):
        self._read, self._script = 0, None

    def step(self, tokens_BT, beam_idx_B):
        if self._script is None:
            self.prompt_tokens = tokens_BT.shape[1]
            prompt = self._tokenizer.decode(tokens_BT[0].tolist(), skip_special_tokens=False)
            self._script = self._written_after(prompt)
            self._seconds = max((taken for word, taken in self._seconds_of.items() if word in prompt), default=0.0)
        else:
            time.sleep(self._seconds)
        self.num_steps += 1
        scores_V = np.random.default_rng(self._read).standard_normal(self.vocab_size).astype(np.float32)
        if self._read < len(self._script):
            scores_V[self._script[self._read]] = 50.0
        self._read += 1
        return scores_V[None]

    def _written_after(self, prompt):
        if "⟦" not in prompt:
            return []
        found = _MATCHED.search(prompt)
        number = (found[1] or found[2]) if found else None
        written = f"⟦{number}⟧\nIt is ⟦{number}⟧" + " and so on" * 20 if number else "⟦none⟧"
        end = self._tokenizer.token_to_id("<|end|>")
        return [*self.encode(written), end]


def load(folder: Path, *, num_threads: int = 2) -> ReferringEngine:
    return ReferringEngine(folder)
