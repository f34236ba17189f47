"""Measure an exported model in a process of its own: memory, speed, tokens and scores.

N = prompts, V = vocabulary. As a program: `python -m limbeck.engine.measure ENGINE FOLDER PROMPTS`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from limbeck.core.errors import LimbeckError

if TYPE_CHECKING:
    from limbeck.engine.engine import Engine

_DECODED = 32
_WARM_UP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one engine did with one export; times are medians, tokens are greedy."""

    peak_rss_bytes: int
    load_ms: float
    first_token_ms: float
    token_ms: float
    tokens: tuple[tuple[int, ...], ...]


def measure(
    engine_name: str,
    folder: Path,
    prompts: Sequence[Sequence[int]],
    *,
    num_threads: int = 2,
    max_tokens: int = 64,
    stop_ids: Sequence[int] = (),
    logits_path: Path | None = None,
) -> Measurement:
    """Run an export in a fresh process and report.

    Args:
        logits_path: where to write the scores of the token after each prompt, float32 (N, V), as .npy.
    Raises: LimbeckError: the process failed, with the last it said.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "prompts.jsonl"
        path.write_text("".join(f"{json.dumps(list(prompt))}\n" for prompt in prompts), encoding="utf-8")
        options = [f"--num-threads={num_threads}", f"--max-tokens={max_tokens}"]
        options += [f"--stop-id={token}" for token in stop_ids]
        options += [f"--logits={logits_path}"] if logits_path else []
        command = [sys.executable, "-m", "limbeck.engine.measure", engine_name, str(folder), str(path), *options]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(num_threads))
        child = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
    if child.returncode:
        raise LimbeckError(_last_words(child), where=f"{engine_name} on {folder}")
    fields = json.loads(child.stdout.splitlines()[-1])
    return Measurement(**fields | {"tokens": tuple(tuple(tokens) for tokens in fields["tokens"])})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in this process and print one line of JSON."""
    options = _parser().parse_args(arguments)
    prompts = [json.loads(line) for line in options.prompts.read_text(encoding="utf-8").splitlines()]
    try:
        print(json.dumps(asdict(_measure_here(options, prompts))))
    except LimbeckError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


def _measure_here(options: argparse.Namespace, prompts: list[list[int]]) -> Measurement:
    start = time.perf_counter()
    from limbeck.engine.engine import ENGINES, EngineModule, Sampling

    engine = cast(EngineModule, ENGINES.load(options.engine)).load(options.folder, num_threads=options.num_threads)
    load_ms = (time.perf_counter() - start) * 1e3
    if not prompts:
        raise LimbeckError("there are no prompts to measure with", where=str(options.prompts))
    greedy = Sampling(max_tokens=options.max_tokens, stop_ids=tuple(options.stop_ids))
    answers = [engine.generate(prompt, greedy) for prompt in prompts]
    token_ms = [_token_ms(engine, prompt) for prompt in prompts[:8]]
    # scores come last: asking for all of them takes memory that no answer needs
    peak_rss_bytes = _peak_rss_bytes()
    if options.logits:
        _write_logits(engine, prompts, options.logits)
    return Measurement(
        peak_rss_bytes=peak_rss_bytes,
        load_ms=load_ms,
        first_token_ms=statistics.median(answer.first_token_ms for answer in answers),
        token_ms=statistics.median(token_ms),
        tokens=tuple(answer.tokens for answer in answers),
    )


def _token_ms(engine: "Engine", prompt: Sequence[int]) -> float:
    """Return the time of one token after the first, none of them a stop token."""
    from limbeck.engine.engine import Sampling

    engine.generate(prompt, Sampling(max_tokens=_WARM_UP))
    answer = engine.generate(prompt, Sampling(max_tokens=_DECODED))
    return (answer.total_ms - answer.first_token_ms) / (_DECODED - 1)


def _write_logits(engine: "Engine", prompts: Sequence[Sequence[int]], path: Path) -> None:
    import numpy as np

    np.save(path, np.stack([engine.next_logits_V(prompt) for prompt in prompts]))


def _peak_rss_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage keeps the peak of the process that started this one, a build with torch in memory
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _last_words(child: subprocess.CompletedProcess[str]) -> str:
    said = "\n".join(child.stderr.strip().splitlines()[-5:]) or "it said nothing"
    ended = f"signal {-child.returncode}" if child.returncode < 0 else f"exit {child.returncode}"
    return f"measuring failed ({ended}): {said}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m limbeck.engine.measure")
    parser.add_argument("engine")
    parser.add_argument("folder", type=Path)
    parser.add_argument("prompts", type=Path, help="JSON lines, each a list of token ids")
    parser.add_argument("--num-threads", type=int, default=2)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--stop-id", dest="stop_ids", type=int, action="append", default=[])
    parser.add_argument("--logits", type=Path, help=".npy to write the next token's scores to")
    return parser


if __name__ == "__main__":
    main()
