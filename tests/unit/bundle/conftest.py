from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.bundle.card import About, KnowledgeSource
from limbeck.bundle.pack import pack
from limbeck.core.budget import Budget

Packer = Callable[[str], Path]


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Path]:
    models, tokenizer, knowledge = tmp_path / "models", tmp_path / "assistant", tmp_path / "knowledge.sqlite"
    for engine in ("openvino", "llamacpp"):
        (models / engine).mkdir(parents=True)
        (models / engine / "weights.bin").write_bytes(engine.encode() * 50)
    tokenizer.mkdir()
    (tokenizer / "tokenizer.json").write_text("{}", encoding="utf-8")
    (tokenizer / "chat_template.jinja").write_text("{{ x }}", encoding="utf-8")
    (tokenizer / "model.safetensors").write_bytes(b"never packed")
    knowledge.write_bytes(b"SQLite format 3\x00" + bytes(100))
    return {"models": models, "tokenizer": tokenizer, "knowledge": knowledge}


@pytest.fixture
def packed(tmp_path: Path, parts: dict[str, Path]) -> Packer:
    about = About(
        base_model="presets/tiny",
        budget=Budget(disk_bytes=25_000_000, memory_bytes=300_000_000, latency_ms=15),
        sources=(KnowledgeSource(name="countries.csv", kind="table", items=195, licence="ODbL-1.0"),),
    )
    lock = {"name": "atlas", "seed": 0, "budget": {"disk": "25 MB"}, "knowledge": [{"kind": "table"}]}

    def make(folder: str) -> Path:
        pack(tmp_path / folder, name="atlas", lock=lock, about=about, **parts)
        return tmp_path / folder

    return make
