"""Pack build/atlas here with an engine that needs no weights; run in a copy of the project."""

import shutil
from pathlib import Path

import limbeck
from limbeck.bundle.card import About
from limbeck.bundle.pack import pack
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

ENGINE = r"""
from tokenizers import Tokenizer

from limbeck.engine.engine import Generation


class Scripted:
    name = "scripted"

    def __init__(self, folder):
        self._tokenizer = Tokenizer.from_file(str(folder.parents[1] / "tokenizer" / "tokenizer.json"))

    def generate(self, prompt_T, sampling, on_token=None):
        written = "⟦1⟧\nThe capital of ⟦1.subject⟧ is ⟦1⟧."
        tokens = self._tokenizer.encode(written, add_special_tokens=False).ids
        return Generation(tokens=tuple(tokens), first_token_ms=1.0, total_ms=1.0)

    def close(self):
        pass


def load(folder, *, num_threads=2):
    return Scripted(folder)
"""
QUESTION = '{"question": "What is the capital of Mongolia?", "answers": ["Ulaanbaatar"]}\n'


def main() -> None:
    home, here = Path(limbeck.__path__[0]), Path.cwd()
    assert home.is_relative_to(here), "only in a copy: this adds an engine to the package"
    (home / "engine/engines/scripted.py").write_text(ENGINE, encoding="utf-8")
    for folder in ("models/scripted", "examples/atlas", "build"):
        (here / folder).mkdir(parents=True)
    (here / "models/scripted/weights").write_text("none")
    (here / "places.csv").write_text("name,capital\nMongolia,Ulaanbaatar\n")
    (here / "examples/atlas/questions.jsonl").write_text(QUESTION)
    build([Source(kind="table", location=here / "places.csv", root=here)], here / "knowledge.sqlite")
    parts = {
        "models": here / "models",
        "tokenizer": home / "model/presets/tiny",
        "knowledge": here / "knowledge.sqlite",
    }
    pack(here / "build/atlas", name="atlas", lock={"seed": 0}, about=About(base_model="tiny"), **parts)
    shutil.rmtree(here / "models")


if __name__ == "__main__":
    main()
