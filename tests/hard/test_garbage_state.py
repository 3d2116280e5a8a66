"""A state that was damaged: what wants to use it goes on, or says in one sentence what to do."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offering import offer

if TYPE_CHECKING:
    from conftest import Tally
    from offering import Answer

ROWS = [(key, f"2026-01-0{key}T00:00:00Z") for key in (1, 2, 3)]
NAMES = (
    "timestamp_watermark",
    "composite_watermark",
    "boundary_dedup",
    "lookback_with_reconciliation",
    "incrementing_id",
    "row_hash_cdc",
)
ACTIONS = (
    ("load",),
    ("show",),
    ("reset",),
    ("rollback",),
    ("rollback", "--to", "1"),
    ("set", "--watermark", "2026-01-02T00:00:00Z"),
)


@cache
def loaded(name: str) -> tuple[bytes, str]:
    """Return a target that was loaded twice by a strategy, and what stands in its state."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (2, 3):
            assert act(Path(folder), name, ("load",), count).code == 0
        target = Path(folder) / "target"
        with closing(sqlite3.connect(target)) as connection:
            ((value,),) = connection.execute(
                "SELECT value FROM _incload_state WHERE strategy <> '(columns)'"
            ).fetchall()
        return target.read_bytes(), value


def act(folder: Path, name: str, action: tuple[str, ...], count: int = 3) -> Answer:
    """Load the first few rows, or do something to the state by hand."""
    url = f"sqlite:///{folder}/target"
    if action != ("load",):
        return offer(["state", action[0], url, "--table", "t", "--strategy", name, *action[1:]])
    source = folder / "source"
    source.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ROWS[:count])
    named = ["--table", "t", "--key", "id", "--cursor", "at", "--strategy", name, "--same-source"]  # folders change
    return offer(["load", f"sqlite:///{source}", "--target", url, *named])


def dump(path: Path) -> list[str]:
    """Return everything that the target holds."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def offered(name: str, action: tuple[str, ...], *damage: tuple[str, tuple[object, ...]]) -> Answer:
    """Do something to a target whose state was damaged by some statements; a refusal changes nothing."""
    content, _ = loaded(name)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        target.write_bytes(content)
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            for statement, values in damage:
                connection.execute(statement, values)
        before = dump(target)
        answer = act(Path(folder), name, action)
        if answer.code == 2:
            assert dump(target) == before
        return answer


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
CELLS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.binary(max_size=9))
"""What a cell of SQLite can hold."""
TAGS = st.sampled_from(["number", "1/s", "0/s", "time 0/s", "text like ", "texts of several shapes", "time 1000000/s"])
SET = "UPDATE _incload_state SET value = ?"


@st.composite
def values(draw: st.DrawFn, name: str) -> object:
    """Damage an entry: a field of another kind, one that is missing, a piece cut out, or nothing like it."""
    _, text = loaded(name)
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(ANYTHING.map(json.dumps) | CELLS)
    if kind == 1:
        return text[: draw(st.integers(0, len(text)))]
    entry = json.loads(text)
    field = draw(st.sampled_from(sorted(entry)))
    if kind == 2:
        del entry[field]
    else:
        entry[field] = draw(ANYTHING | TAGS)
    return json.dumps(entry)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_entry_of_anything_is_used_or_refused(name: str, tally: Tally, *, hard: bool) -> None:
    """By a load and by every command on states."""
    tried = 0

    @settings(max_examples=5_000 if hard else 30)
    @given(values(name), st.sampled_from(ACTIONS))
    def offer_one(value: object, action: tuple[str, ...]) -> None:
        nonlocal tried
        tried += 1
        try:
            offered(name, action, (SET, (value,)))
        except sqlite3.IntegrityError:  # a null, which the table itself does not take
            assert value is None

    offer_one()
    tally("garbage: damaged states", tried)


@pytest.mark.slow
def test_a_history_of_anything_is_used_or_refused(tally: Tally, *, hard: bool) -> None:
    """What was remembered may be damaged as well."""
    tried = 0
    columns = st.sampled_from(["run", "written_at", "written_by", "of_run", "rows_loaded", "value"])

    @settings(max_examples=5_000 if hard else 30)
    @given(columns, CELLS, st.sampled_from(ACTIONS))
    def offer_one(column: str, value: object, action: tuple[str, ...]) -> None:
        nonlocal tried
        tried += 1
        try:
            offered(
                "timestamp_watermark",
                action,
                (f"UPDATE _incload_state_history SET {column} = ? WHERE run = 1", (value,)),
            )
        except sqlite3.IntegrityError:
            assert value is None or column == "run"

    offer_one()
    tally("garbage: damaged states", tried)


BROKEN_TABLES = {
    "no such column": "ALTER TABLE _incload_state RENAME COLUMN value TO worth",
    "a view in its place": "CREATE VIEW _incload_state_history AS SELECT 1",
    "read-only": "CREATE TRIGGER no BEFORE UPDATE ON _incload_state BEGIN SELECT RAISE(ABORT, 'hands off'); END",
}


SAID = {
    "no such column": "no such column: value.",
    "a view in its place": (
        "cannot modify _incload_state_history because it is a view.",
        "no such column: table_name.",
    ),
    "read-only": "hands off.",
}
"""How the refusal ends; what SQLite says of a view depends on whether it is written to."""
TOUCHES_NO_ENTRY = {("show",), ("reset",)}
"""What the trigger against updates has nothing against: to read entries, and to delete them."""


@pytest.mark.parametrize("action", ACTIONS, ids="-".join)
@pytest.mark.parametrize("what", BROKEN_TABLES)
def test_a_state_table_of_another_form_is_used_or_refused(what: str, action: tuple[str, ...], tally: Tally) -> None:
    """Whatever the database says of it is said in one sentence; what needs nothing of the kind goes on."""
    statement = BROKEN_TABLES[what]
    drop = [("DROP TABLE _incload_state_history", ())] if "VIEW" in statement else []
    answer = offered("timestamp_watermark", action, *drop, (statement, ()))
    tally("garbage: damaged states", 1)

    if what == "read-only" and action in TOUCHES_NO_ENTRY:
        assert (answer.code, answer.err) == (0, "")
    else:
        assert (answer.code, answer.err.rstrip("\n").endswith(SAID[what])) == (2, True)


FROM_THE_FUTURE = {
    "another version": ('"version": 1', '"version": 2', "use the incload that wrote it"),
    "another strategy": ('"strategy": "timestamp_watermark"', '"strategy": "time_travel"', "written for the strategy"),
    "another scale": ("text like", "text unlike", "reset it with `incload state reset"),
    "another cursor": ('"cursor": "at"', '"cursor": "then"', "name that one, or reset it with `incload state reset"),
}


@pytest.mark.parametrize("what", FROM_THE_FUTURE)
def test_an_entry_that_another_incload_wrote_is_refused(what: str, tally: Tally) -> None:
    """The sentence says what it was written for, and what to do."""
    then, now, said = FROM_THE_FUTURE[what]
    _, text = loaded("timestamp_watermark")
    assert then in text
    answer = offered("timestamp_watermark", ("load",), (SET, (text.replace(then, now),)))
    tally("garbage: damaged states", 1)

    assert (answer.code, said in answer.err) == (2, True)


@pytest.mark.parametrize("action", [("show",), ("rollback",)])
def test_a_history_that_cannot_be_read_is_refused(action: tuple[str, ...], tally: Tally) -> None:
    """It is only read by hand, so that it can be dropped."""
    damage = "UPDATE _incload_state_history SET written_by = 'a user' WHERE run = 1"
    tally("garbage: damaged states", 1)

    assert "drop the table _incload_state_history" in offered("timestamp_watermark", action, (damage, ())).err
