"""PostgreSQL's own log, read through a replication slot: which keys each transaction changed, in the order of commits.

A sync only peeks. The position is the end of the last commit whose rows the target holds, stored with them; the next
sync, to which it is durable, lets the server forget what lies before it. A commit that the log already has and the
sync's snapshot does not see yet ends the reading: what comes from there on is for the next sync.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.load.engines.base import Query
from incload.load.engines.log import ChangeLog, Kept, Reached
from incload.load.engines.pgoutput import Key, committed
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.load.engines.base import Place
    from incload.load.engines.pgoutput import Committed
    from incload.load.engines.postgres_keeping import PostgresKeeping

MOST_KEYS = 1_000_000
"""So many keys of one sync are held in memory; where more changed, the whole table is read."""
_IDLE_BYTES = 16 << 20
"""So much log that does not concern the table is passed over before the position moves for that alone."""
_AT_ONCE = 10_000
_LOST = "lost"


class PostgresSlot(ChangeLog):
    """The slot and the publication of one table."""

    def __init__(self, session: PostgresKeeping, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._relation = session.name(place, table)
        plain = re.sub(r"[^a-z0-9_]", "_", table.lower())[:40]
        self._name = f"incload_{plain}_{sha256(self._relation.encode()).hexdigest()[:8]}"
        self._keys: set[Key] = set()

    def install(self, key: tuple[str, ...]) -> None:
        """Publish the table and make a slot; the server makes none in a transaction that has written."""
        self._check_server()
        self._check_identity(key)
        session = self._session
        if not session.rows("SELECT 1 FROM pg_publication WHERE pubname = ?", (self._name,)):
            session.write(f"CREATE PUBLICATION {self._name} FOR TABLE {self._relation}")
        said = json.dumps({"key": key, "relation": self._relation, "table": self._table})
        session.write(f"COMMENT ON PUBLICATION {self._name} IS ?", (said,))
        if self._slot() is None:
            with session.outside():
                session.rows("SELECT pg_create_logical_replication_slot(?, 'pgoutput')", (self._name,))

    def remove(self) -> None:
        """Drop the slot, which lets the server forget its log, and the publication."""
        if self._slot() is not None:
            self._session.rows("SELECT pg_drop_replication_slot(?)", (self._name,))
        self._session.write(f"DROP PUBLICATION IF EXISTS {self._name}")

    def kept(self) -> Kept | None:
        """Ask the server about the slot."""
        slot = self._slot()
        if slot is None:
            return None
        confirmed, status, behind = slot
        published = self._session.rows(
            "SELECT obj_description(p.oid, 'pg_publication'), r.prrelid IS NOT NULL FROM pg_publication AS p"
            " LEFT JOIN pg_publication_rel AS r ON r.prpubid = p.oid AND r.prrelid = to_regclass(?)"
            " WHERE p.pubname = ?",
            (self._relation, self._name),
        )
        key = tuple(json.loads(str(published[0][0]))["key"]) if published and published[0][0] else ()
        state = f"whole, {behind / 2**20:.1f} MiB of log kept for it"
        if status == _LOST:
            state = "lost: the server has forgotten its log"
        elif not published or not published[0][1]:
            state = "the table is not published"
        return Kept(Capability.LOG, self._table, key, self._position(confirmed), None, state)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Let go what is stored already, and peek at the rest as far as this snapshot sees it."""
        kept = self._usable(key)
        slot = self._slot()
        assert slot is not None  # noqa: S101 - it has just been described
        confirmed, flushed = slot[0], self._flushed()
        known = after is not None and after.partition(".")[0] == kept.position.partition(".")[0]
        start = _number(after) if known and after is not None else -1
        missed = start < confirmed or start > flushed
        if not missed and start > confirmed:
            self._session.rows("SELECT pg_replication_slot_advance(?, ?::pg_lsn)", (self._name, _lsn(start)))
        self._keys, end, anything, held = self._read(max(start, confirmed), key)
        if not held and flushed - end > _IDLE_BYTES:
            end = flushed
        return Reached(self._position(end), missed or anything)

    def _read(self, start: int, key: tuple[str, ...]) -> tuple[set[Key], int, bool, bool]:
        """Read the log after a position.

        Return the keys that changed, the position reached, whether every row may have changed, and whether a commit
        that the snapshot does not see was met.
        """
        keys, end, anything = set[Key](), start, False
        sees = self._snapshot()
        for transaction in self._committed(key):
            if transaction.end <= start:
                continue
            if not sees(transaction):
                return keys, end, anything, True
            keys |= transaction.keys
            anything |= transaction.whole or len(keys) > MOST_KEYS
            if anything:
                keys.clear()
            end = transaction.end
        return keys, end, anything, False

    def keys(self, after: str) -> Query:  # noqa: ARG002 - what was read is what is asked for
        """Return the keys that were read, as values of their types."""
        kept = self.kept()
        assert kept is not None  # noqa: S101 - `reach` was asked before
        declared = {column.name: column.declared for column in self._session.columns(self._place, self._table) or ()}
        columns = ", ".join(
            f"k.c{number}::{declared[name]} AS {self._session.quote(name)}" for number, name in enumerate(kept.key)
        )
        names = ", ".join(f"c{number}" for number in range(len(kept.key)))
        ordered = sorted(self._keys)
        values = tuple([each[number] for each in ordered] for number in range(len(kept.key)))
        arrays = ", ".join(["?::text[]"] * len(kept.key))
        return Query(f"SELECT DISTINCT {columns} FROM unnest({arrays}) AS k({names})", values)

    def trim(self, until: str) -> int:
        """Refuse: loads do it."""
        raise Refused(
            f"the log of table {self._table!r} is the server's, and loads let go what they have read: {until}."
        )

    def cut(self) -> None:
        """Let the server forget all that was not read, as one does that keeps its log too short."""
        self._session.rows("SELECT pg_replication_slot_advance(?, pg_current_wal_flush_lsn())", (self._name,))

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Leave the table unpublished for the time of a block."""
        self._session.write(f"ALTER PUBLICATION {self._name} DROP TABLE {self._relation}")
        try:
            yield
        finally:
            self._session.write(f"ALTER PUBLICATION {self._name} ADD TABLE {self._relation}")

    def _usable(self, key: tuple[str, ...]) -> Kept:
        """Describe the slot; refuse one that cannot tell what changed."""
        kept = self.kept()
        install = "`incload capture install --kind log`"
        if kept is None:
            raise Refused(f"table {self._table!r} has no replication slot: have one made with {install}.")
        if kept.state.startswith(_LOST):
            raise Refused(
                f"the server has forgotten log that the slot {self._name!r} had not read: take it away with "
                f"`incload capture remove --kind log` and make it anew with {install}; the next load reads everything."
            )
        if not kept.state.startswith("whole"):
            raise Refused(
                f"table {self._table!r} is not in the publication {self._name!r}: put it back with {install}."
            )
        if kept.key != key:
            raise Refused(f"the log of table {self._table!r} names rows by {', '.join(kept.key)}: load with that key.")
        self._check_identity(key)
        return kept

    def _check_server(self) -> None:
        level = self._session.rows("SHOW wal_level")[0][0]
        if level != "logical":
            raise Refused(
                f"the server's wal_level is {level}, and its log tells no changes of rows: set it to logical, and "
                "restart the server."
            )

    def _check_identity(self, key: tuple[str, ...]) -> None:
        """Refuse a table of whose old rows the log does not tell the key."""
        found = self._session.rows(
            "SELECT c.relreplident::text,"
            " coalesce(array_agg(a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}')"
            " FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indrelid = c.oid"
            " AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END"
            " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
            " WHERE c.oid = to_regclass(?) GROUP BY c.relreplident",
            (self._relation,),
        )
        identity, told = str(found[0][0]), found[0][1]
        assert isinstance(told, list)  # noqa: S101 - an array
        if identity != "f" and not set(key) <= set(told):
            raise Refused(
                f"the log of table {self._table!r} does not tell the key {', '.join(key)} of rows that are deleted: "
                f"say ALTER TABLE {self._relation} REPLICA IDENTITY FULL, or name the columns of its replica identity."
            )

    def _slot(self) -> tuple[int, str, int] | None:
        """Return where the slot stands, what became of its log, and how many bytes of it are kept; None without one."""
        found = self._session.rows(
            "SELECT confirmed_flush_lsn - '0/0'::pg_lsn, wal_status, pg_current_wal_lsn() - restart_lsn"
            " FROM pg_replication_slots WHERE slot_name = ? AND database = current_database()",
            (self._name,),
        )
        if not found:
            return None
        confirmed, status, behind = found[0]
        return int(str(confirmed or 0)), str(status), int(str(behind or 0))

    def _flushed(self) -> int:
        return int(str(self._session.rows("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn")[0][0]))

    def _committed(self, key: tuple[str, ...]) -> Iterator[Committed]:
        """Peek at the log, a part at a time."""
        messages = self._session.portions(
            "SELECT data FROM pg_logical_slot_peek_binary_changes(?, NULL, NULL, 'proto_version', '1',"
            " 'publication_names', ?)",
            (self._name, self._name),
            _AT_ONCE,
        )
        return committed((data for (data,) in messages if isinstance(data, bytes)), key)

    def _snapshot(self) -> _Sees:
        return _Sees(str(self._session.rows("SELECT pg_current_snapshot()::text")[0][0]))

    def _position(self, number: int) -> str:
        """Name the log by the server's identity and timeline; the number is written with a fixed number of digits."""
        system, line = self._session.rows(
            "SELECT (SELECT system_identifier::text FROM pg_control_system()),"
            " left(pg_walfile_name(pg_current_wal_lsn()), 8)"
        )[0]
        return f"{sha256(f'{system} {line}'.encode()).hexdigest()[:8]}.{number:020}"


class _Sees:
    """Tells whether a snapshot sees a transaction."""

    def __init__(self, snapshot: str) -> None:
        """Read the snapshot as the server writes it: its horizon, its end, and the open transactions between."""
        horizon, end, between = snapshot.split(":")
        self._horizon, self._end = int(horizon), int(end)
        self._open: set[int] = set(map(int, filter(None, between.split(","))))

    def __call__(self, transaction: Committed) -> bool:
        """Tell it of a committed one, of whose number the log holds the low 32 bits."""
        number = (self._end & ~0xFFFFFFFF) | transaction.number
        if number > self._end + 2**31:
            number -= 2**32
        return number < self._horizon or (number < self._end and number not in self._open)


def _number(position: str) -> int:
    """Return the number in a position; -1, before every other, in a text that is none."""
    number = position.partition(".")[2]
    return int(number) if number.isdecimal() else -1


def _lsn(number: int) -> str:
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"
