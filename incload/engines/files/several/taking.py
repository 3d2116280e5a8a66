"""Several files of records, read into one table as if they were one file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from incload.engines.driver_errors import reason
from incload.engines.endpoints import record_format
from incload.engines.files import checks, record_files
from incload.engines.files.parquet_reading import reading, said_of, unreadable
from incload.engines.files.read_fields import File, check_names, csv_field, json_fields
from incload.engines.files.record_files import Taken
from incload.engines.files.several import partitions
from incload.engines.files.several.paths import files_of, partitions_of
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
    opened = [_opened(each, path, wanted) for each in files]
    session.rows("ATTACH ':memory:' AS source")
    whole = File(path, b"", wanted)
    try:
        if record_format(files[0]) == "parquet":
            return _parquet(session, whole, opened, table)
        return _text(session, whole, opened, table)
    except duckdb.Error as error:
        raise unreadable(path, reason(error)) from error


def _opened(path: Path, source: Path, wanted: Wanted) -> File:
    """Return a file, of which no column is wanted that its folders name."""
    named = partitions_of(path, source)
    key = tuple(each for each in wanted.key if each not in named)
    required = tuple(each for each in wanted.layout.required if each not in named)
    cursor = None if wanted.cursor in named else wanted.cursor
    layout = replace(wanted.layout, required=required)
    return record_files.checked(path, replace(wanted, key=key, cursor=cursor, layout=layout))


def _text(session: Session, whole: File, files: Sequence[File], table: str) -> Taken:
    """Gather the records of all files, and then type each column by all of its values."""
    is_json = record_format(files[0].path) == "json"
    gathered, of_folders = Counter[str](), set[str]()
    known: set[str] = set()
    holding = 0
    for file in files:
        own = [field.name for field in record_files.text_fields(session, file, "json" if is_json else "csv")]
        if not (session.count("incload_records") if is_json else own):  # a list without records has no columns
            session.write("DROP TABLE incload_records")
            continue
        named = partitions.beside(file.path, whole.path, own)
        _check_together(whole, gathered, [*own, *named])
        (partitions.put_into_json if is_json else partitions.put_into_csv)(session, named)
        _gather(session, ["json"] if is_json else [*own, *named], known)
        gathered.update([*own, *named])
        of_folders.update(named)
        holding += 1
    if not holding:
        return Taken(0)
    session.write(f"ALTER TABLE {_ALL} RENAME TO incload_records")
    if is_json:
        fields = json_fields(session, whole)
    else:
        fields = [(partitions.field if name in of_folders else csv_field)(session, name) for name in gathered]
    taken = record_files.typed(session, whole.named, table, fields, whole.wanted)
    return Taken(taken.records, (*taken.notes, *_lacking(session, whole.named, gathered, holding)), taken.absent)


def _check_together(whole: File, gathered: Iterable[str], columns: Iterable[str]) -> None:
    """Refuse columns of one file that a database cannot distinguish from each other or from those before."""
    check_names(whole.named, list(dict.fromkeys([*gathered, *columns])))


def _gather(session: Session, columns: Sequence[str], known: set[str]) -> None:
    """Add the records of one file to those of the others, which get the columns that they do not have."""
    if not known:
        session.write(f"ALTER TABLE incload_records RENAME TO {_ALL}")
    else:
        for name in columns:
            if name not in known:
                session.write(f"ALTER TABLE {_ALL} ADD COLUMN {session.quote(name)} VARCHAR")
        session.write(f"INSERT INTO {_ALL} BY NAME SELECT * FROM incload_records")
        session.write("DROP TABLE incload_records")
    known.update(columns)


def _parquet(session: Session, whole: File, files: Sequence[File], table: str) -> Taken:
    """Read each file so that no value loses anything, and refuse a column of two types."""
    record_files.check_plain(whole)
    name, notes = session.name("source", table), dict[str, None]()
    types: dict[str, tuple[str, str]] = {}
    gathered: dict[str, int] = {}
    for number, file in enumerate(files):
        pattern = record_files.itself(file.named)
        how = reading(session, pattern, file.named, file.wanted)
        own = [str(column) for column, *_ in session.rows(f"DESCRIBE {how.sql}", (pattern,))]
        named = partitions.beside(file.path, whole.path, own)
        _check_together(whole, gathered, [*own, *named])
        sql = f"SELECT *{partitions.columns_of(session, named)} FROM ({how.sql})"
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
    records = session.count(name)
    if records:
        checks.require(whole.named, list(gathered), whole.wanted)
        checks.check_key(session, whole.named, table, whole.wanted)
    return Taken(records, (*notes, *_lacking(session, whole.named, gathered, len(files))))


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


def _lacking(session: Session, path: str, gathered: dict[str, int], files: int) -> list[str]:
    """Say of each column that some files do not have that it is null in their rows."""
    lacking = {name: number for name, number in gathered.items() if number < files}
    for name in lacking:
        said_of(session, name, "a column that a file does not have is null in its rows")
    return [
        f"column {name!r} is in {number:,} of {files:,} files of {path!r}, and null in the rows of the others."
        for name, number in lacking.items()
    ]
