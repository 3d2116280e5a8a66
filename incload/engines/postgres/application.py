"""An application on PostgreSQL, whose transactions take their keys and timestamps long before they commit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from incload.engines.abilities.application import Application, Done
from incload.engines.postgres.endpoint import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.abilities.application import Change

_CREATE = """
CREATE SEQUENCE work_id;
CREATE TABLE work (
    id bigint PRIMARY KEY DEFAULT nextval('work_id'), edition bigint NOT NULL DEFAULT 1, note text,
    modified_at timestamp NOT NULL DEFAULT now()
);
INSERT INTO work (note) SELECT repeat('x', 20) FROM generate_series(1, {rows});
CREATE INDEX ON work (modified_at, id)
"""
_SOME = "(SELECT id FROM work WHERE id >= {id} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
_DONE = "RETURNING id, (extract(epoch FROM modified_at) * 1000000)::bigint"
_CHANGES = {
    "insert": f"INSERT INTO work (note) VALUES ('{{note}}') {_DONE}",
    "update": f"UPDATE work SET edition = edition + 1, modified_at = now() WHERE id = {_SOME} {_DONE}",
    "delete": f"DELETE FROM work WHERE id = {_SOME} {_DONE}",
}


class PostgresApplication(Application):
    """A connection that speaks of the table without naming its schema."""

    def __init__(self, url: str) -> None:
        """Connect to the schema."""
        server = locate(url)
        options = f"-c search_path={server.schema} -c timezone=UTC"
        self._connection = psycopg.connect(make_conninfo("", **server.options), autocommit=True, options=options)

    def create(self, rows: int) -> None:
        """Make the table and its first rows."""
        self._connection.execute(_CREATE.format(rows=rows).encode())

    def write(self, changes: Sequence[Change], open_for: float) -> tuple[Done, ...]:
        """Send all changes in one message, which is one transaction, unless that is to stay open."""
        statements = "; ".join(_CHANGES[each.kind].format(id=each.id, note=each.note) for each in changes).encode()
        if not open_for:
            return self._done(changes, statements)
        with self._connection.transaction():
            done = self._done(changes, statements)
            time.sleep(open_for)
        return done

    def _done(self, changes: Sequence[Change], statements: bytes) -> tuple[Done, ...]:
        """Run statements, one for each change, and return what they changed."""
        cursor = self._connection.execute(statements)
        done = []
        for change in changes:
            done += [Done(change.kind, int(key), int(at)) for key, at in cursor.fetchall()]
            cursor.nextset()
        return tuple(done)

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
