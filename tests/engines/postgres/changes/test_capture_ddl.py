"""What an owner may do to a captured PostgreSQL table: no write of the application fails, no change goes missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from ddl_cases import CLEARED, MOVES, PARTS, PLAIN, UNFIT, WRITES, Case, on_parts, on_plain
from psycopg.conninfo import make_conninfo

from incload.engines.endpoints import Location
from incload.engines.postgres.endpoint import Server, locate
from incload.errors import Refused
from incload.loading import capture
from incload.loading.plan import Guards, Plan
from incload.loading.run import load
from incload.registry import strategy
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.loading.run import Summary

KINDS = {
    "triggers": (Capability.TRIGGERS, "trigger_cdc"),
    "log": (Capability.LOG, "log_cdc"),
    "horizon": (Capability.HORIZON, "commit_horizon"),
}


@dataclass
class Owned:
    """A captured table, its owner, and a copy that follows it.

    Attributes:
        kind: How it is captured.
        source: Where it is.
        target: Where the copy is.
        connection: What the owner and the application speak through.
        table: What the table is called now.
        key: What its key is called now.
    """

    kind: str
    source: Server
    target: Location
    connection: psycopg.Connection[Any]
    table: str = "events"
    key: str = "id"

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        for statement in statements:
            self.connection.execute(statement.encode())

    def install(self) -> None:
        """Install the capture, or put it in order."""
        capture.install(self.source, self.table, KINDS[self.kind][0], (self.key,))

    def load(self, **more: Any) -> Summary:  # noqa: ANN401 - fields of a plan
        """Load once."""
        cursor = "incload_transaction" if self.kind == "horizon" else None
        plan = Plan("events", (self.key,), cursor, strategy(KINDS[self.kind][1]), evolve=True, **more)
        return load(
            replace(self.source, table=self.table), self.target, replace(plan, guards=Guards(allow_removals=True))
        )

    def missing(self) -> set[object]:
        """Return the rows in which the copy differs; removed ones do not count where the strategy never sees any."""
        found = self.connection.execute(f'SELECT * FROM "{self.source.schema}".{self.table}'.encode())
        names = ", ".join(
            f'"{column.name}"' for column in found.description or () if column.name != "incload_transaction"
        )
        there = {
            tuple(row)
            for row in self.connection.execute(f'SELECT {names} FROM "{self.source.schema}".{self.table}'.encode())
        }
        with closing(sqlite3.connect(self.target.path)) as connection:
            here = set(connection.execute(f"SELECT {names} FROM events"))
        return there - here if self.kind == "horizon" else there ^ here


@contextmanager
def owned(kind: str, url: str, folder: Path, base: tuple[str, ...]) -> Iterator[Owned]:
    """Capture the base in one way, and load it once."""
    source = locate(url)
    options = f"-c search_path={source.schema}"
    with psycopg.connect(make_conninfo("", **source.options, options=options), autocommit=True) as connection:
        made = Owned(kind, source, Location("sqlite", folder / "copy.db"), connection)
        made.run(*base)
        try:
            made.install()
            made.load()
            yield made
        finally:
            made.run(*(text.replace("{schema}", source.schema) for text in CLEARED))


@pytest.fixture(scope="module", autouse=True)
def role(postgres_server: str) -> Iterator[None]:
    """Have a second role on the server for the time of the module."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS incload_writer")
        connection.execute("CREATE ROLE incload_writer")
        yield
        connection.execute("DROP OWNED BY incload_writer")
        connection.execute("DROP ROLE incload_writer")


CASES = [
    (kind, case) for case in (*on_plain(), *on_parts()) for kind in KINDS if not case.only or kind in case.only.split()
]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}-{case}" for kind, case in CASES])
def test_no_write_fails_and_no_change_is_missed(kind: str, case: Case, postgres_url: str, tmp_path: Path) -> None:
    """After whatever the owner did, the application writes on, and a load ends with the source's rows or a sentence."""
    with owned(kind, postgres_url, tmp_path, case.base) as made:
        column = "incload_transaction xid8 NOT NULL DEFAULT '3'" if kind == "horizon" else "IF NOT EXISTS w text"
        for statement in filter(
            None, case.statements.split("; ") if "$$" not in case.statements else [case.statements]
        ):
            made.run(statement.replace("{schema}", made.source.schema).replace("{column}", column))
        made.run(*case.writes)
        sentence = {"triggers": case.triggers, "log": case.log}.get(kind, case.horizon)
        if sentence:
            with pytest.raises(Refused, match=sentence):
                made.load()
            made.run(*case.remedy)
            made.install()
        elif kind == "horizon" and case.unseen:
            made.load()
            assert made.missing() != set()
            made.install()
        made.load()

        assert made.missing() == set()


@pytest.mark.parametrize("kind", ["triggers", "log"])
@pytest.mark.parametrize("move", MOVES, ids=[move[0] for move in MOVES])
def test_a_log_of_what_is_not_there_any_more_ends_in_a_sentence(
    move: tuple[str, ...], kind: str, postgres_url: str, tmp_path: Path
) -> None:
    """The application writes on; put in order for what the table is now, the log is followed, and no other is left."""
    _, statements, table, key, sentence = move
    with owned(kind, postgres_url, tmp_path, PLAIN) as made:
        schema = made.source.schema
        for statement in statements.replace("{base}", PLAIN[0]).split("; "):
            made.run(statement.replace("{schema}", schema))
        moved = schema + table if table == "_2" else schema
        made.table, made.key = "events" if table == "_2" else table, key
        named = f'"{moved}".{made.table}'
        first = "'50'" if "text" in statements else "50"
        made.run(
            f"INSERT INTO {named} ({key}, v) VALUES ({first}, 5)",
            f"UPDATE {named} SET v = v + 1",
            f"DELETE FROM {named} WHERE v = 11",
        )
        made.source, made.target = replace(made.source, schema=moved), Location("sqlite", tmp_path / "again.db")
        if not sentence.endswith("$") or kind == "triggers":
            with pytest.raises(Refused, match=sentence):
                made.load()
        if kind == "log" and key == "w":
            made.run("ALTER TABLE events REPLICA IDENTITY FULL")
        made.install()
        made.load()
        made.run(f"UPDATE {named} SET v = 0 WHERE v > 20")
        made.load()

        assert made.missing() == set()
        assert [kept.table for kept in capture.listed(made.source)] == [made.table]


def test_a_locked_change_table_fails_no_write(postgres_url: str, tmp_path: Path) -> None:
    """What could not be entered is made up for once, and the load says so."""
    with owned("triggers", postgres_url, tmp_path, PLAIN) as made:
        with psycopg.connect(made.connection.info.dsn, options=made.connection.info.options) as other:
            other.execute("LOCK TABLE _incload_log_events")
            made.run("SET lock_timeout = '5ms'", *WRITES)
        done, again = made.load(), made.load()

        assert done.warnings == (
            "All of 'events' was read, because a change of it could not be entered in its change log.",
        )
        assert (again.loaded, again.warnings, made.missing()) == (0, (), set())


@pytest.mark.parametrize("kind", ["triggers", "log"])
def test_a_table_that_was_written_again_is_not_read_whole(kind: str, postgres_url: str, tmp_path: Path) -> None:
    """Neither upkeep nor another index changes a row."""
    with owned(kind, postgres_url, tmp_path, PARTS) as made:
        made.load()
        made.run("VACUUM FULL low", "ANALYZE", "CREATE INDEX ON events (v)", "UPDATE low SET v = 0 WHERE id = 1")

        assert (made.load().loaded, made.missing()) == (1, set())


def test_the_log_of_an_earlier_version_is_refused_with_the_command(postgres_url: str, tmp_path: Path) -> None:
    """Its function names columns, so that a renamed key makes writes fail; installed again it is today's."""
    with owned("triggers", postgres_url, tmp_path, PLAIN) as made:
        made.run(
            "DROP TABLE _incload_log_events, _incload_missed_events",
            "CREATE TABLE _incload_log_events (_incload_transaction xid8 DEFAULT pg_current_xact_id(), id integer)",
            """COMMENT ON TABLE _incload_log_events IS '{"key": ["id"], "table": "events"}'""",
        )
        with pytest.raises(Refused, match=r"an earlier version of incload made it: .* `incload capture install`"):
            made.load()
        made.install()
        made.run(*WRITES)
        made.load()

        assert made.missing() == set()


def test_a_publication_of_an_earlier_version_is_followed(postgres_url: str, tmp_path: Path) -> None:
    """After one load that reads everything, as what its positions say is not known."""
    with owned("log", postgres_url, tmp_path, PLAIN) as made:
        made.run(
            "DO $$ BEGIN EXECUTE (SELECT format('COMMENT ON PUBLICATION %I IS %L', pubname,"
            " obj_description(oid)::jsonb - 'begun') FROM pg_publication"
            f" WHERE obj_description(oid) LIKE '%{made.source.schema}%'); END $$"
        )
        made.load()
        made.run(*WRITES)

        assert (made.load().loaded, made.missing()) == (4, set())


@pytest.mark.parametrize(("kind", "statements", "sentence"), UNFIT)
def test_what_cannot_be_promised_is_not_installed(kind: str, statements: str, sentence: str, postgres_url: str) -> None:
    """One sentence, and nothing of ours is left."""
    source = locate(postgres_url)
    options = f"-c search_path={source.schema}"
    with psycopg.connect(make_conninfo("", **source.options, options=options), autocommit=True) as connection:
        connection.execute(statements.encode())
        with pytest.raises(Refused, match=sentence):
            capture.install(source, "events", KINDS[kind][0], ("id",))

        assert capture.listed(source) == []


def test_without_event_triggers_only_a_full_identity_is_published(postgres_url: str, tmp_path: Path) -> None:
    """It alone keeps updates from failing when the primary key goes."""
    with owned("triggers", postgres_url, tmp_path, PLAIN) as made:
        made.run(
            "ALTER ROLE incload_writer REPLICATION",
            f"GRANT CREATE ON DATABASE {made.connection.info.dbname} TO incload_writer",
            f"ALTER SCHEMA {made.source.schema} OWNER TO incload_writer",
            "ALTER TABLE events OWNER TO incload_writer",
        )
        made.kind, made.target = "log", Location("sqlite", tmp_path / "again.db")
        made.source = replace(made.source, options=made.source.options | {"options": "-c role=incload_writer"})
        with pytest.raises(Refused, match="only a user who may create event triggers can have that prevented"):
            made.install()
        made.run("ALTER TABLE events REPLICA IDENTITY FULL")
        made.install()
        made.load()
        made.run("ALTER TABLE events DROP CONSTRAINT events_pkey", *WRITES)
        made.load()

        assert made.missing() == set()
        capture.remove(made.source, "events", Capability.LOG)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("triggers", "it, a table below it or what keeps its change log was altered"),
        ("log", "it, a table below it or its columns were altered"),
    ],
)
def test_a_load_that_reads_everything_says_why_once(kind: str, what: str, postgres_url: str, tmp_path: Path) -> None:
    """A partition that left took its rows along; the load after that is quiet."""
    with owned(kind, postgres_url, tmp_path, PARTS) as made:
        made.run("ALTER TABLE events DETACH PARTITION low")
        done, again = made.load(), made.load()

        assert (done.removed, done.warnings) == (3, (f"All of 'events' was read, because {what}.",))
        assert (again.loaded, again.warnings, made.missing()) == (0, (), set())


@pytest.mark.parametrize("kind", ["triggers", "log"])
@pytest.mark.parametrize(
    ("declared", "one", "other"),
    [
        ("timestamptz", "2020-01-02 03:04:05.678901+02", "1999-12-31 23:59:59+00"),
        ("date", "2020-02-03", "1999-12-11"),
        ("bytea", "\\xdeadbeef", "\\x00ff"),
        ("float8", "0.30000000000000004", "1e300"),
    ],
)
def test_keys_do_not_depend_on_the_settings_of_a_writer(  # noqa: PLR0913, PLR0917 - a type and two values of it
    kind: str, declared: str, one: str, other: str, postgres_url: str, tmp_path: Path
) -> None:
    """They are entered as text, always the same text."""
    base = (
        f"CREATE TABLE events (id {declared} PRIMARY KEY, v integer)",
        f"INSERT INTO events VALUES ('{one}', 1), ('{other}', 2)",
    )
    with owned(kind, postgres_url, tmp_path, base) as made:
        made.run(
            "SET DateStyle = 'German'",
            "SET TimeZone = 'Asia/Tokyo'",
            "SET bytea_output = 'escape'",
            "SET extra_float_digits = -5",
        )
        made.run("UPDATE events SET v = 3 WHERE v = 1", "DELETE FROM events WHERE v = 2")
        done = made.load()

        assert (done.loaded, done.removed) == (1, 1)


def test_a_partition_can_be_captured_beside_its_table(postgres_url: str, tmp_path: Path) -> None:
    """Each has its triggers, and to remove one leaves the other whole."""
    with owned("triggers", postgres_url, tmp_path, PARTS) as made:
        capture.install(made.source, "low", Capability.TRIGGERS)
        both = [(kept.table, kept.state) for kept in capture.listed(made.source)]
        capture.remove(made.source, "low", Capability.TRIGGERS)

        assert both == [("events", "whole"), ("low", "whole")]
        assert [(kept.table, kept.state) for kept in capture.listed(made.source)] == [("events", "whole")]
