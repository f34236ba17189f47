"""Put the trained decoder into the package: half precision, the defaults a run tunes it with, and its card.

    python recipes/starter/ship.py build/starter -o src/limbeck/model/checkpoints/starter

The card's numbers are read from what training and scoring wrote; none is typed in.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch

from limbeck.model import checkpoint
from limbeck.recipe.shipped import TUNING

HERE = Path(__file__).parent
_KINDS = {
    "fact": "one row of a subject that the question names",
    "follow property": "the same, the subject named a turn before",
    "follow subject": "the same, the property named a turn before",
    "inverse": "the row whose value the question names",
    "two subjects": "the rows of two subjects",
    "two properties": "two rows of one subject",
    "passage": "the passage that answers, or none where search did not find it",
    "no passage": "refusing what no passage answers",
    "absent": "refusing a property that the table lacks",
    "unanswered": "refusing what no such table tells",
    "unknown subject": "refusing a subject that nobody knows",
}


def table(scores: dict[str, Any]) -> str:
    """Write the scores on unseen relations, subjects and pages as a table."""
    rows = ["| to find | English | Chinese |", "|---|--:|--:|"]
    for kind, meaning in _KINDS.items():
        rows.append(f"| {meaning} | {scores[f'{kind} en']:.1%} | {scores[f'{kind} zh']:.1%} |")
    rows.append(f"| refusals: precision, recall | {scores['refusal_precision']:.1%} | {scores['refusal_recall']:.1%} |")
    return "\n".join(rows)


def card(build: Path) -> str:
    """Fill the card's template with measured numbers."""
    language = json.loads((build / "language" / "language.json").read_text())
    lines = (build / "reading" / "reading.jsonl").read_text().splitlines()
    scores = json.loads(lines[-1])
    curve = json.loads((build / "reading" / "curve.json").read_text())
    return (HERE / "card.md").read_text(encoding="utf-8").format(
        text_tokens=f"{language['tokens'] / 1e6:.1f}",
        text_seen=f"{language['tokens_trained'] / 1e6:.1f}",
        bits_per_byte=f"{language['bits_per_byte']:.2f}",
        steps=f"{curve[-1]['step']:,}",
        lessons=f"{curve[-1]['step'] * 32:,}",
        unseen=table(scores),
    )  # fmt: skip


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    trained = options.build / "reading"
    network = checkpoint.load(trained).to(torch.float16)
    shutil.rmtree(options.output, ignore_errors=True)
    checkpoint.save(network, options.output, tokenizer=trained)
    (options.output / "generation_config.json").unlink(missing_ok=True)
    shutil.copyfile(HERE / TUNING, options.output / TUNING)
    (options.output / "README.md").write_text(card(options.build), encoding="utf-8")
    size = sum(path.stat().st_size for path in options.output.iterdir())
    print(f"{options.output}: {size / 1e6:.1f} MB, {network.num_parameters():,} parameters")


if __name__ == "__main__":
    main()
