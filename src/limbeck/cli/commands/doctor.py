"""Check that this machine can make and run assistants."""

import click

from limbeck.cli.console import emit, json_option, paint, say, table

_MARKS = {"ok": ("✓", "green"), "optional": ("-", "yellow"), "blocker": ("✗", "red")}


@click.command("doctor")
@json_option
def command(as_json: bool) -> int:
    """Check that this machine can make and run assistants."""
    from dataclasses import asdict

    from limbeck.cli.checkup import check
    from limbeck.core.device import profile
    from limbeck.core.errors import MachineError
    from limbeck.core.units import format_bytes

    machine, findings = profile(), check()
    blocked = any(finding.level == "blocker" for finding in findings)
    if as_json:
        emit({"machine": asdict(machine), "findings": [asdict(finding) for finding in findings], "ready": not blocked})
        return MachineError.exit_code if blocked else 0
    say(f"{machine.cpu}, {machine.cores} cores, {format_bytes(machine.memory_bytes)}, Python {machine.python}")
    rows = [(_mark(finding.level), finding.name, finding.what) for finding in findings]
    say(table(rows))
    for finding in findings:
        if finding.fix:
            say(f"  fix {finding.name}: {paint(finding.fix, 'bold')}")
    return MachineError.exit_code if blocked else 0


def _mark(level: str) -> str:
    sign, colour = _MARKS[level]
    return paint(sign, colour)  # type: ignore[arg-type]
