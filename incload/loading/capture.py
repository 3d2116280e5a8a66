"""The capture of changes at a source, on explicit request: what a change log needs is created, shown, removed.

Loads only ever read a source. Each of these is one transaction of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import ChangeLog
from incload.engines.driver_errors import reason
from incload.engines.registry import session_type
from incload.errors import Refused, Unable, unknown
from incload.loading.opening import reopen
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.abilities.change_log import Capture, Kept
    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session


def install(source: Endpoint, table: str, log: Capability, key: tuple[str, ...] = ()) -> Kept:
    """Have the changes of a table logged from now on; without a key, rows are named by the table's primary key."""
    with _changing(source, table, log) as (session, found):
        names = key or session.logs.primary_key("target", table)
        if not names:
            raise Refused(f"table {table!r} has no primary key: name the columns that identify its rows with --key.")
        _check_key(session, table, names)
        found.install(names)
        found.protect()
        return _kept(found, table)


def remove(source: Endpoint, table: str, log: Capability) -> None:
    """Take away everything that keeps the log of a table."""
    with _changing(source, table, log) as (_, found):
        _kept(found, table)
        found.remove()


def trim(source: Endpoint, table: str, log: Capability, until: str) -> int:
    """Forget what stands in the log of a table up to a position; return how many entries that were."""
    with _changing(source, table, log) as (_, found):
        _kept(found, table)
        if not isinstance(found, ChangeLog):
            raise Refused(f"what is kept of table {table!r} for a horizon is no log, and has nothing to trim.")
        return found.trim(until)


def listed(source: Endpoint, table: str | None = None) -> list[Kept]:
    """Return the logs that a source keeps, of one table or of all."""
    with _opened(source) as session:
        left = session.logs.left_behind("target")
        if table is not None and table not in left:
            _check_table(session, table)
        tables = [*session.tables("target"), *left] if table is None else [table]
        found = [
            session.logs.capture(log, "target", each).kept()
            for each in tables
            for log in Capability
            if not session.cannot(log)
        ]
        return [kept for kept in found if kept is not None]


@contextmanager
def _opened(source: Endpoint) -> Iterator[Session]:
    """Open a source so that it can be written."""
    if source.engine == "file":
        raise Unable(f"{source.shown} is a file of records, which keeps no log of its changes.")
    source.check_source()
    try:
        session = reopen(source)
        try:
            yield session
        finally:
            session.close()
    except session_type(source.engine).error as error:
        raise Refused(f"the source {source.shown} cannot be changed: {reason(error)}") from error


@contextmanager
def _changing(source: Endpoint, table: str, log: Capability) -> Iterator[tuple[Session, Capture]]:
    """Hand out the log of the table, in a transaction that ends with the block."""
    with _opened(source) as session:
        why = session.cannot(log)
        if why:
            raise Unable(f"no log of changes can be kept in {source.shown}, because {why}.")
        session.begin(table)
        try:
            if table not in session.logs.left_behind("target"):
                _check_table(session, table)
            yield session, session.logs.capture(log, "target", table)
            session.commit()
        finally:
            session.rollback()


def _check_table(session: Session, table: str) -> None:
    if session.columns("target", table) is None:
        raise unknown("source table", table, session.tables("target"))


def _check_key(session: Session, table: str, key: tuple[str, ...]) -> None:
    names = [column.name for column in session.columns("target", table) or ()]
    for name in key:
        if name not in names:
            raise unknown("key column", name, names)


def _kept(log: Capture, table: str) -> Kept:
    kept = log.kept()
    if kept is None:
        raise Refused(f"table {table!r} has no change log: make one with `incload capture install`.")
    return kept
