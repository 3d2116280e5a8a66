"""Opening both ends: what can be no source, what can be no target, and who else has them open."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.engines.session import Query
from incload.engines.sqlite import session
from incload.engines.sqlite.arrow import transfer
from incload.errors import Refused
from incload.loading.connections import Connections
from incload.loading.plan import Plan
from incload.loading.run import LoadSummary, load
from incload.registry import strategy
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.contract import WriteResult
    from incload.engines.endpoints import Location
    from tests.ends import Between, Ends

TABLE = ("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 1)")
SQLITE = "import sqlite3; c = sqlite3.connect(path, isolation_level=None); c.execute('BEGIN {}')"
DUCKDB = "import duckdb; c = duckdb.connect(path)"
READY = "\nprint('ready', flush=True)\nsys.stdin.read()"


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Let another process hold a file."""
    command = [sys.executable, "-c", f"import sys; path = {str(path)!r}\n{how}{READY}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for locks only a moment."""
    monkeypatch.setattr(session, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(transfer, "LOCK_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_target_that_another_process_writes_is_named(sqlite_ends: Ends, lock: str) -> None:
    """A load waits for a writer, and then leaves with a sentence; the target is as it was."""
    sqlite_ends.write(*TABLE)
    sqlite_ends.load("timestamp_watermark")
    sqlite_ends.write("INSERT INTO events VALUES (2, 2)")
    with (
        held(sqlite_ends.target.path, SQLITE.format(lock)),
        pytest.raises(
            Refused, match=r"target.sqlite' is locked by another process, and was not free within 0.2 seconds"
        ),
    ):
        sqlite_ends.load("timestamp_watermark")
    between = sqlite_ends.rows()
    summary = sqlite_ends.load("timestamp_watermark")

    assert between == [(1, 1)]
    assert summary.loaded == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_a_source_that_another_process_locks_is_named(between: Between, target: str) -> None:
    """A source that cannot be read is the one that the sentence names."""
    ends = between("sqlite", target)
    ends.write(*TABLE)
    with held(ends.source.path, SQLITE.format("EXCLUSIVE")), pytest.raises(Refused, match=r"source.sqlite' is locked"):
        ends.load("timestamp_watermark")

    assert not ends.target.path.exists()


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_a_source_may_be_in_the_middle_of_a_transaction(between: Between, target: str) -> None:
    """What is not committed is not read, and does not keep anybody waiting."""
    ends = between("sqlite", target)
    ends.write(*TABLE)
    with held(ends.source.path, SQLITE.format("IMMEDIATE") + "; c.execute('INSERT INTO events VALUES (2, 2)')"):
        summary = ends.load("timestamp_watermark")

    assert (summary.loaded, ends.rows()) == (1, [(1, 1)])


def test_a_dot_is_no_schema(ends: Ends) -> None:
    """A table that is made under a name with a dot is reported, once; one that is not there is refused with a hint."""
    ends.write(*TABLE)
    first, second = (ends.load("timestamp_watermark", table="events", name="raw.events") for _ in range(2))
    with pytest.raises(
        Refused, match=r"^unknown source table 'raw\.events': did you mean events\? A schema is no part of"
    ):
        ends.load("timestamp_watermark", table="raw.events")

    (warning,) = first.warnings
    assert warning.startswith(
        "table 'raw.events' is new, and the dot is in its name. A schema is no part of a table's "
    )
    assert (second.warnings, ends.rows('SELECT count(*) FROM "raw.events"')) == ((), [(1,)])


@pytest.mark.parametrize("place", ["source", "target"])
def test_a_duckdb_file_that_is_open_elsewhere_is_named(between: Between, place: str) -> None:
    """DuckDB gives a file to one process at a time."""
    ends = between("duckdb", "duckdb")
    ends.write(*TABLE)
    ends.load("timestamp_watermark")
    path = getattr(ends, place).path
    with held(path, DUCKDB), pytest.raises(Refused, match=rf"'{path}' is open in another program \(PID \d+\): try"):
        ends.load("timestamp_watermark")

    assert ends.rows() == [(1, 1)]


def test_a_target_in_a_wal_is_loaded(sqlite_ends: Ends) -> None:
    """The journal mode of either file is its owner's business; incload neither needs nor changes it."""
    for write in (sqlite_ends.write, sqlite_ends.write_target):
        write("PRAGMA journal_mode = WAL")
    sqlite_ends.write(*TABLE)
    summary = sqlite_ends.load("timestamp_watermark")

    assert (summary.loaded, sqlite_ends.rows()) == (1, [(1, 1)])
    assert sqlite_ends.rows("PRAGMA journal_mode") == [("wal",)]


def test_a_source_is_never_written(ends: Ends) -> None:
    """Its bytes, its time and its folder are as before; a source that may not be written is read all the same."""
    ends.write(*TABLE)
    ends.source.path.chmod(0o444)
    before = ends.source.path.read_bytes(), ends.source.path.stat().st_mtime_ns
    for name in ("timestamp_watermark", "row_hash_cdc", "full_refresh"):
        ends.load(name)

    assert (ends.source.path.read_bytes(), ends.source.path.stat().st_mtime_ns) == before
    assert sorted(ends.folder.iterdir()) == sorted([ends.source.path, ends.target.path])


def test_a_target_that_is_read_only_stays_as_it_is(ends: Ends) -> None:
    """Its owner's mark counts, even for a user whom the system would let write."""
    ends.write(*TABLE)
    ends.load("timestamp_watermark")
    ends.target.path.chmod(0o444)
    before = ends.target.path.read_bytes()
    with pytest.raises(Refused, match="is read-only: make it writable, or name another"):
        ends.load("timestamp_watermark")

    assert ends.target.path.read_bytes() == before


@pytest.mark.parametrize("place", ["source", "target"])
@pytest.mark.parametrize("content", [b"this is no database at all, but it is longer than a header " * 10, b"\0" * 8192])
def test_a_file_that_is_no_database_is_named(ends: Ends, place: str, content: bytes) -> None:
    """Whichever of the two it is, the sentence says which; its bytes stay as they are."""
    ends.write(*TABLE)
    path = getattr(ends, place).path
    path.write_bytes(content)
    with pytest.raises(Refused, match=f"{place}.*data") as refused:
        ends.load("timestamp_watermark")

    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("engines", "scheme"), [(("sqlite", "sqlite"), "duckdb"), (("duckdb", "duckdb"), "sqlite")])
@pytest.mark.parametrize("place", ["source", "target"])
def test_a_database_of_another_engine_is_no_database(
    between: Between, engines: tuple[str, str], scheme: str, place: str
) -> None:
    """A file of one engine under the other's name is refused, and not overwritten."""
    ends = between(*engines)
    ends.write(*TABLE)
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (2, 2)")
    named = {"source": ends.source, "target": ends.target}
    named[place] = replace(named[place], engine=scheme)
    with pytest.raises(Refused, match=f"{place}.*data"):
        opened(**named)

    assert ends.rows() == [(1, 1)]


def opened(source: Location, target: Location) -> LoadSummary:
    """Load one table from one place into another."""
    return load(source, target, Plan("events", ("id",), "ts", strategy("timestamp_watermark")))


def test_what_cannot_be_a_source_is_named(between: Between) -> None:
    """A file that is not there, a folder, a table that is not there, one that is misspelt."""
    ends = between("sqlite", "sqlite")
    source = ends.source
    with pytest.raises(Refused, match=r"^there is no file '.*source\.sqlite' to read: check the path of the source\.$"):
        ends.load("timestamp_watermark")
    with pytest.raises(Refused, match=r"^the source '.*' is a folder: name a file in it\.$"):
        opened(replace(source, path=ends.folder), ends.target)
    ends.write("PRAGMA user_version = 1")
    with pytest.raises(Refused, match=r"^the source has no table 'events', and no other either: check its path\.$"):
        ends.load("timestamp_watermark")
    ends.write("CREATE TABLE event (id INTEGER PRIMARY KEY, ts INTEGER)")
    with pytest.raises(Refused, match=r"^unknown source table 'events': did you mean event\?$"):
        ends.load("timestamp_watermark", count=True)

    assert [path.name for path in ends.folder.iterdir()] == ["source.sqlite"]


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_what_cannot_be_a_target_is_named(between: Between, engine: str) -> None:
    """The source itself, a folder, a file in no folder, state, and a table in the wrong place."""
    ends = between(engine, engine)
    ends.write(*TABLE)
    here = ends.source
    for target, said in (
        (here, "source and target are both table 'events' of '.*': load into another table"),
        (replace(here, path=ends.folder), "the target '.*' is a folder: name a file in it"),
        (replace(here, path=ends.folder / "none" / "x.db"), "the target's folder '.*none' does not exist: create it"),
        (replace(here, path=Path(":memory:")), "a target in memory would be gone at once: name a file"),
        (replace(here, table="t"), "the target names the table 't': name it with --table instead"),
    ):
        with pytest.raises(Refused, match=said):
            opened(ends.source, target)

    assert [path.name for path in ends.folder.iterdir()] == [here.path.name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": ("idd",)}, "unknown key column 'idd': did you mean id"),
        ({"cursor": "tss"}, "unknown cursor column 'tss': did you mean ts"),
        ({"cursor": None}, "strategy 'timestamp_watermark' needs a cursor column: name one with --cursor"),
    ],
)
def test_columns_that_are_not_there_are_named(ends: Ends, change: dict[str, object], said: str) -> None:
    """A key or cursor that the source has not got is refused, with the nearest name."""
    ends.write(*TABLE)
    with pytest.raises(Refused, match=said):
        ends.load("timestamp_watermark", **change)

    assert not ends.target.path.exists()


def test_a_column_of_the_targets_own_is_left_alone_where_it_is_known_to_be(ends: Ends) -> None:
    """A record, or the state of the strategy, says that no load has brought it: its values are kept without a word."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 1)")
    ends.load("timestamp_watermark")
    ends.write_target("ALTER TABLE events ADD COLUMN extra INTEGER")
    ends.write("INSERT INTO events VALUES (2, 2)")
    assert ends.load("timestamp_watermark").held_columns == ()
    assert ends.rows() == [(1, 1, None), (2, 2, None)]
    ends.write_target("UPDATE events SET extra = 7")
    ends.write("UPDATE events SET ts = 3 WHERE id = 1")
    assert ends.load("timestamp_watermark").held_columns == ()
    assert ends.rows() == [(1, 3, 7), (2, 2, 7)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE events DROP COLUMN name", "column 'name' is missing there; add it"),
        ("ALTER TABLE events RENAME COLUMN name TO title", "column 'name' is missing there; add it"),
    ],
)
def test_a_target_of_another_schema_is_refused(ends: Ends, change: str, said: str) -> None:
    """The first difference is named, with what to do about it, and rows and state stay."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)")
    ends.write("INSERT INTO events VALUES (1, 1, 'a')")
    ends.load("timestamp_watermark")
    ends.write_target(change)
    ends.write("INSERT INTO events VALUES (2, 2, 'b')")
    before = ends.rows(), ends.state()
    with pytest.raises(Refused, match=f"^target table 'events' has another schema than the source: {said}"):
        ends.load("timestamp_watermark")

    assert (ends.rows(), ends.state()) == before


def test_a_rehearsal_leaves_no_trace(ends: Ends) -> None:
    """A dry run says what a load would do, on a target that is not there and on one that is."""
    ends.write(*TABLE)
    first = ends.load("row_hash_cdc", dry_run=True)
    made = ends.target.path.exists()
    ends.load("row_hash_cdc")
    before = ends.target.path.read_bytes()
    ends.write("INSERT INTO events VALUES (2, 2)", "DELETE FROM events WHERE id = 1")
    second = ends.load("row_hash_cdc", dry_run=True, count=True)

    assert (first.loaded, first.total_in_target, first.dry_run, made) == (1, 0, True, False)
    assert (second.loaded, second.removed, second.total_in_target) == (1, 1, 1)
    assert ends.target.path.read_bytes() == before
    assert sorted(ends.folder.iterdir()) == sorted([ends.source.path, ends.target.path])


def test_a_database_is_counted_only_on_request(ends: Ends) -> None:
    """Counting reads the whole source, which a load by a cursor is there to avoid."""
    ends.write(*TABLE, "INSERT INTO events VALUES (2, 2)")
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (3, 3)")
    rehearsed = ends.load("timestamp_watermark", dry_run=True)
    counted = ends.load("timestamp_watermark", count=True)

    assert (rehearsed.source_records, rehearsed.skipped) == (None, None)
    assert (counted.source_records, counted.loaded, counted.skipped, counted.total_in_target) == (3, 1, 2, 3)


def test_a_failed_load_leaves_what_another_process_has_made(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that another program created and filled in the meantime is not this load's to remove."""
    ends.write(*TABLE)
    close = Connections.close

    def closed_and_overtaken(connections: Connections) -> None:
        close(connections)
        ends.write_target("CREATE TABLE theirs (id INTEGER)")

    monkeypatch.setattr(Connections, "close", closed_and_overtaken)
    with pytest.raises(Refused, match="unknown cursor column"):
        ends.load("timestamp_watermark", cursor="tss")

    assert ends.rows("SELECT count(*) FROM theirs") == [(0,)]


def test_a_target_that_is_removed_meanwhile_is_no_success(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that went into a file which no one can find any more are not reported as loaded."""
    ends.write(*TABLE)
    commit = Connections.commit

    def committed_and_removed(connections: Connections, *intended: object, **options: object) -> WriteResult:
        result = commit(connections, *intended, **options)  # type: ignore[arg-type]  # handed on as they are
        ends.target.path.unlink()
        return result

    monkeypatch.setattr(Connections, "commit", committed_and_removed)

    with pytest.raises(Refused, match=r"target.* was removed while it was being loaded: load again"):
        ends.load("timestamp_watermark")


def test_columns_that_are_wider_in_the_target_are_read_as_such() -> None:
    """Within one engine a query stays as it is, unless the target's type of one of its columns is wider."""
    end = SimpleNamespace(quote=lambda name: f"<{name}>")
    both = Connections(end, end, "events")  # type: ignore[arg-type]  # as much of it as is used
    table = Table("events", ("id",), None, (Column("id", Kind.INTEGER), Column("v", Kind.INTEGER)))
    query = Query("SELECT id, v FROM events WHERE id > ?", (7,))

    assert both.incoming(query, table) is query
    both.widened["v"] = "BIGINT"
    assert both.incoming(query, table) == Query(
        "SELECT <id>, CAST(<v> AS BIGINT) AS <v> FROM (SELECT id, v FROM events WHERE id > ?) AS narrow", (7,)
    )
    assert both.incoming(query, table, ("id",)).sql.startswith("SELECT <id> FROM (")


def test_a_sync_that_is_undone_lets_go_of_both_ends() -> None:
    """The source's transaction ends as well, which holds what the stream read; one session is rolled back once."""
    done: list[str] = []

    def end(name: str) -> SimpleNamespace:
        steps = ("rollback", "unstage", "release")
        return SimpleNamespace(**{step: partial(done.append, f"{name} {step}") for step in steps})

    Connections(end("source"), end("target"), "events").rollback()  # type: ignore[arg-type]
    assert done == ["target rollback", "target unstage", "target release", "source rollback"]

    done.clear()
    both = end("both")
    Connections(both, both, "events").rollback()  # type: ignore[arg-type]
    assert done == ["both rollback", "both unstage"]
