"""What a history is evidence of, and of what it is none: why a claim that it seems to bear is withheld.

A strategy that left no row wrong was right only if something could have gone wrong, and if the times by which it went
were read. Each function returns the reason against a claim as a clause, or an empty text when there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.history.recorded.time_formats import advice

if TYPE_CHECKING:
    from incload.history.lag_profile import Lateness
    from incload.history.recorded.read_log import ReadLog

_FIRST_PLAUSIBLE = 100_000_000 * 1_000_000
"""3 March 1973, in microseconds: numbers that all say an earlier time are a counter, or times in another form."""

UNITS_NAMED = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
"""What numbers in a cursor column may count since 1970, as a reader would say it."""


def without_change(lateness: Lateness) -> str:
    """Say why a history says nothing about any strategy: nothing in it ever changed from one sync to the next."""
    if lateness.changes or lateness.deletes:
        return ""
    if lateness.syncs < 2:
        return "there was one sync, of one state of the table, which says nothing about any strategy"
    return f"no row changed between the {lateness.syncs:,} syncs, which says nothing about any strategy"


def without_times(account: ReadLog, cursor: str) -> str:
    """Say why a history says nothing about strategies that go by the cursor: none of its values was read."""
    if not cursor:
        return "no cursor column was named"
    values = account.cursors_read + account.null_cursors + account.unparsable_cursors
    if account.cursors_read or not values:
        return ""
    if not account.unparsable_cursors:
        return f"{cursor} has no value in any of {_versions(values)}"
    return (
        f"none of {account.unparsable_cursors:,} values of {cursor} was read as a time "
        f"({', '.join(account.cursor_examples)}; {advice(account.cursor_examples)})"
    )


def doubtful_times(account: ReadLog, lateness: Lateness, cursor: str) -> str:
    """Say why no strategy that goes by the cursor is called right: some of its values were not read, or not surely."""
    values = account.cursors_read + account.null_cursors + account.unparsable_cursors
    if account.unparsable_cursors:
        examples, one = ", ".join(account.cursor_examples), account.unparsable_cursors == 1
        return (
            f"{account.unparsable_cursors:,} of {values:,} values of {cursor} {'was' if one else 'were'} not read "
            f"({examples}; {advice(account.cursor_examples)}) and {'counts' if one else 'count'} as null"
        )
    read = lateness.base_read + lateness.changes - lateness.without_timestamp
    if read and lateness.base_ahead + lateness.ahead_of_clock == read:
        return (
            f"every timestamp of {cursor} that was read is later than its sync, so that the column says something "
            "else than when a row changed, or was misread (--cursor-format names its form)"
        )
    if account.odd_magnitudes:
        unit = UNITS_NAMED.get(account.cursor_unit, "dates written as digits")
        odd = account.odd_magnitudes
        return f"{odd:,} numbers of {cursor} were read as {unit}, like the others, and do not look like it"
    return counter(account, cursor)


def counter(account: ReadLog, cursor: str) -> str:
    """Say why spans of time mean nothing: the cursor's numbers are too small to be times."""
    latest = account.latest_cursor
    if account.cursor_unit in UNITS_NAMED and latest is not None and latest < _FIRST_PLAUSIBLE:
        return (
            f"the numbers of {cursor} are too small for times after March 1973: they may be a counter, or dates in a "
            "form that --cursor-format can name"
        )
    return ""


def _versions(number: int) -> str:
    return "the one version of a row" if number == 1 else f"the {number:,} versions of rows"
