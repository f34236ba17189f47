"""What the user allows the finished assistant to cost, and whether it kept to it."""

from dataclasses import dataclass

from limbeck.core.units import format_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most an assistant may use; `None` means no limit."""

    disk_bytes: int | None = None
    memory_bytes: int | None = None
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an assistant was measured to use: bytes on disk, peak RSS, milliseconds per token."""

    disk_bytes: int
    memory_bytes: int
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One line of the budget verdict; `share` is used / allowed."""

    name: str
    used: float
    allowed: float | None

    @property
    def met(self) -> bool:
        """Tell whether the use stays within what is allowed."""
        return self.allowed is None or self.used <= self.allowed

    @property
    def share(self) -> float | None:
        """Return used / allowed, or None where nothing limits it."""
        return None if self.allowed is None else self.used / self.allowed

    def describe(self) -> str:
        """Write `disk 4.1 MB of 25 MB`."""
        used, allowed = (self._written(value) for value in (self.used, self.allowed))
        return f"{self.name} {used} of {allowed}" if self.allowed is not None else f"{self.name} {used}"

    def _written(self, value: float | None) -> str:
        if value is None:
            return "no limit"
        return f"{value:.3g} ms/token" if self.name == "latency" else format_bytes(int(value))


def compare(usage: Usage, budget: Budget) -> tuple[Constraint, ...]:
    """Hold a measured use against a budget, one constraint at a time."""
    return (
        Constraint(name="disk", used=usage.disk_bytes, allowed=budget.disk_bytes),
        Constraint(name="memory", used=usage.memory_bytes, allowed=budget.memory_bytes),
        Constraint(name="latency", used=usage.latency_ms, allowed=budget.latency_ms),
    )


def fits(usage: Usage, budget: Budget) -> bool:
    """Tell whether every constraint is met."""
    return all(constraint.met for constraint in compare(usage, budget))
