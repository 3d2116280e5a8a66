"""The witness: the story of one wrong row, in a few lines that a human can check by hand.

The row described is the one that was wrong first; among equals the first whose trouble never ended, then the smallest
key. A story is a text of numbered lines separated by line feeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING

from incload.auditing.audit import order
from incload.cursor import UNITS, Timestamps
from incload.harness.trials.error_timeline import counts
from incload.harness.trials.fault_stories import fault_sentences
from incload.harness.trials.seen_change import seen_sentence
from incload.query_words import in_words, named
from incload.strategy import AfterKey, Changed, Differing, Everything, KeyRanges, Logged, Since, WriteRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from incload.auditing.audit import Key
    from incload.harness.trials.trial import Observed
    from incload.history.history import History
    from incload.strategy import Delta, Rows, State
    from incload.table import Table

_SCALE = Timestamps(UNITS["us"])

_FORGETTING = frozenset({WriteRule.REPLACE, WriteRule.MIRROR})
"""The rules by which a row stays in the target only as long as every sync reads it."""


@dataclass(frozen=True, slots=True)
class _Change:
    """The last that happened to a row before it was found wrong.

    Attributes:
        tick: In which tick; 0 is the base.
        at: What the source's clock showed then, in microseconds.
        gone: Whether the row left the source.
        timestamp: The row's cursor value; None for a null.
        before: The cursor value that it had before, as a one-tuple; None for a row that was not there.
    """

    tick: int
    at: int
    gone: bool = False
    timestamp: int | None = None
    before: tuple[int | None] | None = None


def story(history: History, observed: Observed) -> str:
    """Say why the first wrong row of a trial is wrong; empty when none was."""
    timeline = observed.timeline
    if not timeline.ever_wrong:
        return ""
    first = min(timeline.ever_wrong.values())
    at_end = timeline.last.wrong if timeline.last else frozenset()
    firsts = (each for each, sync in timeline.ever_wrong.items() if sync == first)
    key = min(firsts, key=lambda each: (each not in at_end, order(each)))
    change = _last_change(history, key, observed.ticks[first])
    lines = [
        _what_happened(history.table, key, change),
        _committed_late(history, observed, first, key, change),
        *fault_sentences(observed.faults, observed.ticks[first], observed.ticks[first - 1] if first else None),
        _what_was_asked(observed, first) or _what_could_be_seen(history, observed, key, change),
        _why_not(observed, first, key, change),
        _what_became(observed, key, first),
    ]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(filter(None, lines), start=1))


def _last_change(history: History, key: Key, until: int) -> _Change | None:
    """Find the last change of a key in the base and the first `until` ticks; None for a key that never was there."""
    found = _timestamp_in(history.base, history.table, key)
    change = _Change(0, history.started, timestamp=found[0]) if found else None
    for number, tick in enumerate(islice(history.ticks, until), start=1):
        if _timestamp_in(tick.deletes, history.table, key):
            change = _Change(number, tick.at, gone=True)
        found = _timestamp_in(tick.upserts, history.table, key)
        if found:
            before = None if change is None or change.gone else (change.timestamp,)
            change = _Change(number, tick.at, timestamp=found[0], before=before)
    return change


def _timestamp_in(rows: pa.Table, table: Table, key: Key) -> tuple[int | None] | None:
    """Return the cursor of a key's row as a one-tuple, or None when the rows do not have the key."""
    import pyarrow.compute as pc

    for name, value in zip(table.key, key, strict=True):
        rows = rows.filter(pc.equal(_plain(rows[name]), value))
    if not rows.num_rows:
        return None
    if table.cursor is None or table.cursor not in rows.column_names:
        return (None,)
    return (_plain(rows[table.cursor])[0].as_py(),)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return timestamps and booleans as the audit shows them: as whole numbers."""
    import pyarrow as pa

    shown = pa.types.is_timestamp(column.type) or pa.types.is_boolean(column.type)
    return column.cast(pa.int64()) if shown else column


def _what_happened(table: Table, key: Key, change: _Change | None) -> str:
    row = "row " + ", ".join(f"{name} = {value!r}" for name, value in zip(table.key, key, strict=True))
    if change is None:
        return f"The source never had {row}."
    when = f"In tick {change.tick}, at {shown(change.at)}," if change.tick else "In the base"
    if change.gone:
        return f"{when} {row} left the source."
    if table.cursor is None:
        return f"{when} {row} became visible or changed."
    timestamp = f"{table.cursor} = {shown(change.timestamp)}"
    if change.before is None:
        return f"{when} {row} became visible with {timestamp}."
    if change.before == (change.timestamp,):
        return f"{when} {row} changed and kept its {timestamp}."
    return f"{when} {row} changed and got {timestamp} in place of {shown(change.before[0])}."


def _committed_late(history: History, observed: Observed, sync: int, key: Key, change: _Change | None) -> str:
    """Name the transaction that wrote the row and committed late, and the one that moved the state past it."""
    late = observed.acted.late.get((key, change.tick)) if change else None
    if late is None:
        return ""
    sentence = (
        f"Transaction {late.number} wrote it before sync {late.wrote} and committed after that, before sync "
        f"{late.committed}"
    )
    asked, brought = observed.syncs[sync].asked, [history.base, *(tick.upserts for tick in history.ticks)]
    holding = (number for number, rows in enumerate(brought) if asked and _holds(rows, history.table, asked.before))
    first = next(holding, None)
    if first is None or first not in observed.acted.prompt:
        return f"{sentence}."
    other = observed.acted.prompt[first]
    return f"{sentence}; transaction {other} had committed before sync {first}, and the state stands at what it wrote."


def _holds(rows: pa.Table, table: Table, state: State) -> bool:
    """Return whether the row at which a state stands is among rows."""
    if state.watermark is not None and table.cursor is not None:
        return state.watermark in _plain(rows[table.cursor]).to_pylist()
    return state.key is not None and _timestamp_in(rows, table, state.key) is not None


def _what_was_asked(observed: Observed, sync: int) -> str:
    asked = observed.syncs[sync].asked
    if asked is None:
        return ""
    return f"{_remembered(asked.before)}, sync {observed.ticks[sync]} asked for {_asked(asked.delta)}."


def _what_could_be_seen(history: History, observed: Observed, key: Key, change: _Change | None) -> str:
    """Say how a change stood beside what was visible before it, for a loader that does not say what it asked for."""
    if change is None or change.tick == 0:
        return ""
    return seen_sentence(history, observed.faults, key, change.tick)


def _remembered(state: State) -> str:
    key = f"key {named(state.key)}" if state.key else ""
    if state.watermark is not None:
        return f"With the watermark {shown(state.watermark)}{key and f' and {key}'} in the state"
    if key:
        return f"With the {key} in the state"
    if state.position is not None:
        return f"With the position {state.position} in the state"
    return "With the digests of the rows read before in the state" if state.digests else "With no state"


def _asked(delta: Delta) -> str:
    parts = [in_words(rows, shown) for rows in delta.rows]
    return " and for ".join(parts) + (", and for the keys that are gone" if delta.remove else "")


def _why_not(observed: Observed, sync: int, key: Key, change: _Change | None) -> str:
    """Say how the query missed the row, or what the write rule made of it; empty when neither explains anything."""
    said = observed.syncs[sync].asked
    if change is None or said is None:
        return ""
    if change.gone:
        by_log = isinstance(said.delta.remove, Logged)
        why = "the change log does not name it" if by_log else "nothing made the load delete its copy"
        return f"A row that is not there matches no query: {why}."
    kinds = observed.timeline.found_as[key]
    if observed.rule in _FORGETTING and "lost" in kinds and change.tick < observed.ticks[sync]:
        return f"The row had been loaded; by `{observed.rule}` what one sync does not read leaves the target."
    if any(fault.explains(observed.ticks[sync]) for fault in observed.faults):
        return ""
    asked = said.delta.rows
    if observed.rule == WriteRule.MERGE and any(isinstance(rows, Changed | Logged) for rows in asked):
        return _unnamed(asked)
    missed = _missed(asked, said.before.watermark, key, change.timestamp)
    return missed or _written(observed.rule, kinds)


def _unnamed(asked: Sequence[Rows]) -> str:
    """Say how a row escaped a query that goes by digests or a log."""
    if any(isinstance(rows, Changed) for rows in asked):
        return "The row's digest is the one in the state: the row was not read."
    after = any(isinstance(rows, Logged) and rows.after is not None for rows in asked)
    return "The change log does not name the row after that position: the row was not read." if after else ""


def _written(rule: str, kinds: tuple[str, ...]) -> str:
    """Say what a write rule made of a row that was read; empty when it did what it should."""
    if rule == WriteRule.APPEND and "duplicated" in kinds:
        return "The row was read, and `append` put it beside the copy that was there."
    if rule == WriteRule.NEWEST and "stale" in kinds:
        return "The row was read, but the copy has a newer timestamp, and `newest` kept the copy."
    return ""


def _missed(asked: Sequence[Rows], watermark: float | None, key: Key, timestamp: int | None) -> str:
    """Say how a row with that key and timestamp lies outside of the rows asked for; empty when it does not."""
    if any(isinstance(rows, Everything | Changed | Differing | Logged) for rows in asked):
        return ""
    if any(isinstance(rows, AfterKey) and order(key) > order(rows.key) for rows in asked):
        return ""
    again = chain.from_iterable(rows.ranges for rows in asked if isinstance(rows, KeyRanges))
    if any(low <= key[0] <= high for low, high in again if isinstance(key[0], int)):
        return ""
    ranges = [rows for rows in asked if isinstance(rows, Since)]
    if not ranges:
        return "The row's key is not above it: the row was not read."
    return _missed_by_timestamp(ranges, watermark, key, timestamp)


def _missed_by_timestamp(ranges: list[Since], watermark: float | None, key: Key, timestamp: int | None) -> str:
    if timestamp is None:
        null = "A null is neither above nor below any bound: the row matches no condition on the cursor."
        return "" if any(rows.nulls for rows in ranges) else null
    if any(_covers(rows, key, timestamp) for rows in ranges):
        return ""
    bounds = [rows.position for rows in ranges if rows.position is not None and rows.position >= timestamp]
    if not bounds:
        latest = max(rows.until for rows in ranges if rows.until is not None)
        beyond = _span(timestamp - latest)
        return f"The row's timestamp lies {beyond} beyond the upper bound: the row is left for a later sync."
    bound = min(bounds)
    if bound == timestamp:
        return "The row's timestamp is the watermark's own: the bound shuts it out, and the row was not read."
    if bound == watermark:
        return f"The row's timestamp lies {_span(bound - timestamp)} behind the watermark: the row was not read."
    lag = (
        f", {_span(watermark - timestamp)} behind the watermark"
        if watermark is not None and timestamp < watermark
        else ""
    )
    return f"The row's timestamp lies {_span(bound - timestamp)} before the bound{lag}: the row was not read."


def _covers(rows: Since, key: Key, timestamp: int) -> bool:
    """Return whether the row of that key and timestamp matches a query."""
    if rows.until is not None and timestamp > rows.until:
        return False
    if rows.position != timestamp:
        return rows.position is None or timestamp > rows.position
    return rows.inclusive if rows.key is None else order(key) > order(rows.key)


def _what_became(observed: Observed, key: Key, sync: int) -> str:
    timeline, ticks = observed.timeline, observed.ticks
    was = f"It was {' and '.join(timeline.found_as[key])} after sync {ticks[sync]} and"
    if timeline.last and (now := timeline.last.kinds(key)):
        total = sum(counts(timeline.last))
        rows = f"{total} wrong row{'s' if total > 1 else ''}"
        return f"{was} is still {' and '.join(now)} after the last, sync {ticks[-1]} ({rows} then)."
    healed = timeline.healed.get(key)
    return f"{was} " + (
        "left the source before it was right again."
        if healed is None
        else f"was right again after sync {ticks[healed]}."
    )


def shown(position: float | None) -> str:
    """Return a point in time as a story writes it, without a fraction of a second where there is none."""
    return "null" if position is None else str(_SCALE.shown(position)).removesuffix(".000000")


def _span(ticks: float) -> str:
    """Return a span of microseconds as people say it."""
    return str(timedelta(microseconds=int(ticks)))
