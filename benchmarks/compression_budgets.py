"""Random feasible disk budgets: never exceeded, how much of each is used, and how near the forecast comes."""

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from compression_models import Subject

from limbeck.compression.calibration import spread
from limbeck.compression.calibration_text import calibrate_on_files
from limbeck.compression.limits import Limits
from limbeck.compression.search import forecast, search
from limbeck.core.budget import Budget
from limbeck.core.progress import silent
from limbeck.engine.export_format import export_formats

ENGINES = ("openvino", "llamacpp")
NUM_PROMPTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One budget and what came of it, in bytes."""

    subject: str
    engine: str
    allowed_bytes: int
    used_bytes: int
    forecast_error: float

    @property
    def share(self) -> float:
        return self.used_bytes / self.allowed_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A model in one engine, compressed again and again."""

    subject: Subject
    engine: str
    work: Path

    def keep(self, disk_bytes: int | None) -> Kept:
        """Compress to a budget of the files in `models/`, and look at them."""
        calibration = calibrate_on_files([self.subject.calibration], self.subject.folder, context_tokens=None)
        limits = Limits(budget=Budget(disk_bytes=disk_bytes))
        found = forecast(self.subject.folder, limits, export_formats([self.engine]))
        with tempfile.TemporaryDirectory(dir=self.work) as out:
            plan = search(
                found,
                spread(calibration.prompts, NUM_PROMPTS),
                out=Path(out),
                phases=lambda _: silent,
                cache=self.work / f"{self.subject.name}.json",
            )
            files = [path for path in (Path(out) / "models").rglob("*") if path.is_file()]
            used_bytes = sum(path.stat().st_size for path in files)
        assert plan.chosen is not None
        errors = [
            abs(trial.candidate.forecast_bytes / trial.measured.actual_bytes - 1)
            for trial in plan.trials
            if trial.result is not None
        ]
        return Kept(
            subject=self.subject.name,
            engine=self.engine,
            allowed_bytes=disk_bytes or used_bytes,
            used_bytes=used_bytes,
            forecast_error=max(errors),
        )

    def least_bytes(self) -> int:
        """Return the smallest budget that can be met."""
        found = forecast(self.subject.folder, Limits(budget=Budget()), export_formats([self.engine]))
        return min(candidate.forecast_bytes for candidate in found.candidates)


def random_budgets(subjects: list[Subject], work: Path, count: int) -> list[Kept]:
    """Draw budgets that bind: from the smallest export up to what is chosen without a budget."""
    draw = random.Random(0)
    shops = [Shop(subject=subject, engine=engine, work=work) for subject in subjects for engine in ENGINES]
    ranges = {}
    kept = []
    for number in range(count):
        index = number % len(shops)
        if index not in ranges:
            ranges[index] = (shops[index].least_bytes(), shops[index].keep(None).used_bytes)
        found = shops[index].keep(draw.randint(*ranges[index]))
        print(
            f"{found.subject} {found.engine}: {found.used_bytes} of {found.allowed_bytes}, {found.share:.2%}",
            flush=True,
        )
        kept.append(found)
    return kept
