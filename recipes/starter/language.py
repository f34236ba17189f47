"""The starter's first lesson: English and Chinese text, next token by next token.

    python recipes/starter/language.py build/starter/text build/starter/tokenizer -o build/starter/language

Goes on where it was stopped. Writes a checkpoint folder and `language.json`: the loss curve, and bits per byte on the
held-out text.
"""

import argparse
import json
import math
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from console import line
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from limbeck.model import checkpoint
from limbeck.model.objectives import causal
from limbeck.model.text_batches import Stream, Windows, text_batches
from limbeck.model.trainer import Schedule, Work, train
from limbeck.recipe.preset import Preset

SHAPE = Path(__file__).parent / "shape.toml"
WINDOWS = Windows(width=192, batch_size=32, share=0.25)
_EVALUATED = 200


def loss_of(network: torch.nn.Module, batch: Any) -> torch.Tensor:
    """Return the loss of one batch."""
    loss: torch.Tensor = network(batch)
    return loss


def encode(text: Path, tokenizer: Tokenizer, end: int) -> Stream:
    """Return the tokens of a file's passages, each followed by the end token."""
    passages = text.read_text(encoding="utf-8").splitlines()
    encoded = tokenizer.encode_batch(passages)
    return np.fromiter((token for one in encoded for token in (*one.ids, end)), dtype=np.uint16)


@torch.no_grad()
def bits_per_byte(network: PreTrainedModel, stream: Stream, text: Path) -> float:
    """Score held-out text whole, window by window; the end tokens count as line breaks."""
    windows = Windows(width=WINDOWS.width, batch_size=8)
    batches = text_batches(stream, 0, windows=windows, seed=0)
    count = min(_EVALUATED, (len(stream) - 1) // windows.width // windows.batch_size - 1)
    nats = [float(loss_of(causal.Objective(network), next(batches))) for _ in range(count)]
    tokens_per_byte = len(stream) / text.stat().st_size
    return sum(nats) / len(nats) * tokens_per_byte / math.log(2)


def main() -> None:
    """Read the command line, train, score, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--compile", action="store_true", help="a third faster, where there is a C++ compiler")
    options = parser.parse_args()
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(options.tokenizer / "tokenizer.json"))
    end = tokenizer.token_to_id("<|end|>")
    checkpoint.create(Preset(**tomllib.loads(SHAPE.read_text())), options.tokenizer, options.output, seed=0)
    network = checkpoint.load(options.output)
    network.set_attn_implementation("eager")
    if options.compile:
        network.get_decoder().compile()
    stream = encode(options.text / "train.txt", tokenizer, end)
    schedule = Schedule(num_steps=options.steps, learning_rate=2e-3, checkpoint_every=250, precision="bfloat16")
    curve = train(
        causal.Objective(network),
        partial(text_batches, stream, windows=WINDOWS, seed=0),
        schedule,
        loss_of=loss_of,
        work=Work(partial=options.output, progress=line),
    )
    checkpoint.save(network, options.output, tokenizer=options.tokenizer)
    held_out = options.text / "held_out.txt"
    score = bits_per_byte(checkpoint.load(options.output), encode(held_out, tokenizer, end), held_out)
    facts = {
        "tokens": len(stream),
        "tokens_trained": options.steps * WINDOWS.width * WINDOWS.batch_size,
        "loss_curve": [{"step": point.step, "loss": round(point.loss, 4)} for point in curve],
        "bits_per_byte": round(score, 4),
    }
    (options.output / "language.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"bits per byte on held-out text: {score:.3f}")


if __name__ == "__main__":
    main()
