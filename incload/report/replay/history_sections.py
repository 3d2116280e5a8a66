"""What a history is like, as blocks of a report: what was met, how its changes lie, what a window would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.history.recorded.evidence import UNITS_NAMED, counter, doubtful_times, without_change, without_times
from incload.report.format import listed, plural, ratio, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.history.lag_profile import Lateness
    from incload.history.recorded.read_log import Note, ReadLog
    from incload.report.replay.facts import HistoryFacts, TriedWindow

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def past_blocks(facts: HistoryFacts) -> list[Block]:
    """Return what the history is like, up to where a picture of its lags may stand."""
    lateness = facts.lateness
    met = [
        Heading(2, "What the history is like"),
        Points(tuple(_met(facts.account))),
        Points(tuple(_changes(lateness))),
        Points(tuple(_oddities(facts.account, lateness))),
        *_skipped(facts.account.notes, facts.account.skipped),
    ]
    if not facts.cursor:
        return met
    return [
        *met,
        Heading(3, "How far changes lie behind"),
        Paragraph(
            "The lag of a change is how far its timestamp lies behind the largest one that was visible at the sync "
            "before, those ahead of the clock aside: a strict watermark passes over a lag of 0 or more, a window of w "
            "over one of more than w."
        ),
        *_quantiles(lateness),
    ]


def window_blocks(facts: HistoryFacts) -> list[Block]:
    """Return the table of windows, and whether replay and prediction agree; or why there is none."""
    if not facts.windows:
        return []
    if reason := unjudged(facts):
        return [Heading(2, "What a window would have missed"), Paragraph(f"No window is judged: {reason}.")]
    doubt = doubtful_times(facts.account, facts.lateness, facts.cursor)
    tried = any(window.strategy for window in facts.windows)
    intro = (
        "Predicted from the lags alone: how many inserts and updates lie further behind than the window or have no "
        "timestamp, how many rows have one, how many of these the copy would not have had as they were (a row that "
        "comes back as the copy still holds it does no harm), and how often a changed row would have been read."
    )
    heads = ("window", "changes missed", "share", "their rows", "rows ever wrong", "rows read", "per row changed")
    confirmed = ("replayed: rows ever wrong", "replayed: rows read", "agree") if tried else ()
    rows = tuple(_window(window, facts, tried=tried) for window in facts.windows)
    return [
        Heading(2, "What a window would have missed"),
        Paragraph(f"{intro} {doubt[:1].upper()}{doubt[1:]}: no figure here is surer than that." if doubt else intro),
        Table((*heads, *confirmed), rows, left=1, left_last=tried),
        *(_agreement(facts.windows) if tried else ()),
    ]


def span(seconds: float) -> str:
    """Return a span of time in the largest unit that it fills: `10 minutes`, `1 day`, `1.5 hours`, `250 ms`."""
    for size, unit in _SPANS:
        if seconds >= size:
            number = f"{seconds / size:,.1f}".removesuffix(".0")
            return f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{seconds * 1_000:g} ms" if seconds else "0"


def share(part: int, total: int) -> str:
    """Return a share in per cent."""
    return f"{part / total:.1%}".replace("%", " %") if total else "–"  # noqa: RUF001 - a dash of the width of a figure


def unjudged(facts: HistoryFacts) -> str:
    """Say why nothing can be said of windows at all; empty when something can."""
    return (
        without_change(facts.lateness)
        or without_times(facts.account, facts.cursor)
        or counter(facts.account, facts.cursor)
    )


def behind_sentence(lateness: Lateness) -> str:
    """Say how many changes lie behind, and how far, of those of which that is known."""
    without = lateness.changes - lateness.judged
    others = f"; {plural(without, 'other change')} {'has' if without == 1 else 'have'} no lag" if without else ""
    if not lateness.judged:
        return f"None of {plural(lateness.changes, 'change')} has a lag." if lateness.changes else "There is no change."
    if not lateness.behind:
        return f"None of {plural(lateness.judged, 'change')} lies behind the timestamps visible before{others}."
    furthest = span(lateness.quantiles[-1][1] / 1_000_000)
    return (
        f"{lateness.behind:,} of {lateness.judged:,} changes ({share(lateness.behind, lateness.judged)}) lie at or "
        f"behind the largest timestamp visible before them, the furthest of them by {furthest}{others}."
    )


def _met(account: ReadLog) -> Iterable[tuple[str, str]]:
    usable = f"{account.usable:,} usable, {account.unchanged:,} of them like the one before"
    others = f"{account.skipped:,} skipped, {account.absent:,} without the file"
    yield "snapshots:", f"{account.snapshots:,}; {usable}; {others}"
    yield "keys:", f"{account.keys:,}, in {plural(account.versions, 'version')}"
    if account.unseen_keys:
        total = account.keys + account.unseen_keys
        yield "seen by no sync:", f"{account.unseen_keys:,} of {total:,} keys, which came and went between two syncs"
    values = account.cursors_read + account.null_cursors + account.unparsable_cursors
    if values:
        yield "cursor values read as a time:", f"{account.cursors_read:,} of {values:,}"
    updates = plural(account.updates, "update")
    if account.cursors_read:
        untouched = f"{account.updates_without_touch:,} of them without a touch of the timestamp"
        known = "" if account.cursors_read == values else ", where both times were read"
        updates += f", {untouched} and {account.updates_backwards:,} that lowered it{known}"
    gone = f"{plural(account.disappearances, 'disappearance')}, {plural(account.returns, 'return')}"
    yield "from snapshot to snapshot:", f"{updates}; {gone}"


def _changes(lateness: Lateness) -> Iterable[tuple[str, str]]:
    syncs = f"{plural(lateness.syncs, 'sync')}, the first of {plural(lateness.base_rows, 'row')}"
    changes = f"{plural(lateness.inserts, 'insert')}, {plural(lateness.updates, 'update')}"
    deletes = plural(lateness.deletes, "delete") + (", which no cursor shows" if lateness.deletes else "")
    yield "from sync to sync:", f"{syncs} and the last of {lateness.rows_at_end:,}; {changes}; {deletes}"
    if lateness.changes > lateness.judged:
        yield "inserts and updates without a lag:", f"{lateness.changes - lateness.judged:,}"
    if not lateness.judged:
        return
    if not lateness.behind:
        yield "lag of 0 or more:", f"none of {lateness.judged:,} inserts and updates"
        return
    behind = f"{lateness.behind:,} of {lateness.judged:,} inserts and updates"
    ties = f"{plural(lateness.ties, 'tie')} with the largest timestamp, {lateness.late:,} behind it"
    yield "lag of 0 or more:", f"{behind} ({share(lateness.behind, lateness.judged)}); {ties}"
    untouched = f"{plural(lateness.behind_untouched, 'update')} that left the timestamp as it was"
    moved = f"{plural(lateness.behind_moved, 'update')} that moved it and not far enough"
    yield "these are:", f"{plural(lateness.behind_inserts, 'insert')}, {untouched}, {moved}"


def _oddities(account: ReadLog, lateness: Lateness) -> Iterable[tuple[str, str]]:
    """Yield what was odd, and in one line what was looked for and not found."""
    counted = (
        *(_of_values(account) if account.cursors_read or account.null_cursors or account.unparsable_cursors else ()),
        *(_of_times(account, lateness) if account.cursors_read else ()),
        ("records of a key that stands again in the snapshot", account.duplicate_keys, ""),
        ("records without a key", account.missing_keys, ""),
        ("keys that changed their JSON type", account.key_type_changes, ""),
        ("snapshots dated before the one they follow", account.backward_times, ""),
        ("files dated by their modification time", account.undated_names, ""),
    )
    if account.cursor_unit:
        unit = UNITS_NAMED.get(account.cursor_unit)
        yield "numbers were read as:", f"{unit} since 1970" if unit else "dates and times written as digits"
    yield from ((f"{what}:", f"{number:,}{more}") for what, number, more in counted if number)
    if account.column_changes:
        yield "looks with other columns:", f"{account.column_changes:,}; rows that kept their cursor count as unchanged"
    absent = [what for what, number, _ in counted if not number]
    if absent:
        yield "none of these:", "; ".join(absent)


def _of_values(account: ReadLog) -> Iterable[tuple[str, int, str]]:
    """Yield what can be odd about values of a cursor, once there are some."""
    examples = f" ({', '.join(account.cursor_examples)})" if account.cursor_examples else ""
    yield "timestamps that are null", account.null_cursors, ""
    yield "timestamps that say no time, taken for null", account.unparsable_cursors, examples


def _of_times(account: ReadLog, lateness: Lateness) -> Iterable[tuple[str, int, str]]:
    """Yield what can be odd about times, once some were read."""
    yield "timestamps without a zone, taken for UTC", account.naive_timestamps, ""
    yield "timestamps finer than a microsecond, cut off", account.finer_timestamps, ""
    yield "numbers that look like another unit", account.odd_magnitudes, ""
    yield "changes with a timestamp later than the source's clock", lateness.ahead_of_clock, ""
    yield "changes before any timestamp", lateness.before_any_timestamp, ""


def _skipped(notes: Iterable[Note], skipped: int) -> list[Block]:
    """Return why snapshots were skipped, reasons that differ in numbers alone together."""
    points = [(f"{note.snapshots:,}:", f"{note.reason} ({_where(note)})") for note in notes]
    if not points:
        return []
    more = skipped - sum(note.snapshots for note in notes)
    others = [("", f"{more:,} more, for other reasons, are not listed")] if more > 0 else []
    return [Paragraph("Snapshots that were skipped, and why:"), Points((*points, *others))]


def _where(note: Note) -> str:
    alike = f"; {note.alike:,} of the others have other numbers" if note.alike else ""
    return f"first {note.where[:12]}{alike}"


def _quantiles(lateness: Lateness) -> list[Block]:
    if not lateness.behind:
        return [Paragraph(behind_sentence(lateness))]
    heads = ("changes at or behind it", "lag at most")
    rows = tuple((f"{per} % of them", span(lag / 1_000_000)) for per, lag in lateness.quantiles)
    return [Paragraph(behind_sentence(lateness)), Table(heads, rows, left=1)]


def _window(window: TriedWindow, facts: HistoryFacts, *, tried: bool) -> tuple[str, ...]:
    forecast, changed = window.forecast, facts.rows_changed
    predicted = (
        span(forecast.seconds),
        f"{forecast.changes_missed:,}",
        share(forecast.changes_missed, facts.lateness.changes),
        f"{forecast.keys_missed:,}",
        f"{forecast.rows_ever_wrong:,}",
        f"{forecast.rows_read:,}",
        ratio(forecast.rows_read / changed if changed else None),
    )
    if not tried:
        return predicted
    return (*predicted, whole(window.rows_ever_wrong), whole(window.rows_read), "no" if window.difference else "yes")


def _agreement(windows: Iterable[TriedWindow]) -> list[Block]:
    """Say whether replay and prediction agree; where not, what differs."""
    differing = [window for window in windows if window.difference]
    if not differing:
        number = sum(1 for _ in windows)
        tried = f"all {number} windows" if number > 1 else "the window that was tried"
        return [Paragraph(f"Prediction and replay agree for {tried}, in rows ever wrong and in rows read.")]
    names = listed([span(window.forecast.seconds) for window in differing])
    points = tuple(
        (f"{span(window.forecast.seconds)}:", sentence) for window in differing for sentence in window.difference
    )
    return [Paragraph(f"Prediction and replay differ for the windows of {names}:"), Points(points)]
