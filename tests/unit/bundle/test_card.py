import json

from limbeck.bundle.card import About, KnowledgeSource, sources_of, write_card
from limbeck.core.budget import Budget


def test_the_card_says_what_it_is() -> None:
    about = About(
        base_model='odd: "name"',
        budget=Budget(disk_bytes=25_000_000),
        sources=(KnowledgeSource(name="a|b.csv", kind="table", items=3, licence="ODbL"),),
    )
    card = write_card("atlas", about, engines=("openvino",), sizes=(("knowledge.sqlite", 1500),))
    head = card.split("---")[1].splitlines()
    assert f"base_model: {json.dumps(about.base_model)}" in head
    assert 'license: "apache-2.0"' in head and '- "zh"' in head
    assert "| a\\|b.csv | table | 3 | ODbL |" in card
    assert "| disk | 25 MB |" in card and "| memory | no limit |" in card
    assert "| `knowledge.sqlite` | 1.5 kB |" in card


def test_sources_come_from_the_waterfall_of_a_build() -> None:
    waterfall = {"sources": [{"name": "a.csv", "kind": "table", "rows": 3, "chunks": 0, "facts": 9, "dropped": {}}]}
    assert sources_of(waterfall, {"a.csv": "ODbL"}) == (
        KnowledgeSource(name="a.csv", kind="table", items=3, licence="ODbL"),
    )
    assert sources_of({}) == ()
