"""The publication of a PostgreSQL table and of everything below it, and how it and its slot stand.

To publish updates of a table makes the server refuse every update of it while it has no replica identity. So a table is
published only while each of its members has one, and an event trigger stops publishing updates and deletes in the very
statement that takes an identity away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg

from incload.engines.postgres.changes.tree import FORM, TREE
from incload.errors import Refused

if TYPE_CHECKING:
    from incload.engines.session import Session

LOST = "lost"
GONE = "gone"
_ALL = "insert, update, delete, truncate"
_IDENTITY = (
    "CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END"
    " AND i.indisvalid AND i.indimmediate"
)
"""Whether an index is the replica identity of its table; one of a constraint that can be deferred is none."""
_NAMED = (
    "coalesce((SELECT array_agg(a.attname::text) FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid"
    f" AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) WHERE i.indrelid = c.oid AND {_IDENTITY}), '{{}}')"
)
_NAMELESS = f"c.oid = t.member AND c.relkind = 'r' AND c.relreplident <> 'f' AND NOT {_NAMED} @> ?::text[]"
"""For which members of a tree the log does not hold the key of old rows."""
_LOOK = (
    f"{TREE} SELECT s.slot_name IS NOT NULL, s.confirmed_flush_lsn - '0/0'::pg_lsn, s.wal_status,"
    " pg_current_wal_lsn() - s.restart_lsn, obj_description(p.oid, 'pg_publication'),"
    " concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),"
    " left(pg_walfile_name(pg_current_wal_lsn()), 8)),"
    f" concat_ws(' ', {FORM}, p.oid),"
    " pg_current_wal_flush_lsn() - '0/0'::pg_lsn, pg_current_snapshot()::text,"
    " coalesce(p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate, false)"
    " AND (SELECT oid FROM root) IS NOT NULL,"
    " (SELECT string_agg(c.oid::regclass::text, ', ') FROM tree AS t JOIN pg_class AS c ON c.oid = t.member"
    " WHERE c.relkind IN ('r', 'f') AND c.oid NOT IN"
    " (SELECT g.relid FROM pg_publication AS q CROSS JOIN LATERAL pg_get_publication_tables(q.pubname) AS g"
    " WHERE q.pubname = p.pubname AND g.relid IS NOT NULL)),"
    f" (SELECT array_agg(c.oid::regclass::text ORDER BY c.oid) FROM tree AS t JOIN pg_class AS c ON {_NAMELESS}),"
    " (SELECT json_object_agg(a.attname, json_build_array(format_type(a.atttypid, a.atttypmod), a.atttypid::bigint))"
    " FROM pg_attribute AS a JOIN root AS r ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)"
    " FROM (SELECT 1) AS one LEFT JOIN pg_publication AS p ON p.pubname = ?"
    " LEFT JOIN pg_replication_slots AS s ON s.slot_name = ? AND s.database = current_database()"
)


@dataclass(frozen=True, slots=True)
class Looked:
    """How the slot and the publication of a table stand.

    Attributes:
        confirmed: Up to where the server has let go of its log.
        status: What became of the log that it keeps for the slot.
        behind: How many bytes of log it keeps.
        key: The columns by which the log is read.
        log: Which log it is: it never comes back when it is made or put in order again.
        form: What the table and the tree below it looks like.
        flushed: Where the log ends.
        snapshot: What the transaction sees, as the server writes it.
        unpublished: What is not published, or not wholly; empty when all is.
        types: The name and the number of each column's type, by the column.
        nameless: The members of the tree for which the log does not hold the key of old rows.
    """

    confirmed: int
    status: str
    behind: int
    key: tuple[str, ...]
    log: str
    form: str
    flushed: int
    snapshot: str
    unpublished: str
    types: dict[str, tuple[str, int]]
    nameless: list[str]

    def position(self, number: int) -> str:
        """Return a position; the number is written with a fixed number of digits."""
        return f"{self.log}-{self.form}.{number:020}"

    @property
    def state(self) -> str:
        """`whole`, or what is wrong with it."""
        if self.status == LOST:
            return "lost: the server has forgotten its log"
        if self.status == GONE:
            return "the slot is gone"
        if self.unpublished:
            return self.unpublished
        return f"whole, {self.behind / 2**20:.1f} MiB of log kept for it"


def look(session: Session, relation: str, name: str, key: tuple[str, ...] = ()) -> Looked | None:
    """Read how the slot and the publication of that name stand, if rows are named by a key; None without both."""
    (found,) = session.rows(_LOOK, (relation, list(key), name, name))
    is_there, confirmed, status, behind, comment, of, form, flushed, snapshot, is_published, *rest = found
    without, nameless, declared = rest
    if not is_there and not comment:
        return None
    said: dict[str, Any] = json.loads(str(comment)) if comment else {}
    types: dict[str, tuple[str, int]] = declared if isinstance(declared, dict) else {}
    unpublished = "" if is_published else "the table is not published"
    return Looked(
        *(
            int(str(confirmed or 0)),
            str(status) if is_there else GONE,
            int(str(behind or 0)),
            tuple(said.get("key", ())),
        ),
        *(_short(f"{of} {said.get('begun')}"), _short(str(form)), int(str(flushed)), str(snapshot)),
        unpublished or (f"{without} of the table is not published" if without else ""),
        types,
        list(nameless) if isinstance(nameless, list) else [],
    )


def publish(session: Session, relation: str, name: str, said: dict[str, object]) -> None:
    """Publish a table and everything below it, whether it was published before or not."""
    if session.rows("SELECT 1 FROM pg_publication WHERE pubname = ?", (name,)):
        session.write(f"ALTER PUBLICATION {name} SET TABLE {relation}")
        session.write(f"ALTER PUBLICATION {name} SET (publish = '{_ALL}')")
    else:
        session.write(f"CREATE PUBLICATION {name} FOR TABLE {relation}")
    session.write(f"COMMENT ON PUBLICATION {name} IS ?", (json.dumps(said),))


def nameless(session: Session, relation: str, key: tuple[str, ...]) -> list[str]:
    """Return the members of a table's tree for which the log would not hold the key of old rows."""
    found = session.rows(
        f"{TREE} SELECT c.oid::regclass::text FROM tree AS t JOIN pg_class AS c ON {_NAMELESS} ORDER BY c.oid",
        (relation, list(key)),
    )
    return [str(name) for (name,) in found]


def refuse_nameless(table: str, key: tuple[str, ...], names: list[str]) -> None:
    """Refuse a table where members of its tree have no name for old rows."""
    if names:
        raise Refused(
            f"the log of table {table!r} does not hold the key {', '.join(key)} of rows that are deleted from "
            f"{', '.join(names)}: say ALTER TABLE {names[0]} REPLICA IDENTITY FULL, or name the columns of its replica "
            "identity with --key, and run `incload capture install --kind log`."
        )


def guard(session: Session, relation: str, name: str, function: str) -> None:
    """Make the event trigger; where this is not allowed, refuse a table that an owner's DDL could make read-only."""
    session.write("SAVEPOINT incload_guard")
    try:
        session.write(f"DROP EVENT TRIGGER IF EXISTS {name}")
        session.write(f"DROP FUNCTION IF EXISTS {function}()")
        session.write(_guard_function(name, function))
        session.write(
            f"CREATE EVENT TRIGGER {name} ON ddl_command_end WHEN TAG IN ({_TAGS}) EXECUTE FUNCTION {function}()"
        )
        session.write(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")
    except psycopg.errors.InsufficientPrivilege:
        session.write("ROLLBACK TO SAVEPOINT incload_guard")
        _refuse_unguarded(session, relation)


_TAGS = ", ".join(f"'{verb}'" for verb in ("ALTER TABLE", "CREATE TABLE", "DROP INDEX", "DROP TYPE", "DROP DOMAIN"))


def _guard_function(name: str, function: str) -> str:
    """Return the statement that makes the function; nothing in it may fail."""
    return (
        f"CREATE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS $incload$ BEGIN"
        " IF EXISTS (SELECT 1 FROM pg_publication AS p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname) AS g"
        f" JOIN pg_class AS c ON c.oid = g.relid WHERE p.pubname = '{name}' AND p.pubupdate AND c.relreplident <> 'f'"
        f" AND NOT EXISTS (SELECT 1 FROM pg_index AS i WHERE i.indrelid = c.oid AND {_IDENTITY}))"
        f" THEN ALTER PUBLICATION {name} SET (publish = 'insert, truncate'); END IF;"
        " EXCEPTION WHEN OTHERS THEN NULL; END $incload$"
    )


def _refuse_unguarded(session: Session, relation: str) -> None:
    """Refuse all but a table that keeps its identity whatever becomes of its keys, and gets no partitions."""
    found = session.rows(
        f"{TREE} SELECT c.oid::regclass::text, c.relkind::text FROM tree AS t JOIN pg_class AS c ON c.oid = t.member"
        " WHERE c.relkind = 'p' OR c.relreplident <> 'f'",
        (relation,),
    )
    if found:
        only = len(found) == 1 and found[0][1] == "r"
        raise Refused(
            f"once {found[0][0]} is published, the server refuses every update of it when its primary key is dropped, "
            "or of a new partition without one; only a user who may create event triggers can have that prevented: "
            f"install as such a user{', or say ALTER TABLE ... REPLICA IDENTITY FULL first' if only else ''}."
        )


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
