"""Choose how many sequences a step learns from, and how many of them fit into memory at once."""

from collections.abc import Callable
from dataclasses import dataclass

from limbeck.core.errors import MachineError
from limbeck.core.units import format_bytes
from limbeck.model.memory_forecast import MemoryForecast

_TOKENS_PER_STEP = 8192
_MOST_SEQUENCES = 64
_STEPS_PER_EPOCH = 16
_SHORTEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSize:
    """Sequences of one batch, and batches of one step."""

    batch_size: int
    accumulate: int
    why: str

    @property
    def per_step(self) -> int:
        """Return the sequences a step learns from."""
        return self.batch_size * self.accumulate


def wanted_per_step(*, length: int, num_tokens: int) -> int:
    """Return the sequences a step should learn from: a power of two.

    At most 8,192 tokens and 64 sequences, and so few that an epoch has 16 steps: small data is not used up in a
    handful of large ones.
    """
    by_tokens = _TOKENS_PER_STEP // length
    by_epoch = num_tokens // (length * _STEPS_PER_EPOCH)
    return power_of_two(min(_MOST_SEQUENCES, by_tokens, by_epoch))


def choose_batch_size(
    forecast_of: Callable[[int], MemoryForecast], *, length: int, wanted: int, room_bytes: int
) -> BatchSize:
    """Fit the largest power of two into memory; a step gathers several batches where one is too small.

    Args:
        forecast_of: forecasts for sequences of a length.
        room_bytes: memory the training may take on top of what its process holds.
    Raises: MachineError: not even one sequence fits, with the length that does.
    """
    forecast = forecast_of(length)
    largest = largest_fitting(forecast, room_bytes, most=wanted)
    if largest == 0:
        raise _too_long(forecast_of, forecast, room_bytes)
    # what is free is not told: it would make the same training another one on every run
    why = f"a step of {wanted}; {largest} at a time take {format_bytes(forecast.needed_bytes(largest))}"
    return BatchSize(batch_size=largest, accumulate=max(1, wanted // largest), why=why)


def check_batch_size(
    forecast_of: Callable[[int], MemoryForecast], *, length: int, batch_size: int, room_bytes: int
) -> BatchSize:
    """Accept a batch size that was asked for.

    Raises: MachineError: it does not fit, with the batch size, or else the length, that does.
    """
    forecast = forecast_of(length)
    needed = forecast.needed_bytes(batch_size)
    if needed <= room_bytes:
        return BatchSize(batch_size=batch_size, accumulate=1, why="as asked")
    largest = largest_fitting(forecast, room_bytes, most=batch_size)
    if largest == 0:
        raise _too_long(forecast_of, forecast, room_bytes)
    what = f"batches of {batch_size} sequences of {length} tokens need {format_bytes(needed)} of memory"
    raise MachineError(f"{what}; there is {format_bytes(room_bytes)}", fix=f"--batch-size {largest}")


def largest_fitting(forecast: MemoryForecast, room_bytes: int, *, most: int) -> int:
    """Return the largest power of two up to `most` that fits, 0 where not even one sequence does."""
    size = power_of_two(most)
    while size and forecast.needed_bytes(size) > room_bytes:
        size //= 2
    return size


def power_of_two(number: int) -> int:
    """Return the largest power of two up to a number, at least 1."""
    return 1 << (max(1, number).bit_length() - 1)


def _too_long(forecast_of: Callable[[int], MemoryForecast], forecast: MemoryForecast, room_bytes: int) -> MachineError:
    length = forecast.length
    what = f"even one sequence of {length} tokens needs {format_bytes(forecast.needed_bytes(1))} of memory"
    what += f"; there is {format_bytes(room_bytes)}"
    shorter = power_of_two(length - 1) if length > 1 else 0
    while shorter >= _SHORTEST:
        if forecast_of(shorter).needed_bytes(1) <= room_bytes:
            return MachineError(what, fix=f"--length {shorter} --batch-size 1")
        shorter //= 2
    if forecast.state_bytes > room_bytes:
        what += f"; {format_bytes(forecast.state_bytes)} of it for gradients and optimiser alone"
    return MachineError(what, fix="--lora trains far fewer weights; or take a smaller model, or a larger machine")
