"""Every objective through the trainer: batches of one shape, a loss that falls, what is held out, in every family."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from limbeck.corpus.record import Message, Record, dialogue_record, text_record
from limbeck.model import checkpoint
from limbeck.model.base_model import find_base, read_base
from limbeck.model.course import mean_loss, open_course
from limbeck.model.make_lessons import choose_objective, make_lessons
from limbeck.model.memory_forecast import forecast_memory
from limbeck.model.meter import num_tokens_of
from limbeck.model.preset_tokenizer import write_preset_tokenizer
from limbeck.model.trainer import Schedule, Work, train

PRESETS = Path(checkpoint.__file__).parent / "presets"
TEXTS = [text_record(f"the river and the market 河流与集市 {n} {n * n}", f"a:{n}") for n in range(40)]
TALKS = [
    dialogue_record((Message(role="user", content=f"几 {n}?"), Message(role="assistant", content=f"it is {n}")), "b:1")
    for n in range(24)
]
CASES = [
    ("tiny-llama", TEXTS, "causal"),
    ("tiny-gpt2", TALKS, "dialogue"),
    ("tiny-bert", TEXTS, "masked"),
    ("tiny-t5", TEXTS, "span"),
    ("tiny-bart", TEXTS, "infill"),
    ("tiny-t5", TALKS, "dialogue"),
]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: tmp_path_factory.mktemp(name) for name, _, _ in CASES}


def start(name: str, folder: Path) -> None:
    preset = find_base(name).preset
    assert preset is not None
    small = replace(preset, hidden_size=64, intermediate_size=64, num_layers=1, head_dim=32)
    words = write_preset_tokenizer(PRESETS / "tiny", preset.family, folder / "words")
    checkpoint.create(small, words, folder, seed=0)


@pytest.mark.parametrize(("name", "records", "objective"), CASES, ids=[f"{name}-{what}" for name, _, what in CASES])
def test_every_family_learns(
    name: str, records: list[Record], objective: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = checkpoints[name]
    if not (folder / "config.json").exists():
        start(name, folder)
    base = read_base(folder)
    found, _ = choose_objective(None, base, records)
    assert found == objective
    network = checkpoint.load(folder, base.kind)
    course = open_course(network, make_lessons(records, records[:6], base, found, None), base)
    width = course.lessons.width
    held_out = course.held_out()
    loss = mean_loss(held_out)
    with torch.no_grad():
        before = loss(course.objective.eval())
    schedule = Schedule(num_steps=8, batch_size=4, learning_rate=3e-3, warmup_steps=1)
    work = Work(partial=tmp_path)
    train(course.objective, course.batches(4, seed=0), schedule, loss_of=lambda one, batch: one(batch), work=work)
    with torch.no_grad():
        after = loss(course.objective.eval())
    assert after < before - 0.05
    bits = course.bits_per_byte(after)
    assert (bits is not None and 0 < bits < 20) == (objective in ("causal", "dialogue"))
    assert num_tokens_of(course.sample(2, width)) == num_tokens_of(next(course.batches(2, seed=0)(0)))
    found_bytes = forecast_memory(
        course.objective, lambda size: course.sample(size, width), length=width, precision="float32"
    )
    assert found_bytes.needed_bytes(2) > found_bytes.needed_bytes(1) > found_bytes.state_bytes > 0
