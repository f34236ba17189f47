"""Score the starter's encoder beside the real MiniLM: search, likeness of sentences, and what a sentence asks for.

    python recipes/starter/score_encoder.py DATA build/starter/shipped -o build/starter/encoder_scores.json

It scores what `ship_encoder.py` exported, as an assistant uses it. DATA holds xquad, cmrc2018, stsb and clinc150; none
of what is scored here was trained on. MiniLM is scored where its package is installed. Search is by BM25, by vectors,
and by both fused by reciprocal rank.
"""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from console import line
from embedder import Encoder, Vectors, minilm
from retrieval import Ranking, RetrievalSet, VectorSearch, WordSearch, quality, read_sets
from search_pairs import read_likenesses

from limbeck.corpus.language import LANGUAGES
from limbeck.knowledge.embedder import Embedder
from limbeck.knowledge.encoder_files import MODEL_FILES
from limbeck.knowledge.ranking import fuse

_TIMED = 64
_OUTSIDE = "oos"


def search_scores(chosen: RetrievalSet, embedders: Mapping[str, Encoder]) -> dict[str, Any]:
    """Score every way to rank on one set."""
    questions = [question for question, _ in chosen.questions]
    wanted = [number for _, number in chosen.questions]
    by_words = WordSearch(chosen)
    bm25 = [by_words.bm25(question) for question in questions]
    scores: dict[str, Any] = {
        "passages": len(chosen.passages),
        "questions": len(questions),
        "bm25": quality(bm25, wanted),
        "search": quality([by_words.search(question) for question in questions], wanted),
    }
    for name, embedder in embedders.items():
        vectors = VectorSearch(chosen.passages, embedder).rankings(questions)
        pairs = list(zip(bm25, vectors, strict=True))
        ways: dict[str, list[Ranking]] = {
            "vectors": vectors,
            "fused": [fuse(pair) for pair in pairs],
            "fused, words twice": [fuse((words, words, near)) for words, near in pairs],
        }
        scores[name] = {way: quality(rankings, wanted) for way, rankings in ways.items()}
    return scores


def likeness(path: Path, embedder: Encoder) -> float:
    """Return Spearman's correlation of cosines with what people said."""
    rows = read_likenesses(path)
    one_ND, other_ND = (embedder.vectors([row[side] for row in rows]) for side in (0, 1))  # type: ignore[misc]
    cosines_N = (one_ND * other_ND).sum(1)
    ranks = [_ranks(np.asarray(values, np.float64)) for values in (cosines_N, [row[2] for row in rows])]
    return round(float(np.corrcoef(*ranks)[0, 1]), 4)


def intents(path: Path, embedder: Encoder) -> dict[str, float]:
    """Score CLINC150 with the nearest centroid, and with a linear probe.

    Questions out of scope are told by a threshold on the cosine, chosen on the validation part.
    """
    parts: dict[str, list[list[str]]] = json.loads(path.read_text(encoding="utf-8"))
    vectors = {name: embedder.vectors([said for said, _ in rows]) for name, rows in parts.items()}
    names = sorted({intent for _, intent in parts["train"]})
    labels = {
        name: np.asarray([names.index(intent) if intent in names else -1 for _, intent in rows])
        for name, rows in parts.items()
    }
    centroids_KD = np.stack([vectors["train"][labels["train"] == number].mean(0) for number in range(len(names))])
    centroids_KD /= np.linalg.norm(centroids_KD, axis=1, keepdims=True)
    threshold = _threshold(vectors, labels["val"], centroids_KD)
    inside, nearest = _nearest(vectors["test"], centroids_KD)
    outside, _ = _nearest(vectors[f"{_OUTSIDE}_test"], centroids_KD)
    probed = _probe(vectors["train"], labels["train"], vectors["test"])
    right = nearest == labels["test"]
    return {
        "centroid_accuracy": round(float(right.mean()), 4),
        "centroid_accuracy_with_threshold": round(float((right & (inside >= threshold)).mean()), 4),
        "out_of_scope_recall": round(float((outside < threshold).mean()), 4),
        "probe_accuracy": round(float((probed == labels["test"]).mean()), 4),
    }


def _threshold(vectors: Mapping[str, Vectors], labels_N: npt.NDArray[np.int64], centroids_KD: Vectors) -> float:
    """Return the cosine under which most of the validation part is right to be refused."""
    inside, nearest = _nearest(vectors["val"], centroids_KD)
    outside, _ = _nearest(vectors[f"{_OUTSIDE}_val"], centroids_KD)
    # the validation part has thirty times fewer questions out of scope: both kinds count alike
    places = np.linspace(0, 1, 201)
    gains = [float(((nearest == labels_N) & (inside >= at)).mean() + (outside < at).mean()) for at in places]
    return float(places[int(np.argmax(gains))])


def _nearest(vectors_ND: Vectors, centroids_KD: Vectors) -> tuple[Vectors, npt.NDArray[np.int64]]:
    cosines_NK = vectors_ND @ centroids_KD.T
    return cosines_NK.max(1), cosines_NK.argmax(1)


def _probe(train_ND: Vectors, labels_N: npt.NDArray[np.int64], test_MD: Vectors) -> npt.NDArray[np.int64]:
    """Return what a linear layer, trained on the vectors as they are, says of others."""
    mean_D, deviation_D = train_ND.mean(0), train_ND.std(0).clip(1e-6)  # MiniLM has a dimension that never moves
    train, test = (torch.from_numpy((each - mean_D) / deviation_D) for each in (train_ND, test_MD))
    torch.manual_seed(0)
    layer = torch.nn.Linear(train.shape[1], int(labels_N.max()) + 1)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=0.02, weight_decay=0.01)
    for _ in range(200):
        loss = torch.nn.functional.cross_entropy(layer(train), torch.from_numpy(labels_N))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        found: npt.NDArray[np.int64] = layer(test).argmax(1).numpy()
    return found


def _ranks(values_N: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rank of each value, equal ones their mean rank."""
    _, inverse_N, counts = np.unique(values_N, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse_N]


def _seconds_each(embedder: Encoder, questions: list[str]) -> float:
    started = time.perf_counter()
    for question in questions:
        embedder.vectors([question])
    return (time.perf_counter() - started) / len(questions)


def score(data: Path, embedders: Mapping[str, Encoder]) -> dict[str, Any]:
    """Score everything."""
    sets = read_sets(data)
    scores: dict[str, Any] = {"search": {}, "likeness": {}, "intents": {}, "milliseconds_per_question": {}}
    for number, (name, chosen) in enumerate(sets.items()):
        line(number, len(sets), name)
        scores["search"][name] = search_scores(chosen, embedders)
    some = [question for question, _ in sets["xquad en"].questions[:_TIMED]]
    for name, embedder in embedders.items():
        files = {side: data / "stsb" / f"stsb-{side}-dev.csv" for side in LANGUAGES}
        scores["likeness"][name] = {side: likeness(path, embedder) for side, path in files.items()}
        scores["intents"][name] = intents(data / "clinc150" / "data_full.json", embedder)
        scores["milliseconds_per_question"][name] = round(1000 * _seconds_each(embedder, some), 2)
    return scores


def main() -> None:
    """Read the command line, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    embedders: dict[str, Encoder] = {"ours": Embedder(options.encoder)}
    if (real := minilm()) is not None:
        embedders["minilm"] = real
    size = sum((options.encoder / name).stat().st_size for name in MODEL_FILES)
    scores = {"size_bytes": size, **score(options.data, embedders)}
    options.output.write_text(json.dumps(scores, indent=1) + "\n")
    print(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
