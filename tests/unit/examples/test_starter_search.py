"""What the starter's encoder learns to search from, on a few lines of made-up data."""

import copy
import dataclasses
import itertools
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from limbeck.model import checkpoint
from limbeck.recipe.preset import Preset

SENTENCES = {
    "en": ["A plane is taking off.,An air plane is taking off.,5.0", "A man plays a flute.,A dog runs.,1.0"],
    "zh": ["一架飞机正在起飞。,飞机起飞了。,5.0", "一个人在吹笛子。,一只狗在跑。,1.0"],
}
TEXT = [
    "The mill was built in 1820. It ground corn for three villages. A flood took it in 1903. Only the wheel was found, "
    "far down the river. It hangs in the town hall now.",
    "short",
]


@pytest.fixture(scope="module", autouse=True)
def recipe(starter_module) -> None:
    """Let every test import the recipes."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in ("stsb", "csl/ts", "csl/kg", "clinc150"):
        (folder / name).mkdir(parents=True)
    for language, lines in SENTENCES.items():
        path = folder / "stsb" / f"stsb-{language}-train.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("ts", "kg"):
        (folder / "csl" / name / "dev.tsv").write_text("to title\t本文介绍水车的历史。\t水车\n", encoding="utf-8")
    asked = '{"train": [["what is up", "hello"]], "test": [["how are  you", "hello"]], "oos_val": [["sing", "oos"]]}'
    (folder / "clinc150" / "data_full.json").write_text(asked, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pools(data: Path) -> dict[str, list]:
    return module("search_pairs").gather(data, TEXT)


def module(name: str) -> ModuleType:
    return __import__(name)


def test_nothing_held_out_is_learnt_from(pools: dict[str, list]) -> None:
    bank = module("bank")
    written = "\n".join(
        "\n".join((pair.anchor, pair.candidate, *(text for text, _ in pair.hard)))
        for pairs in pools.values()
        for pair in pairs
    )
    pages = bank.held_out_pages(bank.read_pages())
    assert pages
    assert not [section.heading for page in pages for section in page.sections if section.text in written]
    taught = {
        wording
        for domain in bank.taught(bank.read_domains())
        for relation in domain.relations
        for wordings in relation.property.questions.values()
        for wording in wordings
    }
    for domain in bank.held_out(bank.read_domains()):
        for relation in domain.relations:
            for wordings in relation.property.questions.values():
                for wording in set(wordings) - taught:
                    tail = wording.partition("{subject}")[2]
                    assert len(tail) < 40 or tail not in written


def test_questions_that_are_scored_are_not_in_the_text(data: Path, tmp_path: Path) -> None:
    text = tmp_path / "train.txt"
    text.write_text("how are you\nwhat is up\nsing\n", encoding="utf-8")
    assert module("encoder").plain_text(data, text) == ["what is up"]


def test_hard_negatives_are_of_the_same_page_and_of_another_group(pools: dict[str, list]) -> None:
    for pair in pools["section en"] + pools["section zh"]:
        title = pair.candidate.partition("\n")[0]
        assert pair.hard
        assert all(text.startswith(title) and group != pair.group for text, group in pair.hard)


def test_translations_and_likenesses_follow_the_scores(pools: dict[str, list]) -> None:
    assert [pair.candidate for pair in pools["alike en"]] == ["An air plane is taking off."]
    assert len(pools["translation"]) == 4


def test_files_that_are_no_translations_of_each_other_are_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "stsb").mkdir()
    for language, score in (("en", "5.0"), ("zh", "3.0")):
        (tmp_path / "stsb" / f"stsb-{language}-train.csv").write_text(f"a,b,{score}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no translation"):
        module("search_pairs").gather(tmp_path, [])


def test_pairs_are_the_same_for_the_same_seed(data: Path, pools: dict[str, list]) -> None:
    assert module("search_pairs").gather(data, TEXT) == pools


def course(pools: dict[str, list], tiny_checkpoint: Path):
    taught = module("teacher").Taught(texts=("one", "two", "三"), rows=(0, 1, 1), vectors_ME=np.eye(2, 8, dtype="f2"))
    return module("search_batches").Course(
        pools=pools,
        taught=taught,
        tokenizer=Tokenizer.from_file(str(tiny_checkpoint / "tokenizer.json")),
        pad_id=0,
        batch_size=6,
        taught_at_once=3,
    )


def test_starting_at_a_later_step_gives_the_same_batches(pools: dict[str, list], tiny_checkpoint: Path) -> None:
    batches = module("search_batches").search_batches
    chosen = course(pools, tiny_checkpoint)
    whole = list(itertools.islice(batches(0, course=chosen, seed=3), 8))
    later = list(itertools.islice(batches(5, course=chosen, seed=3), 3))
    for one, other in zip(whole[5:], later, strict=True):
        assert torch.equal(one.anchors_BT, other.anchors_BT)
        assert torch.equal(one.candidates_CT, other.candidates_CT)
        assert torch.equal(one.texts_ST, other.texts_ST)
    assert not torch.equal(whole[0].anchors_BT, whole[1].anchors_BT)


def test_a_batch_knows_what_belongs_together(pools: dict[str, list], tiny_checkpoint: Path) -> None:
    """Two names of one relation stand among the candidates: neither is a negative of the other's question."""
    relations = pools["relation en"]
    first = relations[0]
    second = next(pair for pair in relations if pair.group == first.group and pair.candidate != first.candidate)
    only = {"relation en": [first, second, relations[-1]]}
    batch = next(module("search_batches").search_batches(0, course=course(only, tiny_checkpoint), seed=0))
    shared = batch.related_BC[:, :3]
    assert batch.candidates_CT.shape[0] == 6
    assert shared.diagonal().all()
    assert int(shared.sum()) == 5


def test_a_chinese_text_learns_from_the_vector_of_its_translation(
    pools: dict[str, list], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = module("teacher")
    calls: list[int] = []

    def vectors(texts: list[str], path: Path) -> np.ndarray:
        calls.append(len(texts))
        return np.zeros((len(texts), 4), np.float16)

    monkeypatch.setattr(teacher, "_vectors", vectors)
    taught = teacher.teach(pools, TEXT, tmp_path)
    place = taught.texts.index("一架飞机正在起飞。")
    assert taught.rows[taught.texts.index("A plane is taking off.")] == taught.rows[place]
    assert list(map(len, taught.texts)) == sorted(map(len, taught.texts))
    assert max(taught.rows) < calls[0]


@pytest.fixture(scope="module")
def embedder(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory):
    tokenizer, folder = tmp_path_factory.mktemp("tokenizer"), tmp_path_factory.mktemp("encoder")
    shutil.copyfile(tiny_checkpoint / "tokenizer.json", tokenizer / "tokenizer.json")
    settings = '{"eos_token": "<|end|>", "pad_token": "<|user|>"}'
    (tokenizer / "tokenizer_config.json").write_text(settings, encoding="utf-8")
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_layers": 2, "head_dim": 16, "context_tokens": 64}
    checkpoint.create(Preset(family="modernbert", **sizes), tokenizer, folder, seed=0)
    return module("embedder").Embedder(folder, longest=12)


def test_a_vector_is_that_of_its_text_whatever_stands_beside_it(embedder) -> None:
    texts = ["The capital of Chad is N'Djamena and nothing else.", "日本", "What is the area of France?"]
    together = embedder.vectors(texts)
    alone = np.concatenate([embedder.vectors([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


def test_a_passage_is_found_by_its_end(embedder) -> None:
    retrieval = module("retrieval")
    long = "The capital of Chad is N'Djamena. " * 4 + "日本的首都是东京 Tokyo，货币是日元。"
    passages = [retrieval.Passage(title="", heading="", text=text) for text in ("What's the currency called?", long)]
    tokens = embedder.tokens([long])[0]
    windows = module("embedder").windows(tokens, 12)
    assert len(windows) > 2
    assert windows[-1] == tokens[-len(windows[-1]) :] and len(windows[-1]) > 6
    asked = embedder.vectors_of([windows[-1]])[0]
    search = retrieval.VectorSearch(passages, embedder)
    assert search._ranking(asked) == [1, 0]
    assert float((search._vectors_WD @ asked).max()) == pytest.approx(1.0, abs=1e-4)
    assert embedder.vectors_of([tokens])[0] @ asked < 0.999


def test_words_find_the_passage_that_holds_them() -> None:
    retrieval = module("retrieval")
    texts = ("Trees grow slowly in the north.", "The ferry leaves at noon.", "渡船中午开。")
    passages = tuple(retrieval.Passage(title="", heading="", text=text) for text in texts)
    found = retrieval.WordSearch(retrieval.RetrievalSet(language="en", passages=passages, questions=()))
    assert found.bm25("When does the ferry leave?")[0] == 1
    assert found.search("渡船什么时候开？")[0] == 2


def test_a_teacher_is_reached_where_vectors_and_cosines_are_its_own() -> None:
    teacher = torch.nn.functional.normalize(torch.tensor([[1.0, 0.2], [0.1, 1.0]]), dim=-1)
    distance = module("encoder").distance
    assert float(distance(3 * teacher, teacher, teacher)) == pytest.approx(0.0, abs=1e-6)
    assert float(distance(teacher.flip(0), teacher, teacher)) > 0.1
    assert float(distance(teacher, torch.eye(2), teacher)) > 0.1


def test_training_on_pairs_and_a_teacher_brings_the_loss_down(
    pools: dict[str, list], tiny_checkpoint: Path, embedder
) -> None:
    encoder = module("encoder")
    chosen = course({"section en": pools["section en"][:6]}, tiny_checkpoint)
    batch = next(module("search_batches").search_batches(0, course=chosen, seed=0))
    torch.manual_seed(0)
    model = encoder.Searching(copy.deepcopy(embedder._encoder.network), 8)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    losses = []
    for _ in range(12):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = encoder.loss_of(model, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.3
    alone = encoder.loss_of(model, dataclasses.replace(batch, texts_ST=None, teacher_SE=None))
    assert 0 < float(alone.detach()) < losses[-1]
    assert model.teacher_head.weight.grad.abs().sum() > 0


def test_quality_counts_where_the_wanted_passage_stands() -> None:
    scores = module("retrieval").quality([[4, 2], [2, 4], [9]], [4, 4, 4])
    assert scores["recall@1"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["recall@4"] == pytest.approx(2 / 3, abs=1e-4)
    assert scores["ndcg@10"] == pytest.approx((1 + 0.6309) / 3, abs=1e-4)
