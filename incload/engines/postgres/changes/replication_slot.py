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
from secrets import token_hex
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import ChangeLog, Kept, Reached
from incload.engines.postgres.changes.pgoutput import Key, committed
from incload.engines.postgres.changes.publication import GONE, LOST, guard, look, nameless, publish, refuse_nameless
from incload.engines.postgres.changes.tree import refuse_generated, refuse_unwatchable
from incload.engines.session import Query
from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.postgres.changes.aside import LogReader
    from incload.engines.postgres.changes.pgoutput import Committed
    from incload.engines.postgres.changes.publication import Looked
    from incload.engines.session import Place, Session

MOST_KEYS = 1_000_000
"""So many keys of one sync are held in memory; where more changed, the whole table is read."""
_IDLE_BYTES = 16 << 20
"""So much log that does not concern the table is passed over before the position moves for that alone."""
_AT_ONCE = 10_000
_MISSED = "its log was begun again or does not reach back to the last load"


class PostgresSlot(ChangeLog):
    """The slot and the publication of one table."""

    def __init__(self, session: Session, place: Place, table: str, reader: LogReader) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table, self._reader = session, place, table, reader
        self._relation = session.name(place, table)
        plain = re.sub(r"[^a-z0-9_]", "_", table.lower())[:40]
        self._name = f"incload_{plain}_{sha256(self._relation.encode()).hexdigest()[:8]}"
        self._guard = session.name(place, f"_incload_guard_{table}")
        self._keys: set[Key] = set()
        self._seen: Looked | None = None

    def install(self, key: tuple[str, ...]) -> None:
        """Publish the table and make a slot; the server makes none in a transaction that has written."""
        session = self._session
        self._check_server()
        refuse_unwatchable(session, self._relation, "server's log")
        refuse_generated(session, self._relation, key)
        refuse_nameless(self._table, key, nameless(session, self._relation, key))
        self._remove_renamed()
        said: dict[str, object] = {"key": key, "relation": self._relation, "table": self._table}
        publish(session, self._relation, self._name, said | {"begun": token_hex(4)})
        if not session.rows("SELECT 1 FROM pg_replication_slots WHERE slot_name = ?", (self._name,)):
            with self._reader.outside():
                session.rows("SELECT pg_create_logical_replication_slot(?, 'pgoutput')", (self._name,))

    def protect(self) -> None:
        """Have an event trigger see to it that no DDL of the owner makes updates of a published table fail."""
        guard(self._session, self._relation, self._name, self._guard)

    def remove(self) -> None:
        """Drop the slot, which lets the server forget its log, the publication and the event trigger."""
        self._drop(self._name)
        self._session.write(f"DROP FUNCTION IF EXISTS {self._guard}() CASCADE")

    def _drop(self, name: str) -> None:
        """Drop the slot, the event trigger and the publication of a name."""
        self._session.rows(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ?"
            " AND database = current_database()",
            (name,),
        )
        self._session.write(f"DROP EVENT TRIGGER IF EXISTS {name}")
        self._session.write(f"DROP PUBLICATION IF EXISTS {name}")

    def _remove_renamed(self) -> None:
        """Drop slot and publication that the table had under another name; they would keep log for no reader."""
        found = self._session.rows(
            "SELECT p.pubname::text, obj_description(p.oid, 'pg_publication') FROM pg_publication AS p"
            " JOIN pg_publication_rel AS r ON r.prpubid = p.oid AND r.prrelid = to_regclass(?)"
            " WHERE p.pubname LIKE 'incload\\_%' AND p.pubname <> ?",
            (self._relation, self._name),
        )
        for name, said in found:
            relation = json.loads(str(said))["relation"] if said else None
            if relation and self._session.rows("SELECT 1 WHERE to_regclass(?) IS NULL", (relation,)):
                self._drop(str(name))

    def kept(self) -> Kept | None:
        """Ask the server about the slot."""
        seen = look(self._session, self._relation, self._name)
        return None if seen is None else self._described(seen)

    def _described(self, seen: Looked) -> Kept:
        position = seen.position(seen.confirmed)
        return Kept(Capability.LOG, self._table, seen.key, position, None, seen.state)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Let go what is stored already, and peek at the part of the rest that this snapshot sees."""
        seen = self._seen = self._usable(key)
        log, _, form = (after or "").partition(".")[0].partition("-")
        start = _number(after) if after is not None and log == seen.log else -1
        missed = start < seen.confirmed or start > seen.flushed
        if not missed and start > seen.confirmed:
            self._session.rows("SELECT pg_replication_slot_advance(?, ?::pg_lsn)", (self._name, _lsn(start)))
        start = max(start, seen.confirmed)
        nothing: tuple[set[Key], int, bool, bool] = (set(), start, False, False)
        self._keys, end, anything, held = self._read(start, key) if start < seen.flushed else nothing
        if not held and seen.flushed - end > _IDLE_BYTES:
            end = seen.flushed
        why = ""
        if after is not None and (missed or form != seen.form):
            why = _MISSED if missed else "it, a table below it or its columns were altered"
        return Reached(seen.position(end), missed or anything or form != seen.form, why)

    def _read(self, start: int, key: tuple[str, ...]) -> tuple[set[Key], int, bool, bool]:
        """Read the log after a position.

        Return the keys that changed, the position reached, whether every row may have changed, and whether a commit
        that the snapshot does not see was met.
        """
        keys, end, anything = set[Key](), start, False
        sees = _Sees(self._now.snapshot)
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
        key, types = self._now.key, self._now.types
        columns = ", ".join(
            f"k.c{number}::{types[name][0]} AS {self._session.quote(name)}" for number, name in enumerate(key)
        )
        names = ", ".join(f"c{number}" for number in range(len(key)))
        ordered = sorted(self._keys)
        values = tuple([each[number] for each in ordered] for number in range(len(key)))
        arrays = ", ".join(["?::text[]"] * len(key))
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

    @property
    def _now(self) -> Looked:
        """How the log stood when `reach` was asked."""
        assert self._seen is not None  # noqa: S101 - as it says
        return self._seen

    def _usable(self, key: tuple[str, ...]) -> Looked:
        """Describe the slot; refuse one that cannot say what changed."""
        seen = look(self._session, self._relation, self._name, key)
        install = "`incload capture install --kind log`"
        if seen is None or seen.status == GONE:
            raise Refused(f"table {self._table!r} has no replication slot: have one made with {install}.")
        if seen.status == LOST:
            raise Refused(
                f"the server has forgotten log that the slot {self._name!r} had not read: take it away with "
                f"`incload capture remove --kind log` and create it again with {install}; the next load reads "
                "everything."
            )
        refuse_nameless(self._table, key, seen.nameless)
        if seen.unpublished:
            raise Refused(
                f"the publication {self._name!r} misses changes of table {self._table!r}, because {seen.unpublished}: "
                f"put it back with {install}; the next load then reads everything."
            )
        if not seen.types.keys() >= set(seen.key):
            raise Refused(
                f"the log of table {self._table!r} names rows by {', '.join(seen.key)}, and a column of these is gone: "
                f"put it in order with {install} and the key that there is; the next load then reads everything."
            )
        if seen.key != key:
            raise Refused(f"the log of table {self._table!r} names rows by {', '.join(seen.key)}: load with that key.")
        return seen

    def _check_server(self) -> None:
        level = self._session.rows("SHOW wal_level")[0][0]
        if level != "logical":
            raise Refused(
                f"the server's wal_level is {level}, and its log holds no changes of rows: set it to logical, and "
                "restart the server."
            )

    def _committed(self, key: tuple[str, ...]) -> Iterator[Committed]:
        """Peek at the log, a part at a time."""
        messages = self._reader.portions(
            "SELECT data FROM pg_logical_slot_peek_binary_changes(?, NULL, NULL, 'proto_version', '1',"
            " 'publication_names', ?)",
            (self._name, self._name),
            _AT_ONCE,
        )
        numbers = [self._now.types[name][1] for name in key]
        return committed((data for (data,) in messages if isinstance(data, bytes)), key, numbers)


class _Sees:
    """Says whether a snapshot sees a transaction."""

    def __init__(self, snapshot: str) -> None:
        """Read the snapshot as the server writes it: its horizon, its end, and the open transactions between."""
        horizon, end, between = snapshot.split(":")
        self._horizon, self._end = int(horizon), int(end)
        self._open: set[int] = set(map(int, filter(None, between.split(","))))

    def __call__(self, transaction: Committed) -> bool:
        """Add a committed one, of whose number the log holds the low 32 bits."""
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
