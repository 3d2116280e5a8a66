"""Trigger CDC on real files: what the change table makes of every way to write, and of every way to lose it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.errors import Refused, Unable
from incload.loading import capture
from incload.loading.plan import Guards
from incload.strategy import Capability

if TYPE_CHECKING:
    from tests.ends import Between, Ends

REMOVING = Guards(allow_removals=True)
MANY = (
    "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
    " INSERT INTO events SELECT i, i, 0 FROM n"
)
TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, code TEXT UNIQUE, v INTEGER)"
WRITES = (
    "INSERT INTO events VALUES (4, 'd', 4)",
    "INSERT OR REPLACE INTO events VALUES (4, 'a', 5)",
    "REPLACE INTO events VALUES (1, 'b', 6)",
    "INSERT OR IGNORE INTO events VALUES (2, 'z', 7)",
    "INSERT INTO events VALUES (3, 'y', 8) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
    "UPDATE events SET v = v + 1",
    "UPDATE events SET id = id + 10 WHERE id = 2",
    "UPDATE OR REPLACE events SET id = 1 WHERE id = 3",
    "UPDATE OR REPLACE events SET code = 'a' WHERE id = 2",
    "DELETE FROM events WHERE id = 1",
    "DELETE FROM events",
)


@pytest.fixture
def captured(sqlite_ends: Ends) -> Ends:
    """Return a source of three events whose changes are logged, loaded once."""
    return _captured(sqlite_ends)


def _captured(ends: Ends) -> Ends:
    ends.write(TABLE, "INSERT INTO events VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    capture.install(ends.source, "events", Capability.TRIGGERS)
    _load(ends)
    return ends


def _load(ends: Ends, **more: object) -> tuple[int, int]:
    done = ends.load("trigger_cdc", cursor=None, **more)
    return done.loaded, done.removed


@pytest.mark.parametrize("write", WRITES)
def test_every_way_to_write_is_seen(captured: Ends, write: str) -> None:
    """Whatever statement changes the source, rows that a REPLACE pushes out among them, the copy follows."""
    captured.write(write)
    _load(captured)

    assert captured.rows() == captured.source_rows()


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(WRITES), max_size=4), max_size=4))
def test_any_sequence_of_writes_is_followed(sqlite_ends: Ends, batches: list[list[str]]) -> None:
    """After every sync the copy is the source, whatever was written since the one before."""
    ends = replace(sqlite_ends, folder=Path(mkdtemp(dir=sqlite_ends.folder)))
    _captured(ends)
    for batch in batches:
        with closing(sqlite3.connect(ends.source.path, isolation_level=None)) as connection:
            for write in batch:
                with suppress(sqlite3.IntegrityError):
                    connection.execute(write)
        _load(ends)

        assert ends.rows() == ends.source_rows()


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_only_what_changed_is_read(between: Between, target: str) -> None:
    """One update, one delete and one new key: two rows read and two removed, in another engine too."""
    ends = _captured(between("sqlite", target))
    ends.write(
        "UPDATE events SET v = 9 WHERE id = 1",
        "DELETE FROM events WHERE id = 2",
        "UPDATE events SET id = 7 WHERE id = 3",
    )

    assert _load(ends) == (2, 2)
    assert ends.rows() == [(1, "a", 9), (7, "c", 3)]
    assert _load(ends) == (0, 0)


def test_a_key_has_one_entry(captured: Ends) -> None:
    """A row that changes a hundred times takes the place of one."""
    captured.write(*["UPDATE events SET v = v + 1 WHERE id = 1"] * 100)

    assert capture.listed(captured.source)[0].entries == 2  # the row's, and the one that began the log


def test_a_key_of_several_columns(sqlite_ends: Ends) -> None:
    """Rows are named by all of them, in the order of the key."""
    ends = sqlite_ends
    ends.write(
        "CREATE TABLE events (v INT, b TEXT, a INT, PRIMARY KEY (a, b)) WITHOUT ROWID",
        "INSERT INTO events VALUES (0, 'x', 1)",
    )
    kept = capture.install(ends.source, "events", Capability.TRIGGERS)
    _load(ends, key=("a", "b"))
    ends.write("INSERT INTO events VALUES (1, 'y', 1)", "DELETE FROM events WHERE b = 'x'")

    assert kept.key == ("a", "b")
    assert _load(ends, key=("a", "b")) == (1, 1)
    assert ends.rows() == [(1, "y", 1)]


def test_rolled_back_changes_leave_no_entry(captured: Ends) -> None:
    """The change table is written in the transaction of the change."""
    with closing(sqlite3.connect(captured.source.path)) as connection:
        connection.execute("DELETE FROM events")
        connection.rollback()

    assert _load(captured) == (0, 0)


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_trim_beyond_the_position_makes_a_load_read_everything(captured: Ends, ahead: int) -> None:
    """Who has read up to the end of what goes is not concerned; who has not reads all, and is right."""
    captured.write("DELETE FROM events WHERE id = 1")
    if not ahead:
        _load(captured)
    end = capture.listed(captured.source)[0].position
    capture.trim(captured.source, "events", Capability.TRIGGERS, end)

    assert _load(captured, guards=REMOVING) == ((0, 1) if ahead else (0, 0))
    assert captured.rows() == [(2, "b", 2), (3, "c", 3)]


def test_a_log_made_again_is_not_taken_for_the_old_one(captured: Ends) -> None:
    """Its numbers start again, and may have got where the old one's."""
    capture.remove(captured.source, "events", Capability.TRIGGERS)
    captured.write("UPDATE events SET v = 100")
    capture.install(captured.source, "events", Capability.TRIGGERS)
    captured.write("UPDATE events SET v = v + 1 WHERE id = 3")

    assert _load(captured) == (3, 0)
    assert captured.rows() == captured.source_rows()


def test_a_log_that_was_put_back_to_an_older_one_is_noticed(captured: Ends) -> None:
    """A source restored from a backup has a log that ends before the position: everything is read."""
    backup = captured.source.path.read_bytes()
    captured.write("UPDATE events SET v = 100")
    _load(captured)
    captured.source.path.write_bytes(backup)

    assert _load(captured) == (3, 0)
    assert captured.rows() == captured.source_rows()


def test_a_new_column_makes_a_load_read_everything(captured: Ends) -> None:
    """A default fills it in every row, and no trigger says so."""
    captured.write("ALTER TABLE events ADD COLUMN w INTEGER DEFAULT 7")
    _load(captured, evolve=True)

    assert captured.rows() == [(1, "a", 1, 7), (2, "b", 2, 7), (3, "c", 3, 7)]


def test_removals_that_are_held_back_are_made_up_for(captured: Ends) -> None:
    """The guard against mass removal holds back what a read of everything infers, and the log is not passed over."""
    captured.write(MANY)
    _load(captured)
    captured.write("DELETE FROM events WHERE id >= 10")
    end = capture.listed(captured.source)[0].position
    capture.trim(captured.source, "events", Capability.TRIGGERS, end)

    held = captured.load("trigger_cdc", cursor=None)
    assert (held.removed, len(held.warnings)) == (0, 1)
    assert _load(captured, guards=REMOVING) == (0, 51)


def test_removals_that_the_log_names_are_not_held_back(captured: Ends) -> None:
    """They are reported, not inferred, however many there are."""
    captured.write(MANY)
    _load(captured)
    captured.write("DELETE FROM events WHERE id >= 10")
    done = captured.load("trigger_cdc", cursor=None)

    assert (done.loaded, done.removed, done.held_back, done.warnings) == (0, 51, 0, ())


def test_lost_triggers_are_refused(captured: Ends) -> None:
    """A table that was built again has none; put back, they make the next load read everything."""
    captured.write("DROP TRIGGER _incload_update_events", "UPDATE events SET v = 100")

    assert [kept.state for kept in capture.listed(captured.source)] == ["triggers are missing"]
    with pytest.raises(Refused, match="put everything back with `incload capture install`"):
        _load(captured)
    capture.install(captured.source, "events", Capability.TRIGGERS)
    assert _load(captured) == (3, 0)


def test_a_source_without_a_log_is_refused(sqlite_ends: Ends) -> None:
    """In one sentence with the remedy, and nothing is written to it."""
    sqlite_ends.write(TABLE)

    with pytest.raises(Refused, match="has no change log: have one kept with `incload capture install`"):
        _load(sqlite_ends)
    assert sqlite_ends.source_rows("SELECT name FROM sqlite_master WHERE name LIKE '%incload%'") == []


def test_another_key_is_refused(captured: Ends) -> None:
    """A log that names rows by their id cannot say which codes are gone."""
    with pytest.raises(Refused, match="names rows by id: load with that key"):
        _load(captured, key=("code",), name="events_by_code", table="events")


def test_an_engine_without_triggers_is_refused(between: Between) -> None:
    """By the reason; so is a file of records."""
    ends = between("duckdb", "duckdb")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, v INTEGER)")
    (ends.folder / "events.json").write_text('[{"id": 1}]', encoding="utf-8")

    with pytest.raises(Unable, match="because duckdb has no triggers: choose another strategy"):
        _load(ends)
    with pytest.raises(Unable, match="because a file has no triggers"):
        _load(ends, file=ends.folder / "events.json")


def test_removing_leaves_nothing(captured: Ends) -> None:
    """No table, index or trigger of ours stays in the source; another table's log does."""
    captured.write("CREATE TABLE other (id INTEGER PRIMARY KEY)")
    capture.install(captured.source, "other", Capability.TRIGGERS)
    capture.remove(captured.source, "events", Capability.TRIGGERS)

    assert [kept.table for kept in capture.listed(captured.source)] == ["other"]
    capture.remove(captured.source, "other", Capability.TRIGGERS)
    assert captured.source_rows("SELECT name FROM sqlite_master WHERE name LIKE '%incload%'") == []


def test_a_unique_expression_is_refused(sqlite_ends: Ends) -> None:
    """A REPLACE that meets it would delete a row that no trigger sees; nothing is left half made."""
    sqlite_ends.write(TABLE, "CREATE UNIQUE INDEX loud ON events (upper(code))")

    with pytest.raises(Refused, match="unique index 'loud' of table 'events' is over an expression"):
        capture.install(sqlite_ends.source, "events", Capability.TRIGGERS)
    assert capture.listed(sqlite_ends.source) == []


AGAIN = (
    "CREATE TABLE new (id INTEGER PRIMARY KEY, code TEXT UNIQUE, v INTEGER)",
    "INSERT INTO new SELECT id, code, v + 1 FROM events",
    "DROP TABLE events",
    "ALTER TABLE new RENAME TO events",
)
WRITTEN = ("INSERT INTO events (id, code) VALUES (8, 'h')", "REPLACE INTO events (id, code) VALUES (9, 'b')")
DDL = {
    "a new column": (("ALTER TABLE events ADD w INTEGER DEFAULT 7",), ""),
    "a renamed column": (("ALTER TABLE events RENAME v TO w",), ""),
    "a renamed unique column": (("ALTER TABLE events RENAME code TO kode",), ""),
    "a dropped column": (("ALTER TABLE events DROP v",), ""),
    "built again": (AGAIN, "triggers are missing"),
    "built again with its triggers": ((*AGAIN, "{triggers}"), "the table was built again"),
    "built again and packed": ((*AGAIN, "{triggers}", "VACUUM"), "the table was built again"),
    "packed": (("UPDATE events SET v = 0 WHERE id = 1", "VACUUM"), ""),
    "another unique index": (
        ("CREATE UNIQUE INDEX other ON events (v)", "INSERT OR REPLACE INTO events VALUES (7, 'g', 1)"),
        "the table is unique in other columns",
    ),
    "a unique index without case": (
        ("CREATE UNIQUE INDEX other ON events (code COLLATE NOCASE)", "REPLACE INTO events VALUES (7, 'A', 1)"),
        "the table is unique in other columns",
    ),
    "a unique expression": (("CREATE UNIQUE INDEX loud ON events (upper(code))",), "is over an expression"),
    "another index": (("CREATE INDEX plain ON events (v)",), ""),
    "a trigger of the owner": (
        ("CREATE TRIGGER mine AFTER INSERT ON events BEGIN UPDATE events SET v = 5 WHERE id = 3; END",),
        "",
    ),
    "its change table renamed": (("ALTER TABLE _incload_log_events RENAME TO mine",), "its change table is gone"),
    "deleted by reference": (
        (
            "PRAGMA foreign_keys = ON",
            "CREATE TABLE r (id INTEGER PRIMARY KEY)",
            "INSERT INTO r VALUES (5)",
            "ALTER TABLE events ADD r INTEGER REFERENCES r ON DELETE CASCADE",
            "UPDATE events SET r = 5 WHERE id = 1",
            "DELETE FROM r",
        ),
        "",
    ),
    "recursive triggers": (("PRAGMA recursive_triggers = ON",), ""),
    "no enforced keys": (("PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON"), ""),
}


@pytest.mark.parametrize("what", DDL)
def test_no_write_fails_and_no_change_is_missed(captured: Ends, what: str) -> None:
    """Whatever the owner did, the application writes on; a load ends with the source's rows, or says what to do."""
    statements, sentence = DDL[what]
    kept = [sql for (sql,) in captured.source_rows("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    code = "kode" if "kode" in str(statements) else "code"
    made = [each for one in statements for each in (kept if one == "{triggers}" else [one])]
    captured.write(*map(str, made), *(each.replace("code", code) for each in WRITTEN))
    if sentence:
        with pytest.raises(Refused, match=sentence):
            _load(captured, evolve=True)
    if "expression" not in sentence:
        if sentence:
            capture.install(captured.source, "events", Capability.TRIGGERS)
        _load(captured, evolve=True, guards=REMOVING)

        names = ", ".join(str(name) for (name,) in captured.source_rows("SELECT name FROM pragma_table_info('events')"))
        assert captured.rows(f"SELECT {names} FROM events ORDER BY 1") == captured.source_rows()


def test_a_renamed_table_has_no_log(captured: Ends) -> None:
    """The application writes on; installed for the new name, the old log goes with its triggers."""
    captured.write("ALTER TABLE events RENAME TO happenings", "UPDATE happenings SET v = 0", "DELETE FROM happenings")
    with pytest.raises(Refused, match="has no change log"):
        _load(captured, name="again", table="happenings")

    assert [(kept.table, kept.state) for kept in capture.listed(captured.source)] == [("events", "the table is gone")]
    capture.install(captured.source, "happenings", Capability.TRIGGERS)
    assert [kept.table for kept in capture.listed(captured.source)] == ["happenings"]


def test_a_renamed_key_is_refused_with_the_remedy(captured: Ends) -> None:
    """The application writes on, as SQLite renames it in the triggers too."""
    captured.write(
        "ALTER TABLE events RENAME id TO ident", "UPDATE events SET v = 0", "DELETE FROM events WHERE ident = 1"
    )
    with pytest.raises(Refused, match="a key column by which it names rows is gone"):
        _load(captured, key=("ident",), name="again", table="events")
    capture.install(captured.source, "events", Capability.TRIGGERS, ("ident",))

    assert _load(captured, key=("ident",), name="again", table="events") == (2, 0)


def test_a_key_of_another_type_is_named_as_it_is(captured: Ends) -> None:
    """A table that was built again with text for numbers has keys that no number is."""
    captured.write(
        "CREATE TABLE new (id TEXT PRIMARY KEY, code TEXT UNIQUE, v INTEGER)",
        "INSERT INTO new SELECT * FROM events",
        "DROP TABLE events",
        "ALTER TABLE new RENAME TO events",
    )
    capture.install(captured.source, "events", Capability.TRIGGERS)
    _load(captured, name="again", table="events")
    captured.write("INSERT INTO events VALUES ('007', 'x', 7)")

    assert _load(captured, name="again", table="events") == (1, 0)
    assert captured.rows("SELECT id FROM again ORDER BY v") == [("1",), ("2",), ("3",), ("007",)]


@pytest.mark.parametrize("form", ["STRICT", "WITHOUT ROWID", "STRICT, WITHOUT ROWID"])
def test_a_writer_that_attaches_the_database_is_seen(sqlite_ends: Ends, form: str) -> None:
    """Its own tables of the same names are not touched, whatever form the table has."""
    sqlite_ends.write(f"{TABLE} {form}", "INSERT INTO events VALUES (1, 'a', 1), (2, 'b', 2)")
    capture.install(sqlite_ends.source, "events", Capability.TRIGGERS)
    _load(sqlite_ends)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        other.execute("ATTACH ? AS shop", (str(sqlite_ends.source.path),))
        other.execute("CREATE TABLE _incload_log_events (id)")
        other.execute("REPLACE INTO shop.events VALUES (3, 'a', 4)")

    assert _load(sqlite_ends) == (1, 1)
    assert sqlite_ends.rows() == [(2, "b", 2), (3, "a", 4)]


@pytest.mark.parametrize(
    ("made", "what"),
    [("VIEW events AS SELECT 1 AS id", "is a view"), ("VIRTUAL TABLE events USING fts5(id)", "is a virtual table")],
)
def test_what_has_no_triggers_is_not_captured(sqlite_ends: Ends, made: str, what: str) -> None:
    """One sentence, and nothing is left in the source."""
    sqlite_ends.write(f"CREATE {made}")
    with pytest.raises(Refused, match=what):
        capture.install(sqlite_ends.source, "events", Capability.TRIGGERS, ("id",))

    assert capture.listed(sqlite_ends.source) == []


def test_a_change_table_of_an_earlier_version_is_followed(captured: Ends) -> None:
    """Its columns have the key's types; installed again it is made as today."""
    captured.write(
        "DROP TABLE _incload_log_events",
        "CREATE TABLE _incload_log_events (_incload_number INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER)",
        "INSERT INTO _incload_log_events DEFAULT VALUES",
    )
    _load(captured)
    captured.write("DELETE FROM events WHERE id = 1")

    assert _load(captured) == (0, 1)
    capture.install(captured.source, "events", Capability.TRIGGERS)
    assert captured.source_rows("SELECT type FROM pragma_table_info('_incload_log_events') WHERE name = 'id'") == [
        ("",)
    ]
