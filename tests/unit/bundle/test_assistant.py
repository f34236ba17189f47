from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from limbeck.bundle.assistant import Assistant
from limbeck.bundle.manifest import Manifest
from limbeck.bundle.turn import Turn
from limbeck.core.budget import Budget
from limbeck.core.errors import UsageError
from limbeck.corpus.schema import Schema
from limbeck.engine.engine import Generation, Sampling
from limbeck.knowledge.evidence import Citation, Evidence, Label, Link

END = 3


def fact(subject: Label, value: Label, link: Link = "named", row: int = 1, fit: float = 0.5) -> Evidence:
    return Evidence(
        kind="fact",
        subject=subject,
        property=Label(en="capital", zh="首都"),
        property_id="capital",
        value=value,
        link=link,
        match="named",
        fit=fit,
        lead=1.0,
        citation=Citation(source="countries.csv", row=row),
    )


CHAD = fact(Label(en="Chad", zh="乍得"), Label(en="N'Djamena", zh="恩贾梅纳"))


class FakeKnowledge:
    """Finds Chad by name, in the question or what was said before."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.is_closed = False

    def search(self, question: str, history: Sequence[str] = (), limit: int = 16) -> tuple[Evidence, ...]:
        self.asked.append((question, tuple(history)))
        for text, link in ((question, "named"), *((text, "carried") for text in reversed(history))):
            if "Chad" in text or "乍得" in text:
                return (fact(CHAD.subject, CHAD.value, link),)  # type: ignore[arg-type]
        return ()

    def resolve(self, citation: Citation) -> str:
        return "Chad, N'Djamena"

    def names_for(self, value: str) -> tuple[str, ...]:
        return ()

    def schema(self) -> Schema:
        return Schema(kinds=(), properties=(), entities=())

    def close(self) -> None:
        self.is_closed = True


class PlainTemplate:
    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        return f"<user>{messages[0]['content']}<assistant>"


class CharacterTokenizer:
    stop_ids = (END,)

    def encode(self, text: str) -> list[int]:
        return [ord(character) for character in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(token) for token in ids)


class ScriptedEngine:
    """Writes what it was told to, and remembers what it was given."""

    name = "scripted"

    def __init__(self, written: str) -> None:
        self.written = written
        self.prompt = ""
        self.sampling = Sampling()
        self.is_closed = False

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        self.prompt, self.sampling = "".join(chr(token) for token in prompt_T), sampling
        tokens = [ord(character) for character in self.written]
        for token in tokens if on_token else ():
            on_token(token)
        return Generation(tokens=tuple(tokens), first_token_ms=1.0, total_ms=2.0)

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        return CharacterTokenizer().encode(text)

    def close(self) -> None:
        self.is_closed = True


def assistant(written: str) -> Assistant:
    manifest = Manifest(
        name="a", engines=("x",), languages=("en",), licence="", base_model="", budget=Budget(), files=()
    )
    return Assistant(
        knowledge=FakeKnowledge(),
        template=PlainTemplate(),
        tokenizer=CharacterTokenizer(),
        engine=ScriptedEngine(written),
        manifest=manifest,
    )


def engine_of(one: Assistant) -> ScriptedEngine:
    assert isinstance(one.engine, ScriptedEngine)
    return one.engine


def knowledge_of(one: Assistant) -> FakeKnowledge:
    assert isinstance(one.knowledge, FakeKnowledge)
    return one.knowledge


def test_an_answer_is_filled_in_and_cited() -> None:
    one = assistant("⟦1⟧\nThe capital of ⟦1.subject⟧ is ⟦1⟧.")
    reply = one.ask("What is the capital of Chad?")
    assert reply.answer.text == "The capital of Chad is N'Djamena."
    assert reply.answer.citations == (Citation(source="countries.csv", row=1),)
    assert set(reply.timings_ms) == {"search", "first_token", "generate", "total"}
    assert engine_of(one).prompt.startswith("<user>What is the capital of Chad?\nChad / capital")
    assert engine_of(one).sampling == Sampling(max_tokens=64, stop_ids=(END,))


def test_a_chinese_question_is_answered_in_chinese() -> None:
    reply = assistant("⟦1⟧\n⟦1.subject⟧的首都是⟦1⟧。").ask("乍得的首都是哪里？")
    assert (reply.language, reply.answer.text) == ("zh", "乍得的首都是恩贾梅纳。")


@pytest.mark.parametrize(
    ("question", "before", "language"),
    [
        ("Chad?", "法国的首都是哪里？", "zh"),
        ("??", "法国的首都是哪里？", "zh"),
        ("And of Chad?", "法国的首都是哪里？", "en"),
        ("乍得呢？", "What is the capital of France?", "zh"),
        ("Chad?", None, "en"),
    ],
)
def test_a_lone_name_follows_the_language_of_the_talk(question: str, before: str | None, language: str) -> None:
    assert assistant("⟦none⟧").ask(question, (before,) if before else ()).language == language


@pytest.mark.parametrize("written", ["⟦none⟧", "It is Paris.", "⟦2⟧\n⟦2⟧", "⟦1⟧\n⟦1⟧ has 7", "", "⟦1.subject⟧"])
def test_what_cites_no_shown_value_is_refused(written: str) -> None:
    reply = assistant(written).ask("What is the capital of Chad?")
    assert reply.answer.refused and not reply.answer.citations


@pytest.mark.parametrize("written", ["⟦none⟧", "It is Paris.", ""])
def test_a_fact_that_search_is_sure_of_is_told_where_the_model_refuses(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeKnowledge, "search", lambda *_: (fact(CHAD.subject, CHAD.value, fit=1.0),))
    reply = assistant(written).ask("What is the capital of Chad?")
    assert (reply.answer.text, reply.written) == ("N'Djamena", written)
    assert reply.answer.citations == (Citation(source="countries.csv", row=1),)


@pytest.mark.parametrize("question", ["", "  \n", "\x00\x07", "\u200b\u202e"])
def test_an_empty_question_is_a_usage_error(question: str) -> None:
    with pytest.raises(UsageError, match="is empty") as caught:
        assistant("⟦1⟧\n⟦1⟧").ask(question)
    assert caught.value.fix


def test_control_characters_never_reach_search_or_model() -> None:
    one = assistant("⟦1⟧\n⟦1⟧")
    one.ask("\x1b[31mcapital\x00 of\u202e Chad\ud800?\r\n")
    assert knowledge_of(one).asked == [("[31mcapital of Chad ?", ())]
    assert all(character >= " " or character == "\n" for character in engine_of(one).prompt)


def test_a_question_of_100000_characters_is_answered() -> None:
    one = assistant("⟦1⟧\n⟦1⟧")
    reply = one.ask("Chad " * 20_000)
    assert not reply.answer.refused
    assert len(engine_of(one).prompt) < 500


def test_earlier_questions_go_to_search() -> None:
    one = assistant("⟦1⟧\n⟦1⟧")
    one.ask("And its capital?", ("What is the area of Chad?",))
    assert knowledge_of(one).asked == [("And its capital?", ("What is the area of Chad?",))]


def test_an_earlier_answer_counts_only_where_its_question_named_nothing() -> None:
    named = Turn(question="What is the area of Chad?", answer="Large.")
    unnamed = Turn(question="Whose capital is N'Djamena?", answer="It is Chad.")
    one = assistant("⟦1⟧\n⟦1⟧")
    one.ask("And its currency?", (named,))
    assert knowledge_of(one).asked[-1] == ("And its currency?", ("What is the area of Chad?",))
    one.ask("And its currency?", (unnamed,))
    assert knowledge_of(one).asked[-1] == ("And its currency?", ("Whose capital is N'Djamena?", "It is Chad."))


@pytest.mark.parametrize(
    "written", ["⟦1⟧\nThe capital of ⟦1.subject⟧ is ⟦1⟧.", "⟦none⟧", "⟦1⟧\n⟦1⟧ or so, ⟦1⟧ in 1990", "⟦1⟧\n⟦1⟧.."]
)
def test_a_stream_ends_in_the_answer(written: str) -> None:
    pieces: list[str] = []
    reply = assistant(written).ask("What is the capital of Chad?", on_text=pieces.append)
    assert "".join(pieces).endswith(reply.answer.text)
    assert "⟦" not in "".join(pieces) and "1990" not in "".join(pieces)
    assert reply.answer.refused or "".join(pieces) == reply.answer.text


def test_nothing_is_streamed_before_the_first_value() -> None:
    pieces: list[str] = []
    assistant("⟦1⟧\nThe capital is ⟦1⟧ indeed.").ask("Chad?", on_text=pieces.append)
    assert pieces[0] == "The capital is N'Djamena"
    assert len(pieces) > 2


def test_what_nothing_is_found_for_is_refused_unread() -> None:
    one = assistant("⟦1⟧\n⟦1⟧")
    assert one.ask("Tell me a joke").answer.refused
    assert engine_of(one).prompt == ""


def test_closing_frees_engine_and_knowledge() -> None:
    with assistant("⟦1⟧\n⟦1⟧") as one:
        pass
    assert engine_of(one).is_closed and knowledge_of(one).is_closed
