"""What can stand in each place of a command line, for the completion of a shell."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from incload.records import record

if TYPE_CHECKING:
    import argparse


class Kind(StrEnum):
    """What a value is."""

    WORDS = "words"
    """One of some words."""
    LIST = "list"
    """Some of them, separated by commas."""
    FILES = "files"
    """A path, or what may be one."""
    REPORTS = "reports"
    """The CSV of a report."""
    FREE = "free"
    """Whatever a user knows alone, such as the name of a column."""


@record
class Value:
    """What is known of a value.

    Attributes:
        kind: What it is.
        words: The words that are offered.
    """

    kind: Kind
    words: tuple[str, ...] = ()


FREE = Value(Kind.FREE)


@record
class Command:
    """A command, or one inside another.

    Attributes:
        name: Its name, behind that of the command that it is in.
        help: A line about it.
        options: Its options, each with what its value is; None for a switch.
        places: What stands in it without the name of an option, in that order.
        inner: The commands inside it.
    """

    name: str
    help: str
    options: dict[str, Value | None]
    places: tuple[Value, ...]
    inner: tuple[str, ...]


_PATHS = frozenset({"source", "copy", "target", "path", "config", "output", "report_dir", "python", "contenders"})
"""What is a path, a URL, or a command, by the names of options and places."""
_LISTS = frozenset({"strategies", "scenarios", "evidence", "engines"})


def value_of(command: str, action: argparse.Action) -> Value:
    """Return what the value of an option, or of a place, is."""
    if action.choices:
        return Value(Kind.WORDS, tuple(map(str, action.choices)))
    if known := _known(action.dest):
        return Value(Kind.LIST if action.dest in _LISTS else Kind.WORDS, known)
    if command in {"report", "check"} and not action.option_strings:
        return Value(Kind.REPORTS)
    return Value(Kind.FILES) if action.type is Path or action.dest in _PATHS else FREE


def _known(dest: str) -> tuple[str, ...]:
    """Return the names that are known for a value."""
    if dest in {"strategy", "strategies"}:
        from incload.registry import strategies

        return tuple(each.id for each in strategies())
    if dest in {"scenario", "scenarios", "evidence"}:
        from incload.history.synthetic.scenarios import SCENARIOS

        return (*(() if dest == "scenario" else ("core", "all")), *(each.id for each in SCENARIOS))
    if dest == "engines":
        from incload.engines.registry import engines

        return tuple("-".join(pair) for pair in product(engines(), repeat=2))
    return ()
