"""The logs of a PostgreSQL source, its own and the one that triggers keep: what they see, and what ends them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
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

    from incload.engines.endpoint import Endpoint

KINDS = {"log_cdc": Capability.LOG, "trigger_cdc": Capability.TRIGGERS}
WRITES = (
    "INSERT INTO events VALUES (4, 'd', 4)",
    "INSERT INTO events VALUES (1, 'z', 5) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
    "UPDATE events SET v = v + 1",
    "UPDATE events SET id = id + 10 WHERE id = 2",
    "DELETE FROM events WHERE id = 1",
    "DELETE FROM events",
    "TRUNCATE events",
    "TRUNCATE events; INSERT INTO events VALUES (1, 'new', 1)",
    "UPDATE events SET v = 9 WHERE id = 3; UPDATE events SET v = 3 WHERE id = 3",
    "COPY events FROM PROGRAM 'echo 8,h,8' (FORMAT csv)",
)


@dataclass
class Followed:
    """A source on the server with three events, and a target that follows it.

    Attributes:
        name: By which strategy.
        source: Where the events are.
        target: Where the copy is.
        connection: What writes the source.
    """

    name: str
    source: Server
    target: Endpoint
    connection: psycopg.Connection[Any]

    def load(self, **more: Any) -> tuple[int, int]:  # noqa: ANN401 - fields of a plan
        """Load once; return how many rows were loaded and removed."""
        plan = Plan("events", ("id",), None, strategy(self.name), **more)
        done = load(replace(self.source, table="events"), self.target, plan)
        return done.loaded, done.removed

    def right(self) -> bool:
        """Load, and say whether the copy is the source."""
        self.load(guards=Guards(allow_removals=True), evolve=True)
        return self.copy() == self.connection.execute("SELECT * FROM events ORDER BY id").fetchall()

    def copy(self) -> list[tuple[object, ...]]:
        """Return the rows of the copy."""
        import sqlite3

        assert isinstance(self.target, Location)
        with closing(sqlite3.connect(self.target.path)) as connection:
            return connection.execute("SELECT * FROM events ORDER BY id").fetchall()

    def kept(self) -> str:
        """Return the position up to which the log goes."""
        return next(kept.position for kept in capture.listed(self.source, "events") if kept.log is KINDS[self.name])


@pytest.fixture(params=KINDS)
def followed(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[Followed]:
    """Return a source whose changes are logged in each way, loaded once."""
    source = locate(postgres_url)
    options = f"-c search_path={source.schema}"
    with psycopg.connect(make_conninfo("", **source.options, options=options), autocommit=True) as connection:
        connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, code text, v bigint)")
        connection.execute("INSERT INTO events VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
        log = KINDS[request.param]
        capture.install(source, "events", log)
        made = Followed(request.param, source, Location("sqlite", tmp_path / "copy.db"), connection)
        made.load()
        yield made
        if log is Capability.LOG and capture.listed(source):
            capture.remove(source, "events", log)


@pytest.mark.parametrize("write", WRITES)
def test_every_way_to_write_is_seen(followed: Followed, write: str) -> None:
    """Whatever statement changes the source, the copy follows."""
    followed.connection.execute(write)

    assert followed.right()


def test_only_what_changed_is_read(followed: Followed) -> None:
    """One update, one delete and one new key: two rows read and two removed; then nothing."""
    followed.connection.execute("UPDATE events SET v = 9 WHERE id = 1; DELETE FROM events WHERE id = 2")
    followed.connection.execute("UPDATE events SET id = 7 WHERE id = 3")

    assert followed.load() == (2, 2)
    assert followed.load() == (0, 0)


def test_a_transaction_that_commits_late_is_read_then(followed: Followed) -> None:
    """What another committed meanwhile is read at once, what was open is not, and nothing is lost."""
    with psycopg.connect(followed.connection.info.dsn, options=followed.connection.info.options) as late:
        late.execute("UPDATE events SET v = 100 WHERE id = 1")
        followed.connection.execute("UPDATE events SET v = 200 WHERE id = 2")
        followed.load()
        before = followed.copy()
        late.commit()

    assert before == [(1, "a", 1), (2, "b", 200), (3, "c", 3)]
    assert followed.right()
    assert followed.copy()[0] == (1, "a", 100)


def test_what_is_rolled_back_is_not_read(followed: Followed) -> None:
    """Neither log describes it, or what it says makes no difference."""
    with followed.connection.transaction(force_rollback=True):
        followed.connection.execute("DELETE FROM events")

    assert followed.load() == (0, 0)


def test_a_large_value_that_was_left_alone_stays(followed: Followed) -> None:
    """The server does not repeat it in its log; the copy has it from the table."""
    followed.connection.execute(
        "UPDATE events SET code = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 999) i)"
    )
    followed.load()
    followed.connection.execute("UPDATE events SET v = v + 1")

    assert followed.right()


def test_a_log_made_again_makes_a_load_read_everything(followed: Followed) -> None:
    """What happened between the two is in neither."""
    log = KINDS[followed.name]
    capture.remove(followed.source, "events", log)
    followed.connection.execute("UPDATE events SET v = 100 WHERE id = 1; DELETE FROM events WHERE id = 2")
    capture.install(followed.source, "events", log)

    assert followed.right()


def test_a_new_column_makes_a_load_read_everything(followed: Followed) -> None:
    """A default fills it in every row, and no log says so."""
    followed.connection.execute("ALTER TABLE events ADD COLUMN w bigint DEFAULT 7")

    assert followed.right()


def test_a_source_without_a_log_is_refused(followed: Followed) -> None:
    """In one sentence with the remedy; removing leaves nothing behind."""
    capture.remove(followed.source, "events", KINDS[followed.name])

    with pytest.raises(Refused, match="with `incload capture install"):
        followed.load()
    assert capture.listed(followed.source) == []
    assert followed.connection.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal").fetchone() == (0,)
    slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'incload_events_%'"
    assert followed.connection.execute(slots).fetchone() == (0,)


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_a_slot_whose_table_is_gone_is_listed_and_can_be_removed(followed: Followed) -> None:
    """It would keep the server's log permanently, and for no one."""
    followed.connection.execute("DROP TABLE events")

    assert [(kept.table, kept.state) for kept in capture.listed(followed.source)] == [
        ("events", "the table is not published")
    ]
    capture.remove(followed.source, "events", Capability.LOG)
    assert capture.listed(followed.source) == []


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_a_slot_that_another_process_advanced_is_noticed(followed: Followed) -> None:
    """What was passed over is made up for by reading everything."""
    followed.connection.execute("UPDATE events SET v = 100 WHERE id = 1")
    followed.connection.execute(
        "SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots"
        " WHERE slot_name LIKE 'incload_events_%'"
    )

    assert followed.right()


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_the_server_lets_go_of_what_is_stored(followed: Followed) -> None:
    """The slot moves on at the sync after, never before the rows are committed."""
    begun = followed.kept()
    followed.connection.execute("UPDATE events SET v = 100 WHERE id = 1")
    followed.load()
    stored = followed.kept()
    followed.load()

    assert begun == stored < followed.kept()


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_a_table_whose_log_lacks_the_key_is_refused(followed: Followed) -> None:
    """Without a replica identity deleted rows have no name."""
    followed.connection.execute("ALTER TABLE events REPLICA IDENTITY NOTHING")

    with pytest.raises(Refused, match="does not hold the key id of rows that are deleted"):
        followed.load()


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_a_lost_slot_is_refused(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how to begin again."""
    from incload.engines.postgres.changes import replication_slot

    look = replication_slot.look
    monkeypatch.setattr(replication_slot, "look", lambda *given: replace(look(*given), status="lost"))  # type: ignore[type-var]

    with pytest.raises(
        Refused, match=r"has forgotten log .* create it again with `incload capture install --kind log`"
    ):
        followed.load()


@pytest.mark.parametrize("followed", ["log_cdc"], indirect=True)
def test_too_many_keys_are_a_read_of_everything(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge transaction does not fill the memory."""
    monkeypatch.setattr("incload.engines.postgres.changes.replication_slot.MOST_KEYS", 2)
    followed.connection.execute("UPDATE events SET v = v + 1; DELETE FROM events WHERE id = 1")

    assert followed.right()


@pytest.mark.parametrize("followed", ["trigger_cdc"], indirect=True)
def test_a_trim_beyond_the_position_makes_a_load_read_everything(followed: Followed) -> None:
    """Who has not read what was trimmed reads all, and is right; who has reads on."""
    followed.connection.execute("DELETE FROM events WHERE id = 1")
    assert capture.trim(followed.source, "events", Capability.TRIGGERS, followed.kept()) > 0
    assert followed.load(guards=Guards(allow_removals=True)) == (0, 1)
    capture.trim(followed.source, "events", Capability.TRIGGERS, followed.kept())

    assert followed.load() == (0, 0)


@pytest.mark.parametrize("followed", ["trigger_cdc"], indirect=True)
def test_lost_triggers_are_refused(followed: Followed) -> None:
    """Put back, they make the next load read everything."""
    followed.connection.execute("ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET v = 100")

    with pytest.raises(Refused, match="put everything back with `incload capture install`"):
        followed.load()
    capture.install(followed.source, "events", Capability.TRIGGERS)
    assert followed.right()


def test_the_horizon_needs_a_column_of_transaction_numbers(postgres_url: str, tmp_path: Path) -> None:
    """Another cursor is refused with the remedy; with the column rows are read once, and deletes are never seen."""
    source = replace(locate(postgres_url), table="events")
    options = f"-c search_path={source.schema}"
    plan = Plan("events", ("id",), "v", strategy("commit_horizon"))
    target = Location("sqlite", tmp_path / "copy.db")
    with psycopg.connect(make_conninfo("", **source.options, options=options), autocommit=True) as connection:
        connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, v bigint)")
        connection.execute("INSERT INTO events VALUES (1, 1), (2, 2)")
        with pytest.raises(Refused, match="holds no transaction numbers: name one of type xid8"):
            load(source, target, plan)
        capture.install(source, "events", Capability.HORIZON)
        numbered = replace(plan, cursor="incload_transaction")
        first = load(source, target, numbered).loaded
        connection.execute("UPDATE events SET v = 3 WHERE id = 1; DELETE FROM events WHERE id = 2")

        assert (first, load(source, target, numbered).loaded, load(source, target, numbered).loaded) == (2, 1, 0)
