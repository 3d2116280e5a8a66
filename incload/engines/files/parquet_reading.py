"""Columns of a Parquet file that DuckDB reads as less than they hold, read by pyarrow instead or named in a sentence.

- A decimal of more than 38 digits, which DuckDB makes a float, becomes text with all its digits.
- A time of twelve bytes (INT96) counts nanoseconds, which DuckDB cuts off: where there are any it becomes a time of
  nanoseconds.
- A span of time becomes the whole number that it is in its own unit, and the sentence names the unit.
- The index that pandas writes without a name numbers the rows of one file and says nothing of the record: it is left
  out, unless it is the key or the target has it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.stream import Batches
from incload.errors import Refused, on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from incload.engines.files.column_types import Wanted
    from incload.engines.session import Session

_MOST_DIGITS = 38
_SOURCE = "read_parquet(?, hive_partitioning = false)"
_INDEX = re.compile(r"__index_level_\d+__")
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_NANO_DAYS = 9_223_372_036_854_775_807 // 1_000
"""How many microseconds from 1970 a time of nanoseconds in 64 bits can be away."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: the query, which binds the file's pattern, and a sentence for each column of another form."""

    sql: str
    notes: tuple[str, ...] = ()


def reading(session: Session, pattern: str, path: str, wanted: Wanted) -> Reading:
    """Return how a Parquet file is read so that no value loses anything.

    Args:
        session: A session of DuckDB.
        pattern: What DuckDB finds the file by.
        path: The file.
        wanted: What the load wants of it.
    """
    if wanted.types:
        raise Refused(f"{path!r} is Parquet, whose columns have types: leave out --types.")
    names = [str(name) for name, *_ in session.rows(f"DESCRIBE SELECT * FROM {_SOURCE}", (pattern,))]
    index = [name for name in names if _INDEX.fullmatch(name) and not _is_wanted(name, wanted)]
    notes = [f"column {name!r} of {path!r} is an index of pandas without a name and is left out." for name in index]
    replaced: dict[str, pa.DataType] = {}
    for column in _looked_into(session, pattern, path):
        kept, note = _kept(session, pattern, path, column)
        notes += [note] if note else []
        replaced |= {column.name: kept} if kept else {}
    shown = f"file.* EXCLUDE ({session.listed(index)})" if index and len(index) < len(names) else "file.*"
    inside = "".join(_inside(session, name, names) for name in dict.fromkeys(wanted.needed) if name not in names)
    if not replaced:
        return Reading(f"SELECT {shown}{inside} FROM {_SOURCE} AS file", tuple(notes))
    beside = session.receive(Batches(_read(path, replaced), session.error), ())
    taken = ", ".join(f"beside.{session.quote(name)} AS {session.quote(name)}" for name in replaced)
    joined = f"{_SOURCE} AS file POSITIONAL JOIN {beside} AS beside"
    return Reading(f"SELECT {shown} REPLACE ({taken}){inside} FROM {joined}", tuple(notes))


def _inside(session: Session, path: str, names: list[str]) -> str:
    """Return the SQL of a further column that a dotted path leads to inside one of the file's; empty where none is."""
    head, _, rest = path.partition(".")
    if head not in names or not rest:
        return ""
    way = ".".join(session.quote(part) for part in (head, *rest.split(".")))
    return f", file.{way} AS {session.quote(path)}"


def _is_wanted(name: str, wanted: Wanted) -> bool:
    return name in wanted.key or name == wanted.cursor or name in wanted.known


def _looked_into(session: Session, pattern: str, path: str) -> list[pa.Field]:
    """Return the columns as Arrow knows them, where any may be one that DuckDB reads as less; else none.

    Loading pyarrow takes longer than reading a small file, so that the file's own schema is asked first.
    """
    spans = bool(session.rows("SELECT 1 FROM parquet_kv_metadata(?) WHERE key::VARCHAR = 'ARROW:schema'", (pattern,)))
    odd = session.rows(
        f"SELECT 1 FROM parquet_schema(?) WHERE type = 'INT96' OR (converted_type = 'DECIMAL' AND precision >"
        f" {_MOST_DIGITS}) OR ({spans} AND type = 'INT64' AND converted_type IS NULL AND logical_type IS NULL) LIMIT 1",
        (pattern,),
    )
    if not odd:
        return []
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(_local(path)) as file:
            return list(file.schema_arrow)
    except pa.ArrowException as error:
        raise unreadable(path, str(error)) from error


def _kept(session: Session, pattern: str, path: str, column: pa.Field) -> tuple[pa.DataType | None, str]:
    """Return the type as which a column is read by pyarrow, if DuckDB would lose something, and the sentence for it."""
    import pyarrow as pa

    said = f"column {column.name!r} of {path!r}"
    if pa.types.is_decimal256(column.type) and column.type.precision > _MOST_DIGITS:
        return pa.string(), f"{said} is kept as text: it is a decimal of {column.type.precision} digits."
    if pa.types.is_duration(column.type):
        return None, f"{said} holds spans of time, which are kept as whole {_UNITS[column.type.unit]}."
    if pa.types.is_nested(column.type) and "decimal256" in str(column.type):
        return None, f"{said} holds nested decimals of more than {_MOST_DIGITS} digits, which are kept as floats."
    if column.type == pa.timestamp("ns"):
        return _twelve_bytes(session, pattern, path, column.name)
    return None, ""


def _twelve_bytes(session: Session, pattern: str, path: str, name: str) -> tuple[pa.DataType | None, str]:
    """Keep the nanoseconds of a column of times of twelve bytes, if it is one and has some."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = session.rows("SELECT 1 FROM parquet_schema(?) WHERE type = 'INT96' AND name = ?", (pattern, name))
    if not found:
        return None, ""
    said = f"column {name!r} of {path!r}"
    column = session.quote(name)
    if session.rows(f"SELECT 1 FROM {_SOURCE} WHERE abs(epoch_us({column})) > {_NANO_DAYS} LIMIT 1", (pattern,)):
        return None, f"{said} holds times outside of the years 1677 to 2262: they are kept to the microsecond."
    for batch in _batches(path, [name]):
        counted = batch.column(0).cast(pa.int64())
        if pc.any(pc.not_equal(pc.multiply(pc.divide(counted, 1000), 1000), counted)).as_py():
            return pa.timestamp("ns"), ""
    return None, ""


def _batches(path: str, names: list[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(_local(path)) as file:
            yield from file.iter_batches(columns=names)
    except pa.ArrowException as error:
        raise unreadable(path, str(error)) from error


def unreadable(path: object, why: str) -> Refused:
    """Return the refusal of a file that its own library cannot read."""
    return Refused(f"{str(path)!r} cannot be read as a file of records: {on_one_line(why)}")


def _read(path: str, types: dict[str, pa.DataType]) -> pa.RecordBatchReader:
    """Stream some columns, each as a type."""
    import pyarrow as pa

    schema = pa.schema(list(types.items()))
    batches = (
        pa.RecordBatch.from_arrays([batch.column(name).cast(kept) for name, kept in types.items()], schema=schema)
        for batch in _batches(path, list(types))
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def _local(path: str) -> str:
    """Return a path that pyarrow takes for no address: it reads the name `s3:a.parquet` as one."""
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are
