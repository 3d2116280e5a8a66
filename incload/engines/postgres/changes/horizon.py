"""A column of each row of a PostgreSQL table that holds the number of the transaction that wrote it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import WHOLE, Capture, Kept
from incload.engines.postgres.changes.tree import TREE, refuse_unwatchable
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.session import Place, Session

HORIZON_COLUMN = "incload_transaction"
"""The column that `incload capture install --kind horizon` adds."""


class PostgresHorizon(Capture):
    """A column of each row that holds the number of the transaction that wrote it."""

    def __init__(self, session: Session, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._relation = session.name(place, table)
        self._function = session.name(place, f"_incload_number_{table}")

    def install(self, key: tuple[str, ...]) -> None:
        """Add the column, an index on it, and the trigger that keeps it up.

        A column that is there already is made again, which takes no longer: every row gets a new number and is read
        again, whatever happened to it.
        """
        session = self._session
        refuse_unwatchable(session, self._relation, "trigger of a row")
        apart = self._apart()
        for member in apart:  # the table first: below it a column may be there by inheritance and of its own
            session.write(f"ALTER TABLE {member} DROP COLUMN IF EXISTS {HORIZON_COLUMN}")
        session.write(
            f"ALTER TABLE {self._relation} ADD COLUMN {HORIZON_COLUMN} xid8 NOT NULL DEFAULT pg_current_xact_id()"
        )
        session.write(
            f"CREATE OR REPLACE FUNCTION {self._function}() RETURNS trigger LANGUAGE plpgsql AS $incload$ BEGIN"
            f" NEW.{HORIZON_COLUMN} := pg_current_xact_id(); RETURN NEW;"
            # The column may be renamed or dropped; the owner's write goes on, and the next load misses its cursor.
            " EXCEPTION WHEN OTHERS THEN RETURN NEW; END $incload$"
        )
        for member in apart:
            session.write(f"DROP TRIGGER IF EXISTS _incload_number ON {member}")
            session.write(
                f"CREATE TRIGGER _incload_number BEFORE INSERT OR UPDATE ON {member}"
                f" FOR EACH ROW EXECUTE FUNCTION {self._function}()"
            )
            session.write(f"ALTER TABLE {member} ENABLE ALWAYS TRIGGER _incload_number")
        session.write(f"CREATE INDEX ON {self._relation} ({HORIZON_COLUMN}, {session.listed(key)})")

    def remove(self) -> None:
        """Drop the triggers with their function, and the column."""
        self._session.write(f"DROP FUNCTION IF EXISTS {self._function}() CASCADE")
        self._session.write(f"ALTER TABLE {self._relation} DROP COLUMN IF EXISTS {HORIZON_COLUMN}")

    def kept(self) -> Kept | None:
        """Look for the column and its trigger."""
        names = {column.name for column in self._session.columns(self._place, self._table) or ()}
        if HORIZON_COLUMN not in names:
            return None
        found = self._session.rows(
            f"{TREE} SELECT pg_snapshot_xmin(pg_current_snapshot())::text, NOT EXISTS (SELECT 1 FROM tree AS t"
            " WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = t.member AND tgname = '_incload_number'"
            " AND tgenabled IN ('A', 'O')))",
            (self._relation,),
        )
        state = WHOLE if found[0][1] else "its trigger is missing"
        return Kept(Capability.HORIZON, self._table, (HORIZON_COLUMN,), str(found[0][0]), None, state)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Let rows come back with the numbers that they had."""
        self._session.write(f"ALTER TABLE {self._relation} DISABLE TRIGGER _incload_number")
        try:
            yield
        finally:
            self._session.write(f"ALTER TABLE {self._relation} ENABLE ALWAYS TRIGGER _incload_number")

    def _apart(self) -> list[str]:
        """Return the table and those that inherit from it; partitions get a copy of its trigger by themselves."""
        found = self._session.rows(
            f"{TREE} SELECT format('%I.%I', n.nspname, c.relname) FROM tree AS t JOIN pg_class AS c ON c.oid = t.member"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE NOT c.relispartition OR c.oid = (SELECT oid FROM root)"
            " ORDER BY c.oid <> (SELECT oid FROM root), c.oid",
            (self._relation,),
        )
        return [str(name) for (name,) in found]
