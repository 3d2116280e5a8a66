"""What a load does around its sync: the log, the target that it made, and the refusal to load a table into itself."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.loading import run
from incload.loading.opening import _refuse_itself
from incload.loading.plan import Plan
from incload.registry import strategy
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.table import Column
    from tests.ends import Between, Ends

TABLE = ("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 100), (2, 200)")
PLAN = Plan("events", ("id",), "ts", strategy("timestamp_watermark"))


@pytest.fixture
def plain(between: Between) -> Ends:
    """Return a source of two rows, and no target yet."""
    ends = between("sqlite", "sqlite")
    ends.write(*TABLE)
    return ends


def test_the_log_says_how_long_a_load_took(
    plain: Ends, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """From the first look at the plan to the end of the sync."""
    times = iter([1_000.0, 1_002.5])
    monkeypatch.setattr(run, "monotonic", lambda: next(times))
    with caplog.at_level(logging.INFO, logger="incload"):
        plain.load("timestamp_watermark")

    assert caplog.records[-1].getMessage() == (
        "events: asked for Everything(); read 2 rows in 1 queries, wrote 2, removed 0, in 2.500 s"
    )


def test_a_target_that_was_filled_is_not_opened_again(plain: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made and stayed without a table is, to be removed; nothing looks into the others."""
    looked: list[object] = []
    monkeypatch.setattr(run, "_remove_if_blank", looked.append)
    plain.load("timestamp_watermark")
    assert (looked, plain.rows()) == ([], [(1, 100), (2, 200)])

    plain.target.path.unlink()
    plain.load("timestamp_watermark", dry_run=True)
    assert looked == [plain.target]


@pytest.mark.parametrize(
    ("columns", "rule", "said"),
    [
        ("id INTEGER PRIMARY KEY, ts INTEGER CHECK (ts < 150)", WriteRule.APPEND, "CHECK constraint failed"),
        ("id INTEGER PRIMARY KEY, ts INTEGER UNIQUE", WriteRule.MERGE, "UNIQUE constraint failed: events.ts"),
    ],
)
def test_what_the_target_does_not_take_is_said_in_its_words(
    columns: str, rule: WriteRule, said: str, plain: Ends
) -> None:
    """Another reason than a key that is there, or a key under a rule that minds none, gets no advice about keys."""
    plain.write("UPDATE events SET ts = 200")
    plain.write_target(f"CREATE TABLE events ({columns})")

    with pytest.raises(Refused) as refused:
        plain.load("timestamp_watermark", write_rule=rule)
    assert f" failed: {said}" in str(refused.value)
    assert plain.rows() == []


def test_a_key_without_an_equality_is_refused_before_anything_is_made(
    plain: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source's engine is asked, for the columns of a key that no index makes unique."""
    plain.write("ALTER TABLE events RENAME TO before", "CREATE TABLE events AS SELECT * FROM before")
    asked: list[tuple[str, str, list[str]]] = []

    def refused(_: SqliteSession, place: str, table: str, columns: Iterable[Column]) -> None:
        asked.append((place, table, [column.name for column in columns]))
        raise Refused("no equality.")

    monkeypatch.setattr(SqliteSession, "check_equality", refused)
    with pytest.raises(Refused, match=r"^no equality\.$"):
        plain.load("timestamp_watermark")
    assert (asked, plain.target.path.exists()) == ([("source", "events", ["id"])], False)


@pytest.mark.parametrize("name", ["timestamp_watermark", "full_refresh", "snapshot_diff", "row_hash_cdc"])
def test_a_usual_load_holds_nothing_back(name: str, plain: Ends) -> None:
    """Neither the first one nor the next, by which a row has gone and one has come."""
    first = plain.load(name)
    plain.write("DELETE FROM events WHERE id = 1", "INSERT INTO events VALUES (3, 300)")
    second = plain.load(name)

    for done in (first, second):
        assert (done.held_back, done.held_columns, done.backfilled) == (0, (), 0)


@pytest.mark.parametrize("name", ["timestamp_watermark_inclusive", "lookback_window"])
def test_rows_that_stay_are_counted_only_where_that_is_asked(name: str, plain: Ends) -> None:
    """It costs a comparison; without it nothing is said to be unchanged, though rows were read again."""
    plain.sync(name)
    again = plain.sync(name)

    assert (again.read > 0, again.unchanged) == (True, 0)


def test_a_file_without_a_record_holds_nothing_back(plain: Ends) -> None:
    """Nothing was compared, so that no row is known to be gone; what is kept is said in words."""
    plain.load("snapshot_diff")
    path = plain.folder / "events.json"
    path.write_text("[]", encoding="utf-8")
    done = plain.load("snapshot_diff", file=path)

    assert (done.held_back, done.held_columns, done.backfilled, done.state) == (0, (), 0, "untouched")
    assert plain.rows() == [(1, 100), (2, 200)]


def server(database: str, user: str, table: str) -> SimpleNamespace:
    """Return a session of a server, as much of it as is looked at."""
    return SimpleNamespace(
        engine="postgres",
        capabilities=SimpleNamespace(folds_names=False),
        database=lambda: (database, user),
        name=lambda place, _: f"public.{table if place == 'source' else 'events'}",
    )


@pytest.mark.parametrize("user", ["reader", "writer"])
def test_a_table_of_a_server_is_not_loaded_into_itself(user: str) -> None:
    """Whoever reads it: the database is the same, and so is the table."""
    both = SimpleNamespace(
        source=server("shop", user, "events"), target=server("shop", "writer", "events"), attached=False, table="events"
    )

    with pytest.raises(Refused, match=r"^source and target are both table 'events' of the shop: load into another"):
        _refuse_itself(both, SimpleNamespace(shown="the shop"), PLAN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("database", "user", "is_one"),
    [("shop", "writer", True), ("shop", "reader", False), ("other", "writer", False)],
)
def test_one_session_does_for_both_ends_of_one_user(database: str, user: str, *, is_one: bool) -> None:
    """Of one database: another user may read what this one cannot."""
    both = SimpleNamespace(
        source=server(database, user, "orders"), target=server("shop", "writer", "events"), attached=False, table="o"
    )

    assert _refuse_itself(both, SimpleNamespace(shown="the shop"), PLAN) is is_one  # type: ignore[arg-type]
