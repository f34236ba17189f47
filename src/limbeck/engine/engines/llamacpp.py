"""llama.cpp: runs one GGUF file on nearly any machine, with the smallest footprint; needs limbeck[gguf].

V = vocabulary, T = prompt tokens.
"""

import json
import secrets
import time
import unicodedata
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.engine.decoding import check_prompt
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.engines._gguf_header import GgufHeader, read_header

FORMAT = "gguf"
MODEL_FILE = "model.gguf"
_MAX_CONTEXT = 4096
_SMALL_MODEL_BYTES = 64 * 10**6


@final
class LlamaCppEngine:
    """llama.cpp inside this process.

    It never writes its own end token unless that is a stop token, and stops at it when it is.
    """

    name = "llamacpp"

    def __init__(self, server: Any, header: GgufHeader, *, key: str) -> None:
        self._server = server
        self._header = header
        self._key = key
        self.vocab_size = header.vocab_size

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes.

        Raises: LimbeckError: beams, which llama.cpp lacks.
        """
        if sampling.num_beams > 1:
            raise LimbeckError("llama.cpp has no beam search", fix="use the openvino engine, or num_beams = 1")
        check_prompt(prompt_T, self.vocab_size)
        stream = _Stream(sampling.stop_ids, on_token)
        request = _request(prompt_T, sampling) | {"ignore_eos": not self._header.ends <= set(sampling.stop_ids)}
        self._complete(request | {"logprobs": 1, "stream": True}, stream.receive)
        return stream.finish()

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        """Score every token that could follow the prompt, as log-probabilities."""
        check_prompt(prompt_T, self.vocab_size)
        answers: list[Any] = []
        request = _request(prompt_T, Sampling(max_tokens=1))
        self._complete(request | {"logprobs": self.vocab_size}, answers.append)
        scores_V = np.full(self.vocab_size, -np.inf, np.float32)
        for entry in answers[-1]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
            scores_V[entry["id"]] = entry["logprob"]
        return scores_V

    def encode(self, text: str) -> list[int]:
        """Tokenise with the exported tokenizer; GGUF has no normaliser, so text is put into NFC here."""
        content = {"content": unicodedata.normalize("NFC", text), "add_special": False, "parse_special": True}
        request = urllib.request.Request(
            f"{self._open().listening_address}/tokenize",
            data=json.dumps(content).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
        )
        with urllib.request.urlopen(request) as answer:
            return [int(token) for token in json.load(answer)["tokens"]]

    def close(self) -> None:
        """Free the weights."""
        self._server = None

    def _complete(self, request: Mapping[str, Any], receive: Callable[[Any], None]) -> None:
        answer = self._open().handle_completions(dict(request), receive)
        if isinstance(answer, dict):
            receive(answer)

    def _open(self) -> Any:
        if self._server is None:
            raise LimbeckError("the engine is closed", where=str(self._header.path))
        return self._server


class _Stream:
    """Collects streamed tokens up to the first stop token."""

    def __init__(self, stop_ids: Sequence[int], on_token: Callable[[int], None] | None) -> None:
        self._start = time.perf_counter()
        self._stop_ids = frozenset(stop_ids)
        self._on_token = on_token
        self._stopped = False
        self._tokens: list[int] = []
        self._first_token_ms: float | None = None

    def receive(self, chunk: Any) -> None:
        if "error" in chunk:
            raise LimbeckError(f"llama.cpp refuses: {chunk['error'].get('message', chunk['error'])}")
        choice = chunk["choices"][0]
        for entry in (choice.get("logprobs") or {}).get("content") or ():
            self._first_token_ms = self._first_token_ms or self._elapsed_ms()
            self._stopped = self._stopped or entry["id"] in self._stop_ids
            if not self._stopped:
                self._tokens.append(entry["id"])
                if self._on_token:
                    self._on_token(entry["id"])

    def finish(self) -> Generation:
        return Generation(
            tokens=tuple(self._tokens), first_token_ms=self._first_token_ms or 0.0, total_ms=self._elapsed_ms()
        )

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._start) * 1e3


def load(folder: Path, *, num_threads: int = 2) -> LlamaCppEngine:
    """Open `model.gguf` of a folder; a small model gets one thread, because more only wait for each other.

    Raises: MachineError: xllamacpp is not installed. LimbeckError: the file is missing or damaged.
    """
    path = folder / MODEL_FILE
    if not path.exists():
        raise LimbeckError(f"no {MODEL_FILE} here", where=str(folder), fix="export the model for llamacpp")
    try:
        import xllamacpp
    except ModuleNotFoundError as error:
        raise MachineError("the llamacpp engine is not installed", fix="pip install 'limbeck[gguf]'") from error
    header = read_header(path)
    key = secrets.token_hex()
    num_threads = 1 if path.stat().st_size < _SMALL_MODEL_BYTES else num_threads
    try:
        server = xllamacpp.Server(_parameters(xllamacpp.CommonParams(), header, key=key, num_threads=num_threads))
    except (RuntimeError, ValueError) as error:
        raise LimbeckError(
            f"llama.cpp cannot load the model: {error}", where=str(path), fix="the file is damaged; export it again"
        ) from error
    return LlamaCppEngine(server, header, key=key)


def _parameters(parameters: Any, header: GgufHeader, *, key: str, num_threads: int) -> Any:
    parameters.model.path = str(header.path)
    parameters.n_ctx = min(header.context_length, _MAX_CONTEXT)
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = num_threads
    parameters.n_threads_http = 1
    parameters.warmup = parameters.fit_params = parameters.ui = parameters.endpoint_slots = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    # the library listens on a loopback port; only we know the key
    parameters.api_keys = [key]
    return parameters


def _request(prompt_T: Sequence[int], sampling: Sampling) -> dict[str, Any]:
    return {
        "prompt": list(prompt_T),
        "n_predict": sampling.max_tokens,
        "samplers": ["penalties", "temperature", "top_k", "top_p"],
        "temperature": max(sampling.temperature, 0.0),
        "top_k": sampling.top_k or 0,
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
        "min_p": 0.0,
        "repeat_penalty": sampling.repetition_penalty,
        "repeat_last_n": -1,
        "seed": sampling.seed,
        # a reused prefix is computed in another order, and the answer must not depend on what came before
        "cache_prompt": False,
    }
