"""Columns of a Parquet file that DuckDB reads as less than they hold, read by pyarrow instead or named in a sentence.

- A decimal of more than 38 digits, which DuckDB makes a float, becomes text with all its digits.
- A time of twelve bytes (INT96) counts nanoseconds, which DuckDB cuts off: where there are any it becomes a time of
  nanoseconds.
- A span of time (duration), which DuckDB reads as a number without its unit, becomes an INTERVAL, or text where an
  INTERVAL cannot hold a value exactly. A key, a cursor and a column that is a number in the target stay numbers, and
  the sentence names the unit.
- The index that pandas writes without a name numbers the rows of one file and says nothing of the record: it is left
  out, unless it is the key or the target has it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.stream import Batches, digits_of
from incload.errors import Refused, on_one_line
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from incload.engines.files.column_types import Wanted
    from incload.engines.session import Session

_MOST_DIGITS = 38
_SOURCE = "read_parquet(?, hive_partitioning = false)"
_INDEX = re.compile(r"__index_level_\d+__")
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_MOST_TICKS = (1 << 63) - 1
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
    taken: dict[str, str] = {}
    for column in _looked_into(session, pattern, path):
        if _is_span(column.type):
            taken[column.name], note = _span(session, pattern, path, column, wanted)
        else:
            kept, note = _kept(session, pattern, path, column)
            replaced |= {column.name: kept} if kept else {}
        if note:
            notes.append(note)
            said_of(session, column.name, note.removeprefix(f"column {column.name!r} of {path!r} ").rstrip("."))
    shown = f"file.* EXCLUDE ({session.listed(index)})" if index and len(index) < len(names) else "file.*"
    inside = "".join(_inside(session, name, names) for name in dict.fromkeys(wanted.needed) if name not in names)
    relation = f"{_SOURCE} AS file"
    if replaced:
        beside = session.receive(Batches(_read(path, replaced), session.error), ())
        relation = f"{relation} POSITIONAL JOIN {beside} AS beside"
        taken |= {name: f"beside.{session.quote(name)}" for name in replaced}
    parts = ", ".join(f"{value} AS {session.quote(name)}" for name, value in taken.items())
    return Reading(f"SELECT {shown}{f' REPLACE ({parts})' if parts else ''}{inside} FROM {relation}", tuple(notes))


def said_of(session: Session, name: str, rule: str) -> None:
    """Note by which rule a column of the session's file is read, beside what is known of it."""
    values = session.file_values
    rules = dict.fromkeys(filter(None, [*values.read_by.get(name, "").split("; "), rule]))
    session.file_values = values._replace(read_by={**values.read_by, name: "; ".join(rules)})


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
    if pa.types.is_nested(column.type) and "duration[" in str(column.type):
        return _nested_spans(path, column)
    if pa.types.is_nested(column.type) and "decimal256" in str(column.type):
        return None, f"{said} holds nested decimals of more than {_MOST_DIGITS} digits, which are kept as floats."
    if column.type == pa.timestamp("ns"):
        return _twelve_bytes(session, pattern, path, column.name)
    return None, ""


def _is_span(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_duration(kind))


def _span(session: Session, pattern: str, path: str, column: pa.Field, wanted: Wanted) -> tuple[str, str]:
    """Return the expression of a span of time, and the sentence for it.

    A column of texts in DuckDB stays one; other engines get the text of an INTERVAL where they hold text.
    """
    name, said = session.quote(column.name), f"column {column.name!r} of {path!r}"
    there, per_second = wanted.known.get(column.name), _PER_SECOND[column.type.unit]
    if column.name in wanted.needed or (there is not None and there.kind is Kind.INTEGER):
        return f"file.{name}", f"{said} holds spans of time, which are kept as whole {_UNITS[column.type.unit]}."
    if there is not None and there.declared == "VARCHAR":
        return _hours(f"file.{name}", per_second), ""
    finer = max(per_second // 1_000_000, 1)
    most = _MOST_TICKS * per_second // 1_000_000
    inexact = f"{name} % {finer} <> 0 OR {name}::HUGEINT NOT BETWEEN -{most} AND {most}"
    if not session.rows(f"SELECT 1 FROM {_SOURCE} WHERE {inexact} LIMIT 1", (pattern,)):
        ticks = f"file.{name} // {finer}" if finer > 1 else f"file.{name} * {1_000_000 // per_second}"
        return f"to_microseconds({ticks})", ""
    why = "spans of time that are finer than a microsecond, or longer than an INTERVAL can be"
    if there is not None and there.kind is Kind.OTHER:
        raise Refused(f"{said} holds {why}, and is {there.declared} in the target: load into a new table.")
    return _hours(f"file.{name}", per_second), f"{said} is kept as text: it holds {why}."


def _hours(value: str, per_second: int) -> str:
    """Return the expression of a span's text, as DuckDB writes an INTERVAL of hours, with as many digits as it has."""
    ticks = f"abs({value}::HUGEINT)"
    parts = (
        f"printf('%02d:%02d:%02d', ({ticks} // {3_600 * per_second})::BIGINT,"
        f" ({ticks} // {60 * per_second} % 60)::BIGINT, ({ticks} // {per_second} % 60)::BIGINT)"
    )
    places = len(str(per_second)) - 1
    fraction = f"rtrim('.' || lpad(({ticks} % {per_second})::VARCHAR, {places}, '0'), '.0')" if places else "''"
    return f"(CASE WHEN {value} < 0 THEN '-' ELSE '' END || {parts} || {fraction})"


def _nested_spans(path: str, column: pa.Field) -> tuple[pa.DataType | None, str]:
    """Read the spans of time inside lists and structs as such, if all are whole microseconds."""
    import pyarrow as pa

    kept = _in_microseconds(column.type)
    said = f"column {column.name!r} of {path!r} holds nested spans of time"
    try:
        for batch in _batches(path, [column.name]):
            batch.column(0).cast(kept)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        units = " or ".join(name for unit, name in _UNITS.items() if f"duration[{unit}]" in str(column.type))
        return None, f"{said}, which are kept as whole {units}."
    return kept, ""


def _in_microseconds(kind: pa.DataType) -> pa.DataType:
    """Return a nested type whose spans of time count microseconds."""
    import pyarrow as pa

    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_in_microseconds(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_in_microseconds(kind.key_type), _in_microseconds(kind.item_type))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_in_microseconds(kind.value_type), kind.list_size)
    if pa.types.is_large_list(kind):
        return pa.large_list(_in_microseconds(kind.value_type))
    return pa.list_(_in_microseconds(kind.value_type)) if pa.types.is_list(kind) else kind


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
        pa.RecordBatch.from_arrays([_cast(batch.column(name), kept) for name, kept in types.items()], schema=schema)
        for batch in _batches(path, list(types))
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def _cast(values: pa.Array, kept: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return digits_of(values) if pa.types.is_decimal(values.type) else values.cast(kept)


def _local(path: str) -> str:
    """Return a path that pyarrow takes for no address: it reads the name `s3:a.parquet` as one."""
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are
