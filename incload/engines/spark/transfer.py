"""How rows leave Spark for another engine and come in from one: as Parquet files in a folder that lasts for a sync.

Python hands batches from one to the other. Of their values it looks for the largest, which saves a pass of Spark, and
for times without end, which Iceberg does not have. A part finer than a microsecond is refused, as Iceberg's timestamps
would lose it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from incload.engines.driver_errors import reason
from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.sql import MOST_DIGITS, crossing, quoted
from incload.engines.stream import Batches, Stream
from incload.engines.temporary.dirs import Scratch
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from incload.engines.session import Query
    from incload.table import Column

BATCH_ROWS = 65_536
_ENDLESS = (1 << 63) - 1
_ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.BLOB: pa.binary(),
    Kind.OTHER: pa.string(),
}
"""What rows travel as; times and decimals say their unit and digits."""
_SPARK = {
    "int64": "bigint",
    "int32": "int",
    "int16": "smallint",
    "int8": "tinyint",
    "double": "double",
    "float": "float",
    "string": "string",
    "large_string": "string",
    "bool": "boolean",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}
"""What Spark calls the types in which rows come in."""


class Arrival(NamedTuple):
    """What is known of a stream that has come in, without a job of Spark.

    Attributes:
        rows: How many rows it had.
        tops: The largest value of each column of whole numbers or times, times in microseconds since 1970-01-01 UTC.
    """

    rows: int
    tops: dict[str, int | None]


class SparkTransfer:
    """The part of a session that knows of streams."""

    def __init__(
        self,
        spark: Any,  # noqa: ANN401 - pyspark's own type
        frame: Callable[..., Any],
        nulled: dict[str, set[str]],
        staging: str,
    ) -> None:
        """Take Spark's session, what makes rows of a query, where what becomes null is noted, and where rows wait.

        That is the system's folder for temporary files if empty.
        """
        self._spark, self._frame, self._nulled, self._staging = spark, frame, nulled, staging or None
        self._folders: list[Scratch] = []
        self._views: list[str] = []
        self._arrivals: dict[str, Arrival] = {}

    def stream(self, query: Query, columns: Sequence[Column]) -> Stream:
        """Have Spark write the rows of a query to files, and read those."""
        parts = ", ".join(f"{crossing(quoted(each.name), each)} AS {quoted(each.name)}" for each in columns)
        folder = self._folder() / "rows"
        rows = self._frame(f"SELECT {parts} FROM ({query.sql}) AS q", query.params)
        with speaking():
            rows.write.parquet(str(folder))
        schema = pa.schema([(each.name, _arrow(each)) for each in columns])
        return Batches(pa.RecordBatchReader.from_batches(schema, _read(folder, schema)), SparkFailed)

    def receive(self, stream: Stream, columns: Sequence[Column]) -> str:
        """Write a stream to a file, and show it as a view of the columns' types; return the view's name."""
        path, reader = self._folder() / "incoming.parquet", stream.reader()
        declared = {field.name: _spark(field) for field in reader.schema}
        arrival = _write(path, reader, self._nulled)
        with speaking():
            ddl = ", ".join(f"{quoted(name)} {kind}" for name, kind in declared.items())
            rows = self._spark.read.schema(ddl).parquet(str(path))
        wanted = {each.name: each.declared for each in columns}
        parts = [
            f"CAST({quoted(name)} AS {wanted[name]}) AS {quoted(name)}" if wanted[name] != kind else quoted(name)
            for name, kind in declared.items()
        ]
        with speaking():
            view = self._shown(rows.selectExpr(*parts))
        self._arrivals[view] = arrival
        return view

    def arrival(self, sql: str, plan: str) -> Arrival | None:
        """Return what is known of the rows of a query that has one stream's, all of them; None for any other."""
        steps = [line.lstrip(" :+-") for line in plan.splitlines() if line.strip()]
        if sum(each.startswith("Relation") for each in steps) != 1 or not all(map(_passes_on, steps)):
            return None
        return next((arrival for view, arrival in self._arrivals.items() if view in sql), None)

    def _shown(self, rows: Any) -> str:  # noqa: ANN401 - pyspark's own type
        name = f"incload_stream_{len(self._views)}"
        rows.createOrReplaceTempView(quoted(name))
        self._views.append(name)
        return quoted(name)

    def _folder(self) -> Path:
        if not self._staging:
            refuse_far(str(self._spark.sparkContext.master))
        try:
            self._folders.append(Scratch(self._staging))
        except OSError as error:
            raise _unwritten(error) from error
        return self._folders[-1].folder

    def release(self) -> None:
        """Forget what came in, and delete every file."""
        self._arrivals.clear()
        self._views.clear()  # the next view of a name takes its place
        while self._folders:
            self._folders.pop().remove()


def _passes_on(step: str) -> bool:
    """Return whether a step of a plan has a row for each that it reads."""
    return step.startswith(("Relation", "Project"))


def refuse_far(master: str) -> None:
    """Refuse a cluster for which no folder is named: its machines do not see the temporary files of this one."""
    if not master.startswith("local"):
        raise Refused(
            f"the Spark at {master} may run on other machines, which do not see the temporary files of this one: name "
            "a folder that all of them share, with staging=FOLDER in the URL."
        )


def _read(folder: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield what stands in the files of a folder, in the types of a schema."""
    import pyarrow.parquet as pq

    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        raise Refused(
            f"Spark has written rows to {str(folder)!r}, and no file of them can be seen from here: name a folder that "
            "all machines of the cluster share, with staging=FOLDER in the URL."
        )
    for path in parts:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield pa.record_batch([batch[field.name].cast(field.type) for field in schema], schema)


def _write(path: Path, reader: pa.RecordBatchReader, nulled: dict[str, set[str]]) -> Arrival:
    """Write a stream to a file, times in microseconds; say how many rows it had, and the largest values."""
    import pyarrow.parquet as pq

    schema = pa.schema([(field.name, _stored_type(field.type)) for field in reader.schema])
    rows, tops = 0, dict[str, int | None].fromkeys(each.name for each in schema if _is_counted(each.type))
    with pq.ParquetWriter(path, schema, compression="lz4", store_schema=False) as file:
        for batch in reader:
            columns = [_stored(*each, nulled) for each in zip(batch.columns, schema, strict=True)]
            try:
                file.write_batch(pa.record_batch(columns, schema))
            except OSError as error:
                raise _unwritten(error) from error
            rows += batch.num_rows
            for field, values in zip(schema, columns, strict=True):
                if field.name in tops:
                    tops[field.name] = _larger(tops[field.name], values)
    return Arrival(rows, tops)


def _is_counted(kind: pa.DataType) -> bool:
    """Return whether values of a type are whole numbers, or times, which count microseconds."""
    return bool(kind == pa.int64() or pa.types.is_timestamp(kind))


def _larger(top: int | None, values: pa.Array) -> int | None:
    """Return the largest of a number and of values, nulls passed over; None where there is nothing but nulls."""
    import pyarrow.compute as pc

    found = pc.max(values.cast(pa.int64())).as_py()
    return top if found is None or (top is not None and top > found) else int(found)


def _stored_type(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else kind


def _stored(values: pa.Array, field: pa.Field, nulled: dict[str, set[str]]) -> pa.Array:
    """Bring values to the type in which they are written; a time without end becomes null, which is noted."""
    if not pa.types.is_timestamp(values.type):
        return values
    import pyarrow.compute as pc

    found = pc.min_max(values.cast(pa.int64()))
    least, most = found["min"].as_py() or 0, found["max"].as_py() or 0
    endless = {*(["infinity"] if most == _ENDLESS else []), *(["-infinity"] if least <= -_ENDLESS else [])}
    if endless:
        nulled[field.name] = nulled.get(field.name, set()) | endless
        ticks = values.cast(pa.int64())
        finite = pc.and_(pc.less(ticks, _ENDLESS), pc.greater(ticks, -_ENDLESS))
        values = pc.if_else(finite, values, pa.scalar(None, values.type))
    try:
        return values.cast(field.type)
    except pa.ArrowInvalid as error:
        raise Refused(
            f"column {field.name!r} has a time with a part finer than a microsecond, which Iceberg's timestamps cannot "
            "hold: cast it in a view of the source."
        ) from error


def _arrow(column: Column) -> pa.DataType:
    """Return what a column travels as."""
    if column.kind is Kind.DECIMAL:
        return pa.decimal128(*column.digits)
    if column.kind is Kind.TIMESTAMP:
        return pa.timestamp("us", "UTC" if column.zoned else None)
    return _ARROW[column.kind]


def _spark(field: pa.Field) -> str:
    """Return what Spark calls a type; refuse one that Iceberg lacks."""
    kind = field.type
    if pa.types.is_timestamp(kind):
        return "timestamp_ltz" if kind.tz else "timestamp_ntz"
    if pa.types.is_decimal(kind) and kind.precision <= MOST_DIGITS:
        return f"decimal({kind.precision},{kind.scale})"
    if str(kind) not in _SPARK:
        raise Refused(
            f"column {field.name!r} has the type {kind}, which Iceberg does not have: cast it in a view of the source, "
            "or leave the column out with --exclude."
        )
    return _SPARK[str(kind)]


def _unwritten(error: OSError) -> Refused:
    return Refused(
        f"rows on their way into Iceberg cannot be written to their folder: {reason(error)} "
        "Make room, or name another folder with staging=FOLDER in the URL or in the variable TMPDIR."
    )
