"""Refer, don't recite: learn to point at the numbered row that answers, or at none.

Besides the answer's own loss, each row's last token learns whether the row matches (design §6):
with the answer alone, a small network does not find selection in millions of tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from transformers import PreTrainedModel

from limbeck.model.batches import Batch, Lesson, collate, lesson_batches
from limbeck.model.trainer import LossPoint, Schedule, Validation, Work, train

_SCORED_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much an assistant is taught.

    questions: how many are drawn from the tables' schema.
    practice_share: lessons about passages, as a share of the lessons about facts.
    blurred: share of lessons whose question has words swapped for random ones.
    near_misses: teach refusing what a passage nearly answers; for a network that has learnt to read.
    held_out: questions kept back to calibrate compression, and to judge trials by.
    tune: search for the learning rate, the batch size and the rest in twelve trials first.
    """

    questions: int = 10_000
    steps: int = 1000
    batch_size: int = 32
    learning_rate: float = 2e-3
    practice_share: float = 0.3
    blurred: float = 0.65
    near_misses: bool = False
    held_out: int = 400
    tune: bool = False


class Reader(torch.nn.Module):
    """A causal network with a match head that only training uses."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network
        self.match_head = torch.nn.Linear(network.config.hidden_size, 1)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return answer logits (N, V) and row match logits (R,)."""
        hidden_BTD = self.network.get_decoder()(batch.tokens_BT).last_hidden_state
        hidden_MD = hidden_BTD.reshape(-1, hidden_BTD.shape[-1])
        logits_NV = self.network.get_output_embeddings()(hidden_MD[batch.answer_index_N])
        return logits_NV, self.match_head(hidden_MD[batch.row_index_R]).squeeze(-1)


def reading_loss(reader: torch.nn.Module, batch: Batch, match_weight: float = 1.0) -> torch.Tensor:
    """Add the mean loss of the answer tokens and of the rows' match labels."""
    logits_NV, match_R = reader(batch)
    answer = torch.nn.functional.cross_entropy(logits_NV.float(), batch.answer_token_N)
    if not len(match_R):
        return answer
    match = torch.nn.functional.binary_cross_entropy_with_logits(match_R.float(), batch.row_match_R)
    return answer + match_weight * match


def score_lessons(lessons: Sequence[Lesson]) -> Callable[[torch.nn.Module], float]:
    """Return what gives the mean loss of a reader over lessons."""
    batches = [collate(lessons[start : start + _SCORED_AT_ONCE]) for start in range(0, len(lessons), _SCORED_AT_ONCE)]

    def loss(reader: torch.nn.Module) -> float:
        return sum(float(reading_loss(reader, batch)) * len(batch.tokens_BT) for batch in batches) / len(lessons)

    return loss


def teach(
    network: PreTrainedModel,
    lessons: Sequence[Lesson],
    schedule: Schedule,
    work: Work,
    *,
    validation: Validation | None = None,
) -> list[LossPoint]:
    """Train a network in place to refer; the match head is thrown away."""
    torch.manual_seed(schedule.seed)
    network.set_attn_implementation("eager")  # on CPU faster than fused attention, most of all backwards
    batches = partial(lesson_batches, lessons, batch_size=schedule.batch_size, seed=schedule.seed)
    return train(Reader(network), batches, schedule, loss_of=reading_loss, work=work, validation=validation)
