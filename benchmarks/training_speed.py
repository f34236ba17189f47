"""Tokens per second of our loop and of the Hugging Face Trainer: same network, tokens, shapes, precision and threads.

Both train a Llama from the same weights on the same windows of the same stream, with eager attention, every position
carrying a loss, gradients clipped at 1, a warm-up and a cosine, a loss read every 25 steps, and no checkpoint. Ours
moves hidden matrices by Muon and the rest by AdamW, as it always does; theirs moves all by fused AdamW, which is less
work.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback, TrainingArguments

from limbeck.model.objectives import causal
from limbeck.model.schedule import Precision, Schedule
from limbeck.model.text_batches import TextBatch, Windows
from limbeck.model.trainer import Work, train

_PEAK_SIDE, _PEAK_ROUNDS = 2048, 5
_RATE, _WARMUP = 1e-3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """One comparison: the network, the shape of its batches, and how long it is run."""

    vocab_size: int = 8192
    hidden_size: int = 256
    intermediate_size: int = 768
    num_layers: int = 6
    width: int = 256
    batch_size: int = 16
    num_steps: int = 30
    unmeasured_steps: int = 5
    precision: Precision = "bfloat16"

    @property
    def tokens_per_step(self) -> int:
        return self.width * self.batch_size

    def network(self) -> LlamaForCausalLM:
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
            num_hidden_layers=self.num_layers,
            num_attention_heads=max(1, self.hidden_size // 64),
            max_position_embeddings=self.width + 1,
            tie_word_embeddings=True,
            attn_implementation="eager",
        )
        return LlamaForCausalLM(config)

    def batches(self, first_step: int = 0) -> Iterator[TextBatch]:
        count = (self.num_steps * self.batch_size + 4) * self.width + 2
        stream = np.random.default_rng(0).integers(0, self.vocab_size, count).astype(np.uint16)
        windows = Windows(width=self.width, batch_size=self.batch_size)
        return causal.batches(stream, first_step, windows=windows, seed=0)

    def flops_per_token(self) -> float:
        """Return the floating-point operations of training on one token: three times those of reading it.

        Two for each weight of a matrix, and those of attention, which looks at `width` tokens.
        """
        per_layer = 4 * self.hidden_size**2 + 3 * self.hidden_size * self.intermediate_size
        matrices = self.num_layers * per_layer + self.vocab_size * self.hidden_size
        return 3.0 * (2 * matrices + 4 * self.num_layers * self.hidden_size * self.width)


def ours(race: Race) -> float:
    """Return the tokens per second of our loop."""
    clock = _Clock(race)
    schedule = Schedule(
        num_steps=race.num_steps,
        batch_size=race.batch_size,
        learning_rate=_RATE,
        warmup_steps=_WARMUP,
        checkpoint_every=race.num_steps + 1,
        precision=race.precision,
    )
    objective = causal.Objective(race.network())
    with tempfile.TemporaryDirectory() as folder:
        work = Work(partial=Path(folder), progress=lambda done, total, note="": clock.step(done))
        train(objective, race.batches, schedule, loss_of=lambda module, batch: module(batch), work=work)
    return clock.tokens_per_second


def theirs(race: Race) -> float:
    """Return the tokens per second of the Hugging Face Trainer."""
    clock = _Clock(race)

    class Watch(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs) -> None:
            clock.step(state.global_step)

    windows = [row for _, batch in zip(range(race.num_steps), race.batches(), strict=False) for row in batch.tokens_BT]
    rows = [{"input_ids": row, "labels": row} for row in windows]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=race.num_steps,
            per_device_train_batch_size=race.batch_size,
            learning_rate=_RATE,
            warmup_steps=_WARMUP,
            lr_scheduler_type="cosine",
            optim="adamw_torch_fused",
            weight_decay=0.01,
            max_grad_norm=1.0,
            bf16=race.precision == "bfloat16",
            use_cpu=True,
            logging_steps=25,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            seed=0,
        )
        Trainer(model=race.network(), args=arguments, train_dataset=rows, callbacks=[Watch()]).train()
    return clock.tokens_per_second


def interleaved(race: Race, rounds: int) -> tuple[list[float], list[float]]:
    """Run both in turn, who begins changing each round; return the tokens per second of each."""
    found: dict[Callable[[Race], float], list[float]] = {ours: [], theirs: []}
    for number in range(rounds):
        for loop in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            found[loop].append(loop(race))
    return found[ours], found[theirs]


def matmul_peak(precision: Precision) -> float:
    """Return the most floating-point operations per second seen in large matrix products on these threads."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    left = torch.ones(_PEAK_SIDE, _PEAK_SIDE, dtype=kind)
    multiply = partial(torch.matmul, left, left)
    multiply()
    seconds = []
    for _ in range(_PEAK_ROUNDS):
        started = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - started)
    return 2.0 * _PEAK_SIDE**3 / min(seconds)


class _Clock:
    """Times the steps after the first few, in which memory is laid out and caches fill."""

    def __init__(self, race: Race) -> None:
        self._race = race
        self._from = self._to = 0.0

    def step(self, done: int) -> None:
        if done == self._race.unmeasured_steps:
            self._from = time.perf_counter()
        elif done == self._race.num_steps:
            self._to = time.perf_counter()

    @property
    def tokens_per_second(self) -> float:
        steps = self._race.num_steps - self._race.unmeasured_steps
        return steps * self._race.tokens_per_step / (self._to - self._from)
