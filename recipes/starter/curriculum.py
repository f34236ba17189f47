"""Reading lessons from invented worlds, as tokens on disk.

    python recipes/starter/curriculum.py build/starter/tokenizer -o build/starter/lessons.npz --worlds 400
    python recipes/starter/curriculum.py build/starter/tokenizer -o build/starter/unseen.npz --worlds 40 --held-out

`--held-out` takes the relations and pages that training never sees.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from asking import SHARES, Asker
from bank import held_out, held_out_pages, read_domains, read_pages, taught, taught_pages
from console import line
from worlds import invent

from limbeck.fusion.blur import Blur
from limbeck.fusion.encode import LessonEncoder
from limbeck.fusion.lessons import Classroom, values_of
from limbeck.model.batches import Lesson

_PER_WORLD = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Lessons as flat arrays, and the kind and language of each."""

    tokens: npt.NDArray[np.uint16]
    bounds: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    matches: npt.NDArray[np.bool_]
    row_bounds: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.starts)

    def lesson(self, number: int) -> Lesson:
        """Return one lesson; its tokens are a view."""
        rows = slice(self.row_bounds[number], self.row_bounds[number + 1])
        return Lesson(
            tokens=self.tokens[self.bounds[number] : self.bounds[number + 1]],
            answer_start=int(self.starts[number]),
            row_positions=self.rows[rows].tolist(),
            row_matches=self.matches[rows].tolist(),
        )


def read_lessons(path: Path) -> Lessons:
    """Read what `main` wrote."""
    with np.load(path) as arrays:
        return Lessons(**{name: arrays[name] for name in arrays.files})


def world_lessons(seed: int, tokenizer: Path, is_held_out: bool) -> list[tuple[str, Lesson]]:
    """Return the lessons of one world, each with `kind language`."""
    rng = random.Random(f"world {seed} {is_held_out}")
    domains, pages = read_domains(), read_pages()
    some = held_out(domains) if is_held_out else taught(domains)
    world = invent(some, held_out_pages(pages) if is_held_out else taught_pages(pages), rng)
    encode = LessonEncoder(tokenizer)
    searches, values = (world.base.search,), values_of(world.base.facts())
    classroom = Classroom(searches, values, world.answers, Blur(share=0.0, depth=0.0, seed=seed), near_misses=True)
    asked = Asker(world, some, rng).ask(_PER_WORLD, SHARES)
    found = (lesson for lesson in classroom.lessons(asked) if lesson.matches)  # nothing found is refused unread
    return [(f"{lesson.kind} {lesson.language}", encode.lesson(lesson)) for lesson in found]


def pack(lessons: Sequence[tuple[str, Lesson]]) -> dict[str, npt.NDArray[np.generic]]:
    """Lay lessons out as flat arrays."""
    only = [lesson for _, lesson in lessons]
    return {
        "tokens": np.concatenate([np.asarray(each.tokens, np.uint16) for each in only]),
        "bounds": np.cumsum([0, *(len(each.tokens) for each in only)]),
        "starts": np.asarray([each.answer_start for each in only], np.int64),
        "rows": np.asarray([place for each in only for place in each.row_positions], np.int64),
        "matches": np.asarray([match for each in only for match in each.row_matches], np.bool_),
        "row_bounds": np.cumsum([0, *(len(each.row_positions) for each in only)]),
        "kinds": np.asarray([kind for kind, _ in lessons]),
    }


def _all(seeds: range, make: partial[list[tuple[str, Lesson]]], processes: int) -> Iterator[tuple[str, Lesson]]:
    with ProcessPoolExecutor(processes) as pool:
        for done, lessons in enumerate(pool.map(make, seeds, chunksize=4), start=1):
            line(done, len(seeds), "worlds")
            yield from lessons


def main() -> None:
    """Read the command line, invent worlds, write their lessons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first world")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    make = partial(world_lessons, tokenizer=options.tokenizer, is_held_out=options.held_out)
    seeds = range(options.first, options.first + options.worlds)
    lessons = list(_all(seeds, make, options.processes))
    np.savez(options.output, **pack(lessons))
    tokens = sum(len(lesson.tokens) for _, lesson in lessons)
    print(
        f"{len(lessons):,} lessons, {tokens:,} tokens", *sorted(Counter(kind for kind, _ in lessons).items()), sep="\n"
    )


if __name__ == "__main__":
    sys.exit(main())
