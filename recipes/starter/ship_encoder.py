"""Export the trained encoder, with the word vectors beside it, for the engine that embeds on the run side.

    python recipes/starter/ship_encoder.py build/starter/encoder build/starter/words.npz -o build/starter/shipped
    python recipes/starter/ship_encoder.py … --scores build/starter/encoder_scores.json -o OUT

OUT is src/limbeck/knowledge/encoder. With scores it gets a card, whose numbers are read from what training and scoring
wrote.
"""

import argparse
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import openvino
import torch

from limbeck.knowledge.encoder_files import GRAPH, TOKENIZER, WORDS
from limbeck.knowledge.word_vectors import WordVectors
from limbeck.model import checkpoint
from limbeck.model.sentence_embedding import SentenceEncoder

_EXAMPLE = [[300, 400, 500], [300, 400, 0]]


def export(trained: Path, words: Path, target: Path) -> None:
    """Write a checkpoint folder as a graph from padded tokens to unit vectors, weights in half precision."""
    network = checkpoint.load(trained, "encoder")
    network.set_attn_implementation("eager")
    example_BT = torch.tensor(_EXAMPLE)
    example_BT[1, -1] = network.config.pad_token_id
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of the branches it takes; a padded example takes all of them
        graph = openvino.convert_model(SentenceEncoder(network).eval(), example_input=example_BT)
    target.mkdir(parents=True, exist_ok=True)
    openvino.save_model(graph, target / GRAPH, compress_to_fp16=True)
    shutil.copyfile(trained / TOKENIZER, target / TOKENIZER)
    shutil.copyfile(words, target / WORDS)


def table(scores: dict[str, Any]) -> str:
    """Write the scores of ours and of MiniLM as a table; a column without MiniLM where it was not there."""
    rows = ["| | BM25 | ours, fused | MiniLM, fused |", "|---|--:|--:|--:|"]
    for name, found in scores["search"].items():
        fused = [f"{found[who]['fused']['ndcg@10']:.3f}" for who in ("ours", "minilm")]
        rows.append(f"| nDCG@10, {name} | {found['bm25']['ndcg@10']:.3f} | {fused[0]} | {fused[1]} |")
    told = {"en": "English", "zh": "Chinese"}
    for side, language in told.items():
        pair = [f"{scores['likeness'][who][side]:.3f}" for who in ("ours", "minilm")]
        rows.append(f"| STS-B dev, Spearman, {language} | | {pair[0]} | {pair[1]} |")
    for key in ("centroid_accuracy", "out_of_scope_recall"):
        pair = [f"{scores['intents'][who][key]:.1%}" for who in ("ours", "minilm")]
        rows.append(f"| CLINC150, {key.replace('_', ' ')} | | {pair[0]} | {pair[1]} |")
    return "\n".join(rows)


def card(trained: Path, words: WordVectors, scores: dict[str, Any]) -> str:
    """Fill the card's template with what was measured."""
    config = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    facts = json.loads((trained / "encoder.json").read_text(encoding="utf-8"))
    return (Path(__file__).parent / "encoder_card.md").read_text(encoding="utf-8").format(
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        parameters=checkpoint.load(trained, "encoder").num_parameters() / 1e6,
        first_steps=facts["understanding"][-1]["step"],
        search_steps=facts["search"][-1]["step"],
        pairs=sum(facts["pairs"].values()),
        taught=facts["texts_with_a_teacher"],
        words=len(words),
        word_width=len(words.vector("")),
        total_width=config["hidden_size"] + len(words.vector("")),
        table=table(scores),
    )  # fmt: skip


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path)
    parser.add_argument("words", type=Path)
    parser.add_argument("--scores", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    export(options.trained, options.words, options.output)
    if options.scores:
        scores = json.loads(options.scores.read_text(encoding="utf-8"))
        written = card(options.trained, WordVectors(options.words), scores)
        (options.output / "README.md").write_text(written, encoding="utf-8")
    size = sum(path.stat().st_size for path in options.output.iterdir())
    print(f"{options.output}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
