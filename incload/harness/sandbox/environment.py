"""What a run ran on: versions and machine, in every report, without paths or names of people and hosts."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from incload.engines.abilities.trials import databases

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGES = ("incload", "duckdb", "pyarrow", "adbc-driver-sqlite", "numpy", "faker", "pandas", "pytest-benchmark")


@cache
def environment(engines: tuple[str, ...] = ()) -> str:
    """Return versions and machine as one JSON text, the same throughout a run.

    Args:
        engines: Those that took part; a server's version is given where it did.
    """
    facts = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "processors": os.cpu_count(),
        **databases("sqlite").versions(),
        **{name: _version(name) for name in _PACKAGES},
        **{name: found for engine in engines if engine for name, found in databases(engine).versions().items()},
    }
    return json.dumps(facts, sort_keys=False)


def described(facts: str, contender: Mapping[str, str]) -> str:
    """Return the facts of a run with those of a contender in them; one that says nothing adds nothing."""
    return json.dumps({**json.loads(facts), "contender": dict(contender)}) if contender else facts


def processors() -> int:
    """Return on how many processors this process may run, according to Python."""
    found = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    return found or 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return the processor's name as Linux gives it, or as Python does elsewhere."""
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
