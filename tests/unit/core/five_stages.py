"""A fast pipeline of five stages to be run, killed and resumed; also a program: STORE SOURCE [options]."""

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path

from limbeck.core.disk import read_json, write_json
from limbeck.core.errors import Interrupted, LimbeckError
from limbeck.core.runner import Runner
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage, StageContext
from limbeck.core.store import Store

STEPS = 12


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stages(
    source: Path,
    *,
    bits: int = 4,
    step_seconds: float = 0.0,
    modules: tuple[str, ...] = (),
    log: list[str] | None = None,
) -> list[Stage]:
    ran = [] if log is None else log

    def read(context: StageContext) -> None:
        ran.append("read")
        lines = source.read_text(encoding="utf-8").splitlines()
        facts, pages = ([line for line in lines if ("=" in line) is wanted] for wanted in (True, False))
        (context.out / "facts.txt").write_text("\n".join(facts))
        (context.out / "pages").mkdir()
        (context.out / "pages" / "all.txt").write_text("\n".join(pages))
        time.sleep(step_seconds)

    def clean(context: StageContext) -> None:
        ran.append("clean")
        text = (context.inputs["read"] / "facts.txt").read_text()
        (context.out / "clean.txt").write_text(" ".join(text.split()))
        time.sleep(step_seconds)

    def train(context: StageContext) -> None:
        ran.append("train")
        checkpoint = context.partial / "checkpoint.json"
        state = read_json(checkpoint) or {"step": 0, "weights": (context.inputs["clean"] / "clean.txt").read_text()}
        for step in range(int(str(state["step"])), STEPS):
            if context.should_stop():
                raise Interrupted(f"checkpoint at step {step}")
            ran.append(f"step {step}")
            state = {"step": step + 1, "weights": digest(f"{state['weights']} {step}")}
            write_json(checkpoint, state)
            context.progress(step + 1, STEPS, "loss")
            time.sleep(step_seconds)
        (context.out / "weights.txt").write_text(str(state["weights"]))

    def shrink(context: StageContext) -> None:
        ran.append("shrink")
        (context.out / "small.txt").write_text(digest((context.inputs["train"] / "weights.txt").read_text())[:bits])
        time.sleep(step_seconds)

    def pack(context: StageContext) -> None:
        ran.append("pack")
        pages = (context.inputs["read"] / "pages" / "all.txt").read_text()
        small = (context.inputs["shrink"] / "small.txt").read_text()
        (context.out / "bundle").mkdir()
        (context.out / "bundle" / "all.txt").write_text(f"{small}\n{pages}")
        time.sleep(step_seconds)

    return [
        Stage(name="read", version=1, run=read, files=(source,)),
        Stage(name="clean", version=1, run=clean, inputs={"read": ("facts.txt",)}),
        Stage(name="train", version=1, run=train, inputs={"clean": ()}, params={"seed": 7}, modules=modules),
        Stage(name="shrink", version=1, run=shrink, inputs={"train": ()}, params={"bits": bits}),
        Stage(name="pack", version=1, run=pack, inputs={"read": ("pages",), "shrink": ("small.txt",)}),
    ]


class Narrator:
    """A listener that prints plain lines."""

    def stage_started(self, stage: str) -> None:
        print("started", stage, flush=True)

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        print("progress", stage, done, total, flush=True)

    def stage_finished(self, stage: str, outcome: str, seconds: float) -> None:
        print("finished", stage, outcome, flush=True)

    def problem(self, text: str) -> None:
        print("problem", text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--step-seconds", type=float, default=0.0)
    parser.add_argument("--package", type=Path)
    options = parser.parse_args()
    modules = (f"{options.package.name}.stage",) if options.package else ()
    tree = SourceTree(options.package.name, options.package) if options.package else None
    plan = stages(options.source, bits=options.bits, step_seconds=options.step_seconds, modules=modules)
    print("ready", os.getpid(), flush=True)
    try:
        Runner(Store(options.store), plan, Narrator(), tree=tree).run()
    except LimbeckError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
