"""The two tables of an audit, each opened only to be read, and their columns put side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.digests.forms import Pair, Sides, noted, pair
from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.errors import Refused, unknown
from incload.records import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.engines.endpoint import Endpoint
    from incload.engines.files.layout import Layout
    from incload.engines.session import Session
    from incload.table import Column


@dataclass(frozen=True, slots=True)
class Opened:
    """A table that can be read.

    Attributes:
        session: The session that reads it.
        table: Its name there.
        columns: Its columns.
        shown: Where it is, for sentences.
    """

    session: Session
    table: str
    columns: tuple[Column, ...]
    shown: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """Return the column of a name, or of the only name that differs from it in case alone."""
        alike = [each for each in self.columns if each.name.lower() == name.lower()]
        return next((each for each in alike if each.name == name), alike[0] if len(alike) == 1 else None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is compared.

    Attributes:
        key: The key columns, by their names in the source, as all columns here.
        cursor: The cursor column, or None.
        columns: The columns besides them; None for all.
        exclude: The columns that are not.
        rename: The names of columns in the copy where they differ.
        types: The types of columns of a file, as a user names them.
    """

    key: tuple[str, ...]
    cursor: str | None = None
    columns: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    rename: Mapping[str, str] | None = None
    types: Mapping[str, str] | None = None

    def name_in_copy(self, name: str) -> str:
        """Return what a column of the source is called in the copy."""
        return (self.rename or {}).get(name, name)


def open_copy(copy: Endpoint, table: str | None) -> Opened:
    """Open the copy; `table` is its name where its URL says none."""
    if copy.engine == "file":
        raise Refused(f"the copy {copy.shown} is a file of records: name it as the source, and the database as COPY.")
    return open_table(copy, table, "copy")


def open_source(source: Endpoint, table: str, wanted: Wanted, layout: Layout, copy: Opened) -> Opened:
    """Open the source, a database or a file of records; `table` is its name where its URL says none."""
    if source.engine != "file":
        return open_table(source, table, "source")
    from incload.engines.files import column_types, record_files
    from incload.engines.files.several.taking import take

    assert isinstance(source, Location)  # noqa: S101 - of that engine
    source.check_source()
    session = session_type("file").open(None, None)
    names = {wanted.name_in_copy(name): name for name in wanted.rename or {}}
    columns = [replace(each, name=names.get(each.name, each.name)) for each in copy.columns]
    known = {column.name: column for column in columns}
    try:
        # A column that no record has says nothing about the copy's: it is left out, and not read as nulls.
        own, types = frozenset(known), wanted.types or {}
        take(session, source.path, table, column_types.Wanted(wanted.key, wanted.cursor, known, own, layout, types))
        if session.columns("source", table) is None:
            record_files.empty(session, table, columns, copy.session.engine)
        return Opened(session, table, session.columns("source", table) or (), source.shown)
    except BaseException:
        session.close()
        raise


def open_table(end: Endpoint, table: str | None, side: str) -> Opened:
    """Open a table of a database to read it; `table` is its name where its URL says none."""
    name = end.table or table
    if name is None:
        raise Refused(f"{end.shown} names no table: write ?table=NAME behind the {side}.")
    end.check_source(side)
    session = session_type(end.engine).open(end, None)
    try:
        return Opened(session, name, _described(session, name, side), end.shown)
    except BaseException:
        session.close()
        raise


def _described(session: Session, name: str, side: str) -> tuple[Column, ...]:
    columns = session.columns("source", name)
    if columns is None:
        raise unknown(f"table of the {side}", name, session.tables("source"))
    return columns


def refuse_itself(source: Opened, copy: Opened, ends: tuple[Endpoint, Endpoint]) -> None:
    """Refuse a copy that is the source, under whatever name."""
    if source.session.engine != copy.session.engine or ends[0].engine == "file":
        return
    names = [each.session.name("source", each.table) for each in (source, copy)]
    if source.session.capabilities.folds_names:
        names = [name.lower() for name in names]
    of_one_file = ends[0].identity() == ends[1].identity()
    of_one_server = source.session.database()[:1] == copy.session.database()[:1]
    if names[0] == names[1] and of_one_file and of_one_server:
        raise Refused(f"source and copy are both table {copy.table!r} of {copy.shown}: name the copy.")


def paired(source: Opened, copy: Opened, wanted: Wanted, sides: Sides) -> tuple[Pair, ...]:
    """Return the columns that are compared, the key first; refuse what is named and missing."""
    _check(source, wanted)
    chosen = _chosen(source, wanted)
    pairs = []
    for name in chosen:
        mine, other = source.column(name), copy.column(wanted.name_in_copy(name))
        assert mine is not None  # noqa: S101 - it was checked, or is one of its columns
        if other is None:
            _refuse_missing(name, copy, wanted)
        else:
            made = pair(*noted((source.session, copy.session), mine, other), sides)
            reading = source.session.file_values.read_by.get(mine.name, "")
            pairs.append(replace(made, rule="; ".join(filter(None, [reading, made.rule]))))
    return tuple(pairs)


def not_compared(copy: Opened, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the columns of the copy that are compared with none of the source."""
    compared = {each.copy.column.name for each in pairs}
    return tuple(name for name in copy.names if name not in compared)


def _check(source: Opened, wanted: Wanted) -> None:
    if wanted.columns is not None and wanted.exclude:
        raise Refused("--columns and --exclude were both given: name either what is compared or what is not.")
    if len(set(wanted.key)) < len(wanted.key):
        raise Refused(f"the key names a column twice ({', '.join(wanted.key)}): name each once.")
    named = {
        "--key": wanted.key,
        "--cursor": (wanted.cursor,) if wanted.cursor else (),
        "--columns": wanted.columns or (),
        "--exclude": wanted.exclude,
        "--rename": tuple(wanted.rename or ()),
    }
    for option, names in named.items():
        for name in names:
            if source.column(name) is None:
                raise unknown(f"column of the source in {option}", name, source.names)
    for name in wanted.exclude:
        if name in {*wanted.key, wanted.cursor}:
            raise Refused(f"--exclude names {name!r}, which is the key or the cursor: leave it out of it.")


def _chosen(source: Opened, wanted: Wanted) -> list[str]:
    """Return the names of the columns, the key's first."""
    needed = dict.fromkeys((*wanted.key, *filter(None, [wanted.cursor])))
    rest = source.names if wanted.columns is None else wanted.columns
    folded = {name.lower() for name in (*needed, *wanted.exclude)}
    return [*needed, *dict.fromkeys(name for name in rest if name.lower() not in folded)]


def _refuse_missing(name: str, copy: Opened, wanted: Wanted) -> None:
    called = wanted.name_in_copy(name)
    if name in wanted.key or name == wanted.cursor or called != name:
        raise unknown("column of the copy", called, copy.names)
    raise Refused(
        f"the copy has no column {name!r} of the source: leave it out with --exclude, or say what it is called there "
        f"with --rename {name}=NAME."
    )
