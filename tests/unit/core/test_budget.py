from limbeck.core.budget import Budget, Usage, compare, fits

USAGE = Usage(disk_bytes=4_100_000, memory_bytes=200_000_000, latency_ms=3.25)


def test_no_limit_is_always_met() -> None:
    assert fits(USAGE, Budget())
    assert [line.describe() for line in compare(USAGE, Budget())] == [
        "disk 4.1 MB",
        "memory 200 MB",
        "latency 3.25 ms/token",
    ]
    assert all(line.share is None for line in compare(USAGE, Budget()))


def test_each_limit_is_held_on_its_own() -> None:
    budget = Budget(disk_bytes=25_000_000, memory_bytes=100_000_000, latency_ms=3.25)
    disk, memory, latency = compare(USAGE, budget)
    assert (disk.met, memory.met, latency.met) == (True, False, True)
    assert memory.share == 2.0
    assert disk.describe() == "disk 4.1 MB of 25 MB"
    assert latency.describe() == "latency 3.25 ms/token of 3.25 ms/token"
    assert not fits(USAGE, budget)
