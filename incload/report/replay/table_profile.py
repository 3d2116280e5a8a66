"""The profile of one state of a table, as blocks: what it shows, and what it cannot show."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from incload.history.recorded.evidence import UNITS_NAMED
from incload.report.format import listed, plural
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Table
from incload.report.replay.history_sections import share, span

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one state of a table shows. Points and spans of time are microseconds, unless a name says otherwise.

    Attributes:
        table, engine, key, cursor: Which table, in which engine, by which columns.
        rows: How many rows it has.
        null_keys, repeated_keys: Rows with a null in the key; rows whose key another row has already.
        null_timestamps: Rows whose cursor is null or empty.
        senseless_timestamps, examples: Rows whose cursor says no time, and the first few of those values.
        shapes: For each shape in which timestamps are written an example and how many there are, the most frequent
            first.
        naive_timestamps, finer_timestamps: Timestamps that name no zone; timestamps finer than a microsecond, of which
            the rest is cut.
        nanoseconds: Whether the column itself counts them, of which a profile sees microseconds.
        unit, unit_guessed: What numbers count, empty if there are none; whether that was guessed from their size.
        smallest, largest: Of all timestamps; None without any.
        tied_rows, ties, largest_tie: Rows that share their timestamp with another, groups of such rows, the largest
            group.
        at_largest: Rows with the largest timestamp.
        coarse: The largest unit of which all timestamps are whole ones; empty for less than a second.
        ahead, furthest_ahead: Timestamps later than the clock of the database, and how far the furthest is ahead of it.
        against_keys: Rows with a smaller timestamp than some row with a smaller key; None where keys are texts.
        windows: For windows in seconds, how many rows lie no further behind the largest timestamp.
        no_times: Why windows mean nothing to a load by this cursor; empty when they do.
        objection: Why a load by this cursor would be refused; empty when it would not.
    """

    table: str
    engine: str
    key: tuple[str, ...]
    cursor: str
    rows: int
    null_keys: int
    repeated_keys: int
    null_timestamps: int
    senseless_timestamps: int
    examples: tuple[str, ...]
    shapes: tuple[tuple[str, int], ...]
    naive_timestamps: int
    finer_timestamps: int
    nanoseconds: bool
    unit: str
    unit_guessed: bool
    smallest: int | None
    largest: int | None
    tied_rows: int
    ties: int
    largest_tie: int
    at_largest: int
    coarse: str
    ahead: int
    furthest_ahead: int
    against_keys: int | None
    windows: tuple[tuple[float, int], ...]
    objection: str
    no_times: str = ""


_UNKNOWN = (
    ("how late rows become visible,", "and so what a window of any size would miss."),
    ("updates that leave the timestamp as it was:", "no strategy that goes by the cursor would see them."),
    ("deletes:", "a row that is gone leaves nothing behind; and neither does one that was gone and came back."),
    ("rows that a transaction held back", "and that became visible behind timestamps which were read already."),
)
"""What no single state of a table shows."""


def standing_blocks(standing: Standing) -> list[Block]:
    """Return what the table shows, and what it cannot show."""
    return [
        Paragraph("", lead=_headline(standing)),
        Heading(2, "What this state of the table shows"),
        Points(tuple(_findings(standing))),
        *_window_blocks(standing),
        Heading(2, "What one state cannot show"),
        Points(_UNKNOWN),
        Paragraph(
            "To know them, keep one copy of the table for each sync (one CSV or Parquet file after the other in a "
            f"folder), and run: incload profile FOLDER --key {','.join(standing.key)} --cursor {standing.cursor}"
        ),
    ]


def write_standing(standing: Standing, path: Path) -> None:
    """Write what the table shows as JSON."""
    path.write_text(json.dumps(asdict(standing), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _headline(standing: Standing) -> str:
    flaws = [
        text
        for number, text in (
            (standing.null_keys, f"{standing.null_keys:,} without a key"),
            (standing.repeated_keys, f"{standing.repeated_keys:,} whose key another row has"),
            (standing.null_timestamps, f"{standing.null_timestamps:,} without a timestamp"),
            (standing.senseless_timestamps, f"{standing.senseless_timestamps:,} whose timestamp says no time"),
            (standing.tied_rows, f"{standing.tied_rows:,} whose timestamp another row has"),
            (standing.ahead, f"{standing.ahead:,} timestamped ahead of the clock"),
        )
        if number
    ]
    if not standing.rows:
        return f"{standing.table} has no row, and so nothing to report yet."
    found = listed(flaws) if flaws else "every row has a key and a timestamp of its own, none ahead of the clock"
    return f"{plural(standing.rows, 'row')} of {standing.table}, by {standing.cursor}: {found}."


def _findings(standing: Standing) -> Iterable[tuple[str, str]]:
    yield "rows:", f"{standing.rows:,}; {_keys(standing)}"
    if standing.objection:
        yield "incload load would refuse this cursor:", standing.objection
    yield from _timestamps(standing)
    if standing.largest is None:
        return
    yield "ties:", _ties(standing)
    if standing.coarse:
        yield "resolution:", f"every timestamp is a whole {standing.coarse}: what changes within one is tied"
    ahead = (
        f"{standing.ahead:,}, the furthest by {span(standing.furthest_ahead / 1_000_000)}: a watermark that takes one "
        "over is blind until its time has come"
    )
    yield "ahead of the clock:", ahead if standing.ahead else "none"
    yield "order of the keys:", _order(standing)


def _keys(standing: Standing) -> str:
    if not standing.rows:
        return "there is no key yet"
    if not (standing.null_keys or standing.repeated_keys):
        return "every key is there, and there once"
    nulls = [f"{standing.null_keys:,} with a null in the key"] if standing.null_keys else []
    again = [f"{standing.repeated_keys:,} whose key another row has"] if standing.repeated_keys else []
    return f"{listed([*nulls, *again])}: a load by this key is refused, unless such rows are equal in every column"


def _timestamps(standing: Standing) -> Iterable[tuple[str, str]]:
    if standing.largest is not None and standing.smallest is not None:
        yield "timestamps:", f"from {_moment(standing.smallest)} to {_moment(standing.largest)}"
    if standing.null_timestamps:
        part = share(standing.null_timestamps, standing.rows)
        yield "without a timestamp:", f"{standing.null_timestamps:,} ({part}): no bound ever shows them"
    if standing.senseless_timestamps:
        yield "timestamps that say no time:", f"{standing.senseless_timestamps:,} ({', '.join(standing.examples)})"
    if len(standing.shapes) > 1:
        yield "written in several shapes:", "; ".join(f"{number:,} like {text}" for text, number in standing.shapes)
    if standing.naive_timestamps:
        yield "without a zone, taken for UTC:", f"{standing.naive_timestamps:,}"
    if standing.finer_timestamps:
        yield "finer than a microsecond, and cut off for this profile:", f"{standing.finer_timestamps:,}"
    if standing.nanoseconds:
        yield "precision:", "the column counts nanoseconds, this profile microseconds: timestamps within one look tied"
    if standing.unit:
        guessed = "; that is guessed from their size; --cursor-unit states it" if standing.unit_guessed else ""
        unit = UNITS_NAMED.get(standing.unit)
        yield "numbers count:", f"{unit} since 1970{guessed}" if unit else "dates and times written as digits"


def _ties(standing: Standing) -> str:
    newest = f"{plural(standing.at_largest, 'row has', 'rows have')} the largest timestamp"
    if not standing.ties:
        return f"none: every timestamp is there once; {newest}"
    rows = (
        f"{standing.tied_rows:,} rows ({share(standing.tied_rows, standing.rows)}) share their timestamp with another"
    )
    groups = f"in {plural(standing.ties, 'group')}, the largest of {standing.largest_tie:,}"
    return f"{rows}, {groups}; {newest}"


def _order(standing: Standing) -> str:
    if standing.against_keys is None:
        return "texts, whose order says nothing about time"
    if not standing.against_keys:
        return "the timestamps follow it"
    return (
        f"{plural(standing.against_keys, 'row')} ({share(standing.against_keys, standing.rows)}) with a smaller "
        "timestamp than a row with a smaller key: late themselves, or the other was updated; one state does not show "
        "which"
    )


def _window_blocks(standing: Standing) -> list[Block]:
    if standing.no_times:
        text = f"No window is judged: {standing.no_times}."
        return [Heading(3, "What a lookback window would read at the next sync"), Paragraph(text)]
    if not standing.windows:
        return []
    rows = tuple((span(seconds), f"{number:,}", share(number, standing.rows)) for seconds, number in standing.windows)
    return [
        Heading(3, "What a lookback window would read at the next sync"),
        Paragraph(f"Rows no further behind the largest timestamp than the window, new rows aside{_unread(standing)}."),
        Table(("window", "rows", "share of the table"), rows, left=1),
    ]


def _unread(standing: Standing) -> str:
    """Say how many rows no window can show."""
    number = standing.null_timestamps + standing.senseless_timestamps
    return f"; of {plural(number, 'row')} no time was read, and no window shows them" if number else ""


def _moment(at: int) -> str:
    """Return a point in time as ISO text, in UTC."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat().removesuffix("+00:00") + "Z"
