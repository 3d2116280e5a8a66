"""The commands of the door, one file each: its options, and what it does with them.

A command's module imports nothing heavy before it is run.
"""

from __future__ import annotations

from incload.commands import capture, check, compare, explain, list_, load, memory, profile, replay, report, workload

COMMANDS = (
    *(load.add, memory.add, capture.add, compare.add, workload.add, explain.add),
    *(replay.add, profile.add, report.add, check.add, list_.add),
)
"""What adds each command to the parser, in the order of the help page."""


def version() -> str:
    """Return incload's version."""
    from incload import __version__

    return __version__
