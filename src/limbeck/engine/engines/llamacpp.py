"""llama.cpp: runs one GGUF file on nearly any machine, with the smallest footprint; needs limbeck[gguf].

V = vocabulary, T = prompt tokens.
"""

import itertools
import json
import secrets
import time
import unicodedata
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.engine.decoding import check_prompt
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.engines._gguf_header import GgufHeader, read_header, read_vocabulary
from limbeck.engine.json_schema import json_grammar
from limbeck.engine.options import refuse_lacking
from limbeck.engine.transcript import Transcript
from limbeck.engine.vocabulary import Vocabulary

FORMAT = "gguf"
MODEL_FILE = "model.gguf"
LACKS = frozenset({"num_beams"})
_MAX_CONTEXT = 2048
_SMALL_MODEL_BYTES = 64 * 10**6
_SLICE = 8


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
        self._vocabulary: Vocabulary | None = None
        self.vocab_size = header.vocab_size

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes; for those of JSON, at the end.

        Raises: LimbeckError: beams, which llama.cpp lacks.
        """
        refuse_lacking(self.name, LACKS, sampling)
        check_prompt(prompt_T, self.vocab_size)
        transcript = Transcript(sampling, self.vocabulary() if sampling.reads_text else None, on_token)
        if sampling.json_schema is not None:
            return self._write_json(prompt_T, sampling, sampling.json_schema, transcript)
        start, first_token_ms, count = time.perf_counter(), 0.0, 0
        for written in self._slices(prompt_T, sampling):
            first_token_ms = first_token_ms or _elapsed_ms(start)
            count += len(written)
            if any(transcript.add(token) for token in written):
                break
        is_cut = count >= sampling.max_tokens
        return transcript.close(first_token_ms=first_token_ms, total_ms=_elapsed_ms(start), is_cut=is_cut)

    def _write_json(
        self, prompt_T: Sequence[int], sampling: Sampling, schema: str, transcript: Transcript
    ) -> Generation:
        """Write it in one go: llama.cpp begins a grammar anew with each request."""
        if not self._header.ends:
            fix = "use the openvino engine, or a model with an end token"
            raise LimbeckError("json_schema needs an end token with llama.cpp, and this model has none", fix=fix)
        stop_ids, start = self._header.ends | set(sampling.stop_ids), time.perf_counter()
        # llama.cpp has llguidance inside, and takes its grammars by this first line
        grammar = {"grammar": "%llguidance {}\n" + json_grammar(schema), "ignore_eos": False}
        varied = {"n_predict": int(sampling.max_tokens), "seed": _seed(sampling, 0), "prompt": list(prompt_T)}
        answer = self._complete(_request(sampling) | grammar | varied | {"cache_prompt": False})
        for token in itertools.takewhile(lambda token: token not in stop_ids, answer["__verbose"]["tokens"]):
            transcript.add(token)
        prompt_ms = float(answer["timings"]["prompt_ms"])
        is_cut = answer["choices"][0]["finish_reason"] == "length" and not _is_json(answer["choices"][0]["text"])
        return transcript.close(first_token_ms=prompt_ms, total_ms=_elapsed_ms(start), is_cut=is_cut)

    def _slices(self, prompt_T: Sequence[int], sampling: Sampling) -> Iterator[list[int]]:
        """Write a few tokens at a time: the library's own stream leaves out tokens that are half a character."""
        stop_ids = set(sampling.stop_ids)
        fixed = _request(sampling) | {"ignore_eos": not self._header.ends <= stop_ids}
        tokens: list[int] = []
        while len(tokens) < sampling.max_tokens:
            count = min(_SLICE if tokens else 1, sampling.max_tokens - len(tokens))
            varied = {"n_predict": count, "seed": _seed(sampling, len(tokens))}
            # a prefix of an earlier answer may have been computed in another order, so only our own is reused
            answer = self._complete(fixed | varied | {"prompt": [*prompt_T, *tokens], "cache_prompt": bool(tokens)})
            written = list(itertools.takewhile(lambda token: token not in stop_ids, answer["__verbose"]["tokens"]))
            tokens += written
            yield written
            if len(written) < count:
                return

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        """Score every token that could follow the prompt, as log-probabilities."""
        check_prompt(prompt_T, self.vocab_size)
        # no scores are told beside half a character, so the token itself is forced to be a whole one
        forced = {"n_predict": 1, "logit_bias": [[self.encode("a")[0], 1e4]], "logprobs": self.vocab_size}
        answer = self._complete(_request(Sampling()) | forced | {"prompt": list(prompt_T), "cache_prompt": False})
        scores_V = np.full(self.vocab_size, -np.inf, np.float32)
        for entry in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
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

    def vocabulary(self) -> Vocabulary:
        """Return what each token says, read from the exported file."""
        if self._vocabulary is None:
            self._vocabulary = read_vocabulary(self._header.path, self.vocab_size, self.encode)
        return self._vocabulary

    def close(self) -> None:
        """Free the weights."""
        self._server = None

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._open().handle_completions(request)
        if "error" in answer:
            raise LimbeckError(f"llama.cpp refuses: {answer['error'].get('message', answer['error'])}")
        return answer

    def _open(self) -> Any:
        if self._server is None:
            raise LimbeckError("the engine is closed", where=str(self._header.path))
        return self._server


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
        server = xllamacpp.Server(_parameters(xllamacpp, header, key=key, num_threads=num_threads))
    except (RuntimeError, ValueError) as error:
        raise LimbeckError(
            f"llama.cpp cannot load the model: {error}", where=str(path), fix="the file is damaged; export it again"
        ) from error
    engine = LlamaCppEngine(server, header, key=key)
    # a server that is freed before its thread has begun waits for ever; one that has answered has begun
    engine.generate([0], Sampling(max_tokens=1))
    return engine


def _parameters(xllamacpp: Any, header: GgufHeader, *, key: str, num_threads: int) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(header.path)
    parameters.n_ctx = min(header.context_length, _MAX_CONTEXT)
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = num_threads
    parameters.n_threads_http = 1
    parameters.warmup = parameters.fit_params = parameters.ui = parameters.endpoint_slots = False
    parameters.cache_ram_mib = 0
    # flash attention rounds to float16: a hundredth of a logit, where this way differs by a hundred-thousandth
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.verbosity = -1
    # the library listens on a loopback port; only we know the key
    parameters.api_keys = [key]
    return parameters


def _request(sampling: Sampling) -> dict[str, Any]:
    # plain numbers: the library takes no others, and an option may come from NumPy
    return {
        "samplers": ["penalties", "temperature", "top_k", "top_p", "min_p"],
        "temperature": float(sampling.temperature),
        "top_k": int(sampling.top_k or 0),
        "top_p": float(sampling.top_p or 1.0),
        "min_p": float(sampling.min_p or 0.0),
        "repeat_penalty": float(sampling.repetition_penalty),
        "repeat_last_n": _MAX_CONTEXT,
        "return_tokens": True,
        "verbose": True,
    }


def _seed(sampling: Sampling, num_written: int) -> int:
    return (int(sampling.seed) * 1_000_003 + num_written) % 2**32


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _elapsed_ms(start: float) -> float:
    return (time.perf_counter() - start) * 1e3
