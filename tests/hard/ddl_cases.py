"""What an owner may do to a captured PostgreSQL table, and what a load says of it."""
# ruff: noqa: E501 - a case is read as one line

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITES = (
    "INSERT INTO events (id, v) VALUES (4, 40), (104, 140)",
    "UPDATE events SET v = v + 1 WHERE id IN (1, 101)",
    "DELETE FROM events WHERE id = 2",
)
PLAIN = (
    "CREATE TABLE events (id integer PRIMARY KEY, v integer, w text)",
    "INSERT INTO events VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (101, 130, 'd')",
)
PARTS = (
    "CREATE TABLE events (id integer PRIMARY KEY, v integer, w text) PARTITION BY RANGE (id)",
    "CREATE TABLE low PARTITION OF events FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE high PARTITION OF events FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id)",
    "CREATE TABLE higher (w text, id integer PRIMARY KEY, v integer)",
    "ALTER TABLE high ATTACH PARTITION higher FOR VALUES FROM (100) TO (200)",
    "CREATE TABLE spare (v integer, w text, id integer PRIMARY KEY)",
    "INSERT INTO spare VALUES (10, 's', 201), (20, 't', 202)",
    PLAIN[1],
)
HEIRS = (
    "CREATE TABLE events (id integer PRIMARY KEY, v integer, w text)",
    "CREATE TABLE heir (extra text, PRIMARY KEY (id)) INHERITS (events)",
    "CREATE TABLE spare (id integer PRIMARY KEY, v integer, w text)",
    "INSERT INTO spare VALUES (201, 10, 's'), (202, 20, 't')",
    "INSERT INTO events VALUES (1, 10, 'a'), (2, 20, 'b')",
    "INSERT INTO heir VALUES (3, 30, 'c'), (101, 130, 'd')",
)
CLOSED = "its triggers may not write it any more"
LOST = "a part of what keeps it is gone"
NAMELESS = "does not hold the key id of rows that are deleted"
NO_LOG = "has no change log|has no replication slot"
NO_CURSOR = "cursor column 'incload_transaction'"
UNSEEN = "triggers are missing on"


@dataclass(frozen=True)
class Case:
    """What an owner does, and what the next load makes of it.

    Attributes:
        what: In words.
        statements: What is done.
        triggers: The sentence of the load under `trigger_cdc`; empty where the copy is the source.
        log: The same under `log_cdc`.
        horizon: The same under `commit_horizon`.
        writes: What the application writes afterwards.
        only: The kinds of capture that there is this for; empty for all.
        unseen: Whether no row's transaction number says it, so that `commit_horizon` misses it until the next install.
        remedy: What the owner does before the capture is put in order, where a sentence asks for it.
        base: The tables before.
    """

    what: str
    statements: str = ""
    triggers: str = ""
    log: str = ""
    horizon: str = ""
    writes: tuple[str, ...] = WRITES
    only: str = ""
    unseen: bool = False
    remedy: tuple[str, ...] = ()
    base: tuple[str, ...] = PLAIN

    def separate(self) -> list[str]:
        """Return its statements; a block of code is one."""
        one = [self.statements] if "$$" in self.statements else self.statements.split("; ")
        return [statement for statement in one if statement]

    def __str__(self) -> str:
        """Its words, for the name of a test."""
        return self.what


def on_plain() -> Iterator[Case]:
    """Yield what can be done to a table that stands alone."""
    yield from _to_columns_and_keys()
    yield from _to_all_rows()
    yield from _to_rights_and_identity()
    yield from _by_writers()
    yield from _to_the_change_table()
    yield from _to_what_notes()
    yield from _to_logs()


def _to_columns_and_keys() -> Iterator[Case]:
    """Yield what is done to columns and keys."""
    yield Case("a wider key", "ALTER TABLE events ALTER id TYPE bigint")
    yield Case("the column computed again", "ALTER TABLE events ALTER v TYPE integer USING v + 1000", unseen=True)
    yield Case("a renamed column", "ALTER TABLE events RENAME w TO x", unseen=True)
    yield Case("a dropped column", "ALTER TABLE events DROP w")
    yield Case("a new column", "ALTER TABLE events ADD n integer DEFAULT 7", only="triggers log")
    yield Case(
        "another default", "ALTER TABLE events ALTER v SET DEFAULT 9", writes=(*WRITES, "INSERT INTO events VALUES (9)")
    )
    yield Case(
        "no primary key",
        "ALTER TABLE events DROP CONSTRAINT events_pkey",
        log=NAMELESS,
        remedy=("ALTER TABLE events REPLICA IDENTITY FULL",),
    )
    yield Case(
        "a key put back",
        "ALTER TABLE events DROP CONSTRAINT events_pkey; ALTER TABLE events ADD PRIMARY KEY (id)",
        log="is not published",
    )
    yield Case("a key replaced", "ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (id)")
    yield Case(
        "a deferrable key",
        "ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (id) DEFERRABLE",
        log=NAMELESS,
        remedy=("ALTER TABLE events REPLICA IDENTITY FULL",),
    )


def _to_all_rows() -> Iterator[Case]:
    """Yield what is done to all rows, or to those that others refer to."""
    yield Case("truncate", "TRUNCATE events")
    yield Case("truncate cascade", "CREATE TABLE r (id integer REFERENCES events); TRUNCATE events CASCADE")
    yield Case(
        "truncated by reference",
        "CREATE TABLE r (id integer PRIMARY KEY); UPDATE events SET v = NULL; "
        "ALTER TABLE events ADD FOREIGN KEY (v) REFERENCES r; TRUNCATE r CASCADE",
        writes=(),
    )
    yield Case(
        "deleted by reference",
        "CREATE TABLE r (id integer PRIMARY KEY); INSERT INTO r SELECT v FROM events; "
        "ALTER TABLE events ADD FOREIGN KEY (v) REFERENCES r ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED; "
        "DELETE FROM r WHERE id = 10",
        writes=(),
    )


def _to_rights_and_identity() -> Iterator[Case]:
    """Yield what is done to owners, triggers, the replica identity and roles."""
    yield Case(
        "another owner", "ALTER TABLE events OWNER TO incload_writer; GRANT USAGE ON SCHEMA {schema} TO incload_writer"
    )
    yield Case(
        "triggers off and on",
        "ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET v = 0; ALTER TABLE events ENABLE TRIGGER ALL",
        triggers=UNSEEN,
        unseen=True,
    )
    yield Case("triggers off", "ALTER TABLE events DISABLE TRIGGER USER", triggers=UNSEEN, unseen=True)
    yield Case("a full identity", "ALTER TABLE events REPLICA IDENTITY FULL")
    yield Case(
        "no identity",
        "ALTER TABLE events REPLICA IDENTITY NOTHING",
        log=NAMELESS,
        remedy=("ALTER TABLE events REPLICA IDENTITY FULL",),
    )
    yield Case(
        "another identity",
        "ALTER TABLE events ALTER w SET NOT NULL; CREATE UNIQUE INDEX other ON events (w); "
        "ALTER TABLE events REPLICA IDENTITY USING INDEX other",
        log=NAMELESS,
        remedy=("ALTER TABLE events REPLICA IDENTITY FULL",),
        writes=("INSERT INTO events VALUES (4, 4, 'z')", *WRITES[1:]),
    )
    yield Case(
        "a dropped identity",
        "CREATE UNIQUE INDEX other ON events (id); ALTER TABLE events REPLICA IDENTITY USING INDEX other; "
        "DROP INDEX other",
        log=NAMELESS,
        remedy=("ALTER TABLE events REPLICA IDENTITY FULL",),
    )
    yield Case(
        "row security", "ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE events FORCE ROW LEVEL SECURITY"
    )
    yield Case(
        "another role",
        "GRANT USAGE ON SCHEMA {schema} TO incload_writer; GRANT ALL ON events TO incload_writer",
        writes=("SET ROLE incload_writer", *WRITES, "RESET ROLE"),
    )
    yield Case(
        "as a replica",
        "SET session_replication_role = replica",
        writes=(*WRITES, "TRUNCATE events", "INSERT INTO events VALUES (5)", "RESET session_replication_role"),
    )


def _by_writers() -> Iterator[Case]:
    """Yield what writers do in other ways."""
    yield Case("vacuum full", "VACUUM FULL events")
    yield Case(
        "through a view",
        "CREATE VIEW seen AS SELECT * FROM events",
        writes=("UPDATE seen SET v = 5", "DELETE FROM seen WHERE id = 1"),
    )
    yield Case(
        "merge",
        writes=(
            "MERGE INTO events USING (VALUES (1), (2), (9)) AS m (n) ON id = n WHEN MATCHED AND n = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 0 WHEN NOT MATCHED THEN INSERT VALUES (n, 9)",
        ),
    )
    yield Case("on conflict", writes=("INSERT INTO events VALUES (1), (9) ON CONFLICT (id) DO UPDATE SET v = 0",))


def _to_the_change_table() -> Iterator[Case]:
    """Yield what is done to the table in which triggers note changes."""
    yield Case(
        "unlogged",
        "ALTER TABLE events SET UNLOGGED",
        triggers="being unlogged",
        remedy=("ALTER TABLE events SET LOGGED",),
        only="triggers",
    )
    yield Case("the change table dropped", "DROP TABLE _incload_log_events", triggers=NO_LOG, only="triggers")
    yield Case(
        "the change table made by hand",
        "DROP TABLE _incload_log_events; CREATE TABLE _incload_log_events (id integer)",
        triggers=NO_LOG,
        only="triggers",
    )
    yield Case(
        "the change table renamed", "ALTER TABLE _incload_log_events RENAME TO mine", triggers=NO_LOG, only="triggers"
    )
    yield Case("the change table emptied", "UPDATE events SET v = 0; TRUNCATE _incload_log_events", only="triggers")
    yield Case(
        "the change table altered",
        "ALTER TABLE _incload_log_events ADD CHECK (_incload_key IS NULL) NOT VALID",
        only="triggers",
    )


def _to_what_notes() -> Iterator[Case]:
    """Yield what is done to triggers, to their function and to who may write."""
    yield Case("the table beside dropped", "DROP TABLE _incload_missed_events", triggers=LOST, only="triggers")
    yield Case("the function dropped", "DROP FUNCTION _incload_note_events() CASCADE", triggers=LOST, only="triggers")
    yield Case(
        "a trigger dropped",
        "DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON events', tgname) FROM pg_trigger WHERE tgname LIKE "
        "'_incload_update%'); END $$",
        triggers=UNSEEN,
        only="triggers",
    )
    yield Case(
        "writing revoked",
        "ALTER FUNCTION _incload_note_events() OWNER TO incload_writer",
        triggers=CLOSED,
        only="triggers",
    )
    yield Case(
        "writing revoked and granted",
        "ALTER FUNCTION _incload_note_events() OWNER TO incload_writer; UPDATE events SET v = 0; "
        "ALTER FUNCTION _incload_note_events() OWNER TO CURRENT_USER",
        only="triggers",
    )
    yield Case(
        "the log's security",
        "ALTER TABLE _incload_log_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        only="triggers",
    )


def _to_logs() -> Iterator[Case]:
    """Yield what is done to a publication, a slot, and the numbers of transactions."""
    yield Case(
        "no publication",
        "DO $$ BEGIN EXECUTE (SELECT 'DROP PUBLICATION ' || pubname FROM pg_publication WHERE obj_description(oid) "
        "LIKE '%{schema}%'); END $$",
        log="is not published",
        only="log",
    )
    yield Case(
        "no slot",
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name IN (SELECT pubname FROM pg_publication WHERE obj_description(oid) LIKE '%{schema}%')",
        log=NO_LOG,
        only="log",
    )
    yield Case(
        "no transaction numbers", "ALTER TABLE events DROP incload_transaction", horizon=NO_CURSOR, only="horizon"
    )
    yield Case(
        "renamed transaction numbers",
        "ALTER TABLE events RENAME incload_transaction TO n",
        horizon=NO_CURSOR,
        only="horizon",
        remedy=("ALTER TABLE events DROP n",),
    )
    yield Case(
        "other transaction numbers",
        "ALTER TABLE events ALTER incload_transaction DROP DEFAULT, ALTER incload_transaction TYPE bytea USING ''",
        horizon=NO_CURSOR,
        only="horizon",
    )


def on_parts() -> Iterator[Case]:
    """Yield what can be done to partitions and heirs."""
    attach = "ALTER TABLE spare ADD {column}; ALTER TABLE events ATTACH PARTITION spare FOR VALUES FROM (200) TO (300)"
    fresh = "CREATE TABLE fresh PARTITION OF events FOR VALUES FROM (200) TO (300)"
    yield Case(
        "written directly",
        base=PARTS,
        writes=("UPDATE low SET v = 0", "DELETE FROM higher", "INSERT INTO high (id, v) VALUES (150, 1)"),
    )
    yield Case("a partition truncated", "TRUNCATE low", base=PARTS)
    yield Case("a level truncated", "TRUNCATE high", base=PARTS)
    yield Case(
        "moved between partitions", base=PARTS, writes=("UPDATE events SET id = id + 100 WHERE id < 100 AND id > 1",)
    )
    yield Case("attach", attach, base=PARTS, triggers=UNSEEN, writes=(*WRITES, "UPDATE spare SET v = 0"))
    yield Case(
        "detach",
        "ALTER TABLE events DETACH PARTITION low",
        base=PARTS,
        writes=("UPDATE low SET v = 0", "UPDATE higher SET v = 0"),
    )
    yield Case(
        "detach and attach",
        "ALTER TABLE events DETACH PARTITION low; UPDATE low SET v = 0; "
        "ALTER TABLE events ATTACH PARTITION low FOR VALUES FROM (0) TO (100)",
        base=PARTS,
        unseen=True,
    )
    yield Case("drop partition", "DROP TABLE low", base=PARTS, writes=("UPDATE events SET v = 0",))
    yield Case(
        "create partition",
        fresh,
        base=PARTS,
        triggers=UNSEEN,
        writes=(*WRITES, "INSERT INTO fresh (id, v) VALUES (205, 1)", "UPDATE fresh SET v = 2"),
    )
    yield Case(
        "no primary key below",
        "ALTER TABLE events DROP CONSTRAINT events_pkey",
        base=PARTS,
        log=NAMELESS,
        remedy=("ALTER TABLE low REPLICA IDENTITY FULL", "ALTER TABLE higher REPLICA IDENTITY FULL"),
        writes=("UPDATE low SET v = 0", *WRITES),
    )
    yield from _to_heirs()


def _to_heirs() -> Iterator[Case]:
    """Yield what can be done to heirs."""
    yield Case(
        "an heir written", base=HEIRS, writes=("UPDATE heir SET v = 0", "INSERT INTO heir (id, v) VALUES (55, 1)")
    )
    yield Case("an heir truncated", "TRUNCATE heir", base=HEIRS)
    yield Case("only the parent truncated", "TRUNCATE ONLY events", base=HEIRS)
    yield Case(
        "inherit",
        "ALTER TABLE spare ADD {column}; ALTER TABLE spare INHERIT events",
        base=HEIRS,
        triggers=UNSEEN,
        log="spare of the table is not published",
        writes=("UPDATE spare SET v = 0",),
        unseen=True,
    )
    yield Case("no inherit", "ALTER TABLE heir NO INHERIT events", base=HEIRS, writes=("UPDATE heir SET v = 0",))
    yield Case(
        "inherited again",
        "ALTER TABLE heir NO INHERIT events; UPDATE heir SET v = 0; ALTER TABLE heir INHERIT events",
        base=HEIRS,
    )


MOVES = [
    ("a renamed key", "ALTER TABLE events RENAME id TO ident", "events", "ident", "a key column by which|a column of these is gone"),
    ("a dropped key", "ALTER TABLE events DROP id", "events", "w", "a key column by which|a column of these|does not hold the key w of rows"),
    ("a key of another type", "ALTER TABLE events ALTER id TYPE text USING 'x' || id", "events", "id", "type of a key column|$"),
    ("a renamed table", "ALTER TABLE events RENAME TO happenings", "happenings", "id", NO_LOG),
    ("another schema", "CREATE SCHEMA {schema}_2; ALTER TABLE events SET SCHEMA {schema}_2", "_2", "id", NO_LOG),
    ("a renamed schema", "ALTER SCHEMA {schema} RENAME TO {schema}_2", "_2", "id", f"its schema has another name|{NO_LOG}"),
    ("a table made again", "DROP TABLE events; {base}", "events", "id", f"{UNSEEN}|is not published"),
]  # fmt: skip
UNFIT = [
    ("triggers", "CREATE VIEW events AS SELECT 1 AS id", "is a view"),
    ("log", "CREATE MATERIALIZED VIEW events AS SELECT 1 AS id", "is a materialized view"),
    ("triggers", "CREATE UNLOGGED TABLE events (id integer)", "is unlogged: a crash empties it"),
    ("horizon", "CREATE UNLOGGED TABLE events (id integer)", "is unlogged: a crash empties it"),
    ("log", "CREATE TABLE events (id integer GENERATED ALWAYS AS (1) STORED PRIMARY KEY)", "is generated"),
    ("log", "CREATE TABLE events (id integer PRIMARY KEY); CREATE TABLE heir () INHERITS (events)", "deleted from .*heir"),
    ("log", "CREATE TABLE events (id integer) PARTITION BY LIST (id); CREATE TABLE low PARTITION OF events DEFAULT", "from .*low"),
    ("log", "CREATE TABLE events (id integer PRIMARY KEY DEFERRABLE)", NAMELESS),
]  # fmt: skip
CLEARED = (
    """SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name IN
       (SELECT pubname FROM pg_publication WHERE obj_description(oid) LIKE '%{schema}%')""",
    """DO $$ DECLARE name text; BEGIN FOR name IN SELECT pubname FROM pg_publication WHERE obj_description(oid)
       LIKE '%{schema}%' LOOP EXECUTE 'DROP PUBLICATION ' || name; END LOOP; END $$""",
    "DROP SCHEMA IF EXISTS {schema}_2 CASCADE",
    "CREATE SCHEMA IF NOT EXISTS {schema}",
)
"""What takes away all that a test may have left on the server."""
