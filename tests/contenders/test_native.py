"""incload's own sync as a contender: by URLs of real files and servers it does what it does in open sessions."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from incload.contenders.contender import Capabilities, SyncRequest
from incload.contenders.native import NativeContender
from incload.errors import Unable
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, pair_name
from incload.harness.trials.matrix import REFERENCE, contender
from incload.harness.trials.trial import Trial
from incload.history.faults.lose_state import LoseState
from incload.history.synthetic.scenarios import scenario
from incload.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _pytest.mark import ParameterSet

    from incload.harness.trials.trial import Observed
    from incload.strategy import Strategy


@dataclass(frozen=True)
class ByUrl(NativeContender):
    """A strategy that opens both ends itself, as another author's program would."""

    @property
    def capabilities(self) -> Capabilities:
        """It can do everything but use the sessions of the harness."""
        return replace(super().capabilities, in_process=False)


def shown(observed: Observed) -> tuple[object, ...]:
    """Return everything that a trial showed but the time."""
    timeline = observed.timeline
    return (timeline.ever_wrong, timeline.last, timeline.most, observed.syncs, observed.ticks, observed.state_bytes)


def run(who: NativeContender, name: str, pair: tuple[str, str], folder: Path) -> Observed:
    """Run a trial of a hundred rows in a new folder."""
    folder.mkdir()
    known = scenario(name)
    return Trial(known.build(100, 1), who, pair, known.faults).run(folder, LoadClock())


def by_url(each: Strategy) -> ByUrl:
    """Return a strategy as the matrix has it, but by URLs."""
    known = contender(each)
    return ByUrl(known.strategy, known.rule, known.guards, known.evolve, known.count_unchanged)


TRIED = (
    ("timestamp_watermark", "late_arrivals"),
    ("row_hash_cdc", "memory_rolled_back"),
    ("composite_watermark", "crash_between_rows_and_memory"),
    ("snapshot_diff", "partial_read"),
    ("lookback_window", "watermark_truncated"),
)


def cases() -> Iterator[ParameterSet]:
    """Yield all of them on SQLite, and on each other pair another one; the others are for make hard."""
    for at, pair in enumerate([*PAIRS, *SERVER_PAIRS]):
        for number, (tried, name) in enumerate(TRIED):
            now = pair == ("sqlite", "sqlite") or number == at % len(TRIED)
            marks = () if now else pytest.mark.hard
            yield pytest.param(tried, name, pair, id=f"{tried}-{name}-{pair_name(pair)}", marks=marks)


@pytest.mark.parametrize(("tried", "name", "pair"), list(cases()))
def test_files_and_servers_show_what_open_sessions_show(
    tried: str, name: str, pair: tuple[str, str], tmp_path: Path
) -> None:
    """Verdicts, counters, queries and state of every sync are the same, faults included."""
    inside = run(contender(strategy(tried)), name, pair, tmp_path / "inside")
    outside = run(by_url(strategy(tried)), name, pair, tmp_path / "outside")

    assert shown(outside) == shown(inside)


def test_a_fault_that_cannot_happen_is_not_applicable(tmp_path: Path) -> None:
    """A contender whose state cannot be reached is refused before anything is loaded, with the reason."""

    @dataclass(frozen=True)
    class Closed(ByUrl):
        @property
        def capabilities(self) -> Capabilities:
            return Capabilities()

    closed = Closed(strategy("timestamp_watermark"))
    trial = Trial(scenario("clean").build(100, 1), closed, ("sqlite", "sqlite"), (LoseState(2),))
    with pytest.raises(Unable, match="lose_state cannot happen to timestamp_watermark: it does not say where it"):
        trial.run(tmp_path, LoadClock())

    assert not list(tmp_path.iterdir())


def test_a_contender_goes_to_another_process() -> None:
    """A strategy and the reference copy come back equal, with id and rule."""
    for each in (contender(strategy("lookback_window:minutes=10")), REFERENCE):
        there = pickle.loads(pickle.dumps(each))  # noqa: S301 - our own words
        assert (there, there.id, there.write_rule) == (each, each.id, each.write_rule)


def test_it_follows_the_clock_that_it_gets(tmp_path: Path) -> None:
    """A settling delay leaves alone what is young at the time of the request, in the real year or not."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as source:
        source.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
        source.executemany("INSERT INTO t VALUES (?, ?)", [(1, "2026-01-01 11:00:00"), (2, "2026-01-01 11:59:59")])
        source.commit()
    request = SyncRequest(
        f"sqlite:///{tmp_path}/a.sqlite", f"sqlite:///{tmp_path}/b.sqlite", "t", ("id",), "at", tmp_path,
        datetime(2026, 1, 1, 12, tzinfo=UTC), 0,
    )  # fmt: skip
    result = NativeContender(strategy("settling_delay")).sync(request)

    assert result.counters is not None
    assert result.counters.written == 1
