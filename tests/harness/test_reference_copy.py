"""The reference copy: a plain copy, as right as any, that decides and remembers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.contenders.contender import Counters
from incload.harness.load_timer import LoadClock
from incload.harness.reference_copy import ReferenceCopy, copy
from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, open_sandbox, pair_name
from incload.harness.trials.matrix import REFERENCE
from incload.harness.trials.trial import Trial
from incload.loading.plan import Plan
from incload.registry import strategies
from incload.strategy import Delta, Everything, State

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lived, Row

BASE: list[Row] = [(1, "tea", -30), (2, "ink", None)]
PLAN = Plan("parcels", ("id",), "modified_at", ReferenceCopy(), cursor_per_second=1_000_000)

every_pair = pytest.mark.parametrize("pair", [*PAIRS, *SERVER_PAIRS], ids=pair_name)


@every_pair
def test_it_copies_whatever_happens(pair: tuple[str, str], lived: Lived, tmp_path: Path) -> None:
    """Late rows, deletes, untouched updates and null timestamps are all there: the whole table is copied every time."""
    history = lived(BASE, ([(3, "wax", -60), (1, "green tea", -30)], []), ([], [2]))
    observed = Trial(history, REFERENCE, pair).run(tmp_path, LoadClock())

    assert (len(observed.syncs), observed.timeline.wrong_syncs, observed.rows_at_end) == (3, 0, 2)
    assert [synced.counters for synced in observed.syncs] == [
        Counters(read=2, written=2, unchanged=0, removed=0, queries=0),
        Counters(read=3, written=3, unchanged=0, removed=0, queries=0),
        Counters(read=2, written=2, unchanged=0, removed=0, queries=0),
    ]


@every_pair
def test_it_remembers_nothing(pair: tuple[str, str], lived: Lived, tmp_path: Path) -> None:
    """No state is written beside the copy."""
    observed = Trial(lived(BASE, ([], [])), REFERENCE, pair).run(tmp_path, LoadClock())

    assert (observed.state_bytes, [synced.asked and synced.asked.after for synced in observed.syncs]) == (
        0,
        [State(), State()],
    )


@every_pair
def test_what_stood_in_its_place_is_gone(pair: tuple[str, str], lived: Lived, tmp_path: Path) -> None:
    """A target of another form is replaced, not filled."""
    history = lived(BASE)
    sandbox = open_sandbox(pair, history.table, tmp_path)
    sandbox.begin(history)
    name = sandbox.connections.target.name("target", "parcels")
    sandbox.connections.target.write(f"CREATE TABLE {name} (other TEXT)")
    copy(sandbox.connections, PLAN)
    columns = sandbox.connections.target.columns("target", "parcels") or ()

    assert [column.name for column in columns] == ["id", "content", "modified_at"]
    assert sandbox.connections.target.keyed("target", "parcels", ("id",))
    sandbox.close()


@every_pair
def test_a_copy_that_fails_leaves_the_copy_before(pair: tuple[str, str], lived: Lived, tmp_path: Path) -> None:
    """When the copy raises, the target is what it was."""
    history = lived(BASE)
    sandbox = open_sandbox(pair, history.table, tmp_path)
    sandbox.begin(history)
    copy(sandbox.connections, PLAN)
    before = list(sandbox.target_rows())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(sandbox.connections.target), "insert", failing)
        with pytest.raises(ArithmeticError):
            copy(sandbox.connections, PLAN)

    assert list(sandbox.target_rows()) == before
    sandbox.close()


def failing(*_: object) -> int:
    """Raise, as a full disk would."""
    raise ArithmeticError


def test_it_is_no_strategy_to_choose() -> None:
    """It asks for everything, needs all of it, and does not stand among the strategies."""
    reference = ReferenceCopy()

    assert (reference.id, str(reference.write_rule)) == ("reference_copy", "replace")
    assert [need.assumption.name for need in reference.needs] == ["COMPLETE_READ"]
    assert "reference_copy" not in {each.name for each in strategies()}


def test_it_asks_nothing() -> None:
    """Its description of a sync is everything, without a query to the source."""

    class Silent:
        """A source that must not be asked."""

    assert ReferenceCopy().read(Silent(), State()) == Delta((Everything(),))  # type: ignore[arg-type]
