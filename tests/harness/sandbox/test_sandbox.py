"""The stands: a history brought to life on each pair of engines shows the same rows to the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, open_sandbox, pair_name
from incload.loading.plan import Plan
from incload.loading.sync import sync
from incload.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Lived, Row

    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.history import History

    Standing = Callable[[tuple[str, str], History], Sandbox]

NOON = 1_767_268_800_000_000
MINUTE = 60_000_000
BASE: list[Row] = [(2, "ink", -10), (1, "tea", -30), (3, None, None)]
SHOWN = [(1, "tea", NOON - 30 * MINUTE), (2, "ink", NOON - 10 * MINUTE), (3, None, None)]

every_pair = pytest.mark.parametrize("pair", [*PAIRS, *SERVER_PAIRS], ids=pair_name)


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    """Return what opens a stand and gives it the base of a history."""
    opened: list[Sandbox] = []

    def sandbox(pair: tuple[str, str], history: History) -> Sandbox:
        opened.append(open_sandbox(pair, history.table, tmp_path))
        opened[-1].begin(history)
        return opened[-1]

    yield sandbox
    for each in opened:
        each.close()


def copied(sandbox: Sandbox) -> list[object]:
    """Copy the source, and return the target's rows."""
    sync(sandbox.connections, Plan("parcels", ("id",), None, strategy("full_refresh")))
    return [row for chunk in sandbox.target_rows() for row in chunk]


def source(sandbox: Sandbox) -> list[object]:
    """Return the source's rows."""
    return [row for chunk in sandbox.source_rows() for row in chunk]


def test_the_pairs() -> None:
    """The pairs and their names are what options and reports say."""
    assert [pair_name(pair) for pair in PAIRS] == ["sqlite-sqlite", "duckdb-duckdb", "sqlite-duckdb"]


@every_pair
def test_the_base_is_visible_in_the_order_of_the_key(pair: tuple[str, str], lived: Lived, standing: Standing) -> None:
    """The base is shown by key, timestamps as microseconds, nulls as nulls."""
    assert source(standing(pair, lived(BASE))) == SHOWN


@every_pair
def test_without_a_load_the_target_is_empty(pair: tuple[str, str], lived: Lived, standing: Standing) -> None:
    """A target that no one created has no rows."""
    assert list(standing(pair, lived(BASE)).target_rows()) == []


@every_pair
def test_the_target_is_shown_like_the_source(pair: tuple[str, str], lived: Lived, standing: Standing) -> None:
    """What was copied is shown with the same values of the same types."""
    rows = copied(standing(pair, lived(BASE)))

    assert rows == SHOWN
    assert [type(value) for value in rows[0]] == [int, str, int]


@every_pair
def test_a_tick_deletes_and_then_upserts(pair: tuple[str, str], lived: Lived, standing: Standing) -> None:
    """In a tick rows are inserted, changed and deleted, and a row deleted and inserted at once is there."""
    history = lived(BASE, ([(4, "wax", 5), (1, "green tea", -30), (2, "blue ink", 4)], [2, 3]))
    sandbox = standing(pair, history)
    for tick in history.ticks:
        sandbox.apply(tick)

    assert source(sandbox) == [
        (1, "green tea", NOON - 30 * MINUTE),
        (2, "blue ink", NOON + 4 * MINUTE),
        (4, "wax", NOON + 5 * MINUTE),
    ]
    assert copied(sandbox) == source(sandbox)


@every_pair
def test_an_empty_tick_changes_nothing(pair: tuple[str, str], lived: Lived, standing: Standing) -> None:
    """A tick may be empty."""
    history = lived(BASE, ([], []))
    sandbox = standing(pair, history)
    for tick in history.ticks:
        sandbox.apply(tick)

    assert source(sandbox) == SHOWN


def test_the_cursor_of_the_source_has_an_index(lived: Lived, standing: Standing) -> None:
    """A SQLite source has an index on cursor and key, as a careful owner has it, and a range of timestamps uses it."""
    sandbox = standing(("sqlite", "sqlite"), lived(BASE))
    plan = sandbox.writer.rows(
        "EXPLAIN QUERY PLAN SELECT * FROM parcels WHERE modified_at >= 5 ORDER BY modified_at, id"
    )

    assert [str(line[-1]) for line in plan] == [
        "SEARCH parcels USING INDEX parcels_by_modified_at (modified_at>?)",
    ]
