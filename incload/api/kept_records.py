"""What incload has recorded in a copy that it loaded: what its columns hold, and up to where the source was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.auditing.watermark import Window
from incload.cursor import UNITS, MixedText
from incload.engines.capabilities import AtomicState
from incload.errors import Refused
from incload.loading.columns.column_kinds import OWNER, read_kinds
from incload.loading.state.entry import read_entry
from incload.loading.state.table_store import FORMER, HISTORY, TABLE, By
from incload.registry import strategy as named

if TYPE_CHECKING:
    from incload.auditing.tables import Opened
    from incload.strategy import Strategy


def kinds_in(copy: Opened) -> dict[str, str]:
    """Return what a load has recorded of a copy's columns, by their names; empty where there is no record."""
    return {name: each.kind for name, each in read_kinds(_texts(copy).get(OWNER)).items()}


def watermark_in(copy: Opened, cursor: str) -> tuple[str, str] | None:
    """Return the watermark that the one strategy of a copy keeps of a cursor, and its name.

    None where none is kept, where several strategies keep one, and where it is not that of this cursor.
    """
    found = []
    for strategy, text in _texts(copy).items():
        if strategy == OWNER:
            continue
        try:
            entry = read_entry(text, "the state", "load again")
        except Refused:
            continue
        if entry.shown is not None and entry.tags.get("cursor") == cursor:
            found.append((str(entry.shown), strategy))
    return found[0] if len(found) == 1 else None


def past_watermarks_in(copy: Opened, strategy: str) -> tuple[tuple[str, int | None], ...]:
    """Return the watermarks that a strategy has kept, as the source writes them, and when the sync of each began.

    The times are microseconds by the source's clock, the oldest first. One that was set or rolled back by hand is of
    no sync, and has none.
    """
    session = copy.session
    if session.capabilities.atomic_state is AtomicState.SNAPSHOT:
        return ()
    table = next((name for name in (HISTORY, FORMER[HISTORY]) if session.holds("source", name)), None)
    if table is None:
        return ()
    name = session.name("source", table)
    where = "table_name = ? AND strategy = ? AND value IS NOT NULL"
    sql = f"SELECT value, written_at, written_by FROM {name} WHERE {where} ORDER BY run"  # noqa: S608 - a name of its own
    found = []
    for text, at, by in session.rows(sql, (copy.table, strategy)):
        try:
            shown = read_entry(str(text), "the state", "load again").shown
        except Refused:
            continue
        if shown is not None:
            began = int(MixedText(UNITS["us"], zoned=True).position(str(at))) if by == By.SYNC else None
            found.append((str(shown), began))
    return tuple(found)


def window_in(copy: Opened, name: str, per_second: int) -> Window:
    """Return how the strategy of a copy reads, by its name."""
    try:
        spelled = read_entry(_texts(copy)[name], "the state", "load again").spelled
        return window_of(named(spelled or name), per_second)
    except Refused:
        return Window()  # the strategy is one of another installation


def window_of(by: Strategy, per_second: int) -> Window:
    """Return how a strategy reads."""
    reach = by.reach
    if reach is None or (reach.window and not per_second):
        return Window()
    window, delay = (int(each.total_seconds() * per_second) for each in (reach.window, reach.delay))
    if reach.from_clock:
        return Window(from_clock=window)
    return Window(window if reach.at_bound in {"all", "unknown"} else None, delay, removes=reach.every > 0)


def _texts(copy: Opened) -> dict[str, str]:
    """Return what the copy keeps of states, by whose they are: in a table, or in the snapshots of its own."""
    session = copy.session
    if session.capabilities.atomic_state is AtomicState.SNAPSHOT:
        return session.states(copy.table)
    table = next((name for name in (TABLE, FORMER[TABLE]) if session.holds("source", name)), None)
    if table is None:
        return {}
    sql = f"SELECT strategy, value FROM {session.name('source', table)} WHERE table_name = ?"  # noqa: S608 - a name of its own
    return {str(strategy): str(value) for strategy, value in session.rows(sql, (copy.table,))}
