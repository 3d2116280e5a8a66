"""What there is in a source: its tables, their keys, and the columns by which changes may be found."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from incload.engines.driver_errors import reason
from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.table import Column

_CHANGED = re.compile(r"updat|modif|chang|last_?(write|edit|touch)|mtime|sys_?mod|rowversion|sync", re.IGNORECASE)
"""In the name of a column that says when a row was last changed."""
_TIME = re.compile(r"(_at|_on|_ts|time|date|timestamp|_dt|version|seq)$|^(ts|date|time|version|seq)", re.IGNORECASE)
"""In the name of a column that may say when a row came or was changed."""
_CURSORS = {Kind.TIMESTAMP, Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.DECIMAL}
_KEY = re.compile(r"(^|_)(id|uuid|key|code|no|number)$|^(id|uuid|key)|[a-z](Id|ID|Key)$", re.IGNORECASE)
_MOST_TRIED = 12
"""How many columns are tried as a key of a table that declares none."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column by which changes may be found.

    Attributes:
        name: The column.
        says_changed: Whether its name says that it moves with every update.
        values: How many rows have a value, and how many different ones there are; None where they were not counted.
        bounds: The smallest and the largest value, as texts.
    """

    name: str
    says_changed: bool
    values: tuple[int, int] | None = None
    bounds: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table of a source.

    Attributes:
        name: Its name.
        key: The columns of its key; none where none was found.
        declared: Whether the source itself declares the key; otherwise its values are merely unique now.
        cursors: The columns by which changes may be found, the likeliest first.
        rows: How many rows it has; None where they were not counted.
        is_file: Whether it is a file of records, which cannot declare a key.
    """

    name: str
    key: tuple[str, ...]
    declared: bool
    cursors: tuple[Candidate, ...]
    rows: int | None = None
    is_file: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the key is one to load by; of a table or view that declares none, a person has to know it."""
        return bool(self.key) and (self.declared or self.is_file)


def look_at(source: Endpoint, wanted: Iterable[str] | None, *, count: bool) -> tuple[FoundTable, ...]:
    """Return the tables of a source.

    Args:
        source: The source.
        wanted: The tables that are looked at; all unless given.
        count: Whether the values of cursor columns are counted, which reads each table once.

    Raises:
        Refused: For a source that cannot be read, or that has no table.
    """
    try:
        source.check_source()
        found = _of_file(source) if source.engine == "file" else _of_database(source, wanted, count=count)
    except session_type(source.engine).error as error:
        raise Refused(f"{source.shown} cannot be read: {reason(error)}") from error
    if not found:
        raise Refused(f"{source.shown} holds no table: name another source.")
    return found


def _of_database(source: Endpoint, wanted: Iterable[str] | None, *, count: bool) -> tuple[FoundTable, ...]:
    from incload.errors import unknown

    with closing(session_type(source.engine).open(source, None)) as session:
        there = [name for name in session.tables("source") if not _is_our_own(name)]
        names = [source.table] if source.table else there if wanted is None else list(wanted)
        for name in names:
            if name not in there:
                raise unknown("source table", name, there)
        return tuple(_table(session, name, count=count) for name in names)


def _is_our_own(name: str) -> bool:
    return name.lower().startswith(("_incload_", "sqlite_"))


def _of_file(source: Endpoint) -> tuple[FoundTable, ...]:
    """Look at a file of records, which declares no key."""
    from incload.engines.files.column_types import Wanted
    from incload.engines.files.several.taking import take

    assert isinstance(source, Location)  # noqa: S101 - a file of records is one
    name = re.sub(r"\W+", "_", Path(source.path.name).name.partition(".")[0]).strip("_") or "records"
    with closing(session_type("file").open(None, None)) as session:
        taken = take(session, source.path, name, Wanted((), None, {}))
        if not taken.records:
            raise Refused(f"{source.shown} holds no record, and so shows no key: name a file with some.")
        return (replace(_table(session, name, count=True), is_file=True),)


def _table(session: Session, name: str, *, count: bool) -> FoundTable:
    columns = session.columns("source", name) or ()
    declared = session.primary_key("source", name)
    key = declared or (_unique(session, name, columns) if count else ())
    cursors = sorted(_candidates(columns, key), key=lambda each: not each.says_changed)
    if not count:
        return FoundTable(name, key, bool(declared), tuple(cursors))
    rows, counted = _counted(session, name, cursors)
    return FoundTable(name, key, bool(declared), counted, rows)


def _candidates(columns: Iterable[Column], key: tuple[str, ...]) -> Iterator[Candidate]:
    for column in columns:
        changed = bool(_CHANGED.search(column.name))
        may_be = column.kind is Kind.TIMESTAMP or changed or _TIME.search(column.name)
        if column.kind in _CURSORS and may_be and column.name not in key:
            yield Candidate(column.name, changed)


def _unique(session: Session, name: str, columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the first column whose values are there and different in all rows, those named like keys first."""
    tried = sorted((each for each in columns if each.kind in _CURSORS), key=lambda each: not _KEY.search(each.name))
    for column in tried[:_MOST_TRIED]:
        quoted = session.quote(column.name)
        relation = session.relation("source", name)
        ((rows, different),) = session.rows(f"SELECT count(*), count(DISTINCT {quoted}) FROM {relation} AS r")
        if rows == different and rows:
            return (column.name,)
    return ()


def _counted(session: Session, name: str, cursors: list[Candidate]) -> tuple[int, tuple[Candidate, ...]]:
    """Count the rows, and the values of each candidate, in one reading of the table."""
    parts = ["count(*)"]
    for each in cursors:
        quoted = session.quote(each.name)
        parts += [f"count({quoted})", f"count(DISTINCT {quoted})", f"min({quoted})", f"max({quoted})"]
    ((rows, *said),) = session.rows(f"SELECT {', '.join(parts)} FROM {session.relation('source', name)} AS r")
    made = []
    for place, each in enumerate(cursors):
        values, different, least, most = said[4 * place : 4 * place + 4]
        numbers = int(str(values)), int(str(different))
        made.append(Candidate(each.name, each.says_changed, numbers, (str(least), str(most))))
    return int(str(rows)), tuple(made)
