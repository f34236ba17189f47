"""Measure the trainer: its speed against the Hugging Face Trainer, its share of the machine's peak, and its resume.

python benchmarks/starter.py            everything, about an hour on a quiet machine
python benchmarks/starter.py --only speed
python benchmarks/starter.py --tiny     the same with sizes that only show that it runs; writes no result
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from parts import measure, parser_of
from rows import Row, median_row, write_beside_kept
from training_kills import count_identical
from training_speed import Race, interleaved, matmul_peak, ours

from limbeck.core.device import profile
from limbeck.model.precision import fastest_precision

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "starter.json"
COMMAND = "python benchmarks/starter.py --only "
TINY = Race(vocab_size=64, hidden_size=64, intermediate_size=64, num_layers=1, width=16, batch_size=2, num_steps=8)
LENGTHS, SIZES = (64, 128, 256, 512), (128, 256, 384, 512)


def speed(work: Path, is_tiny: bool) -> list[Row]:
    """Race the two loops in turn, and hold ours against the peak of the matrix product."""
    del work
    race = TINY if is_tiny else Race(precision=fastest_precision())
    mine, other = interleaved(race, rounds=2 if is_tiny else 7)
    ratios = [one / two for one, two in zip(mine, other, strict=True)]
    peak = matmul_peak(race.precision)
    shares = [each * race.flops_per_token() / peak for each in mine]
    fields = {"bound": "at least", "command": f"{COMMAND}speed"}
    return [
        median_row(ratios, name="speed_over_hf_trainer", unit="times", bar=1.3, **fields),
        median_row(mine, name="tokens_per_second", unit="tokens/s", bar=0, **fields),
        median_row(other, name="hf_trainer_tokens_per_second", unit="tokens/s", bar=0, **fields),
        median_row(shares, name="share_of_matmul_peak", unit="share", bar=0, **fields),
        Row(name="matmul_peak", value=peak / 1e9, unit="GFLOP/s", bar=0, **fields),
    ]


def scaling(work: Path, is_tiny: bool) -> list[Row]:
    """Measure our loop over sequence lengths, at as many tokens a step, and over network sizes."""
    del work
    base = TINY if is_tiny else Race(precision=fastest_precision())
    lengths = (8, 16) if is_tiny else LENGTHS
    sizes = (64, 128) if is_tiny else SIZES
    races = {f"length_{width}": _at_length(base, width) for width in lengths}
    races |= {f"hidden_{size}": replace(base, hidden_size=size, intermediate_size=3 * size) for size in sizes}
    rows = []
    for name, race in races.items():
        found = [ours(race) for _ in range(1 if is_tiny else 3)]
        fields = {"unit": "tokens/s", "bar": 0, "bound": "at least", "command": f"{COMMAND}scaling"}
        rows.append(median_row(found, name=f"tokens_per_second_{name}", **fields))
    if not is_tiny:
        draw_scaling(rows, RESULTS.with_name("starter-scaling.svg"))
    return rows


def _at_length(race: Race, width: int) -> Race:
    return replace(race, width=width, batch_size=max(1, race.tokens_per_step // width))


def kills(work: Path, is_tiny: bool) -> list[Row]:
    """Kill a training at twenty random steps."""
    times = 1 if is_tiny else 20
    identical = count_identical(times, work, steps=6 if is_tiny else 60)
    command = f"python benchmarks/training_kills.py {times}"
    fields = {"unit": f"of {times}", "bar": times, "bound": "at least", "n": times, "command": command}
    return [Row(name="training_kills_identical", value=identical, **fields)]


def draw_scaling(rows: list[Row], path: Path) -> None:
    """Draw tokens per second over length and over size."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "limbeck"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axis, part, label in zip(axes, ("length", "hidden"), ("tokens of a sequence", "hidden size"), strict=True):
        points = [(int(row.name.rpartition("_")[2]), row.value) for row in rows if f"_{part}_" in row.name]
        axis.plot(*zip(*points, strict=True), marker="o", color="#1f6f5c")
        axis.set(xlabel=label, ylabel="tokens/s", xscale="log", ylim=(0, None), xticks=[x for x, _ in points])
        axis.set_xticks([x for x, _ in points], [str(x) for x, _ in points])
        axis.minorticks_off()
    figure.savefig(path, metadata={"Date": None})


PARTS: dict[str, Callable[[Path, bool], list[Row]]] = {"speed": speed, "scaling": scaling, "kills": kills}


def main() -> None:
    parser = parser_of(__doc__, PARTS)
    parser.add_argument("--tiny", action="store_true", help="only show that it runs; writes no result")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    torch.set_num_threads(profile().cores)
    measured = measure({name: partial(part, is_tiny=arguments.tiny) for name, part in PARTS.items()}, names)
    if arguments.tiny:
        for row in measured:
            print(f"{row.name:32} {row.value:12.4g} {row.unit}")
        return
    write_beside_kept(measured, RESULTS, keeps_others=set(names) != set(PARTS))


if __name__ == "__main__":
    main()
