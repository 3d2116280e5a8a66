"""The examples of docs/strategies.md are what the real load does: every line is run on SQLite and audited.

A block names a strategy and describes a short history. From its clocks and from what happens to its source the
whole block is made again, by real syncs, and its text has to be equal to what comes out. Run as a program, this file
prints every block as it should be.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pyarrow as pa
import pytest

from incload.auditing.audit import order
from incload.contenders.native import NativeContender
from incload.engines.postgres import server
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.trial import difference
from incload.history.history import History, Tick
from incload.loading.plan import Plan
from incload.loading.state.table_store import TableStore
from incload.loading.strategy_views import SeenRows
from incload.loading.sync import sync
from incload.registry import strategy, strategy_classes
from incload.strategy import Changed, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.auditing.audit import Key, Row
    from incload.engines.session import Query, Session
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.strategy import State, Strategy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
COLUMNS = ["clock", "source", "reads", "writes", "state", "copy"]
"""What a block says of each sync; `writes` is left out of a block in which every sync writes just what it reads."""
CLOCK = re.compile(r"(?:[A-Z][a-z][a-z] \d\d? )?\d\d:\d\d")
EVENT = re.compile(rf"(\d+)@(null|{CLOCK.pattern}|\d{{4}}(?!:))('?)")
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELF = Table(
    "shelf",
    ("id",),
    "modified_at",
    (Column("id", Kind.INTEGER), Column("edition", Kind.INTEGER), Column("modified_at", Kind.TIMESTAMP)),
)
NAMES = [name for name, defined in strategy_classes().items() if defined.__module__.startswith("incload.strategies.")]


class Event(NamedTuple):
    """A row that came or changed: its id, its timestamp, and whether it has other content than before."""

    id: int
    timestamp: datetime | None
    changed: bool


class Happened(NamedTuple):
    """One line: the clock of a sync, and what became visible in the source since the sync before."""

    at: datetime
    events: list[Event]
    deletes: list[int]


@dataclass(slots=True)
class Life:
    """The source so far: the edition and the timestamp of each of its rows."""

    rows: dict[int, tuple[int, datetime | None]] = field(default_factory=dict)

    def tick(self, line: Happened) -> Tick:
        """Let a line happen; raise ValueError for what cannot."""
        for key in line.deletes:
            if self.rows.pop(key, None) is None:
                raise ValueError(f"row {key} is deleted and was not there")
        for event in line.events:
            self._see(event)
        return Tick(position(line.at), self._arrow(event.id for event in line.events), keys(line.deletes))

    def _see(self, event: Event) -> None:
        edition, timestamp = self.rows.get(event.id, (0, None))
        if event.changed and not edition:
            raise ValueError(f"row {event.id} has other content and was not there")
        if edition and not event.changed and event.timestamp == timestamp:
            raise ValueError(f"row {event.id} is as it was")
        self.rows[event.id] = (edition + (event.changed or not edition), event.timestamp)

    def _arrow(self, which: Iterable[int]) -> pa.Table:
        rows = [(key, *self.rows[key]) for key in which]
        types = (pa.int64(), pa.int64(), pa.timestamp("us", "UTC"))
        columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(types)]
        return pa.table(dict(zip(SHELF.names, [*columns[:2], columns[2].cast(pa.timestamp("us"))], strict=True)))


def keys(which: Iterable[int]) -> pa.Table:
    """Return ids as a table of keys."""
    return pa.table({"id": pa.array(which, pa.int64())})


def section(root: Path) -> str:
    """Return the section with the examples."""
    page = (root / "docs" / "strategies.md").read_text(encoding="utf-8")
    return page.partition("## Examples\n")[2].partition("\n## ")[0]


def entry(text: str, name: str) -> str:
    """Return what stands under the heading of a strategy; empty without one."""
    found = re.search(rf"^### {name}\n(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def findings(text: str, name: str, folder: Path) -> Iterator[str]:
    """Yield what is wrong with a strategy's entry: no block for a variant, or a block that the load does not do."""
    shown = set()
    for number, block in enumerate(BLOCK.findall(entry(text, name))):
        try:
            chosen, _ = read_loader(block.partition("\n")[0])
            (folder / f"{name} {number}").mkdir()
            done = played(block, folder / f"{name} {number}")
        except (ValueError, Refused) as error:
            yield f"{block}cannot be run: {error}"
            continue
        shown.add(chosen.id)
        if done != block:
            yield f"{block}should be\n{done}"
    yield from (f"{each.id} has no block" for each in strategy_classes()[name].variants() if each.id not in shown)


def read_loader(text: str) -> tuple[Strategy, WriteRule | None]:
    """Read how a block loads: a strategy as `--strategy` takes it, and `with` a write rule if it is not its own."""
    name, _, rule = text.partition(" with ")
    return strategy(name), WriteRule(rule) if rule else None


def read_life(block: str) -> list[Happened]:
    """Read the clocks of a block and what happens to its source; raise ValueError for a block that is none."""
    head, *lines = map(cells, block.splitlines()[1:])
    if head not in (COLUMNS, [name for name in COLUMNS if name != "writes"]):
        raise ValueError(f"{head} are not the columns")
    if len(lines) < 2 or any(len(line) != len(head) for line in lines):
        raise ValueError("its lines are too few, or do not have a cell for each column")
    life = [read_line(clock, source) for clock, source, *_ in lines]
    if any(after.at <= before.at for before, after in pairwise(life)):
        raise ValueError("its clock does not move on")
    return life


def cells(line: str) -> list[str]:
    """Split a line into its cells, which stand two spaces or more apart."""
    return re.split(r" {2,}", line)


def read_line(clock: str, source: str) -> Happened:
    """Read one line; raise ValueError for a clock or an event that has no meaning."""
    if not CLOCK.fullmatch(clock):
        raise ValueError(f"{clock!r} is no clock")
    at = read_moment(clock, NEW_YEAR)
    came, _, left = f" {source}".partition(" delete ")
    events = [
        Event(int(key), None if timestamp == "null" else read_moment(timestamp, at), bool(mark))
        for key, timestamp, mark in EVENT.findall(came)
    ]
    line = Happened(at, events, [int(key) for key in left.split()])
    if printed(line) != source:
        raise ValueError(f"{source!r} is nothing that happens to a source, but perhaps {printed(line)!r}")
    return line


def read_moment(text: str, day: datetime) -> datetime:
    """Read `10:05` of a day, `Jan 2 10:05`, or a year for its first moment."""
    if re.fullmatch(r"\d{4}", text):
        return datetime(int(text), 1, 1, tzinfo=UTC)
    text = text if " " in text else f"{day:%b %d} {text}"
    return datetime.strptime(f"{NEW_YEAR.year} {text}", "%Y %b %d %H:%M").replace(tzinfo=UTC)


def shown(time: datetime | None, day: datetime) -> str:
    """Write a timestamp as a line of that day does."""
    if time is None:
        return "null"
    if time.year != day.year:
        return str(time.year)
    return f"{time:%H:%M}" if time.date() == day.date() else f"{time:%b} {time.day} {time:%H:%M}"


def printed(line: Happened) -> str:
    """Write what happens to a source."""
    events = [f"{key}@{shown(timestamp, line.at)}{chr(39) * changed}" for key, timestamp, changed in line.events]
    return " ".join(events + ids("delete", line.deletes)) or "-"


def ids(word: str, keys: Iterable[object]) -> list[str]:
    """Return a word and the ids after it, or nothing without ids."""
    listed = list(map(str, keys))
    return [word, *listed] if listed else []


def position(time: datetime) -> int:
    """Return microseconds since 1970."""
    return (time - EPOCH) // MICROSECOND


def played(block: str, folder: Path) -> str:
    """Do what a block says, with real syncs in a folder, and return the block as it came out."""
    chosen, rule = read_loader(block.partition("\n")[0])
    life, story = Life(), read_life(block)
    sandbox, now = open_sandbox(pair_for(chosen), SHELF, folder), [0]
    rows = [[cells(line)[0], printed(each)] for line, each in zip(block.splitlines()[2:], story, strict=True)]
    try:
        empty = History(SHELF, position(story[0].at), life.tick(Happened(story[0].at, [], [])).upserts, ())
        sandbox.begin(empty, NativeContender(chosen))
        cursor = sandbox.cursor or "modified_at"
        plan = Plan("shelf", ("id",), cursor, chosen, rule, 1_000_000, clock=lambda: now[0])
        for row, line in zip(rows, story, strict=True):
            sandbox.apply(life.tick(line))
            now[0] = position(line.at)
            row += [*loaded(sandbox, plan, line.at), verdict(sandbox, waiting(life, line.at, chosen.delay))]
    finally:
        sandbox.close()
    return f"{block.partition(chr(10))[0]}\n{laid_out(rows)}"


def pair_for(chosen: Strategy) -> tuple[str, str]:
    """Return the engines on which a block is played: SQLite's, unless they cannot do what the strategy asks for."""
    if chosen.asks is None or not session_type("sqlite").cannot(chosen.asks):
        return "sqlite", "sqlite"
    if server.missing():
        pytest.skip(server.missing())
    return "postgres", "postgres"


def loaded(sandbox: Sandbox, plan: Plan, at: datetime) -> tuple[str, str, str]:
    """Run one sync; return which rows it read, what it wrote, and what it remembers."""
    read: list[object] = []

    def note(session: Session, relation: Query, *rest: object, **named: object) -> SeenRows:
        read.extend(key for (key,) in session.rows(f"SELECT id FROM ({relation.sql}) ORDER BY id", relation.params))
        return SeenRows(session, relation, *rest, **named)  # type: ignore[arg-type]  # handed on as it came

    before = flat(sandbox.target_rows())
    with patch("incload.loading.sync.SeenRows", note):
        synced = sync(sandbox.connections, plan)
    after = flat(sandbox.target_rows())
    if Changed() in synced.delta.rows:  # every row is digested, and those that differ are seen
        read = [row[0] for row in flat(sandbox.source_rows())]
    different = [row[0] for row in (Counter(after) - Counter(before)).elements()]
    written = read if synced.written == synced.read else different
    assert (len(read), len(written)) == (synced.read, synced.written)
    gone = sorted({row[0] for row in before} - {row[0] for row in after}, key=str)
    writes = " ".join([*map(str, written), *ids("delete", gone)])
    return " ".join(map(str, read)) or "-", writes or "-", remembered(sandbox, plan.strategy, synced.after, at)


def flat(chunks: Iterable[list[Row]]) -> list[Row]:
    """Return the rows of all chunks."""
    return list(chain.from_iterable(chunks))


def remembered(sandbox: Sandbox, chosen: Strategy, state: State, at: datetime) -> str:
    """Write a state."""
    parts = []
    if state.watermark is not None and sandbox.cursor:
        parts.append("a number")  # of the server's own, and another every time
    elif state.watermark is not None:
        parts.append(shown(EPOCH + state.watermark * MICROSECOND, at))
    if state.key is not None:
        parts.append(" ".join(ids("key", state.key)))
    if state.position is not None:
        own = sandbox.connections.source.engine == "sqlite"
        parts.append(f"change {state.position.partition('.')[2]}" if own else "a position")
    counts = {key: len(note) if isinstance(note, list) else note for key, note in state.notes.items() if key in NOTES}
    if state.digests:
        counts["digests"] = sandbox.connections.target.count(
            TableStore(sandbox.connections.target, SHELF, chosen.name, {}).digests
        )
    parts += [f"{number} {NOTES[key][: -1 if number == 1 else None]}" for key, number in counts.items()]
    parts += learned(chosen, state)
    return " and ".join(parts) or "-"


def learned(chosen: Strategy, state: State) -> Iterator[str]:
    """Write what a state says in a way of its own: the width of a window, and ids that are asked for again."""
    learning, within = chosen.reach.learning if chosen.reach else None, state.notes.get("within")
    if learning and isinstance(within, dict):
        yield f"a window of {learning.window(tuple(within.values())) // timedelta(minutes=1)} minutes"
    groups = state.notes.get("gaps")
    for _, *ends in groups if isinstance(groups, list) else ():
        spans = [range(max(low, 1), high + 1) for low, high in zip(ends[::2], ends[1::2], strict=True)]
        if missing := ids("missing", [key for span in spans for key in span]):
            yield " ".join(missing)


NOTES = {"boundary": "digests", "digests": "digests", "syncs": "syncs"}
"""What a state counts, and how a block calls it."""


def waiting(life: Life, at: datetime, delay: timedelta) -> set[Key]:
    """Return the rows that are too young for the strategy to have promised anything about."""
    return {(key,) for key, (_, timestamp) in life.rows.items() if delay and timestamp and timestamp > at - delay}


def verdict(sandbox: Sandbox, young: set[Key]) -> str:
    """Write what is wrong with the copy."""
    found = difference(sandbox)
    kinds: dict[str, set[Key]] = {
        "lost": {*found.lost} - young,
        "stale": {*found.stale} - young,
        "phantom": {*found.phantom},
        "duplicated": {*found.duplicated},
        "waiting": {*found.lost, *found.stale} & young,
    }
    parts = [
        f"{' '.join(str(key) for (key,) in sorted(rows, key=order))} {kind}" for kind, rows in kinds.items() if rows
    ]
    return ", ".join(parts) or "right"


def laid_out(rows: list[list[str]]) -> str:
    """Write rows under their heads, each column as wide as it has to be."""
    table = [COLUMNS, *rows]
    if all(row[2] == row[3] for row in rows):
        table = [[*row[:3], *row[4:]] for row in table]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture(scope="module")
def examples(root: Path) -> str:
    """Return the section with the examples."""
    return section(root)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_what_the_load_does(name: str, examples: str, tmp_path: Path) -> None:
    """Every variant of a strategy has an example, and each line of it is what a real sync did."""
    assert "\n".join(findings(examples, name, tmp_path)) == ""


def test_every_entry_is_prose_and_examples(examples: str) -> None:
    """Each entry says something in words before it shows something, and no block of the section is left out."""
    shown = [block for name in NAMES for block in BLOCK.findall(entry(examples, name))]

    assert [name for name in NAMES if len(entry(examples, name).partition("```")[0].split()) < 20] == []
    assert sorted(shown) == sorted(BLOCK.findall(examples))
    assert examples.count("```") == 2 * len(shown)


GOOD = """\
timestamp_watermark
clock  source            reads  state  copy
10:00  1@09:50 2@10:00   1 2    10:00  right
10:10  3@10:07 1@10:05'  1 3    10:07  right
10:20  4@10:03           -      10:07  4 lost
10:30  delete 2          -      10:07  4 lost, 2 phantom
"""


def entry_of(*blocks: str) -> str:
    """Return a section with one entry."""
    return "### timestamp_watermark\n" + "".join(f"\n```text\n{block}```\n" for block in blocks) + "\n### others\n"


def test_a_block_is_played_as_it_is(tmp_path: Path) -> None:
    """What a sync read, remembers and leaves wrong comes from the load, whatever the block says."""
    blank = re.sub(r"(?m)(?<=\d  )(\S.*?) {2,}.*$", r"\1  -  -  -", GOOD)

    assert "10:20  4@10:03  -  -  -\n" in blank
    assert played(blank, tmp_path) == GOOD


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("1 3    10:07", "1 2    10:07"),
        ("1 3    10:07", "3      10:07"),
        ("-      10:07  4 lost\n", "4      10:07  right\n"),
        ("10:07  right", "10:05  right"),
        ("4 lost,", "4 stale,"),
        (", 2 phantom", ""),
        ("2 phantom", "1 phantom"),
        ("4@10:03 ", "4@10:08 "),
        ("1@10:05'", "3@10:05'"),
        ("1@10:05' ", "1@10:05  "),
        ("delete 2", "delete 3"),
        ("timestamp_watermark\n", "composite_watermark\n"),
        ("timestamp_watermark\n", "timestamp_watermark with append\n"),
        ("10:00  right", "10:00   right"),
    ],
)
def test_one_wrong_figure_is_found(said: str, instead: str, tmp_path: Path) -> None:
    """A block that says one thing that the load does not do is found, and what it should be is reported."""
    assert said in GOOD

    found = list(findings(entry_of(GOOD, GOOD.replace(said, instead, 1), INCLUSIVE), "timestamp_watermark", tmp_path))

    assert len(found) == 1


INCLUSIVE = """\
timestamp_watermark_inclusive
clock  source   reads  state  copy
10:00  2@10:00  2      10:00  right
10:10  1@10:00  1 2    10:00  right
"""


@pytest.mark.parametrize(
    ("said", "instead", "why"),
    [
        ("timestamp_watermark\n", "timestamp_watermarks\n", "unknown strategy"),
        ("timestamp_watermark\n", "timestamp_watermark with force\n", "not a valid WriteRule"),
        ("reads", "finds", "are not the columns"),
        ("10:10  3", "10:61  3", "unconverted data remains"),
        ("10:10  3", "1010  3", "is no clock"),
        ("10:10  3", "09:10  3", "its clock does not move on"),
        ("4@10:03", "4 at 10:03", "is nothing that happens"),
        ("delete 2", "loses 2", "is nothing that happens"),
        ("delete 2", "delete 7", "row 7 is deleted and was not there"),
        ("3@10:07 ", "3@10:07' ", "row 3 has other content and was not there"),
        ("3@10:07 ", "2@10:00 ", "row 2 is as it was"),
        ("10:07  4 lost\n", "10:07 4 lost\n", "do not have a cell for each column"),
        ("-      10:07  4 lost, 2 phantom", "", "do not have a cell for each column"),
    ],
)
def test_a_block_without_a_meaning_is_found(said: str, instead: str, why: str, tmp_path: Path) -> None:
    """A block that names what is not there, or cannot have happened, is found with the reason."""
    assert said in GOOD

    (found,) = findings(entry_of(GOOD, INCLUSIVE, GOOD.replace(said, instead, 1)), "timestamp_watermark", tmp_path)

    assert why in found


def test_a_missing_example_is_found(tmp_path: Path) -> None:
    """A strategy without an entry, and a variant without an example, are found."""
    text = entry_of(GOOD)

    assert list(findings(text, "timestamp_watermark", tmp_path)) == ["timestamp_watermark_inclusive has no block"]
    assert list(findings(text, "full_refresh", tmp_path)) == ["full_refresh has no block"]


@pytest.mark.parametrize(
    ("said", "timestamp"),
    [
        ("1@10:05", datetime(2026, 1, 2, 10, 5, tzinfo=UTC)),
        ("1@Jan 12 10:05", datetime(2026, 1, 12, 10, 5, tzinfo=UTC)),
        ("1@2999", datetime(2999, 1, 1, tzinfo=UTC)),
        ("1@null", None),
    ],
)
def test_how_timestamps_are_written(said: str, timestamp: datetime | None) -> None:
    """A time is one of the line's day, unless a day or a year says another."""
    line = read_line("Jan 2 10:10", said)

    assert line == Happened(datetime(2026, 1, 2, 10, 10, tzinfo=UTC), [Event(1, timestamp, changed=False)], [])


if __name__ == "__main__":
    for example in BLOCK.findall(section(Path(__file__).parents[2])):
        with TemporaryDirectory() as scratch:
            sys.stdout.write(f"{played(example, Path(scratch))}\n")
