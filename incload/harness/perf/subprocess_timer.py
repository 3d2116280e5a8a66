"""Whole processes, from the start to the exit: how long one takes, and how much memory it has at most.

A process inherits the peak of the one that starts it: so a small one stands in between, and its child is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_BETWEEN = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""What the system counts the peak in, in bytes."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What one process took.

    Attributes:
        seconds: From its start to its end.
        peak_bytes: The most memory that was resident.
    """

    seconds: float
    peak_bytes: int


def whole(arguments: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Whole:
    """Run a program by its full path and arguments; return what it took.

    Python keeps what it compiles, as it does by default: to compile a program is no part of running it.

    Raises:
        RuntimeError: The program failed; the text is what it wrote.
    """
    kept = {name: value for name, value in (environment or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    between = [sys.executable, "-I", "-S", "-c", _BETWEEN, *arguments]
    done = subprocess.run(between, check=False, capture_output=True, text=True, env=kept, cwd=folder)  # noqa: S603 - our own
    seconds, peak, code = done.stdout.split()[-3:] if done.returncode == 0 else ("0", "0", "1")
    if int(code):
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr.strip()}")
    return Whole(float(seconds), int(peak) * _UNIT)
