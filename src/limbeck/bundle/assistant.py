"""Open a bundle and ask it: search, prompt, generate, fill in the references, cite."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, final

from limbeck.bundle.asked import clean, language_to_answer
from limbeck.bundle.manifest import KNOWLEDGE, Manifest, check_files, read_manifest
from limbeck.bundle.reply import Reply
from limbeck.bundle.streaming import Stream
from limbeck.bundle.turn import Turn
from limbeck.core.errors import BundleError, Interrupted
from limbeck.corpus.schema import Property, Schema
from limbeck.engine.engine import ENGINES, Engine, Generation, Sampling
from limbeck.fusion.answer import PASSAGE_FORM, render
from limbeck.fusion.certainty import is_unlikely, sure_answer
from limbeck.fusion.prompt import MAX_ROWS, worth_reading, write_prompt
from limbeck.knowledge.evidence import Citation, Evidence

MAX_ANSWER_TOKENS = 64
_NOTHING_TO_READ = Generation(tokens=(), first_token_ms=0.0, total_ms=0.0)
_ENGINE_ORDER = ("openvino", "llamacpp")


class Knowledge(Protocol):
    """What an assistant needs of a knowledge base."""

    def search(self, question: str, history: Sequence[str] = (), limit: int = MAX_ROWS) -> tuple[Evidence, ...]:
        """Find the rows a question may be about."""

    def resolve(self, citation: Citation) -> str:
        """Return the row or the passage a citation names."""

    def names_for(self, value: str) -> tuple[str, ...]:
        """Return every name the base holds for a value."""

    def schema(self) -> Schema:
        """Return what the base can be asked."""

    def close(self) -> None:
        """Let go of the file."""


class Template(Protocol):
    """The one chat template."""

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write messages as the text a model reads, up to where it answers."""


class Tokenizer(Protocol):
    """Text to tokens and back, references kept."""

    stop_ids: tuple[int, ...]

    def encode(self, text: str) -> list[int]:
        """Tokenise, special tokens as themselves."""

    def decode(self, ids: Sequence[int]) -> str:
        """Write tokens as text, references included."""


@final
class Assistant:
    """An opened bundle: a knowledge base and a model in one engine."""

    def __init__(
        self, *, knowledge: Knowledge, template: Template, tokenizer: Tokenizer, engine: Engine, manifest: Manifest
    ) -> None:
        self.knowledge = knowledge
        self.manifest = manifest
        self.engine = engine
        self._template = template
        self.tokenizer = tokenizer
        self._properties: tuple[Property, ...] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the weights and the knowledge file."""
        self.engine.close()
        self.knowledge.close()

    def ask(
        self,
        question: str,
        history: Sequence[Turn | str] = (),
        on_text: Callable[[str], None] | None = None,
        *,
        sampling: Sampling | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Reply:
        """Answer one question in its own language, with citations, or refuse.

        `history` is the conversation so far, oldest first; a string is an earlier question.
        Deterministic for the same question, history, sampling and bundle. `on_text` hears the answer as it grows.
        `sampling` says how tokens are picked, greedily by default; where the answer ends is not up to it.
        Raises: UsageError: the question is empty. Interrupted: `should_stop` turned true.
        """
        started = time.perf_counter()
        asked = clean(question)
        turns = tuple(Turn(question=turn) if isinstance(turn, str) else turn for turn in history)
        language = language_to_answer(asked, turns)
        shown = worth_reading(self.knowledge.search(asked, self._said_before(turns)))
        searched = time.perf_counter()
        prompt = self.encode_prompt(write_prompt(asked, shown, language))
        forms = self._forms(language)
        stream = Stream(self.tokenizer.decode, shown, language, forms, on_text) if on_text else None
        take = stoppable(stream.take if stream else None, should_stop)
        generation = self._generate(prompt, sampling or Sampling(), take) if shown else _NOTHING_TO_READ
        written = self.tokenizer.decode(generation.tokens)
        answer = render(written, shown, language, forms)
        if (answer.refused or is_unlikely(answer.evidence, shown)) and (sure := sure_answer(shown)):
            answer = render(sure, shown, language, forms)
        if stream:
            stream.finish(answer.text)
        timings_ms = {
            "search": (searched - started) * 1e3,
            "first_token": generation.first_token_ms,
            "generate": generation.total_ms,
            "total": (time.perf_counter() - started) * 1e3,
        }
        return Reply(
            answer=answer,
            language=language,
            timings_ms=timings_ms,
            shown=shown,
            written=written,
            num_prompt_tokens=len(prompt) if shown else 0,
        )

    def _forms(self, language: str) -> Mapping[str, str]:
        """Return the sentence of each property, and under the empty name that of a passage."""
        if self._properties is None:
            self._properties = self.knowledge.schema().properties
        forms = {known.id: known.answer[language] for known in self._properties if language in known.answer}
        return {**forms, "": PASSAGE_FORM[language]}

    def encode_prompt(self, prompt: str) -> list[int]:
        """Tokenise the user's side of a turn through the chat template."""
        return self.tokenizer.encode(self._template.render([{"role": "user", "content": prompt}]))

    def _generate(self, prompt: Sequence[int], sampling: Sampling, take: Callable[[int], None]) -> Generation:
        ended = replace(sampling, max_tokens=MAX_ANSWER_TOKENS, stop_ids=self.tokenizer.stop_ids)
        return self.engine.generate(prompt, ended, take)

    def _said_before(self, turns: Sequence[Turn]) -> tuple[str, ...]:
        """Return the earlier questions, and the last answer where it alone names what the talk is about."""
        questions = tuple(turn.question for turn in turns)
        if not turns or not turns[-1].answer:
            return questions
        found = self.knowledge.search(turns[-1].question, questions[:-1])
        is_named = any(row.link != "searched" for row in found)
        return questions if is_named else (*questions, turns[-1].answer)


def stoppable(take: Callable[[int], None] | None, should_stop: Callable[[], bool]) -> Callable[[int], None]:
    """Return what hears tokens until it is told to stop; it raises Interrupted then."""

    def hear(token: int) -> None:
        if should_stop():
            raise Interrupted("the answer was stopped")
        if take is not None:
            take(token)

    return hear


def open_bundle(path: Path, engine: str | None = None, num_threads: int = 2, *, scope: str = "") -> Assistant:
    """Check a bundle file by file, then load it; the default engine is the first it was packed for.

    It answers from what sources for everyone say, and those of `scope`.
    Raises: BundleError: not a bundle, damaged, altered, or not packed for `engine`.
            MachineError: the engine is not installed.
    """
    manifest = read_manifest(path)
    check_files(path, manifest)
    chosen = choose_engine(manifest, engine, path)
    from limbeck.knowledge.base import KnowledgeBase
    from limbeck.model.chat_template import load as load_template
    from limbeck.model.text_tokenizer import load as load_tokenizer

    template = load_template(path / "tokenizer")
    if template is None:
        fix = "pack it again from a model whose tokenizer folder has chat_template.jinja"
        raise BundleError("the bundle has no chat template", where=str(path / "tokenizer"), fix=fix)
    return Assistant(
        knowledge=KnowledgeBase.open(path / KNOWLEDGE, scope=scope),
        template=template,
        tokenizer=load_tokenizer(path / "tokenizer"),
        engine=ENGINES.load(chosen).load(path / "model" / chosen, num_threads=num_threads),
        manifest=manifest,
    )


def choose_engine(manifest: Manifest, engine: str | None, path: Path) -> str:
    """Return `engine` if the bundle was packed for it, or the one to use where none is asked for.

    Raises: BundleError: it was not.
    """
    known = [name for name in _ENGINE_ORDER if name in manifest.engines] or list(manifest.engines)
    if engine is None and known:
        return known[0]
    if engine is None or engine not in manifest.engines:
        packed = ", ".join(manifest.engines) or "none"
        what = f"{manifest.name!r} was not packed for engine {engine!r}"
        raise BundleError(what, where=str(path), fix=f"packed for: {packed}; add it to `engines` in the recipe")
    return engine
