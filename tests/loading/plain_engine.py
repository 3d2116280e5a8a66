"""An engine that writes by statements and brings along no more than a new engine must: all else is the contract's own.

It speaks to DuckDB's driver and shares nothing with incload's engine for it: no catalogue, no types but four, no way of
its own to merge, to stage or to look at a cursor. What it writes down is what any new database has to write.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

import duckdb

from incload.cursor import MixedText, Timestamps
from incload.engines import registry
from incload.engines.capabilities import Capabilities
from incload.engines.cursor_sql import CursorSql
from incload.engines.endpoints import path_of
from incload.engines.session import Place, Query, Row, Session
from incload.engines.stream import Batches
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pytest

    from incload.cursor import Scale
    from incload.engines.endpoint import Endpoint
    from incload.engines.stream import Stream

TYPES = {
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.TIMESTAMP: "TIMESTAMP",
}
"""What the engine has types for."""
KINDS = {declared: kind for kind, declared in TYPES.items()}


class PlainSession(Session):
    """One connection to which the source, the target or both are attached under the names of their places."""

    engine: ClassVar[str] = "plain"
    error: ClassVar[type[Exception]] = duckdb.Error
    capabilities: ClassVar[Capabilities] = Capabilities(enforces_key=False, casts_to_compare=True)

    def __init__(self, source: Path | None, target: Path | None) -> None:
        """Attach the files."""
        super().__init__()
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        for place, path, options in (("source", source, " (READ_ONLY)"), ("target", target, "")):
            if path:
                self._connection.execute(f"ATTACH '{path}' AS {place}{options}")

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> PlainSession:
        """Open the files of both ends."""
        return cls(path_of(source), path_of(target))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and fetch all of it."""
        return self._connection.execute(sql, params or None).fetchall()

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        changed = self.rows(sql, params)
        return int(changed[0][0]) if changed and isinstance(changed[0][0], int) else 0

    def tables(self, place: Place) -> list[str]:
        """Ask the information schema."""
        sql = "SELECT table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY table_name"
        return [str(name) for (name,) in self.rows(sql, [place])]

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Ask the information schema."""
        sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_catalog = ? AND table_name = ?"
        found = [(str(name), str(declared)) for name, declared in self.rows(sql, [place, table])]
        return tuple(Column(name, KINDS.get(declared, Kind.OTHER), declared) for name, declared in found) or None

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:  # noqa: ARG002 - the types are those of Arrow
        """Read a query as Arrow."""
        found = self._connection.sql(query.sql, params=list(query.params) or None)
        return Batches(found.to_arrow_reader(1_000), self.error)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:  # noqa: ARG002 - as above
        """Register the stream."""
        self._connection.register("incoming", stream)
        return f"(SELECT * FROM incoming{f' WHERE {stream.marker} = 0' if stream.marker else ''})"

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:  # noqa: ARG002 - the scale says enough
        """Compare timestamps as such, and texts of several shapes by what they mean."""
        name = self.quote(column)
        if isinstance(scale, Timestamps):
            return CursorSql(name, "make_timestamp(?)", f"epoch_us({name})")
        compared = self.meaning(name) if isinstance(scale, MixedText) else name
        return CursorSql(compared, "?", compared)

    def meaning(self, text: str) -> str:
        """Cast to a timestamp in UTC."""
        return f"epoch_us(CAST({text} AS TIMESTAMPTZ))"

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Hash the values."""
        return f"(hash({self.listed(columns, alias)}) >> 1)::BIGINT"

    @property
    def digest_tag(self) -> str:
        """Name the hash."""
        return f"plain/{duckdb.__version__}"

    def type_name(self, column: Column, origin: str) -> str:
        """Take the type of the kind, or text."""
        return column.declared if origin == self.engine else TYPES.get(column.kind, "VARCHAR")


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the engine for the time of a test."""
    monkeypatch.setitem(registry._ENGINES, "plain", registry._Entry("plain", "PlainSession"))
    monkeypatch.setitem(registry.SCHEMES, "plain", "plain")
    monkeypatch.setitem(sys.modules, "incload.engines.plain", sys.modules[__name__])
    monkeypatch.setattr(sys.modules[__name__], "__path__", [], raising=False)  # a folder without further modules
