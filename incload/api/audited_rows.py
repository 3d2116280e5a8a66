"""Which rows of two tables an audit reads: those of a condition, those since a cursor value, and at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.auditing.watermark import given_mark
from incload.engines.digests.literals import literal
from incload.engines.driver_errors import reason
from incload.errors import Refused, masked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from incload.auditing.observed import Observed
    from incload.auditing.tables import Opened, Wanted
    from incload.auditing.watermark import Mark
    from incload.engines.digests.canonical import Held
    from incload.engines.digests.forms import Pair

LARGE = 1_000_000
"""From how many rows on a table without an index on its key is not searched for differences unasked."""


def said(side: Opened) -> str:
    """Return what a table is called in a sentence."""
    return masked(f"{side.table} in {side.shown}")


def refuse_scan(side: Opened, key: str, rows: int) -> None:
    """Refuse a large table in which every portion of what differs would be searched by reading all of it."""
    if rows >= LARGE and not finds_ranges(side, key):
        raise Refused(
            f"{said(side)} has {rows:,} rows and no index on {key}: where rows differ, all of it is read once for "
            "every 50 blocks of about a thousand rows; add an index, or say that it may be read so with --scan."
        )


def finds_ranges(side: Opened, key: str) -> bool:
    """Return whether ranges of a key are found without reading the whole table."""
    session = side.session
    # An engine that counts without reading keeps columns apart, and finds ranges of a key without an index.
    if session.capabilities.counts_at_once or session.keyed("source", side.table, (key,)):
        return True
    return session.looks.rereads("source", side.table, key)


def since_condition(side: Opened, held: Sequence[Held], wanted: Wanted, since: str | None) -> str | None:
    """Return the condition of the rows since a cursor value, in the SQL of a side; None for all rows."""
    if since is None:
        return None
    if wanted.cursor is None:
        raise Refused("--since is a value of the cursor: name the column with --cursor.")
    place = wanted.key.index(wanted.cursor) if wanted.cursor in wanted.key else len(wanted.key)
    column = held[place]
    try:
        text = given_mark(since, column)
    except Refused as error:
        raise Refused(str(error).replace("--watermark", "--since")) from error
    return f"{side.session.quote(column.column.name)} >= {literal(side.session, column, text)}"


def show_only(side: Opened, given: Mapping[str, str | None], since: str | None) -> None:
    """Read the rows alone that meet all conditions, if there are any.

    Args:
        side: The table.
        given: The conditions that users have written, by their options.
        since: The condition of the rows since a cursor value.
    """
    from incload.loading.columns.choosing import check_condition

    shown = []
    for option, where in given.items():
        if where is not None:
            check_condition(where, side.names, option)
            shown.append(f"({where})")
            _show(side, shown, f"{option} {where!r}")
    if since is not None:
        _show(side, [*shown, f"({since})"], "--since")


def _show(side: Opened, conditions: Sequence[str], last: str) -> None:
    """Show the rows alone that meet all conditions; refuse the last one if the engine does not understand it."""
    session, every = side.session, " AND ".join(conditions)
    session.show(side.table, "rows", lambda rows: session.limited(side.table, rows, every))
    try:
        session.rows(f"SELECT 1 FROM {session.relation('source', side.table)} AS r LIMIT 0")  # noqa: S608 - checked above
    except session.error as error:
        raise Refused(f"{last} cannot be used on {said(side)}: {reason(error)}") from error


def observed_rows(
    key: Sequence[Pair], mark: Mark | None, wanted: Wanted, recording: str | Path | None
) -> Observed | None:
    """Return when rows were visible, as a recording has it; refuse one that says nothing of the copy's syncs."""
    if recording is None:
        return None
    from incload.auditing.observed import Observed
    from incload.history.recorded.observed import visible_by

    if mark is None or not mark.syncs or not mark.per_second:
        raise Refused(
            "--recording says which rows a sync has left out, and needs the --cursor, which is a time, of a copy whose "
            "state incload keeps: leave it out."
        )
    visible = visible_by(user_path(recording), wanted.key, wanted.cursor or "")
    return Observed(visible, mark.syncs, mark.per_second, tuple(each.source.form.per_second for each in key))
