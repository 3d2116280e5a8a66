"""A race: everybody runs every round, no one always begins, and a wrong copy is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.contenders.function import FunctionContender
from incload.contenders.native import NativeContender
from incload.errors import Unable
from incload.harness.perf.rounds import race, turns
from incload.harness.perf.throughput import PHASES, Timing, can_run, outcome, require_capability, workspace
from incload.harness.trials.matrix import REFERENCE
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    from incload.contenders.contender import SyncRequest, SyncResult

SQLITE = ("sqlite", "sqlite")


def none(_: SyncRequest) -> int:
    """Load nothing."""
    return 0


def test_who_begins_changes_from_round_to_round() -> None:
    """Three contenders begin one after the other, and the fourth round is the first again."""
    one, two, three = (FunctionContender(name, none) for name in "abc")

    assert [turns((one, two, three), number) for number in range(4)] == [
        [one, two, three],
        [two, three, one],
        [three, one, two],
        [one, two, three],
    ]


@pytest.mark.parametrize("pair", [SQLITE, ("duckdb", "duckdb"), ("sqlite", "duckdb")])
def test_every_round_of_everybody_is_timed_and_audited(pair: tuple[str, str], tmp_path: Path) -> None:
    """Through all phases the reference copy and two strategies leave a right copy, in every round."""
    own = workspace(pair, 500, 1, tmp_path)
    runners = [REFERENCE, *(NativeContender(strategy(name)) for name in ("row_hash_cdc", "timestamp_watermark"))]
    for phase in PHASES:
        times = race(own, runners, phase, rounds=2)

        assert {name: (len(each.seconds), each.found.wrong) for name, each in times.items()} == {
            "reference_copy": (2, frozenset()),
            "row_hash_cdc": (2, frozenset()),
            "timestamp_watermark": (2, frozenset()),
        }


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("trigger_cdc", ("sqlite", "duckdb")),
        ("trigger_cdc", ("postgres", "duckdb")),
        ("log_cdc", ("postgres", "postgres")),
        ("commit_horizon", ("postgres", "duckdb")),
    ],
)
def test_a_source_keeps_what_a_strategy_asks_for(name: str, pair: tuple[str, str], tmp_path: Path) -> None:
    """A source of its own is followed through all phases in every round, beside one that asks for nothing."""
    own = workspace(pair, 500, 1, tmp_path)
    follower = NativeContender(strategy(name))
    written: dict[str, set[int | None]] = {}

    def load(request: SyncRequest) -> SyncResult:
        result = follower.sync(request)
        written.setdefault(phase, set()).add(result.counters.written if result.counters else None)
        return result

    noted = FunctionContender(follower.id, load, follower.capabilities)
    runners = [NativeContender(strategy("timestamp_watermark")), noted]
    try:
        for phase in PHASES:
            times = race(own, runners, phase, rounds=2)
            assert times[name].found.wrong == frozenset()
    finally:
        own.close()
    assert written == {"initial_load": {500}, "change_2_percent": {10}, "no_change": {0}}


@pytest.mark.parametrize("name", ["trigger_cdc", "commit_horizon"])
def test_a_late_phase_can_be_the_first_that_is_asked_for(name: str, postgres_server: str, tmp_path: Path) -> None:
    """The phases before it are passed through."""
    assert postgres_server
    own = workspace(("postgres", "duckdb"), 500, 1, tmp_path)
    try:
        times = race(own, [NativeContender(strategy(name))], "no_change", rounds=1)
    finally:
        own.close()
    assert times[name].found.wrong == frozenset()


def test_who_asks_for_what_the_engine_does_not_have_is_refused() -> None:
    """It says what is lacking; who asks for nothing runs anywhere."""
    asking, plain = NativeContender(strategy("log_cdc")), NativeContender(strategy("full_refresh"))
    assert [can_run(pair, each) for pair in (SQLITE, ("postgres", "duckdb")) for each in (asking, plain)] == [
        False,
        True,
        True,
        True,
    ]
    with pytest.raises(Unable, match="'log_cdc' cannot follow this source, because sqlite has no log of committed"):
        require_capability(SQLITE, asking)


def test_a_contender_that_loads_nothing_is_found_out(tmp_path: Path) -> None:
    """A planted idler leaves the target as it was before the change, and its record says how many rows are wrong."""
    own, careful = workspace(SQLITE, 100, 1, tmp_path), NativeContender(strategy("timestamp_watermark"))
    race(own, [careful], "initial_load", rounds=1)
    idler = FunctionContender(careful.id, none)
    times = race(own, [idler], "change_2_percent", rounds=1)
    record = outcome(own, idler, "change_2_percent", times[idler.id], Timing("throughput", 1.0, ""))

    assert (record.outcome, record.lost, record.stale) == ("wrong", 1, 1)
