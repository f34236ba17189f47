"""The starter's second lesson: to read numbered rows, point at those that answer, and refuse where none does.

    python recipes/starter/reading.py build/starter/language build/starter/lessons-*.npz -o build/starter/reading

Goes on where it was stopped. Every so often it scores the network on lessons about relations, subjects and pages it
never sees (`--unseen`), and writes the score into `reading.jsonl`.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch
from console import line
from curriculum import Lessons, read_lessons
from transformers import PreTrainedModel

from limbeck.fusion.methods.reference import Reader, reading_loss
from limbeck.model import checkpoint
from limbeck.model.batches import Batch, batch_order, collate
from limbeck.model.trainer import LossPoint, Schedule, Work, train

_SCORED_AT_ONCE = 64


def batches_after(step: int, shards: Sequence[Lessons], *, batch_size: int, seed: int) -> Iterator[Batch]:
    """Yield batches for ever, shard after shard; a pure function of seed and step, whatever shards are added later."""
    for epoch in count():
        for number, lessons in enumerate(shards):
            lengths = np.diff(lessons.bounds).tolist()
            order = batch_order(lengths, batch_size=batch_size, seed=seed + number, epoch=epoch)
            for chosen in order[step:]:
                yield collate([lessons.lesson(each) for each in chosen])
            step = max(0, step - len(order))


@torch.no_grad()
def selections(network: PreTrainedModel, lessons: Lessons) -> list[tuple[bool, bool, bool]]:
    """Return for each lesson: is the selection right, should it be a refusal, was it one. As greedy decoding would."""
    reader = Reader(network).eval()
    found: list[tuple[bool, bool, bool]] = []
    none = network.config.limbeck_none
    for start in range(0, len(lessons), _SCORED_AT_ONCE):
        some = [lessons.lesson(number) for number in range(start, min(start + _SCORED_AT_ONCE, len(lessons)))]
        batch = collate(some)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            written_N = reader(batch)[0].argmax(-1).numpy()
        wanted_N = batch.answer_token_N.numpy()
        at = 0
        for lesson in some:
            length = len(lesson.tokens) - lesson.answer_start
            wanted, written = wanted_N[at : at + length], written_N[at : at + length]
            chosen = 1 if wanted[0] == none else 1 + sum(lesson.row_matches)
            right = bool((wanted[:chosen] == written[:chosen]).all())
            found.append((right, bool(wanted[0] == none), bool(written[0] == none)))
            at += length
    return found


def score(network: PreTrainedModel, lessons: Lessons) -> dict[str, float]:
    """Return the share of right selections by kind and language, and precision and recall of refusals."""
    found = selections(network, lessons)
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for kind, (right, _, _) in zip(lessons.kinds, found, strict=True):
        by_kind[str(kind)].append(right)
        by_kind["all"].append(right)
    refused = sum(said for _, _, said in found)
    rightly = sum(said and should for _, should, said in found)
    wanted = sum(should for _, should, _ in found)
    scores = {kind: round(sum(rights) / len(rights), 4) for kind, rights in sorted(by_kind.items())}
    return scores | {
        "refusal_precision": round(rightly / max(1, refused), 4),
        "refusal_recall": round(rightly / max(1, wanted), 4),
    }


def teach(network: PreTrainedModel, shards: Sequence[Lessons], schedule: Schedule, work: Work) -> list[LossPoint]:
    """Train the network in place."""
    torch.manual_seed(schedule.seed)
    network.set_attn_implementation("eager")
    after = partial(batches_after, shards=shards, batch_size=schedule.batch_size, seed=schedule.seed)
    return train(Reader(network), after, schedule, loss_of=reading_loss, work=work)


def main() -> None:
    """Read the command line, train, score, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path, help="the checkpoint to go on from")
    parser.add_argument("lessons", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--unseen", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--score-every", type=int, default=500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="faster, where there is a C++ compiler")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.output.mkdir(parents=True, exist_ok=True)
    network = checkpoint.load(options.start)
    network.config.limbeck_none = checkpoint_none(options.start)
    if options.compile:
        network.get_decoder().compile(dynamic=True)
    shards, unseen = [read_lessons(path) for path in options.lessons], read_lessons(options.unseen)
    started = time.time()

    def progress(done: int, total: int, note: str = "") -> None:
        line(done, total, note)
        if done % options.score_every == 0:
            network.eval()
            found = {"step": done, "seconds": round(time.time() - started), **score(network, unseen)}
            network.train()
            with (options.output / "reading.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
            print({key: found[key] for key in ("step", "all", "refusal_precision", "refusal_recall")}, flush=True)

    schedule = Schedule(
        num_steps=options.steps,
        batch_size=32,
        learning_rate=options.rate,
        checkpoint_every=500,
        precision="bfloat16",
        seed=1,
    )
    curve = teach(network, shards, schedule, Work(partial=options.output, progress=progress))
    del network.config.limbeck_none
    checkpoint.save(network, options.output, tokenizer=options.start)
    points = [{"step": point.step, "loss": round(point.loss, 4)} for point in curve]
    (options.output / "curve.json").write_text(json.dumps(points) + "\n")


def checkpoint_none(folder: Path) -> int:
    """Return the token that refuses."""
    from limbeck.fusion.prompt import NONE
    from limbeck.model.text_tokenizer import load

    return load(folder).encode(NONE)[0]


if __name__ == "__main__":
    main()
