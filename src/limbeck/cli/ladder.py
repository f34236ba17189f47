"""The forecast of a compression and its ladder of exports, as people read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.cli.console import paint, table
from limbeck.core.units import format_bytes

if TYPE_CHECKING:
    from limbeck.evaluation.compression_report import Outlook

_HEADER = ("", "export", "size", "memory", "first token", "ms/token", "KL", "95 %", "same first", "KL per MB")


def outlook_text(outlook: "Outlook") -> str:
    """Write the sizes that are forecast, and whether the disk budget can be met."""
    sizes = f"{format_bytes(outlook.least_bytes)} (all 4 bits) to {format_bytes(outlook.most_bytes)} (all 16 bits)"
    lines = [
        f"forecast for {' + '.join(outlook.engines)}: {sizes}, tokenizer {format_bytes(outlook.reserved_bytes)} "
        f"included; the checkpoint has {format_bytes(outlook.checkpoint_bytes)}"
    ]
    if outlook.allowed_bytes is not None:
        can = "can be met" if outlook.can_be_met else paint("cannot be met", "red", err=True)
        lines.append(f"the disk budget of {format_bytes(outlook.allowed_bytes)} {can}")
    return "\n".join(lines)


def ladder_text(rungs: Sequence[Mapping[str, Any]]) -> str:
    """Write the exports, largest first, the chosen ones marked."""
    return table([_row(rung) for rung in rungs], header=_HEADER, right=(2, 3, 4, 5, 6, 8, 9))


def price_text(rungs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say for each engine what one more megabyte would buy."""
    for rung in rungs:
        if rung["chosen"] and rung["kl_per_mb"] is not None:
            gain = max(0.0, rung["kl_per_mb"])
            yield f"shadow price for {rung['engine']}: 1 MB more would lower KL by about {gain:.2g} nats"


def _row(rung: Mapping[str, Any]) -> Sequence[str]:
    kl = rung["kl"]
    return (
        paint("→", "green") if rung["chosen"] else "",
        f"{rung['engine']} {rung['name']}".strip(),
        format_bytes(rung["size_bytes"]),
        "" if rung["peak_memory_bytes"] is None else format_bytes(rung["peak_memory_bytes"]),
        "" if rung["first_token_ms"] is None else f"{rung['first_token_ms']:.3g} ms",
        "" if rung["latency_ms"] is None else f"{rung['latency_ms']:.3g}",
        "" if kl is None else f"{kl['mean']:.3g}",
        "" if kl is None else f"{kl['low']:.2g} – {kl['high']:.2g}",
        "" if rung["same_top1"] is None else f"{rung['same_top1']:.1%}",
        "" if rung["kl_per_mb"] is None else f"{rung['kl_per_mb']:.2g}",
    )
