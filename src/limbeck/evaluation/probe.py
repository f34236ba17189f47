"""Answer some questions in a process of its own and report what that took: run as a module.

    python -m limbeck.evaluation.probe BUNDLE ENGINE NUM_THREADS < questions, one a line

Its peak memory is that of an assistant in use and of nothing else.
"""

import json
import re
import resource
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from limbeck.bundle.assistant import Assistant, open_bundle
from limbeck.engine.engine import Sampling
from limbeck.fusion.prompt import worth_reading, write_prompt

_TIMED_PROMPTS = 8
_TIMED_TOKENS = 32


def probe(bundle: Path, engine: str | None, questions: list[str], *, num_threads: int) -> dict[str, Any]:
    """Open a bundle, answer the questions, and time tokens at the length of real prompts."""
    started = time.perf_counter()
    with open_bundle(bundle, engine, num_threads) as assistant:
        opened_ms = (time.perf_counter() - started) * 1e3
        for question in questions:
            assistant.ask(question)
        latencies_ms = [_token_ms(assistant, question) for question in questions[:_TIMED_PROMPTS]]
    return {
        "peak_memory_bytes": peak_memory_bytes(),
        "latency_ms": median(latencies_ms),
        "open_ms": opened_ms,
        "num_prompts": len(latencies_ms),
    }


def peak_memory_bytes() -> int:
    """Return the highest resident set of this process.

    Not `ru_maxrss` on Linux: that starts at what the parent had when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s*(\d+) kB", status.read_text())):
        return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _token_ms(assistant: Assistant, question: str) -> float:
    """Return milliseconds per token after the first; the answer may not end early."""
    rows = worth_reading(assistant.knowledge.search(question))
    prompt = assistant.encode_prompt(write_prompt(question, rows, "en"))
    generation = assistant.engine.generate(prompt, Sampling(max_tokens=_TIMED_TOKENS))
    return (generation.total_ms - generation.first_token_ms) / max(1, len(generation.tokens) - 1)


def main() -> None:
    """Read the arguments and standard input, write one JSON line."""
    bundle, engine, num_threads = sys.argv[1:4]
    questions = [line for line in sys.stdin.read().split("\n") if line.strip()]
    print(json.dumps(probe(Path(bundle), engine or None, questions, num_threads=int(num_threads))))


if __name__ == "__main__":
    main()
