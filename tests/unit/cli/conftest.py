"""A small bundle that really answers, with an engine that needs no weights."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import limbeck.evaluation.checks.questions  # noqa: F401  imported here, so that it keeps the real open_bundle
from limbeck.bundle.assistant import Assistant
from limbeck.bundle.card import About
from limbeck.bundle.manifest import KNOWLEDGE, check_files, read_manifest
from limbeck.bundle.pack import pack
from limbeck.core.budget import Budget
from limbeck.engine.engine import Generation, Sampling
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

TABLE = "name,name_zh,capital,capital_zh\nChad,乍得,N'Djamena,恩贾梅纳\nPeru,秘鲁,Lima,利马\n"
PAGE = "# Visa desk\n\n## Opening hours of the visa desk\n\nThe visa desk is open from 8:30 to 16:00.\n"
MAPPING = """
[subject]
column = { en = "name", zh = "name_zh" }
[[property]]
id = "capital"
column = { en = "capital", zh = "capital_zh" }
label = { en = "capital", zh = "首都" }
"""
_MATCHED = re.compile(r"[=^][+~]\d\d!?⟦(\d+)⟧|#[4-9]⟦(\d+)⟧")


class CharacterTokenizer:
    """One token a character; 0 ends an answer."""

    stop_ids = (0,)

    def encode(self, text: str) -> list[int]:
        return [ord(character) for character in text]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))


class PlainTemplate:
    """The question as it is."""

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        return messages[-1]["content"]


class PointingEngine:
    """Refers to the first row that search marked as matching, or to none."""

    name = "pointing"

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        found = _MATCHED.search("".join(map(chr, prompt_T)))
        written = f"⟦{found[1] or found[2]}⟧\nIt is ⟦{found[1] or found[2]}⟧." if found else "⟦none⟧"
        for character in written if on_token else "":
            assert on_token is not None
            on_token(ord(character))
        return Generation(tokens=tuple(map(ord, written)), first_token_ms=1.0, total_ms=2.0)

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        return np.zeros(1, dtype=np.float32)

    def encode(self, text: str) -> list[int]:
        return CharacterTokenizer().encode(text)

    def close(self) -> None:
        pass


def open_pointing(path: Path, engine: str | None = None, num_threads: int = 2, *, scope: str = "") -> Assistant:
    manifest = read_manifest(path)
    check_files(path, manifest)
    return Assistant(
        knowledge=KnowledgeBase.open(path / KNOWLEDGE, scope=scope),
        template=PlainTemplate(),
        tokenizer=CharacterTokenizer(),
        engine=PointingEngine(),
        manifest=manifest,
    )


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    (folder / "handbook").mkdir(parents=True)
    (folder / "countries.csv").write_text(TABLE, encoding="utf-8")
    (folder / "countries.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "handbook/visas.md").write_text(PAGE, encoding="utf-8")
    return folder


@pytest.fixture
def bundle(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sealed bundle that an engine without weights answers for."""
    (tmp_path / "models/openvino").mkdir(parents=True)
    (tmp_path / "models/openvino/weights.bin").write_bytes(b"w" * 100)
    (tmp_path / "assistant").mkdir()
    (tmp_path / "assistant/tokenizer.json").write_text("{}")
    read = [
        Source(kind="table", location=sources / "countries.csv", root=sources, options={"mapping": "countries.toml"}),
        Source(kind="markdown", location=sources / "handbook", root=sources),
    ]
    build(read, tmp_path / "knowledge.sqlite")
    pack(
        tmp_path / "packed",
        name="atlas",
        models=tmp_path / "models",
        tokenizer=tmp_path / "assistant",
        knowledge=tmp_path / "knowledge.sqlite",
        lock={"name": "atlas"},
        about=About(base_model="tiny", budget=Budget(disk_bytes=25 * 10**6)),
    )
    monkeypatch.setattr("limbeck.bundle.assistant.open_bundle", open_pointing)
    monkeypatch.setattr("limbeck.evaluation.checks.questions.open_bundle", open_pointing)
    return tmp_path / "packed"
