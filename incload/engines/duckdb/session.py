"""DuckDB: both files attached to one in-memory instance, rows moved inside it or taken in as Arrow streams.

A file of records (JSON, CSV, Parquet) is read by DuckDB as well; see `files`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import duckdb

from incload.engines.abilities.statements import has_own_columns, replace_rows, update_rows
from incload.engines.capabilities import Capabilities
from incload.engines.columns.equality import Equality
from incload.engines.columns.traits import Trait, is_wider
from incload.engines.duckdb.catalog import Catalogue
from incload.engines.duckdb.chunked_load import DuckdbParts
from incload.engines.duckdb.dialect import DuckdbDialect
from incload.engines.duckdb.json_text import quoted
from incload.engines.duckdb.schemas import DuckdbSchemas, are_one
from incload.engines.duckdb.sql import LADDERS, crossing, is_json, path_literal, taken
from incload.engines.duckdb.vacuum import DuckdbUpkeep
from incload.engines.endpoints import MAIN, path_of, schema_of
from incload.engines.session import Place, Query, Row, Session
from incload.engines.stream import Batches, Stream
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from incload.engines.endpoint import Endpoint
    from incload.table import Table

BATCH_ROWS = 65_536
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "checkpoint_threshold": "1MB",
}
"""Nothing is fetched from anywhere behind a user's back; a commit of more than a little goes into the file at once, and
not first into the log beside it and then, on closing, into the file as well."""
_STREAM = "incload_stream"


class DuckdbSession(DuckdbDialect, Session):
    """One DuckDB instance with the target, the source, or both attached."""

    engine: ClassVar[str] = "duckdb"
    capabilities: ClassVar[Capabilities] = Capabilities(
        serves_threads=True,
        row_counts=True,
        counts_at_once=True,
        steady_streams=True,
        indexes_digests=False,
        casts_to_compare=True,
        one_writer=True,
        folds_names=True,
    )
    error: ClassVar[type[Exception]] = duckdb.Error

    def __init__(
        self,
        source: Path | None,
        target: Path | None,
        *,
        schemas: tuple[str, str] = (MAIN, MAIN),
        source_writable: bool = False,
        threads: int | None = None,
    ) -> None:
        """Attach the files; only a source of one's own making may be writable. None is a thread for each processor."""
        is_one_file = are_one(source, target)
        super().__init__()
        self.parts = self._parts = DuckdbParts(self)
        self.looks.looked_through = 1_000_000
        self._upkeep = DuckdbUpkeep(self)
        self.places = DuckdbSchemas(self, schemas, is_one_file=is_one_file)
        self._catalogue = Catalogue(self.rows, self.places)
        config = dict(_CONFIG)
        self._connection = duckdb.connect(config=config | {"threads": threads} if threads else config)
        self._open = False
        self._reader: pa.RecordBatchReader | None = None
        self.rows("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        try:
            if source and not is_one_file:
                self._attach(source, "source", "" if source_writable else ", READ_ONLY")
            if target:
                self._attach(target, "target")
            if is_one_file:
                self.places.find_schema("source")
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> DuckdbSession:
        """Open the files of both ends."""
        return cls(path_of(source), path_of(target), schemas=(schema_of(source), schema_of(target)))

    def _attach(self, path: Path, place: Place, options: str = "") -> None:
        self.rows(f"ATTACH {path_literal(path)} AS {place} (TYPE duckdb{options})")
        self.places.find_schema(place)

    @property
    def driver(self) -> duckdb.DuckDBPyConnection:
        """The driver's own connection, for the other modules of this engine."""
        return self._connection

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and fetch all of it: an unfetched result owns the connection."""
        return self._connection.execute(sql, params or None).fetchall()

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        if not sql.startswith(("INSERT", "DELETE", "UPDATE", "CREATE TEMP", "DROP TABLE IF EXISTS temp.")):
            self._catalogue.forget()
        changed = self.rows(sql, params)
        return int(changed[0][0]) if changed and isinstance(changed[0][0], int) else 0  # DDL answers with no number

    def begin(self, table: str) -> None:  # noqa: ARG002 - DuckDB gives the whole file to one process
        """Begin; DuckDB lets one process write a file, and fails the later of two conflicting transactions."""
        self._upkeep.put_on()
        self.rows("BEGIN")
        self._open = True

    def begin_read(self) -> None:
        """Begin: all that is read until the end is of one snapshot."""
        self.begin("")

    def finish(self) -> None:
        """Commit."""
        self._upkeep.put_off()
        self._open = False
        self.rows("COMMIT")

    def rollback(self) -> None:
        """Roll back, if a transaction is open; an unfinished stream would keep the connection."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._open:
            self._open = False
            self.rows("ROLLBACK")
            self._catalogue.forget()

    def close(self) -> None:
        """Close the connection and with it the attached files."""
        self._connection.close()

    def name(self, place: Place, table: str) -> str:
        """Qualify with the attached database and the schema."""
        return self.places.name(place, table)

    def holds(self, place: Place, table: str) -> bool:
        """Look into the list of tables and views, which is remembered."""
        return self.places.holds(place, table)

    def tables(self, place: Place) -> list[str]:
        """List tables and views."""
        return self.places.tables(place)

    def schemas_with(self, table: str) -> list[str]:
        """Look for tables and views of that name."""
        return self.places.schemas_with(table)

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Ask the catalogue."""
        return self._catalogue.columns(place, table)

    def traits(self, table: str) -> dict[str, Trait]:
        """Ask the catalogue."""
        return self._catalogue.traits(table)

    def relation(self, place: Place, table: str) -> str:
        """Take the collations off the columns that are read: DuckDB's keys do not heed them, its comparisons would."""
        name = self.name(place, table)
        if place == "target" or not any(column.kind is Kind.TEXT for column in self.columns(place, table) or ()):
            return super().relation(place, table)
        plain = ", ".join(
            f"decode(encode({each})) AS {each}" for each in map(self.quote, self._catalogue.collated(place, table))
        )
        return self.shown(table, f"(SELECT * REPLACE ({plain}) FROM {name})" if plain else name)

    def key_equalities(self, place: Place, table: str, key: tuple[str, ...]) -> dict[str, tuple[Equality, str]]:
        """A target's key with a collation would be compared by it: rows of another key would be replaced."""
        columns = self._catalogue.collated(place, table) if place == "target" else []
        return {name: (Equality.OWN, "its collation") for name in columns if name in key}

    def is_wider(self, there: str, wanted: str) -> bool:
        """Know the types of whole numbers and of decimals; a float of another width shows other digits."""
        return is_wider(there, wanted, LADDERS, {"DECIMAL": ""})

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Return the columns that are marked, in the order of the table."""
        marked = self._catalogue.key(place, table)
        return tuple(column.name for column in self.columns(place, table) or () if column.name in marked)

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Use the engine's own 64-bit hash, which distinguishes nulls and positions, as a signed number."""
        parts = ", ".join(self._distinguished(name, alias) for name in columns)
        return f"(hash({parts}) - 9223372036854775808::HUGEINT)::BIGINT"

    def compared(self, name: str, alias: str) -> str:
        """Compare byte by byte, in spite of a collation of the target's."""
        column = self._distinguished(name, alias)
        return f"encode({column})" if self._catalogue.is_collated(name) else column

    def _distinguished(self, name: str, alias: str) -> str:
        """Return the expression of a value that is compared; of intervals the text, for 30 days equal a month."""
        column = f"{alias}.{self.quote(name)}" if alias else self.quote(name)
        return f"{column}::VARCHAR" if self._catalogue.is_span(name) else column

    def merge(self, table: Table, incoming: str) -> int:
        """Delete and insert: in DuckDB many times faster than an upsert, and the same in one transaction."""
        if has_own_columns(self, table):
            return update_rows(self, table, incoming)
        last = self._upkeep.last_row(self.name("target", table.name))
        added = replace_rows(self, table, incoming)
        self._upkeep.note_added(last, added)
        return added

    def retype(self, place: Place, table: Table, types: Mapping[str, str]) -> None:
        """Alter the columns, or build the table again around them."""
        from incload.engines.duckdb.rebuild import retype

        retype(self, self.places, place, table.name, types)

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Run a query and read it as Arrow, each column as the kind that crosses to another engine."""
        parts = ", ".join(
            f"{crossing(self.quote(column.name), column)} AS {self.quote(column.name)}" for column in columns
        )
        self._parts.let_go()  # of what the streams before this one have read
        relation = self._connection.sql(f"SELECT {parts} FROM ({query.sql})", params=list(query.params) or None)
        self._reader = relation.to_arrow_reader(BATCH_ROWS)
        return Batches(quoted(self._reader, filter(is_json, columns)), self.error)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Register the stream; DuckDB pulls it once, as it goes. Days travel as timestamps, and are cast to days."""
        self._connection.register(_STREAM, stream)
        casts = {self.quote(each.name): taken(self.quote(each.name), each) for each in columns}
        parts = [f"{cast} AS {name}" for name, cast in casts.items() if cast]
        rows = f"* REPLACE ({', '.join(parts)})" if parts else "*"
        return f"(SELECT {rows} FROM {_STREAM}{f' WHERE {stream.marker} = 0' if stream.marker else ''})"

    def heard(self, error: BaseException) -> str | None:
        """Take it out of DuckDB's own words."""
        found = re.search(rf"reading the stream registered as '{_STREAM}' failed: (.*)", str(error), re.DOTALL)
        return found[1] if found else None

    def release(self) -> None:
        """Forget the stream."""
        self._connection.unregister(_STREAM)
