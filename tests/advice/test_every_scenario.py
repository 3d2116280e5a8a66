"""On every scenario the recommended load keeps the copy right, and costs at most 1.3 times the cheapest that does."""

from __future__ import annotations

from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from incload.advice import choosing, trying
from incload.advice.candidates import Wishes, every, possible
from incload.advice.evidence import gather
from incload.advice.of_history import Case, advise
from incload.advice.trying import tried
from incload.history.synthetic.scenarios import SCENARIOS, Scenario
from incload.registry import spelled
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.contenders.native import NativeContender
    from incload.history.history import History

SAMPLE = {"hard_deletes"}
"""Scenarios that are tried at every run; of all others every second one among the slow tests, the rest by --hard."""
ROWS, SEED = 100, 1


@cache
def lived(scenario: str) -> History:
    """Return the history of a scenario, the same one each time."""
    return next(each for each in SCENARIOS if each.id == scenario).build(ROWS, SEED)


@pytest.fixture(scope="module", autouse=True)
def _followed_once() -> Iterator[None]:
    """Let each load follow a history once for all tests: wishes judge what was seen, and change nothing of it."""
    seen: dict[tuple[int, str], Any] = {}
    real = trying._in_trials

    def once(history: History, contenders: Sequence[NativeContender], pair: tuple[str, str]) -> Iterator[Any]:
        for each in contenders:
            if (id(history), each.id) not in seen:
                (seen[id(history), each.id],) = real(history, [each], pair)
            yield seen[id(history), each.id]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trying, "_in_trials", once)
        yield


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(each, id=each.id, marks=() if each.id in SAMPLE else (pytest.mark.slow, *rest))
        for each, rest in zip(SCENARIOS, cycle(((), (pytest.mark.hard,))), strict=False)
    ],
)
@pytest.mark.parametrize("asks", [frozenset(), frozenset({Capability.TRIGGERS})], ids=["nothing", "triggers"])
def test_the_recommended_load_is_sound_and_cheap(scenario: Scenario, asks: frozenset[Capability]) -> None:
    """Beside all strategies, and windows of every width that the lags suggest, replayed one by one."""
    history = lived(scenario.id)
    wishes = Wishes(asks=asks)
    evidence = gather(history)
    found = tried(history, every(evidence, wishes), evidence, wishes)
    candidates = set(possible(evidence, wishes))

    best, _ = choosing.chosen([each for each in found if each.strategy in candidates], evidence, wishes)

    assert best.is_sound
    assert best.cost <= 1.3 * min(each.cost for each in found if each.is_sound)


@pytest.mark.slow
def test_nothing_that_was_ruled_out_was_sound() -> None:
    """What the measured assumptions rule out was wrong in a replay too, so that no cheaper load is passed over."""
    history, wishes = lived("late_arrivals"), Wishes()
    evidence = gather(history)

    found = tried(history, every(evidence, wishes), evidence, wishes)

    candidates = set(possible(evidence, wishes))
    assert [spelled(each.strategy) for each in found if each.is_sound != (each.strategy in candidates)] == []


@pytest.mark.parametrize(
    ("scenario", "wishes", "expected"),
    [
        ("hard_deletes", Wishes(deletes=False), {"lookback_window"}),
        ("hard_deletes", Wishes(), {"row_hash_cdc", "snapshot_diff", "digest_blocks"}),
        ("updates_without_touch", Wishes(asks=frozenset({Capability.TRIGGERS})), {"trigger_cdc"}),
    ],
)
def test_wishes_change_the_advice(scenario: str, wishes: Wishes, expected: set[str]) -> None:
    """Deletes that never happen, and triggers that may be asked for, lead to other loads."""
    history = lived(scenario)

    found = advise(Case("t", lambda: history, spelled), wishes)

    assert found.strategy.partition(":")[0] in expected
