"""What this machine has and lacks, each lack with the line that mends it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limbeck.core.device import profile
from limbeck.core.units import format_bytes

_RUN = ("click", "rich", "pydantic", "numpy", "tokenizers", "jinja2", "openvino", "openvino_tokenizers")
_GGUF = ("xllamacpp",)
_RDF = ("rdflib",)
_SERVE = ("fastapi", "uvicorn", "prometheus_client")
_SOURCES = ("openpyxl", "defusedxml", "selectolax", "pypdf", "mammoth", "pyoxigraph", "sqlalchemy")
_PARQUET = ("pyarrow",)
_BUILD = ("torch", "transformers", "safetensors", "gguf", "openvino_tokenizers", "matplotlib", "peft", "optuna")
_DISK_BYTES = 2 * 10**9
_MEMORY_BYTES = 2 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `fix` is the exact line to run."""

    name: str
    level: Literal["ok", "optional", "blocker"]
    what: str
    fix: str | None = None


def check(folder: Path | None = None) -> tuple[Finding, ...]:
    """Look at packages, memory and the disk under `folder`, the current one by default; imports nothing heavy."""
    place = folder or Path.cwd()
    return (
        _python(),
        packages("run side", _RUN, fix="pip install limbeck", level="blocker"),
        packages("GGUF engine", _GGUF, fix="pip install 'limbeck[gguf]'", level="optional"),
        packages("SPARQL", _RDF, fix="pip install 'limbeck[rdf]'", level="optional"),
        packages("HTTP server", _SERVE, fix="pip install 'limbeck[serve]'", level="optional"),
        packages("documents", _SOURCES, fix="pip install 'limbeck[sources]'", level="optional"),
        packages("Parquet", _PARQUET, fix="pip install 'limbeck[parquet]'", level="optional"),
        packages("build side", _BUILD, fix="pip install 'limbeck[build]'", level="optional"),
        _memory(profile().memory_bytes),
        disk(shutil.disk_usage(place).free),
        _writable(place),
    )


def packages(name: str, modules: Sequence[str], *, fix: str, level: Literal["optional", "blocker"]) -> Finding:
    """Tell which modules are not installed."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if not missing:
        return Finding(name=name, level="ok", what=f"{len(modules)} packages installed")
    return Finding(name=name, level=level, what=f"not installed: {', '.join(missing)}", fix=fix)


def disk(free_bytes: int) -> Finding:
    """Tell whether a run's artifacts have room."""
    what = f"{format_bytes(free_bytes)} free"
    if free_bytes >= _DISK_BYTES:
        return Finding(name="disk", level="ok", what=what)
    wanted = f"a run wants {format_bytes(_DISK_BYTES)}"
    fix = "free some space, or set LIMBECK_STORE to a folder on another disk"
    return Finding(name="disk", level="blocker", what=f"{what}; {wanted}", fix=fix)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="python", level="ok", what=version)


def _memory(memory_bytes: int) -> Finding:
    what = format_bytes(memory_bytes)
    if memory_bytes >= _MEMORY_BYTES:
        return Finding(name="memory", level="ok", what=what)
    fix = "close other programs, or train on a larger machine and copy the bundle here"
    return Finding(
        name="memory", level="optional", what=f"{what}; training wants {format_bytes(_MEMORY_BYTES)}", fix=fix
    )


def _writable(folder: Path) -> Finding:
    if os.access(folder, os.W_OK):
        return Finding(name="folder", level="ok", what=f"{folder} can be written to")
    return Finding(
        name="folder", level="blocker", what=f"{folder} cannot be written to", fix="cd to a folder of your own"
    )
