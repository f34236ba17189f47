import os
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from limbeck.bundle.card import About
from limbeck.bundle.pack import pack
from limbeck.bundle.reply import Reply
from limbeck.core.budget import Budget
from limbeck.fusion.answer import Answer, refusal
from limbeck.knowledge.build import build
from limbeck.knowledge.evidence import Citation, Evidence, Label
from limbeck.knowledge.source import Source

ReplyWith = Callable[..., Reply]


class FakeNames:
    """Knows two countries by every name, and resolves a row to its cells."""

    names = (("Chad", "乍得", "TD"), ("United States", "US", "美国", "美"), ("Paris", "巴黎"), ("Lyon", "里昂"))
    rows = ("Chad,N'Djamena,恩贾梅纳,1284000",)

    def names_for(self, value: str) -> tuple[str, ...]:
        return next((group for group in self.names if value in group), (value,))

    def resolve(self, citation: Citation) -> str:
        return self.rows[(citation.row or 1) - 1]


def fact(subject: str, property_: str, value: str, value_zh: str = "", row: int = 1) -> Evidence:
    return Evidence(
        kind="fact",
        subject=Label(en=subject, zh=subject),
        property=Label(en=property_, zh=property_),
        property_id=property_,
        value=Label(en=value, zh=value_zh or value),
        link="named",
        match="named",
        fit=1.0,
        lead=1.0,
        citation=Citation(source="countries.csv", row=row),
    )


@pytest.fixture
def names() -> FakeNames:
    return FakeNames()


@pytest.fixture
def reply_with() -> ReplyWith:
    def make(text: str | None, *cited: Evidence, shown: tuple[Evidence, ...] = ()) -> Reply:
        answer = (
            refusal("en")
            if text is None
            else Answer(text=text, citations=tuple(row.citation for row in cited), evidence=cited, refused=False)
        )
        return Reply(answer=answer, language="en", timings_ms={"total": 5.0}, shown=(*cited, *shown))

    return make


@pytest.fixture
def fact_of() -> Callable[..., Evidence]:
    return fact


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pack a bundle whose two engines come from an installed outside package, here and in child processes."""
    site = tmp_path / "site"
    (site / "scripted-1.0.dist-info").mkdir(parents=True)
    (site / "scripted-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted\nVersion: 1.0\n")
    points = "[limbeck.engine.engines]\nscripted = scripted_engine\nsecond = scripted_engine\n"
    (site / "scripted-1.0.dist-info" / "entry_points.txt").write_text(points)
    shutil.copy(Path(__file__).with_name("scripted_engine.py"), site)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    parts = {name: tmp_path / name for name in ("models", "tokenizer", "knowledge")}
    for engine in ("scripted", "second"):
        (parts["models"] / engine).mkdir(parents=True)
        (parts["models"] / engine / "weights.bin").write_bytes(b"none")
    parts["tokenizer"] = Path(str(files("limbeck.model") / "presets" / "tiny"))
    table = tmp_path / "countries.csv"
    table.write_text(
        "name,name_zh,capital,capital_zh\nChad,乍得,N'Djamena,恩贾梅纳\nPeru,秘鲁,Lima,利马\n", encoding="utf-8"
    )
    build([Source(kind="table", location=table, root=tmp_path)], parts["knowledge"])
    about = About(base_model="tiny", budget=Budget(disk_bytes=25_000_000, memory_bytes=10**9, latency_ms=1000))
    pack(tmp_path / "bundle", name="scripted", lock={"seed": 0}, about=about, **parts)
    return tmp_path / "bundle"
