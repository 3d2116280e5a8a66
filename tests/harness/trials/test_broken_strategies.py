"""Strategies that are broken on purpose: what each does wrong is seen, and what raises is unknown, never a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from incload.errors import Refused
from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, pair_name
from incload.harness.trials.matrix import REFERENCE, Cell, contender
from incload.harness.trials.runner import run_cells
from incload.history.synthetic.scenarios import scenario
from incload.registry import strategy
from incload.strategy import Delta, Need, State, Strategy, WriteRule

if TYPE_CHECKING:
    from incload.report.outcome import Outcome
    from incload.strategy import Seen, Source

HOUR = 3_600_000_000
YEAR_9999 = 253_370_764_800_000_000

every_pair = pytest.mark.parametrize("pair", [*PAIRS, *SERVER_PAIRS], ids=pair_name)


@dataclass(frozen=True)
class Broken(Strategy):
    """A strict watermark; each kind below breaks one thing about it."""

    name: ClassVar[str] = "broken"

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing that it says."""
        return frozenset()

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what is newer than the watermark."""
        if state.watermark is None:
            return Delta((source.everything(),))
        return Delta((source.since(state.watermark),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest timestamp."""
        largest = seen.largest()
        return state if largest is None else State(watermark=largest)


@dataclass(frozen=True)
class Forgetful(Broken):
    """Forgets to remember, and so reads everything every time."""

    name: ClassVar[str] = "forgetful"

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - that is what is wrong with it
        """Forget."""
        return state


@dataclass(frozen=True)
class Careless(Broken):
    """Remembers an hour more than it has seen, and so loses rows."""

    name: ClassVar[str] = "careless"

    def remember(self, seen: Seen, state: State) -> State:
        """Run ahead."""
        largest = seen.largest()
        return state if largest is None else State(watermark=largest + HOUR)


@dataclass(frozen=True)
class Idle(Broken):
    """Reads nothing after the first time."""

    name: ClassVar[str] = "idle"

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what lies beyond every timestamp."""
        return Delta((source.everything() if state.watermark is None else source.since(YEAR_9999),))


@dataclass(frozen=True)
class Raising(Broken):
    """Raises when it is asked what to read for the third time."""

    name: ClassVar[str] = "raising"
    reads: ClassVar[list[int]] = []

    def read(self, source: Source, state: State) -> Delta:
        """Raise."""
        self.reads.append(1)
        if len(self.reads) % 3 == 0:
            raise LookupError("a column\nis  gone")
        return Broken.read(self, source, state)


@dataclass(frozen=True)
class RaisingOnce(Broken):
    """Raises in the first round and in no later one."""

    name: ClassVar[str] = "raising_once"
    reads: ClassVar[list[int]] = []

    def read(self, source: Source, state: State) -> Delta:
        """Raise once."""
        self.reads.append(1)
        if len(self.reads) == 1:
            raise LookupError("gone for a moment")
        return Broken.read(self, source, state)


@dataclass(frozen=True)
class Mute(Broken):
    """Raises in what it remembers."""

    name: ClassVar[str] = "mute"

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - it never comes to that
        """Refuse."""
        raise Refused("it cannot be remembered: write it down.")


@pytest.fixture(autouse=True)
def _rested() -> None:
    """Let the strategies that count begin at zero."""
    Raising.reads.clear()
    RaisingOnce.reads.clear()


def cell(tried: Strategy, pair: tuple[str, str] = ("sqlite", "sqlite"), rule: WriteRule = WriteRule.MERGE) -> Cell:
    """Return the cell of a strategy on the clean life of a hundred rows."""
    return Cell(contender(tried, rule), scenario("clean"), pair, 100, 1)


REFERENCE_CELL = Cell(REFERENCE, scenario("clean"), ("sqlite", "sqlite"), 100, 1)


def outcome(
    tried: Strategy, pair: tuple[str, str] = ("sqlite", "sqlite"), rule: WriteRule = WriteRule.MERGE
) -> Outcome:
    """Run a strategy on the clean life."""
    return run_cells([cell(tried, pair, rule)], 1, str, workers=1)[0]


def wrong(found: Outcome) -> tuple[str, int, int, int, int, int]:
    """Return verdict, wrong rows of each kind, and wrong syncs."""
    return (found.outcome, found.lost, found.stale, found.phantom, found.duplicated, found.wrong_syncs)


def test_what_is_not_broken_is_sound() -> None:
    """The strategy that the others are made of is sound on the clean life."""
    assert wrong(outcome(Broken())) == ("sound", 0, 0, 0, 0, 0)


@every_pair
def test_forgetting_costs_a_full_read_every_time(pair: tuple[str, str]) -> None:
    """Merged, the rows of a forgetful strategy are right, and every sync reads and writes the whole table."""
    found = outcome(Forgetful(), pair)

    assert wrong(found) == ("sound", 0, 0, 0, 0, 0)
    assert (found.rows_read, found.rows_written, found.state_bytes) == (1265, 1265, 0)


@every_pair
def test_forgetting_duplicates_every_row_that_is_appended(pair: tuple[str, str]) -> None:
    """Appended, every row of a forgetful strategy is there as often as it was read, and changed rows are stale too."""
    found = outcome(Forgetful(), pair, WriteRule.APPEND)

    assert wrong(found) == ("wrong", 0, 24, 0, 1135, 10)
    assert found.rows_written - found.duplicated == 130
    assert found.witness.splitlines()[1] == "2. With no state, sync 1 asked for everything."


@every_pair
def test_running_ahead_loses_rows(pair: tuple[str, str]) -> None:
    """A watermark an hour ahead of what was read lets the first tick in, and loses what nine more bring in the hour."""
    found = outcome(Careless(), pair)

    assert wrong(found) == ("wrong", 27, 19, 0, 0, 9)
    assert "behind the watermark" in found.witness
    assert found.witness.endswith("after the last, sync 10 (46 wrong rows then).")


@every_pair
def test_reading_nothing_loses_everything_new(pair: tuple[str, str]) -> None:
    """A strategy that stops reading lacks all thirty new rows, and is stale in the 21 rows of the base that changed."""
    found = outcome(Idle(), pair)

    assert wrong(found) == ("wrong", 30, 21, 0, 0, 10)
    assert (found.rows_ever_wrong, found.rows_never_healed) == (51, 51)


@every_pair
def test_an_error_is_unknown(pair: tuple[str, str]) -> None:
    """A read that raises makes the cell unknown, with the error on one line, and no count that could pass for one."""
    found = outcome(Raising(), pair)

    assert (found.outcome, found.reason) == ("unknown", "LookupError: a column is gone")
    assert (found.syncs, found.rows_read, found.load_seconds_min, found.rounds, found.witness) == (None,) * 4 + ("",)


def test_an_error_has_an_identity() -> None:
    """An unknown cell says of what it speaks like any other."""
    found, sound = outcome(Raising()), outcome(Broken())

    assert found.trial == ("matrix", "raising", "merge", "clean", "sqlite", "sqlite")
    assert (found.history_digest, found.rows, found.seed) == (sound.history_digest, 100, 1)


def test_a_refusal_is_unknown_as_well() -> None:
    """What a strategy refuses in the middle of a trial is its outcome, not an end of the run."""
    found = outcome(Mute())

    assert (found.outcome, found.reason) == ("unknown", "Refused: it cannot be remembered: write it down.")


def test_an_error_leaves_the_other_cells_alone() -> None:
    """The cells before and behind one that raises are what they are without it."""
    cells = [REFERENCE_CELL, *(cell(each) for each in (Broken(), Raising(), Careless()))]
    found = run_cells(cells, 1, str, workers=1)

    assert [each.outcome for each in found] == ["sound", "sound", "unknown", "wrong"]


def test_an_error_in_one_round_is_an_error() -> None:
    """A cell that raised in the first of three rounds is unknown, although the others went well."""
    assert run_cells([cell(RaisingOnce())], 3, str, workers=1)[0].reason == "LookupError: gone for a moment"


def test_an_error_in_the_telling_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that cannot be reported makes its cell unknown, and the next cell is run."""

    def fail(*_: object) -> str:
        raise LookupError("lost for words")

    monkeypatch.setattr("incload.harness.trials.matrix.story", fail)
    found = run_cells([cell(Careless()), cell(Broken())], 1, str, workers=1)

    assert [(each.outcome, each.reason) for each in found] == [
        ("unknown", "LookupError: lost for words"),
        ("sound", ""),
    ]


def test_a_reference_that_raises_is_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reference copy raised, no multiple of it is reported."""

    def fail(*_: object) -> None:
        raise LookupError("no copy")

    monkeypatch.setattr("incload.harness.reference_copy.describe", fail)
    reference, other = run_cells([REFERENCE_CELL, cell(strategy("full_refresh"))], 1, str, workers=1)

    assert (reference.outcome, reference.reason) == ("unknown", "LookupError: no copy")
    assert (other.outcome, other.times_reference) == ("sound", None)


def test_a_history_that_cannot_be_made_is_refused() -> None:
    """Too few rows for the scenarios are refused before anything runs, in the words of the history."""
    with pytest.raises(Refused, match="a history of 99 rows is too short"):
        run_cells([replace(cell(Broken()), rows=99)], 1, str, workers=1)
