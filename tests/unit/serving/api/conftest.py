"""A bundle that answers without weights, its app in this process, and a server in another."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from limbeck.bundle.assistant import open_bundle
from limbeck.bundle.card import About
from limbeck.bundle.pack import pack
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.source import Source
from limbeck.serving.api.app import make_app
from limbeck.serving.api.keys import Key
from limbeck.serving.api.limits import Limits
from limbeck.serving.api.service import Service
from limbeck.serving.api.work_queue import Ticket

TABLE = "name,name_zh,capital,capital_zh,area\nChad,乍得,N'Djamena,恩贾梅纳,1284000\nPeru,秘鲁,Lima,利马,1285216\n"
PAGE = "# Visa desk\n\n## Opening hours of the visa desk\n\nThe visa desk is open from 8:30 to 16:00.\n"
MAPPING = """
[subject]
column = { en = "name", zh = "name_zh" }
[[property]]
id = "capital"
column = { en = "capital", zh = "capital_zh" }
label = { en = "capital", zh = "首都" }
[[property]]
id = "area"
column = "area"
label = { en = "area", zh = "面积" }
"""
Connect = Callable[..., TestClient]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages with the engine in it; on the path only where a bundle is opened."""
    site = tmp_path_factory.mktemp("site")
    (site / "referring-1.0.dist-info").mkdir()
    (site / "referring-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: referring\nVersion: 1.0\n")
    (site / "referring-1.0.dist-info/entry_points.txt").write_text(
        "[limbeck.engine.engines]\nreferring = referring_engine\n"
    )
    shutil.copy(Path(__file__).with_name("referring_engine.py"), site)
    return site


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a knowledge base, its encoder, and a place for weights."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "sources/handbook").mkdir(parents=True)
    (folder / "sources/countries.csv").write_text(TABLE, encoding="utf-8")
    (folder / "sources/countries.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "sources/handbook/visas.md").write_text(PAGE, encoding="utf-8")
    root = folder / "sources"
    table = Source(kind="table", location=root / "countries.csv", root=root, options={"mapping": "countries.toml"})
    pages = Source(kind="markdown", location=root / "handbook", root=root)
    build([table, pages], folder / "knowledge.sqlite", embedder=shipped())
    shutil.copytree(str(files("limbeck.model") / "presets" / "tiny"), folder / "tokenizer")
    (folder / "tokenizer/config.json").write_text('{"max_position_embeddings": 512}')
    return folder


@pytest.fixture(scope="session")
def shared_bundle(parts: Path) -> Path:
    """A bundle that no test edits."""
    return pack_bundle(parts, parts / "atlas")


@pytest.fixture
def bundle(parts: Path, tmp_path: Path) -> Path:
    """A bundle of its own for a test that may edit it."""
    return pack_bundle(parts, tmp_path / "atlas")


@contextmanager
def opened_app(site: Path, bundle: Path, *, keys: tuple[Key, ...] = (), **limits: float) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        assistant = open_bundle(bundle)
    service = Service(bundle, assistant, Limits(**limits))  # type: ignore[arg-type]
    with TestClient(make_app(service, keys=keys), base_url="http://127.0.0.1") as client:
        yield client


def pack_bundle(parts: Path, target: Path, token_seconds: dict[str, float] | None = None) -> Path:
    models = target.with_name(f"{target.name}-models")
    (models / "referring").mkdir(parents=True)
    (models / "referring/weights.bin").write_text(json.dumps(token_seconds or {}))
    about = About(base_model="tiny")
    made = {"models": models, "tokenizer": parts / "tokenizer", "knowledge": parts / "knowledge.sqlite"}
    pack(target, name="atlas", lock={"seed": 0}, about=about, **made)
    return target


@pytest.fixture
def connect(site: Path, shared_bundle: Path) -> Iterator[Connect]:
    """What opens an app of the shared bundle and returns a client; given keys and limits."""
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(opened_app(site, shared_bundle, **options))


@pytest.fixture(scope="session")
def client(site: Path, shared_bundle: Path) -> Iterator[TestClient]:
    """A client of the shared bundle's app, without keys."""
    with opened_app(site, shared_bundle) as client:
        yield client


@pytest.fixture
def editor(site: Path, bundle: Path) -> Iterator[TestClient]:
    """A client of a bundle that may be edited."""
    with opened_app(site, bundle) as client:
        yield client


@contextmanager
def held(service: Service) -> Iterator[None]:
    """Keep the worker busy."""
    begun, released = threading.Event(), threading.Event()

    def work(ticket: Ticket[None]) -> None:
        begun.set()
        released.wait(30)

    service.queue.submit(Ticket("holder", work, 30))
    assert begun.wait(10)
    try:
        yield
    finally:
        released.set()


@pytest.fixture
def hold() -> Callable[[Service], object]:
    """What keeps the worker of a service busy while a test goes on."""
    return held


@pytest.fixture(scope="session")
def slow_bundle(parts: Path) -> Path:
    """A bundle whose engine takes its time over some questions, so that something can happen meanwhile."""
    return pack_bundle(parts, parts / "slow", {"Peru": 0.2, "visa": 0.03})
