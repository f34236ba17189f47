import pytest

from limbeck.core.budget import Budget
from limbeck.core.budget_text import EXAMPLE, BudgetProblems, parse_budget
from limbeck.core.errors import UsageError


def test_sizes_and_times_are_read_in_any_order_and_the_rest_has_no_limit() -> None:
    assert parse_budget(EXAMPLE) == Budget(disk_bytes=20_000_000, memory_bytes=300_000_000, latency_ms=15.0)
    assert parse_budget('disk = "20 MB", latency = "2 ms/token"') == Budget(disk_bytes=20_000_000, latency_ms=2.0)
    assert parse_budget(" Latency = 1.5 ms/token , DISK=2 MiB,") == Budget(disk_bytes=2 * 2**20, latency_ms=1.5)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("disc=20MB", "a budget has no 'disc'", "did you mean 'disk'?"),
        ("ram=20MB", "a budget has no 'ram'", "did you mean 'memory'?"),
        ("colour=20MB", "a budget has no 'colour'", EXAMPLE),
        ("20MB", "a budget has no '20MB'", EXAMPLE),
        ("disk=1MB,disk=2MB", "disk is given twice", "keep one disk=…"),
        ("disk=0MB", "disk: '0MB' must be above zero", "write disk=20MB"),
        ("disk=-3MB", "disk: '-3MB' has no number and unit", "write disk=20MB"),
        ("disk=20", "disk: '20' has no number and unit", "write disk=20MB"),
        ("memory=15ms", "memory: '15ms' is not a size", "write memory=300MB"),
        ("latency=15MB", "latency: '15MB' is not a time", "write latency=15ms"),
        ("latency=", "latency: '' has no number and unit", "leave latency out"),
        (" , ", "the budget limits nothing", EXAMPLE),
    ],
)
def test_a_wrong_part_is_told_with_its_fix(text: str, what: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_budget(text)
    assert what in caught.value.what
    assert fix in str(caught.value.fix)
    assert caught.value.exit_code == 2


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BudgetProblems) as caught:
        parse_budget("disc=20MB,memory=0MB,latency=1,latency=2ms")
    assert [problem.what.split()[0] for problem in caught.value.problems] == ["a", "memory:", "latency:", "latency"]
    assert "did you mean 'disk'?" in str(caught.value)
