"""What a trial does to a table besides loading it: brings a source to life, changes it, and reads it in order.

Each engine's folder has its own in `sandbox`; no load uses it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from incload.engines.session import Session
    from incload.engines.sql import Place, Query, Row
    from incload.table import Table


class Fixture(ABC):
    """The tables of one session, in the hands of a trial."""

    session: Session

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Insert or overwrite rows given in Arrow, timestamps as timestamp[us]: how a trial changes its source."""
        raise AssertionError(f"{self.session.engine} is no source: {place}, {table.name}, {rows.num_rows} rows")

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete rows by their keys, given in Arrow."""
        raise AssertionError(f"{self.session.engine} is no source: {place}, {table.name}, {keys.num_rows} keys")

    @abstractmethod
    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Yield all rows in chunks, in the order of the key; timestamps as microseconds and booleans as 0 and 1."""

    def held(self, place: Place) -> str:
        """Return what keeps a database from being changed, as another program that has not let go of it; else empty."""
        del place  # most engines lock all that they have open
        try:
            self.session.begin("")
            self.session.rollback()
        except (Refused, type(self.session).error) as error:
            return str(error)
        return ""

    def version(self, place: Place) -> object:  # noqa: ARG002 - few can
        """Return what differs as soon as any program has changed the database; None where only its rows show that."""
        return None

    def versions(self, place: Place, table: Table) -> Counter[tuple[Row, str]] | None:  # noqa: ARG002 - few can
        """Return every row with what changes each time it is written, even as it was; None where nothing shows that."""
        return None

    def replace(self, table: Table, origin: str, rows: Callable[[], Query]) -> int:
        """Replace the target by the rows of a query, in the transaction that is open: the engine's reference copy.

        It is the fastest plain copy into this engine, the measure of every other load.

        Args:
            table: The table, as the source has it.
            origin: The engine of the source.
            rows: Asks for all rows, once the new table is there.
        """
        session = self.session
        session.write(f"DROP TABLE IF EXISTS {session.name('target', table.name)}")
        session.create(table, keyed=True, origin=origin)
        return session.insert(table, rows())

    def settle(self, place: Place, table: Table) -> None:
        """Create a keyed table of the kinds of its columns."""
        session = self.session
        parts = [f"{session.quote(column.name)} {session.type_name(column, '')}" for column in table.columns]
        relation = session.name(place, table.name)
        session.write(f"CREATE TABLE {relation} ({', '.join(parts)}, PRIMARY KEY ({session.listed(table.key)}))")

    def index(self, place: Place, table: Table) -> None:  # noqa: B027 - few engines have to
        """Create an index on the cursor and the key of a table, where the engine is the faster for it."""

    def transaction(self) -> int:
        """Return the number of the open transaction, of an engine whose writers work side by side."""
        raise AssertionError(f"{self.session.engine} numbers no transactions")

    def written_by(self, place: Place, table: Table, key: tuple[object, ...]) -> int:
        """Return the number of the transaction that wrote a row as it is, of such an engine."""
        raise AssertionError(f"{self.session.engine} numbers no transactions: {place}, {table.name}, {key}")
