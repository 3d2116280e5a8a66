"""Files of records, read by DuckDB into a table of its own, so that one load sees one state of the file.

Values keep the form that the file gives them: a text that looks like a time stays text, an integer that 64 bits cannot
hold stays text, and nested values stay JSON. Whole numbers of which a float would lose digits make a column with
fractions a column of text. A column that the target holds as text stays text. Parquet has types.
"""

from __future__ import annotations

import csv
import glob
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from incload.engines.abilities.optional import FileValues
from incload.engines.driver_errors import reason
from incload.engines.endpoints import record_format
from incload.engines.files import gzip_files
from incload.engines.files.checks import check_cursor, check_key, require
from incload.engines.files.column_types import NUMBERS, Field, Typed, Wanted, column_type, looked_through
from incload.engines.files.delimited import DELIMITERS, delimiter_of, spaced_rows
from incload.engines.files.layout import ZSTANDARD, ending_of
from incload.engines.files.looks_like import other_form
from incload.engines.files.parquet_reading import reading, unreadable
from incload.engines.files.read_fields import File, check_names, csv_field, json_fields, read_in_python
from incload.engines.files.types_by_hand import named_types
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from incload.engines.session import Session
    from incload.table import Column

_HEADER = 1 << 20
"""How many characters a header has at most."""
_MOST_BYTES = 1 << 28
"""A file of more bytes than this is not read in Python, which holds all of it, to find out what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from a file.

    Attributes:
        records: How many records it holds.
        notes: What became of columns that cannot be as the file has them, a sentence each.
        absent: The columns that the target has and no record has, which are null in every row.
    """

    records: int
    notes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def take(session: Session, path: Path, table: str, wanted: Wanted) -> Taken:
    """Read a file into the table of that name in the session's place `source`; return what there was to take.

    Raises `Refused` when the file is empty, cannot be read, does not hold records, or lacks what is wanted of it. A
    file with no record at all makes no table.
    """
    file, reader = checked(path, wanted), record_format(path) or ""
    session.rows("ATTACH ':memory:' AS source")
    try:
        if reader == "parquet":
            return _parquet(session, file, table)
        return typed(session, file.named, table, text_fields(session, file, reader), wanted)
    except duckdb.Error as error:
        raise unreadable(path, reason(error)) from error
    except OSError as error:  # it was there when its beginning was read
        raise _gone(path, error) from error


def checked(path: Path, wanted: Wanted) -> File:
    """Return a file whose beginning is what its ending says; refuse another, and one that cannot be read."""
    reader = record_format(path) or ""
    try:
        start = gzip_files.start(path)
    except gzip_files.NotWhole as error:
        how = "Zstandard" if path.name.lower().endswith(ZSTANDARD) else "gzip"
        raise Refused(f"{str(path)!r} is not whole, or not packed by {how} ({error}): fetch it again.") from error
    except OSError as error:
        raise _gone(path, error) from error
    if not start.strip():
        least = "the line with the names" if reader == "csv" else "an empty list"
        raise Refused(f"{str(path)!r} is empty: a file of records holds at least {least}.")
    if other := other_form(start, reader):
        raise Refused(f"{str(path)!r} {other}.")
    return File(path, start, wanted)


def _gone(path: Path, error: OSError) -> Refused:
    return Refused(f"{str(path)!r} cannot be read ({error.strerror}): check the path of the source.")


def empty(session: Session, table: str, columns: Iterable[Column], origin: str) -> None:
    """Make the table of a file without records, with the columns that the target has."""
    types = [f"NULL::{session.type_name(each, origin)} AS {session.quote(each.name)}" for each in columns]
    session.write(f"CREATE OR REPLACE TABLE {session.name('source', table)} AS SELECT {', '.join(types)} LIMIT 0")


def text_fields(session: Session, file: File, reader: str) -> list[Field]:
    """Have DuckDB read the records, or, where it does not understand the file, Python; return their fields."""
    fields = None
    if file.is_plain(reader):
        try:
            fields = _FIELDS[reader](session, file)
        except duckdb.Error as error:
            session.write("DROP TABLE IF EXISTS temp.incload_records")
            if file.path.stat().st_size > _MOST_BYTES:
                raise
            fields = _again(session, file, error)
    if fields is None or (len(fields) and file.may_be_one(session)):
        session.write("DROP TABLE IF EXISTS temp.incload_records")
        fields = read_in_python(session, file)
    return fields


def _again(session: Session, file: File, error: duckdb.Error) -> list[Field]:
    """Read in Python what DuckDB could not; where that cannot be read either, the reason is Python's."""
    try:
        return read_in_python(session, file)
    except Refused as refusal:
        raise refusal from error


def _json(session: Session, file: File) -> list[Field]:
    """Read each record as a JSON object."""
    session.write(
        "CREATE TEMP TABLE incload_records AS SELECT json"
        f" FROM read_json_objects(?, format = 'auto', {gzip_files.option(file.named)})",
        (itself(file.named),),
    )
    return json_fields(session, file)


def _csv(session: Session, file: File) -> list[Field]:
    """Read every column as text; an empty field is null.

    Nothing but the delimiter is guessed: a record with more or fewer fields than the header is refused.
    """
    path = file.named
    delimiter, names = _header(path)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    session.write(
        "CREATE TEMP TABLE incload_records AS SELECT * FROM read_csv(?, header = true, auto_detect = false,"
        f" delim = {literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{columns}}},"
        f" hive_partitioning = false, {gzip_files.option(path)})",
        (itself(path),),
    )
    return [csv_field(session, name) for name in names]


def _header(path: str) -> tuple[str, list[str]]:
    """Return the delimiter and the names of a CSV file's header; the delimiter that divides it most is taken."""
    delimiters = "\t" if ending_of(path) == ".tsv" else DELIMITERS
    try:
        split = {delimiter: _divided(path, delimiter) for delimiter in delimiters}
    except UnicodeDecodeError as error:
        raise Refused(f"{path!r} is not UTF-8 text: save it as UTF-8, or name its --encoding.") from error
    delimiter = delimiter_of(split)
    if not split[delimiter]:
        raise Refused(f"{path!r} has no header that can be read as CSV: close its quotes, and keep its names short.")
    check_names(path, split[delimiter])
    return delimiter, split[delimiter]


def _divided(path: str, delimiter: str) -> list[str]:
    """Return the names of a header, which may go on over several lines inside quotes; none where they are broken."""
    with gzip_files.opened(path) as file:
        try:
            names = next(csv.reader(file, delimiter=delimiter, strict=True), [])
        except csv.Error:
            return []
    if not any(name.lstrip(" ").startswith('"') for name in names):
        return names
    with gzip_files.opened(path) as file:
        return next(spaced_rows(file.read(_HEADER), delimiter), [])


def itself(path: str) -> str:
    """Return the pattern that only this file matches: DuckDB takes any path for a pattern, and some for a URL."""
    named = path if path.startswith("/") else f"./{path}"
    pattern = glob.escape(named)
    if pattern != named and "\\" in named:
        raise Refused(f"DuckDB cannot open {path!r}, with a backslash beside one of *, ? and [ in its path: rename it.")
    return pattern


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def check_plain(file: File) -> None:
    """Refuse what only leads somewhere in a file of text."""
    if not file.wanted.layout.is_plain:
        raise Refused(
            f"{file.named!r} is Parquet, in which --records, --key-from-name, --encoding and paths with .. lead "
            "nowhere: leave them out."
        )


def _parquet(session: Session, file: File, table: str) -> Taken:
    check_plain(file)
    name, path = session.name("source", table), file.named
    how = reading(session, itself(path), path, file.wanted)
    session.write(f"CREATE TABLE {name} AS {how.sql}", (itself(path),))
    session.release()
    names = [str(column) for column, *_ in session.rows(f"DESCRIBE {name}")]
    if records := session.count(name):
        require(path, names, file.wanted)
        check_key(session, path, table, file.wanted)
    return Taken(records, how.notes)


def typed(session: Session, path: str, table: str, fields: list[Field], wanted: Wanted) -> Taken:
    """Make the typed table from the records, with the columns that the target already has standing first."""
    records = session.count("incload_records")
    if not records:
        return Taken(0)
    require(path, [field.name for field in fields], wanted)
    fields = [looked_through(session, field) for field in fields]
    undecided = frozenset(field.name for field in fields if not field.families)
    narrower = frozenset(field.name for field in fields if _is_narrower(field, wanted))
    session.file_values = FileValues(from_text=True, undecided=undecided, kept_as_text=narrower)
    by_name = {field.name: field for field in fields}
    by_hand = named_types(session, path, wanted.types, by_name)
    expected = [name for name in wanted.known if name in by_name or name not in wanted.own]
    names = [*expected, *(name for name in by_name if name not in wanted.known)]
    columns, params, notes, read_by = list[str](), list[str](), list[str](), dict[str, str]()
    for name in names:
        field = by_name.get(name, Field(name))
        typed = by_hand.get(name) or column_type(session, path, field, wanted)
        read_by[name] = _reading(field, typed, by_hand=name in by_hand)
        if name == wanted.cursor:
            check_cursor(path, field, typed)
        columns.append(f"CAST({field.text} AS {typed.type}) AS {session.quote(name)}")
        params += field.params
        notes += [typed.note] if typed.note else []
    session.file_values = session.file_values._replace(read_by=read_by)
    session.write(
        f"CREATE TABLE {session.name('source', table)} AS SELECT {', '.join(columns)} FROM incload_records", params
    )
    session.write("DROP TABLE incload_records")
    check_key(session, path, table, wanted)
    return Taken(records, tuple(notes), tuple(name for name in expected if name not in by_name))


def _reading(field: Field, typed: Typed, *, by_hand: bool) -> str:
    """Return by which rule the values of a column are read that the file writes in another way than its type does."""
    rules = []
    if by_hand and typed.kind is not Kind.TEXT:
        rules.append(f"the file's texts are read as {typed.type}, as --types says")
    elif field.from_csv and typed.kind in {Kind.REAL, Kind.DECIMAL} and field.families - {"real"}:
        rules.append("numbers of the file are read by their value: zeros at the end of a fraction do not count")
    elif not field.from_csv and typed.kind is Kind.TEXT and field.families - {"text"}:
        rules.append("numbers, truth values and objects of the file are compared as the texts that a load writes")
    if field.has_nulls:
        rules.append("an empty field is null" if field.from_csv else "a field that a record does not have is null")
    return "; ".join(rules)


def _is_narrower(field: Field, wanted: Wanted) -> bool:
    """Return whether all values are numbers, or truth values, of a column that is text in the target."""
    there = wanted.known.get(field.name)
    known = there is not None and there.kind is Kind.TEXT and field.name != wanted.cursor
    return known and bool(field.families) and (field.families <= NUMBERS or field.families == {"boolean"})


_FIELDS = {"json": _json, "csv": _csv}
