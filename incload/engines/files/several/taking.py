"""Several files of records, read into one table as if they were one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from incload.engines.driver_errors import reason
from incload.engines.endpoints import record_format
from incload.engines.files import checks, record_files
from incload.engines.files.parquet_reading import reading, unreadable
from incload.engines.files.read_fields import File, check_names, csv_field, json_fields
from incload.engines.files.record_files import Taken
from incload.engines.files.several.paths import files_of, partitions_of
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.engines.files.column_types import Wanted
    from incload.engines.session import Session

_ALL = "incload_all_records"


def take(session: Session, path: Path, table: str, wanted: Wanted) -> Taken:
    """Read a file, or all of a folder or pattern, into the table of that name in the session's place `source`.

    Raises:
        Refused: As for one file, and for a column that is not of one kind in all files.
    """
    if path.is_file():
        return record_files.take(session, path, table, wanted)
    files = files_of(path)
    opened = [record_files.checked(each, wanted) for each in files]
    session.rows("ATTACH ':memory:' AS source")
    whole = File(path, b"", wanted)
    try:
        if record_format(files[0]) == "parquet":
            return _parquet(session, whole, opened, table)
        return _text(session, whole, opened, table)
    except duckdb.Error as error:
        raise unreadable(path, reason(error)) from error


def _text(session: Session, whole: File, files: Sequence[File], table: str) -> Taken:
    """Gather the records of all files, and then type each column by all of its values."""
    form = record_format(files[0].path) or ""
    gathered: dict[str, int] = {}
    for file in files:
        record_files.text_fields(session, file, form)
        columns = [str(name) for name, *_ in session.rows("DESCRIBE incload_records")]
        _gather(session, columns, gathered)
    session.write(f"ALTER TABLE {_ALL} RENAME TO incload_records")
    if form == "json":
        return record_files.typed(session, whole.named, table, json_fields(session, whole), whole.wanted)
    check_names(whole.named, list(gathered))
    fields = [csv_field(session, name) for name in gathered]
    taken = record_files.typed(session, whole.named, table, fields, whole.wanted)
    return Taken(taken.records, (*taken.notes, *_lacking(whole.named, gathered, len(files))), taken.absent)


def _gather(session: Session, columns: Sequence[str], gathered: dict[str, int]) -> None:
    """Add the records of one file to those of the others, which get the columns that they do not have."""
    if not gathered:
        session.write(f"ALTER TABLE incload_records RENAME TO {_ALL}")
    else:
        for name in columns:
            if name not in gathered:
                session.write(f"ALTER TABLE {_ALL} ADD COLUMN {session.quote(name)} VARCHAR")
        session.write(f"INSERT INTO {_ALL} BY NAME SELECT * FROM incload_records")
        session.write("DROP TABLE incload_records")
    for name in columns:
        gathered[name] = gathered.get(name, 0) + 1


def _parquet(session: Session, whole: File, files: Sequence[File], table: str) -> Taken:
    """Read each file so that no value loses anything, and refuse a column of two types."""
    record_files.check_plain(whole)
    name, notes = session.name("source", table), dict[str, None]()
    types: dict[str, tuple[str, str]] = {}
    gathered: dict[str, int] = {}
    for number, file in enumerate(files):
        pattern = record_files.itself(file.named)
        how = reading(session, pattern, file.named, _unpartitioned(file.wanted, file.path))
        sql = f"SELECT *{_partitions(session, file.path, how.sql, pattern)} FROM ({how.sql})"
        described = session.rows(f"DESCRIBE {sql}", (pattern,))
        columns = {str(column): str(declared) for column, declared, *_ in described}
        notes |= dict.fromkeys(how.notes)
        if number:
            _agree(session, name, file, columns, types)
            session.write(f"INSERT INTO {name} BY NAME {sql}", (pattern,))
        else:
            session.write(f"CREATE TABLE {name} AS {sql}", (pattern,))
        session.release()
        types |= {column: (declared, file.named) for column, declared in columns.items() if column not in types}
        for column in columns:
            gathered[column] = gathered.get(column, 0) + 1
    check_names(whole.named, list(gathered))
    records = session.count(name)
    if records:
        checks.require(whole.named, list(gathered), whole.wanted)
        checks.check_key(session, whole.named, table, whole.wanted)
    return Taken(records, (*notes, *_lacking(whole.named, gathered, len(files))))


def _unpartitioned(wanted: Wanted, path: Path) -> Wanted:
    """Return what is wanted of a file itself: a partition column is none of its own."""
    from dataclasses import replace

    partitions = partitions_of(path)
    key = tuple(each for each in wanted.key if each not in partitions)
    return replace(wanted, key=key, cursor=None if wanted.cursor in partitions else wanted.cursor)


def _partitions(session: Session, path: Path, sql: str, pattern: str) -> str:
    """Return the columns that a file's folders name and the file does not have, as texts."""
    own = {str(name).lower() for name, *_ in session.rows(f"DESCRIBE {sql}", (pattern,))}
    values = {name: value for name, value in partitions_of(path).items() if name.lower() not in own}
    return "".join(
        f", {'NULL' if value is None else record_files.literal(value)}::VARCHAR AS {session.quote(name)}"
        for name, value in values.items()
    )


def _agree(session: Session, name: str, file: File, columns: dict[str, str], types: dict[str, tuple[str, str]]) -> None:
    """Refuse a column of another type than in a file before, and add those that are new."""
    for column, declared in columns.items():
        known, where = types.get(column, ("", ""))
        if not known:
            session.write(f"ALTER TABLE {name} ADD COLUMN {session.quote(column)} {declared}")
        elif known != declared:
            raise Refused(
                f"column {column!r} is {known} in {where!r} and {declared} in {file.named!r}: "
                "write all files with one type, or load them apart."
            )


def _lacking(path: str, gathered: dict[str, int], files: int) -> list[str]:
    """Say of each column that some files do not have that it is null in their rows."""
    return [
        f"column {name!r} is in {number:,} of {files:,} files of {path!r}, and null in the rows of the others."
        for name, number in gathered.items()
        if number < files
    ]
