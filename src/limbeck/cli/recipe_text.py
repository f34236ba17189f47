"""A resolved recipe in a few lines, defaults included."""

from limbeck.cli.console import paint, table
from limbeck.core.budget import Budget
from limbeck.core.units import format_bytes
from limbeck.recipe.recipe import Recipe


def describe(recipe: Recipe) -> str:
    """Write everything a recipe says and everything it leaves to us."""
    rows = [
        ("base", f"{recipe.base.name} ({recipe.base.kind})"),
        ("knowledge", ", ".join(f"{source.written} ({source.kind})" for source in recipe.knowledge)),
        ("budget", budget_text(recipe.budget)),
        ("engines", ", ".join(recipe.engines)),
        ("fusion", recipe.fusion.method),
        ("questions", recipe.evaluation.questions.name if recipe.evaluation.questions else "none"),
        ("seed", str(recipe.seed)),
    ]
    return f"{paint(recipe.name, 'bold')}\n{table([('  ' + name, text) for name, text in rows])}"


def budget_text(budget: Budget) -> str:
    """Write a budget as a recipe does."""
    parts = [
        f"disk {format_bytes(budget.disk_bytes)}" if budget.disk_bytes else "",
        f"memory {format_bytes(budget.memory_bytes)}" if budget.memory_bytes else "",
        f"latency {budget.latency_ms:g} ms/token" if budget.latency_ms else "",
    ]
    return ", ".join(part for part in parts if part) or "no limit"
