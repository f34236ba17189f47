"""What this machine is: enough to read a measurement by, nothing that names its owner."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine profile; `cores` counts those this process may use."""

    cpu: str
    cores: int
    memory_bytes: int
    python: str
    platform: str


def profile() -> Machine:
    """Describe the machine this runs on."""
    return Machine(
        cpu=_cpu_model(),
        cores=_cores(),
        memory_bytes=_memory_bytes(),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )


def versions(distributions: Iterable[str]) -> dict[str, str | None]:
    """Return the installed version of each distribution, None where it is not installed; imports none."""
    return {name: _version(name) for name in sorted(distributions)}


def installed(distributions: Iterable[str]) -> dict[str, str]:
    """Return what `versions` does, "absent" where a distribution is not installed."""
    return {name: version or "absent" for name, version in versions(distributions).items()}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(allowed, _cgroup_cores() or allowed))


def _cgroup_cores() -> int | None:
    """Return the whole cores a container may use, or None where nothing limits them."""
    quota, period = [*_read(Path("/sys/fs/cgroup/cpu.max")).split(), "max", "max"][:2]
    if not (quota.isdigit() and period.isdigit()):
        return None
    return max(1, int(quota) // int(period))


def _memory_bytes() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _read(Path("/sys/fs/cgroup/memory.max")).strip()
    return min(total, int(limit)) if limit.isdigit() else total


def _cpu_model() -> str:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware"):
            return value.strip()
    return platform.processor() or platform.machine()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
