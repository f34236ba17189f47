from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

COUNTRIES = """\
name,name_zh,aliases,capital,capital_zh,currency,currency_zh,borders,area_km2,languages,languages_zh
Chad,乍得,TD;Republic of Chad,N'Djamena,恩贾梅纳,CFA franc,中非法郎,Libya;Kenya,1284000,French;Arabic,法语;阿拉伯语
Kenya,肯尼亚,KE,Nairobi,内罗毕,Kenyan shilling,肯尼亚先令,,580367,Swahili;English,斯瓦希里语;英语
Libya,利比亚,LY,Tripoli,的黎波里,Libyan dinar,利比亚第纳尔,Chad,1759540,Arabic,阿拉伯语
the United States,美国,US;USA;America,"Washington, D.C.",华盛顿,US dollar,美元,,9372610,English,英语
Côte d’Ivoire,科特迪瓦,Ivory Coast,Yamoussoukro,亚穆苏克罗,West African CFA franc,西非法郎,,322463,French,法语
"""
MAPPING = """\
[subject]
column = { en = "name", zh = "name_zh" }
aliases = ["aliases"]
kind = { en = "country", zh = "国家" }
[[property]]
id = "capital"
column = { en = "capital", zh = "capital_zh" }
label = { en = "capital", zh = "首都" }
aliases = { en = ["capital city", "seat of government"], zh = ["首府"] }
answer = { en = "The capital of {subject} is {value}.", zh = "{subject}的首都是{value}。" }
questions = { en = ["Which city governs {subject}?"], zh = ["{subject}的政府在哪座城市？"] }
[[property]]
id = "currency"
column = { en = "currency", zh = "currency_zh" }
label = { en = "currency", zh = "货币" }
[[property]]
id = "neighbours"
column = "borders"
label = { en = "neighbours", zh = "邻国" }
separator = ";"
[[property]]
id = "area"
column = "area_km2"
label = { en = "area", zh = "面积" }
unit = { en = "km²", zh = "平方公里" }
[[property]]
id = "languages"
column = { en = "languages", zh = "languages_zh" }
label = { en = "languages", zh = "语言" }
separator = ";"
"""
VISAS = """\
# Visa desk

## Opening hours

The visa desk is open from 9:00 to 17:00, Monday to Friday.

## Fees

A visa costs 40 euros.
"""
BAGGAGE = """\
# 行李

## 托运

每位旅客可以免费托运一件行李，重量不超过23公斤。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe folder with one table, its mapping, and two pages."""
    (tmp_path / "countries.csv").write_text(COUNTRIES, encoding="utf-8")
    (tmp_path / "countries.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "visas.md").write_text(VISAS, encoding="utf-8")
    (tmp_path / "handbook" / "baggage.zh.md").write_text(BAGGAGE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def sources(folder: Path) -> list[Source]:
    table = Source(kind="table", location=folder / "countries.csv", root=folder, options={"mapping": "countries.toml"})
    return [table, Source(kind="markdown", location=folder / "handbook", root=folder)]


@pytest.fixture
def base_path(folder: Path, sources: list[Source]) -> Path:
    build(sources, folder / "knowledge.sqlite")
    return folder / "knowledge.sqlite"


@pytest.fixture
def base(base_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(base_path) as opened:
        yield opened


@pytest.fixture
def read_table(tmp_path: Path) -> Callable[..., KnowledgeBase]:
    """Build a base from the bytes or text of one table alone."""

    def read(content: str | bytes, mapping: str | None = None, name: str = "t.csv") -> KnowledgeBase:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = {}
        if mapping is not None:
            (tmp_path / "t.toml").write_text(mapping, encoding="utf-8")
            options = {"mapping": "t.toml"}
        build([Source(kind="table", location=path, root=tmp_path, options=options)], tmp_path / "t.sqlite")
        return KnowledgeBase.open(tmp_path / "t.sqlite")

    return read
