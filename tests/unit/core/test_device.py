import sys

from limbeck.core.device import profile, versions


def test_profile_describes_this_machine() -> None:
    machine = profile()
    assert machine.cpu and machine.cores >= 1 and machine.memory_bytes > 2**20
    assert machine.python == ".".join(map(str, sys.version_info[:3]))
    assert "Linux" in machine.platform or machine.platform


def test_versions_without_importing() -> None:
    found = versions(["pytest", "no-such-distribution"])
    assert list(found) == ["no-such-distribution", "pytest"]
    assert found["no-such-distribution"] is None and found["pytest"]
