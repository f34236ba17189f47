"""Gather plain text in English and Chinese for the starter's first lesson: what words go together.

    python recipes/starter/text.py DATA -o build/starter/text

DATA holds the public sets named in `SOURCES`, each in its folder. Writes train.txt and held_out.txt, a passage a line,
both languages mixed. Passages are put in an order of their own digest, so that the same sets give the same bytes.
"""

import argparse
import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

_HELD_OUT = 40
_SHORTEST, _LONGEST = 8, 1200


def _paragraphs(path: Path) -> Iterator[str]:
    return (block.replace("<unk>", "…") for block in path.read_text(encoding="utf-8").split("\n"))


def _stories(path: Path) -> Iterator[str]:
    return (
        story.replace("\n", " ") for story in path.read_text(encoding="utf-8", errors="ignore").split("<|endoftext|>")
    )


def _strings(path: Path) -> Iterator[str]:
    """Yield every string of a JSON file, wherever it stands."""

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict | list):
            yield from chain.from_iterable(walk(each) for each in (node.values() if isinstance(node, dict) else node))

    return walk(json.loads(path.read_text(encoding="utf-8")))


def _json_lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        yield " ".join([task["instruction"], *(f"{one['input']} {one['output']}" for one in task["instances"])])


def _dialogues(path: Path) -> Iterator[str]:
    """Yield the turns of each KdConv dialogue as one passage, and what it was told on the way."""
    for dialogue in json.loads(path.read_text(encoding="utf-8")):
        yield " ".join(turn["message"] for turn in dialogue["messages"])
        for turn in dialogue["messages"]:
            yield from (f"{told['name']}，{told['attrname']}：{told['attrvalue']}" for told in turn.get("attrs", ()))


def _said(path: Path) -> Iterator[str]:
    """Yield the utterances of dialogue files whose lines read `3 user<tab>system<tab>…`."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if "\t" in line:
            yield " ".join(re.sub(r"^\d+ ", "", line).split("\t")[:2]).replace("_", " ")


def _column(*places: int, delimiter: str = "\t") -> Callable[[Path], Iterator[str]]:
    def read(path: Path) -> Iterator[str]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else 0):
                yield from (row[place] for place in places if place < len(row))

    return read


def _quoted(path: Path) -> Iterator[str]:
    return (re.sub(r"</?e\d>", "", match) for match in re.findall(r'\t"(.+)"', path.read_text(encoding="utf-8")))


def _listed(path: Path) -> Iterator[str]:
    return (
        line.lstrip("- ") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("- -", "  -"))
    )


SOURCES: dict[str, Callable[[Path], Iterator[str]]] = {
    "wikitext2/valid.txt": _paragraphs,
    "tinystories_2mb/tinystories_sample.txt": _stories,
    "semeval2010_task8/TRAIN_FILE.TXT": _quoted,
    "stsb/stsb-*-train.csv": _column(0, 1, delimiter=","),
    "clinc150/data_full.json": _strings,
    "webquestions/main/*.json": _strings,
    "multiwoz21_e2e/gd_train.txt": _said,
    "e2e_nlg/devset.csv": _column(1, delimiter=","),
    "instruction_seed/seed_tasks.jsonl": _json_lines,
    "chatterbot/*/*.yml": _listed,
    "chinese_nre/*/train.txt": _column(3),
    "csl/*/dev.tsv": _column(1, 2),
    "csl/cls_ctg/train.tsv": _column(1),
    "kdconv/*/dev.json": _dialogues,
    "crosswoz/database/*.json": _strings,
    "kdconv/travel/kb_travel.json": _strings,
}
"""Where text is taken from, and how each kind of file is read; licences stand in SOURCE.txt beside each."""


def gather(data: Path) -> list[str]:
    """Return every passage once, in the order of its digest."""
    passages: dict[str, str] = {}
    for pattern, read in SOURCES.items():
        for path in sorted(data.glob(pattern)):
            for passage in read(path):
                text = " ".join(passage.split())[:_LONGEST]
                if (len(text) >= _SHORTEST and " " in text) or len(re.findall(r"[\u4e00-\u9fff]", text)) >= _SHORTEST:
                    passages[hashlib.sha256(text.encode()).hexdigest()] = text
    return [passages[digest] for digest in sorted(passages)]


def main() -> None:
    """Read the command line, gather, split, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    passages = gather(options.data)
    options.output.mkdir(parents=True, exist_ok=True)
    parts = {"held_out": passages[::_HELD_OUT], "train": [p for n, p in enumerate(passages) if n % _HELD_OUT]}
    for name, part in parts.items():
        (options.output / f"{name}.txt").write_text("\n".join(part) + "\n", encoding="utf-8")
        print(f"{name}: {len(part):,} passages, {sum(len(p.encode()) for p in part) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
