"""The worked examples of the README are what the real load does: every line of every block is run on SQLite and audited.

A block names a strategy and tells a short life of a table. From its clocks and from what happens to its source the whole
block is made anew, by real syncs, and its text has to be equal to what comes out. Run as a program, this file prints
every block as it should be.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest

from incload.history.history import History, Tick
from incload.lab.pair import open_stand
from incload.lab.trial import difference
from incload.load.asking import SeenRows
from incload.load.memory import Shelf
from incload.load.plan import Plan
from incload.load.sync import sync
from incload.registry import strategies, strategy, strategy_classes
from incload.strategy import Changed, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from incload.lab.audit import Row
    from incload.lab.pair import Stand
    from incload.load.sync import Synced

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
YEAR = 2026
COLUMNS = ("clock", "source", "reads", "writes", "remembers", "copy")
"""What a block says of each sync; `writes` is left out of a block in which every sync writes what it reads."""
DAY = r"[A-Z][a-z][a-z] \d\d? "
CLOCK = re.compile(rf"(?:{DAY})?\d\d:\d\d")
EVENT = re.compile(rf"(\d+)@(null|{CLOCK.pattern}|\d{{4}}(?!:))('?)")
FENCED = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELF = Table(
    "shelf",
    ("id",),
    "modified_at",
    (Column("id", Kind.INTEGER), Column("content", Kind.INTEGER), Column("modified_at", Kind.TIMESTAMP)),
)


class Event(NamedTuple):
    """A row that came or changed: its id, its stamp, and whether it has other content than before under its id."""

    id: int
    stamp: datetime | None
    changed: bool


@dataclass(frozen=True)
class Happened:
    """What became visible in the source between two lines of a block, and the clock of the sync that follows."""

    at: datetime
    events: tuple[Event, ...]
    deletes: tuple[int, ...]
    said: str


@dataclass(frozen=True)
class Example:
    """A block: what is loaded how, and what happens to the source."""

    loader: str
    life: tuple[Happened, ...]


def section(readme: str) -> str:
    """Return the README's section about the strategies."""
    return readme.partition("<!-- strategies -->\n")[2].partition("\n## ")[0]


def entries(text: str) -> dict[str, str]:
    """Return the entries of the section, by the headings above them."""
    parts = re.split(r"^### (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def read_example(block: str) -> Example:
    """Read what a block says of its source; raise ValueError where it is none."""
    loader, head, *lines = block.splitlines()
    if cells(head) not in ([*COLUMNS], [name for name in COLUMNS if name != "writes"]) or len(lines) < 2:
        raise ValueError(f"no head of columns and lines under it: {block!r}")
    life = tuple(read_line(*cells(line)[:2]) for line in lines)
    if any(after.at <= before.at for before, after in pairwise(life)):
        raise ValueError(f"the clock does not move on: {block!r}")
    return Example(loader, life)


def cells(line: str) -> list[str]:
    """Split a line into its cells, which stand at least two spaces apart."""
    return re.split(r"\s{2,}", line.strip())


def read_line(clock: str, source: str = "") -> Happened:
    """Read when a line is and what it says of the source; raise ValueError for what has no meaning."""
    if not CLOCK.fullmatch(clock):
        raise ValueError(f"{clock!r} is no clock")
    at = moment(clock, datetime(YEAR, 1, 1, tzinfo=UTC))
    came, _, left = f" {source}".partition(" delete ")
    events = tuple(Event(int(key), moment(stamp, at), bool(mark)) for key, stamp, mark in EVENT.findall(came))
    deletes = tuple(map(int, left.split()))
    if (source_cell(events, deletes, at) or "-") != source:
        raise ValueError(f"{source!r} is nothing that can happen to a source")
    return Happened(at, events, deletes, source)


def moment(text: str, day: datetime) -> datetime | None:
    """Read a stamp: `10:05` of a day, `Jan 2 10:05`, a year for its first moment, `null`."""
    if text == "null":
        return None
    if text.isdigit():
        return datetime(int(text), 1, 1, tzinfo=UTC)
    if " " not in text:
        text = f"{day:%b} {day.day} {text}"
    return datetime.strptime(f"{YEAR} {text}", "%Y %b %d %H:%M").replace(tzinfo=UTC)
