"""The contract: what every strategy that the registry finds has to be, and proof that each rule finds what breaks it.

A rule is a function from a strategy to findings: over every variant of every strategy it must find nothing, over a
strategy that is broken on purpose something.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from incload.auditing.audit import Difference
from incload.contenders.native import NativeContender
from incload.cursor import Scale
from incload.errors import Unable
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.trial import difference
from incload.history.synthetic.scenarios import scenario
from incload.loading.plan import Plan
from incload.loading.strategy_views import AskedSource
from incload.loading.sync import sync
from incload.registry import strategies, strategy, strategy_classes
from incload.strategy import (
    Assumption,
    Delta,
    Learning,
    Need,
    Position,
    Reach,
    Seen,
    Source,
    State,
    Strategy,
    WriteRule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.strategy.answers import KeyValue

Rule = Callable[[Strategy], Iterator[str]]

PERMANENT = {
    "adaptive_lookback",
    "boundary_dedup",
    "commit_horizon",
    "digest_blocks",
    "clock_bounded_watermark",
    "composite_watermark",
    "full_refresh",
    "gap_aware_id",
    "incrementing_id",
    "log_cdc",
    "lookback_window",
    "lookback_window_minutes_1",
    "lookback_window_minutes_30_from_clock",
    "lookback_with_reconciliation",
    "row_hash_cdc",
    "row_hash_cdc_without_removes",
    "settling_delay",
    "snapshot_diff",
    "sparse_lookback",
    "trigger_cdc",
    "timestamp_watermark",
    "timestamp_watermark_inclusive",
}
"""Ids that stand in reports and under which states are kept; one that is missing here may be added, none removed."""

CHANGES_WITHOUT_ROWS = {
    "adaptive_lookback": "it counts syncs, whether they read rows or not",
    "gap_aware_id": "it gives up ids that it has asked for long enough",
    "log_cdc": "its position moves past a delete, or past the log of a table without rows",
    "lookback_with_reconciliation": "it counts syncs, whether they read rows or not",
    "row_hash_cdc": "it remembers that there is a table of digests, be it an empty one",
    "trigger_cdc": "its position moves past a delete, or past the log of a table without rows",
}
"""Strategies whose state may change by a sync that reads nothing, each with the reason."""

WHAT_IT_GETS_WRONG = re.compile(r"\b(lose|loses|lost|wrong|never|unnoticed|cut short|blinds|misses)\b", re.IGNORECASE)
CLOCK = 1_767_268_800_000_000


@dataclass(frozen=True)
class Rows:
    """A summary of rows that were read, with answers fixed beforehand.

    Attributes:
        count: How many.
        timestamp: The largest timestamp; None without rows.
        key: The largest key; None without rows.
    """

    count: int
    timestamp: Position | None
    key: KeyValue | None

    def largest(self, until: Position | None = None) -> Position | None:
        """Return the largest timestamp."""
        return self.timestamp if until is None or self.timestamp is None or self.timestamp <= until else None

    def largest_key(self, at: Position | None = None) -> KeyValue | None:  # noqa: ARG002 - all have one timestamp
        """Return the largest key."""
        return self.key

    def digests_at(self, position: Position) -> tuple[str, ...]:
        """Return a digest for each row."""
        return tuple(map(str, range(self.count))) if position == self.timestamp else ()

    def reached(self) -> str | None:
        """Return a position in a change log."""
        return "log.1"

    def lags(self, behind: Position, bounds: Sequence[timedelta]) -> tuple[int, ...]:  # noqa: ARG002 - none is late
        """Return that all rows are news, and none is late."""
        return (self.count, *(0 for _ in bounds))

    def unread(self, after: int, most: int) -> tuple[tuple[int, int], ...]:  # noqa: ARG002 - they are few
        """Return the numbers below the largest key."""
        return () if self.key is None else ((after + 1, int(str(self.key[0])) - 1),)

    def clock(self) -> Position:
        """Return a time after every timestamp."""
        return CLOCK

    def time(self) -> int:
        """Return it in microseconds."""
        return CLOCK


SOME, NONE = Rows(2, CLOCK - 5_000_000, (7,)), Rows(0, None, None)


def asked() -> AskedSource:
    """Return a source that answers queries about timestamps in microseconds."""
    return AskedSource(Scale(1_000_000), lambda: CLOCK)


def misnamed(each: Strategy) -> Iterator[str]:
    """Ids are permanent, so they are plain: small letters, digits and underscores, beginning with the name."""
    if not re.fullmatch(r"[a-z0-9_]+", each.id):
        yield f"the id is {each.id!r}"
    if not each.id.startswith(each.name):
        yield f"the id {each.id!r} does not begin with the name {each.name!r}"
    if type(each).variants()[0].id != each.name:
        yield "the first variant is not the one with the plain name"


def undescribed(each: Strategy) -> Iterator[str]:
    """The first line of the docstring is a sentence, and what follows says what the strategy gets wrong."""
    first, _, rest = (type(each).__doc__ or "").partition("\n")
    if not re.fullmatch(r"[A-Z][^.]{20,}\.", first):
        yield f"the first line is no sentence: {first!r}"
    if not WHAT_IT_GETS_WRONG.search(rest.partition("Attributes:")[0]):
        yield "the docstring does not say what it gets wrong"


def changeable(each: Strategy) -> Iterator[str]:
    """A strategy is a value: it cannot be changed, has a hash, and equals its copy."""
    try:
        each.surprise = 1  # type: ignore[attr-defined]  # that it cannot be set is the point
        yield "it can be given an attribute"
    except FrozenInstanceError:
        pass
    try:
        hash(each)
    except TypeError as error:
        yield f"it has no hash: {error}"
    if deepcopy(each) != each:
        yield "it differs from its copy"


def unwieldy(each: Strategy) -> Iterator[str]:
    """Parameters have defaults and simple values, so that a command line can name them."""
    for parameter in fields(each):
        values = getattr(each, parameter.name)
        for value in values if isinstance(values, tuple) else (values,):
            if not isinstance(value, int | float | str):
                yield f"the parameter {parameter.name} is {value!r}"
        if parameter.default is MISSING:
            yield f"the parameter {parameter.name} has no default"


def unassuming(each: Strategy) -> Iterator[str]:
    """Every strategy needs something, and says what in the words of the assumptions."""
    if not isinstance(each.needs, frozenset) or not each.needs:
        yield f"its needs are {each.needs!r}"
    elif not all(isinstance(need, Need) for need in each.needs):
        yield "a need is none"
    if not isinstance(each.breaks, frozenset) or not all(isinstance(broken, Assumption) for broken in each.breaks):
        yield f"it breaks {each.breaks!r}"
    if not isinstance(each.reach, Reach | None) or each.delay < timedelta(0):
        yield f"its reach is {each.reach!r} and its delay {each.delay}"
    if not isinstance(each.write_rule, WriteRule):
        yield f"its write rule is {each.write_rule!r}"


def silent(each: Strategy) -> Iterator[str]:
    """With no state and with something, every sync asks the source for rows."""
    for state in (State(), each.remember(SOME, State())):
        source = asked()
        if not each.read(source, state).rows:
            yield f"it asks for nothing with {state}"
        if not source.queries:
            yield f"it makes its rows up with {state}"


def meddling(each: Strategy) -> Iterator[str]:
    """Reading and remembering leave the state as it was; what is remembered is new, and JSON can hold it."""
    for notes in ({}, dict(each.remember(SOME, State()).notes)):
        state = State(CLOCK - 9_000_000, (3,), digests=True, notes=notes)
        before = deepcopy(notes)
        each.read(asked(), state)
        after = each.remember(SOME, state)
        if notes != before:
            yield f"it changes the state's notes to {notes}"
        if json.loads(json.dumps(dict(after.notes))) != dict(after.notes):
            yield f"its notes do not come back from JSON: {after.notes}"


def restless(each: Strategy) -> Iterator[str]:
    """A sync that reads nothing teaches nothing: watermark and key stay, and so does the rest."""
    for state in (State(), each.remember(SOME, State())):
        after = each.remember(NONE, state)
        if (after.watermark, after.key) != (state.watermark, state.key):
            yield f"without a row it goes from {state} to {after}"
        elif after != state and each.name not in CHANGES_WITHOUT_ROWS:
            yield f"without a row its state becomes {after}"


def wasteful(each: Strategy) -> Iterator[str]:
    """After two loads of a source that stands still the copy is right and what it was, and so is the state."""
    history = scenario("clean").build(100, 1)
    with tempfile.TemporaryDirectory() as folder:
        sandbox = open_sandbox(("sqlite", "sqlite"), history.table, Path(folder))
        try:
            sandbox.begin(history, NativeContender(each))
        except Unable:
            sandbox.close()
            return
        name, key, cursor = history.table.name, history.table.key, history.table.cursor
        # An hour after the last timestamp, nothing is left for a later sync.
        now = history.started + 3_600_000_000
        plan = Plan(name, key, cursor, each, cursor_per_second=1_000_000, clock=lambda: now)
        first = sync(sandbox.connections, plan)
        loaded = list(sandbox.target_rows())
        second = sync(sandbox.connections, plan)
        if difference(sandbox) != Difference() or list(sandbox.target_rows()) != loaded:
            yield f"the second load leaves {difference(sandbox)}"
        if second.after != first.after and each.name not in CHANGES_WITHOUT_ROWS:
            yield f"the second load remembers {second.after}"
        sandbox.close()


def well_connected(each: Strategy) -> Iterator[str]:
    """A strategy's file imports the standard library and incload.strategy, and nothing else."""
    path = sys.modules[type(each).__module__].__file__
    tree = ast.parse(Path(path or "").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        for name in names:
            if name != "incload.strategy" and name.partition(".")[0] not in sys.stdlib_module_names:
                yield f"line {node.lineno} imports {name}"


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        misnamed,
        undescribed,
        changeable,
        unwieldy,
        unassuming,
        silent,
        meddling,
        restless,
        wasteful,
        well_connected,
    )
}

every_rule = pytest.mark.parametrize("rule", RULES)


@every_rule
@pytest.mark.parametrize("each", strategies(), ids=lambda each: each.id)
def test_the_strategy_keeps_the_rule(each: Strategy, rule: str) -> None:
    """No variant of any strategy breaks the rule."""
    assert list(RULES[rule](each)) == []


def test_ids_are_permanent() -> None:
    """Every id that was ever published is still there, and no id stands for two strategies."""
    ids = [each.id for each in strategies()]

    assert set(ids) >= PERMANENT
    assert len(ids) == len(set(ids))


BY_CURSOR = {
    "adaptive_lookback": Reach(
        timedelta(minutes=10),
        learning=Learning(tuple(timedelta(minutes=n) for n in (10, 20, 40, 80, 160, 320, 640, 1280, 1440)), 300, 5),
    ),
    "boundary_dedup": Reach(at_bound="unknown"),
    "clock_bounded_watermark": Reach(at_bound="none", bounded=True),
    "composite_watermark": Reach(at_bound="larger_key"),
    "lookback_window": Reach(timedelta(minutes=10)),
    "lookback_window_minutes_1": Reach(timedelta(minutes=1)),
    "lookback_window_minutes_30_from_clock": Reach(timedelta(minutes=30), from_clock=True),
    "lookback_with_reconciliation": Reach(timedelta(minutes=10), every=4),
    "settling_delay": Reach(delay=timedelta(minutes=10)),
    "sparse_lookback": Reach(
        timedelta(minutes=10),
        further=tuple((timedelta(days=days, minutes=10), timedelta(days=days)) for days in (1, 7)),
    ),
    "timestamp_watermark": Reach(at_bound="none"),
    "timestamp_watermark_inclusive": Reach(at_bound="all"),
}
"""What is predicted to the row: a strategy that no longer said what it reads would no longer be held to it."""


@pytest.mark.parametrize("each", strategies(), ids=lambda each: each.id)
def test_what_a_strategy_reads_is_written_down(each: Strategy) -> None:
    """Each that goes by the cursor alone says which changes it reads, so that its wrong rows can be counted."""
    assert each.reach == BY_CURSOR.get(each.id) or each.id not in PERMANENT


def test_an_id_finds_its_strategy() -> None:
    """The id of every variant, and the plain name of every strategy, names it."""
    assert [strategy(each.id) for each in strategies()] == list(strategies())
    assert [strategy(name) for name in strategy_classes()] == [each() for each in strategy_classes().values()]


def test_a_file_has_the_name_of_its_strategy(root: Path) -> None:
    """Each strategy of the folder is found in the file of its name, and no file is without one."""
    own = {name: defined for name, defined in strategy_classes().items() if is_ours(defined)}

    assert {defined.__module__ for defined in own.values()} == {f"incload.strategies.{name}" for name in own}
    assert set(own) == {path.stem for path in (root / "strategies").glob("*.py")} - {"__init__"}


def is_ours(defined: type[Strategy]) -> bool:
    """Return whether a strategy comes from the folder and not from another package."""
    return defined.__module__.startswith("incload.strategies.")


# Strategies that are broken on purpose, each in one way.


@dataclass(frozen=True)
class Sound(Strategy):
    """Reads everything, every time, and keeps what it saw.

    It is never wrong about anything but deletes.
    """

    name: ClassVar[str] = "sound"

    @property
    def needs(self) -> frozenset[Need]:
        """One thing."""
        return frozenset({Need(Assumption.NO_HARD_DELETES)})

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - it does not look
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest timestamp."""
        largest = seen.largest()
        return state if largest is None else State(watermark=largest)


@dataclass(frozen=True)
class Misnamed(Sound):
    """See Sound."""

    name: ClassVar[str] = "mis-named"


@dataclass(frozen=True)
class Undescribed(Sound):
    """does what it does"""  # noqa: D415 - that is what is wrong with it


@dataclass(frozen=True)
class Boastful(Sound):
    """Reads everything there is, every time it is asked to.

    It is always right about all there is.
    """


class Changeable(Sound):
    """Not a dataclass of its own, so that attributes can be set."""


@dataclass(frozen=True)
class Unhashable(Sound):
    """Holds a list."""

    days: tuple[list[int], ...] = ([1],)


@dataclass(frozen=True)
class Unwieldy(Sound):
    """Has a parameter that no command line can name."""

    window: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class Demanding(Sound):
    """Has a parameter without a fixed default."""

    minutes: int = field(default_factory=int)


@dataclass(frozen=True)
class Unassuming(Sound):
    """Needs nothing."""

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing at all."""
        return frozenset()


@dataclass(frozen=True)
class Silent(Sound):
    """Asks for nothing."""

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - that is what is wrong with it
        """Ask for nothing."""
        return Delta(())


@dataclass(frozen=True)
class Meddling(Sound):
    """Writes into the state it was handed."""

    def read(self, source: Source, state: State) -> Delta:
        """Write."""
        if isinstance(state.notes, dict):
            state.notes["reads"] = 1
        return super().read(source, state)


@dataclass(frozen=True)
class Restless(Sound):
    """Remembers something when it saw nothing."""

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - that is what is wrong with it
        """Take nothing for zero."""
        return State(watermark=seen.largest() or 0)


@dataclass(frozen=True)
class Wasteful(Sound):
    """Adds every row once more at every sync."""

    write_rule: ClassVar[WriteRule] = WriteRule.APPEND


BROKEN = {
    "misnamed": (Misnamed,),
    "undescribed": (Undescribed, Boastful),
    "changeable": (Changeable, Unhashable),
    "unwieldy": (Unwieldy, Demanding),
    "unassuming": (Unassuming,),
    "silent": (Silent,),
    "meddling": (Meddling,),
    "restless": (Restless,),
    "wasteful": (Wasteful,),
    "well_connected": (Sound,),
}
"""For each rule, strategies that break it; the last because this very file imports much of incload."""


@pytest.mark.parametrize(("rule", "broken"), [(rule, broken) for rule in BROKEN for broken in BROKEN[rule]])
def test_the_rule_finds_what_it_is_for(rule: str, broken: type[Strategy]) -> None:
    """A strategy that breaks a rule is found by it."""
    assert list(RULES[rule](broken())) != []


@every_rule
def test_a_sound_strategy_keeps_the_rule(rule: str) -> None:
    """What the broken ones are made of breaks no rule but that of imports, and that by this file's own."""
    found = list(RULES[rule](Sound()))
    imports = [sentence.partition(" imports ")[2] for sentence in found]

    assert imports[:1] == (["pytest"] if rule == "well_connected" else [])
    assert "incload.strategy" not in imports
    assert len(set(imports)) == len(imports) == len(found)


def test_every_rule_is_proven() -> None:
    """No rule is without a strategy that breaks it."""
    assert BROKEN.keys() == RULES.keys()
