"""Late commits with real transactions: which rows are late, who loses what, and the story of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.late_commits import Performance, late_rows
from incload.harness.trials.matrix import Cell, contender
from incload.harness.trials.trial import Trial
from incload.harness.trials.witness import story
from incload.history.synthetic.scenarios import scenario
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lived

    from incload.harness.trials.trial import Observed
    from incload.history.history import History

TARGETS = ("postgres", "duckdb")


@pytest.fixture
def two_writers(lived: Lived) -> History:
    """Return a history in which one writer takes key 3 and timestamp 12:04, and commits after the other, at 12:20."""
    return lived(
        [(1, "a", 0), (2, "b", -1)],
        ([(4, "prompt", 5)], []),
        ([(3, "late", 4), (5, "prompt", 15)], []),
        ([], []),
    )


def test_a_row_is_late_from_the_tick_of_its_timestamp_or_key(lived: Lived) -> None:
    """A timestamp of an earlier tick, or a new key below an earlier one, says when the row was written."""
    history = lived(
        [(1, "a", -5), (4, "b", -1)],
        ([(1, "changed", 3), (5, "new", 7)], []),
        ([(4, "late by its timestamp", 8), (6, "prompt", 15)], []),
        ([(3, "late by its key", 25)], []),
    )
    assert late_rows(history) == {2: {1: [0]}, 3: {0: [0]}}


def test_no_one_waits_for_a_row_that_another_has_written(lived: Lived) -> None:
    """A row that changed in between was written after that change."""
    history = lived([(1, "a", -5)], ([], []), ([(1, "b", 15)], []), ([(1, "c", 3)], []), ([(1, "d", 4)], [1]))
    assert late_rows(history) == {3: {2: [0]}, 4: {3: [0]}}


@pytest.mark.usefixtures("postgres_server")
def test_a_transaction_stays_open_until_its_tick(two_writers: History, tmp_path: Path) -> None:
    """What it wrote is on the server, and no one else sees it before its tick."""
    sandbox = open_sandbox(("postgres", "duckdb"), two_writers.table, tmp_path)
    try:
        sandbox.begin(two_writers)
        assert sandbox.another is not None
        performance = Performance(sandbox, two_writers, sandbox.another)
        performance.tick(1)
        seen = [[row[0] for row in rows] for rows in sandbox.source_rows()]
        waiting = sandbox.writer.rows("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        performance.tick(2)
        seen += [[row[0] for row in rows] for rows in sandbox.source_rows()]
        (transaction,) = performance.acted.late.values()
    finally:
        sandbox.close()
    assert seen == [[1, 2, 4], [1, 2, 3, 4, 5]]
    assert waiting[0][0] == 1
    assert (transaction.wrote, transaction.committed) == (1, 2)
    assert performance.acted.prompt[0] < performance.acted.prompt[1]
    assert performance.acted.prompt[0] < transaction.number < performance.acted.prompt[2]


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["timestamp_watermark", "composite_watermark", "incrementing_id"])
def test_a_row_committed_late_is_lost(name: str, target: str, two_writers: History, tmp_path: Path) -> None:
    """Timestamp and key were taken before the other transaction's, and when the row is there the state is past it."""
    observed = _run(two_writers, name, target, tmp_path)
    assert observed.timeline.ever_wrong == {(3,): 2}
    assert observed.timeline.last is not None
    assert observed.timeline.last.lost == {(3,)}
    late, first = observed.acted.late[(3,), 2].number, observed.acted.prompt[1]
    assert story(two_writers, observed).splitlines()[1] == (
        f"2. Transaction {late} wrote it before sync 1 and committed after that, before sync 2; "
        f"transaction {first} had committed before sync 1, and the state stands at what it wrote."
    )


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("target", TARGETS)
def test_a_window_longer_than_the_transaction_finds_the_row(target: str, two_writers: History, tmp_path: Path) -> None:
    """What is re-read from before the watermark includes the row that was committed late."""
    assert _run(two_writers, "lookback_window:minutes=10", target, tmp_path).timeline.ever_wrong == {}


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["commit_horizon", "trigger_cdc", "log_cdc"])
def test_a_log_and_a_horizon_find_the_row(name: str, target: str, two_writers: History, tmp_path: Path) -> None:
    """They go by commits, or wait for the open transaction; what is waited for was not promised yet."""
    observed = _run(two_writers, name, target, tmp_path)

    assert observed.timeline.ever_wrong == {}
    assert observed.timeline.last is not None
    assert observed.timeline.last.wrong == frozenset()


@pytest.mark.usefixtures("postgres_server")
def test_a_horizon_delays_what_comes_after_an_open_transaction(lived: Lived, tmp_path: Path) -> None:
    """Key 3 is written before sync 1 and committed before sync 3: key 5 waits for it, and a log has that at once."""
    history = lived(
        [(1, "a", 0), (2, "b", -1)],
        ([(4, "prompt", 5)], []),
        ([(5, "prompt", 15)], []),
        ([(3, "late", 4)], []),
    )
    waited = _run(history, "commit_horizon", "duckdb", tmp_path)
    (tmp_path / "log").mkdir()
    logged = _run(history, "log_cdc", "duckdb", tmp_path / "log")

    assert [each.counters and each.counters.read for each in waited.syncs] == [2, 1, 0, 2]
    assert [each.counters and each.counters.read for each in logged.syncs] == [2, 1, 1, 1]


@pytest.mark.usefixtures("postgres_server")
def test_a_window_shorter_than_the_transaction_loses_it(two_writers: History, tmp_path: Path) -> None:
    """The row lies 12:05 - 12:04 = 1 minute behind; a window of half a minute does not reach it."""
    assert _lag(two_writers) == timedelta(minutes=1)
    assert _run(two_writers, "lookback_window:minutes=0.5", "duckdb", tmp_path).timeline.ever_wrong == {(3,): 2}


@pytest.mark.usefixtures("postgres_server")
def test_the_scenario_of_late_commits_is_performed() -> None:
    """On a server a cell of the matrix opens the transactions, and its witness names two of them."""
    who = contender(strategy("timestamp_watermark"))
    cell = Cell(who, scenario("late_commit"), ("postgres", "duckdb"), rows=100, seed=1)
    observed = cell.run(LoadClock())
    assert observed.timeline.ever_wrong.keys() == {key for key, _ in observed.acted.late}
    text = story(cell.history(), observed).splitlines()[1]
    assert re.fullmatch(r"2\. Transaction \d+ wrote it before sync 1 .*; transaction \d+ had committed .*", text)


def _run(history: History, name: str, target: str, folder: Path) -> Observed:
    trial = Trial(history, contender(strategy(name)), ("postgres", target), late_commits=True)
    return trial.run(folder, LoadClock())


def _lag(history: History) -> timedelta:
    first, second, *_ = history.ticks
    watermark, late = (rows["modified_at"].cast("int64")[0].as_py() for rows in (first.upserts, second.upserts))
    return timedelta(microseconds=watermark - late)
