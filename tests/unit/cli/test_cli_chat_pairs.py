"""chat with encoder-decoders: the encoder reads the talk so far, the decoder writes the answer."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest
import torch
from tokenizers import Tokenizer

from limbeck.cli import main
from limbeck.model import checkpoint
from limbeck.model.dialogue_batches import Layout
from limbeck.model.dialogue_format import Lines
from limbeck.model.marked_tokens import mark_answers
from limbeck.model.objectives import dialogue

Capture = pytest.CaptureFixture[str]
Make = Callable[[Path, str], Path]
Chat = Callable[..., int]
END = 2
TALKS = [
    [("Which city governs Japan?", "Tokyo"), ("And Chad?", "N'Djamena")],
    [("日本的首都是？", "东京"), ("乍得的首都是？", "恩贾梅纳")],
    [("Which city governs France?", "Paris"), ("And Chad?", "What?")],
]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Chat:
    """What runs `limbeck chat` over some lines."""

    def run(name: Path, lines: str, *options: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        return main.run(["chat", str(name), *options])

    return run


@pytest.fixture(scope="module", params=["t5", "bart"])
def flan(make_checkpoint: Make, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A checkpoint without chat template that has learnt a few talks by heart."""
    folder = make_checkpoint(tmp_path_factory.mktemp(request.param), request.param)
    (folder / "chat_template.jinja").unlink()
    network = checkpoint.load(folder, "seq2seq")
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for weight in network.parameters():
            weight.copy_(torch.randn_like(weight) * 0.05) if weight.ndim == 2 else None
    words = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = [row for talk in TALKS for row in mark_answers(messages(talk), Lines(), words, kind="seq2seq", end_id=END)]
    layout = Layout(width=64, batch_size=len(rows), form="pairs", pad_id=0)
    objective, batches = dialogue.Objective(network), dialogue.batches(rows, 0, layout=layout, seed=0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(150):
        loss = objective(next(batches))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if float(loss.detach()) < 0.02:
            break
    network.save_pretrained(folder)
    return folder


def messages(talk: list[tuple[str, str]]) -> list[dict[str, str]]:
    pairs = [(("user", asked), ("assistant", answered)) for asked, answered in talk]
    return [{"role": role, "content": content} for pair in pairs for role, content in pair]


def told(capsys: Capture) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_says_what_it_was_taught_in_both_languages(flan: Path, chat: Chat, capsys: Capture) -> None:
    for talk in TALKS:
        lines = "".join(f"{asked}\n" for asked, _ in talk)
        assert chat(flan, lines, "--json") == 0
        assert [line["answer"] for line in told(capsys)] == [answer for _, answer in talk]


def test_the_answer_depends_on_the_talk_before_it(flan: Path, chat: Chat, capsys: Capture) -> None:
    assert (
        chat(flan, "Which city governs Japan?\nAnd Chad?\n/new\nWhich city governs France?\nAnd Chad?\n", "--json") == 0
    )
    answers = [line["answer"] for line in told(capsys)]
    assert answers[1] != answers[3]


def test_what_is_streamed_is_the_answer(flan: Path, chat: Chat, capsys: Capture) -> None:
    assert chat(flan, "日本的首都是？\nquit\n") == 0
    assert "".join(sign for sign in capsys.readouterr().out if sign == "\n" or category(sign) != "Cc") == "东京\n"


def test_a_template_of_the_folder_goes_first(flan: Path, chat: Chat, capsys: Capture, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(flan, tmp_path / "templated"))
    (folder / "chat_template.jinja").write_text("Which city governs Japan?", encoding="utf-8")
    assert chat(folder, "anything\n", "--json") == 0
    assert told(capsys)[0]["answer"] == "Tokyo"


def test_a_talk_longer_than_what_the_encoder_reads_goes_on(
    make_checkpoint: Make, chat: Chat, capsys: Capture, tmp_path: Path
) -> None:
    """The answer has a context of its own, so it takes no room from the question."""
    bart = make_checkpoint(tmp_path / "bart", "bart")
    (bart / "chat_template.jinja").unlink()
    question = "x?" * 30  # 60 tokens of 128
    assert chat(bart, f"{question}\n" * 4, "--json", "--max-tokens", "100") == 0
    written = capsys.readouterr()
    forgotten = [json.loads(line)["forgotten_turns"] for line in written.out.splitlines()]
    assert forgotten[0] == 0 and forgotten[-1] > 0
    assert written.err.count("its oldest turns are dropped") == 1
    assert chat(bart, "x?" * 70 + "\n", "--json") == 0
    assert "the question takes 140 tokens, and the model reads 128" in capsys.readouterr().err
    assert chat(bart, "x?\n", "--max-tokens", "129") == 2
    assert "is too long: the model writes 128" in capsys.readouterr().err
