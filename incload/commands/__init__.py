"""The commands, one module each: its options, and what it does with them.

A command parses, calls a function of `incload.api` where there is one, and prints. What must stay true: a command's
module imports nothing heavy before it is run, and the help page of all commands imports none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

COMMANDS = {
    "init": "write a config from what a source holds",
    "load": "keep one table, or those of a config, up to date",
    "state": "show, reset, roll back or set the state of a table",
    "audit": "compare a copy with its source, and say why rows are wrong",
    "repair": "write exactly the wrong rows into a copy",
    "capture": "have a source keep a log of changes",
    "compare": "compare strategies on histories whose flaws are known",
    "workload": "sync beside concurrent writers",
    "explain": "explain why a strategy is wrong, or right, in a scenario",
    "replay": "replay the real history of a file with every strategy",
    "profile": "say how late the changes of a history are, or what a table shows",
    "watch": "record what happens in a table, as a history",
    "advise": "recommend a load for a table, from its history or one state of it",
    "report": "render the reports again from a CSV, without running anything",
    "check": "compare a report with the baseline",
    "completion": "print what a shell needs to complete commands and options",
    "list": "show strategies, scenarios and engines, a line each",
}
"""Each command and a line about it, in the order of the help page."""
_PLACES = {
    "list": "list_",
    "init": "setup.init",
    "completion": "setup.completion",
    "repair": "tables.repair",
    "advise": "tables.advise",
    "watch": "tables.watch",
}
"""The modules of commands that are not called as the command is."""
RENAMED = {"memory": "state"}
"""Commands of earlier versions, and what they are called today."""


def add_options(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the options of a command to its parser; this imports the command's module."""
    import_module(f"incload.commands.{_PLACES.get(command, command)}").add(parser)


def version() -> str:
    """Return incload's version."""
    from incload import __version__

    return __version__
