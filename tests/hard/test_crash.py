"""A load that dies at any boundary leaves the target as it was or as it was to become, state and rows alike.

Every strategy under every write rule on every pair of engines, twice: as a first load, and as one that changes what is
there. Here a load dies by an exception that lets no further statement through; `test_crash_killed` kills processes.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest
from crashes import EVENTS, HISTORY, TICK, Cell, Loader, cells, rows_first, state_first, written
from dying import Death, Tape, taped

from incload.auditing.audit import Difference
from incload.contenders.native import NativeContender
from incload.errors import Unable
from incload.harness.sandbox.sandbox import OTHER_PAIRS, PAIRS, SERVER_PAIRS, open_sandbox, pair_name
from incload.harness.trials.trial import difference
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import Tally

    from incload.harness.sandbox.sandbox import Sandbox

Content = dict[str, list[str]]
"""The rows of every table of a target, its state among them."""

OTHERS = [pair for pair in OTHER_PAIRS if "iceberg" not in pair]
"""The pairs besides; a load into Iceberg has one step that lasts, and dies around it in a test of its own."""

LATER = {("postgres", "duckdb"), *OTHERS} - {("duckdb", "sqlite")}
"""Pairs that are crossed only where everything is to be tried: each end of them is crossed in another pair as well."""

FOLLOW_ANYTHING = {"row_hash_cdc", "snapshot_diff", "full_refresh"}
"""Strategies that are right after every load whatever happens, under their own write rules."""


class Ground:
    """Stands for one cell, each on databases of its own, ready for the load that is to die."""

    def __init__(self, cell: Cell, folder: Path) -> None:
        """Take a folder for the databases."""
        self.cell, self._folder, self._number = cell, folder, 0

    def sandbox(self) -> Sandbox:
        """Return a new stand."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir(parents=True)
        sandbox = open_sandbox(self.cell.pair, EVENTS, folder)
        sandbox.begin(HISTORY, NativeContender(self.cell.strategy))
        if self.cell.second:
            sync(sandbox.connections, self.cell.plan)
            sandbox.apply(TICK)
        return sandbox


def content(sandbox: Sandbox) -> Content:
    """Return everything that the target holds."""
    session = sandbox.connections.target
    return {
        name: sorted(map(written, session.rows(f"SELECT * FROM {session.name('target', name)}")))
        for name in session.tables("target")
    }


@dataclass(frozen=True)
class Undisturbed:
    """What loads that nothing disturbs make of a cell.

    Attributes:
        statements: The boundaries of the load.
        before, after, later: What the target holds before it, after it, and after one more.
        wrong: What the audit finds after it, and after one more.
    """

    statements: list[str]
    before: Content
    after: Content
    later: Content
    wrong: tuple[Difference, Difference]


def undisturbed(ground: Ground, loader: Loader) -> Undisturbed:
    """Run a cell in peace."""
    sandbox = ground.sandbox()
    try:
        before = content(sandbox)
        with taped(Tape()) as tape:
            loader(sandbox.connections, ground.cell.plan)
        after, wrong = content(sandbox), difference(sandbox)
        loader(sandbox.connections, ground.cell.plan)
        return Undisturbed(tape.crossed, before, after, content(sandbox), (wrong, difference(sandbox)))
    finally:
        sandbox.close()


def crossed(
    ground: Ground, peace: Undisturbed, loader: Loader, *, at_each: Iterable[int], to_the_end: bool = False
) -> int:
    """Let the load of a cell die at each of some boundaries, and run it again; return how many boundaries that were.

    Where nothing has changed the next death shows what running again comes to. The first one that leaves everything
    done is the last, unless it is to go to the end: what follows a commit is the same in every cell of a pair.
    """
    sandbox = ground.sandbox()
    try:
        for died, at in enumerate(at_each):
            with taped(Tape(at)) as tape, suppress(Death):
                loader(sandbox.connections, ground.cell.plan)
            if not tape.dead:
                break
            sandbox.connections.rollback()  # what a database does when the process that wrote is gone
            found = content(sandbox)
            assert found in (peace.before, peace.after), f"a mixture, after {tape.crossed[-1:]}"
            if found == peace.after:
                assert difference(sandbox) == peace.wrong[0]
                loader(sandbox.connections, ground.cell.plan)
                assert (content(sandbox), difference(sandbox)) == (peace.later, peace.wrong[1])
                if not to_the_end:
                    return died + 1
                sandbox.close()
                sandbox = ground.sandbox()
        assert (content(sandbox), difference(sandbox)) == (peace.after, peace.wrong[0])
        return died
    finally:
        sandbox.close()


@pytest.mark.slow
@pytest.mark.parametrize("pair", [*PAIRS, *SERVER_PAIRS, *OTHERS], ids=pair_name)
def test_dying_at_any_boundary_leaves_no_mixture(
    pair: tuple[str, str], tmp_path: Path, tally: Tally, request: pytest.FixtureRequest, *, hard: bool
) -> None:
    """What is there afterwards is what was there before or what should be, and running again ends where it would have.

    A load that begins as another one of its pair dies only from where it differs, and on every pair but the first each
    strategy has its own write rule alone and dies at every second boundary, unless everything is to be tried.
    """
    if pair in LATER and not hard:
        pytest.skip("this pair is crossed by make hard")
    if "postgres" in pair:
        request.getfixturevalue("postgres_server")
    step = 1 if hard or pair == PAIRS[0] else 2
    known: set[tuple[bool, tuple[str, ...]]] = set()
    for number, cell in enumerate(cells(pair)):
        if not hard and pair != PAIRS[0] and cell.rule is not cell.strategy.write_rule:
            continue
        ground = Ground(cell, tmp_path / str(number))
        try:
            peace = undisturbed(ground, sync)
        except Unable:
            tally("crash: loads of a strategy that asks for what the engine does not have", 1)
            continue
        if cell.strategy.id in FOLLOW_ANYTHING and cell.rule is cell.strategy.write_rule:
            assert peace.wrong == (Difference(), Difference())
        beginnings = cell.beginnings(peace.statements)
        idle = peace.before == peace.after  # a load with nothing to do begins, reads twice and finishes
        assert len(beginnings) > (3 if idle else 4)
        first = next((at for at, begun in enumerate(beginnings) if begun not in known), len(beginnings))
        known.update(beginnings)
        tally("crash: loads of a strategy under a write rule on a pair", 1)
        tally("crash: boundaries between their statements", len(beginnings))
        if first < len(beginnings) or hard:
            died = crossed(ground, peace, sync, at_each=count(0) if hard else count(first, step), to_the_end=hard)
            tally("crash: boundaries at which a load died in process, each in each other course of events once", died)


@pytest.mark.parametrize("pair", PAIRS, ids=pair_name)
@pytest.mark.parametrize(("loader", "rule"), [(state_first, WriteRule.MERGE), (rows_first, WriteRule.APPEND)])
def test_a_load_of_two_commits_is_found(
    pair: tuple[str, str], loader: Loader, rule: WriteRule, tmp_path: Path, tally: Tally
) -> None:
    """Undisturbed it ends where it should; dying between its commits, which only the test of all boundaries does."""
    cell = Cell(strategy("timestamp_watermark"), rule, pair, second=True)
    ground = Ground(cell, tmp_path)
    right, peace = undisturbed(ground, sync), undisturbed(ground, loader)

    assert peace.wrong == right.wrong
    with pytest.raises(AssertionError, match="a mixture, after"):
        crossed(ground, peace, loader, at_each=count())
    tally("crash: planted loads of two commits, found", 1)
