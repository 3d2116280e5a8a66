"""Which cause an audit gives to rows whose cause is known: every scenario, every cursor strategy run to its end.

The true cause of a wrong row is that of the change which the copy lacks, taken from the history itself: the one that
gave the row its present cursor, or a later one after which it was wrong. Run as a program, this prints the tables of
docs/audit.md, with bundles those of recorded histories as well.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incload.api.kept_records import window_of
from incload.api.replay import opened
from incload.assumptions import Assumption
from incload.auditing.causes import UNSURE, Cause, Causes, Verdict
from incload.auditing.compare_tables import Looks, Shown, Tables, Tally, counted, look
from incload.auditing.observed import Observed, name_of
from incload.auditing.watermark import Mark, given_mark, place_of
from incload.cursor import MixedText
from incload.engines.digests.forms import Sides, pair
from incload.engines.registry import digests
from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.matrix import contender
from incload.harness.trials.trial import Trial, _Running
from incload.history.lag import syncs
from incload.history.synthetic.scenarios import SCENARIOS
from incload.loading.state.entry import read_entry
from incload.loading.state.table_store import HISTORY
from incload.registry import strategies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.canonical import Digests, Held
    from incload.engines.digests.forms import Pair
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Change, Key, Sync
    from incload.history.synthetic.scenarios import Scenario
    from incload.strategy import Strategy
    from incload.table import Table

PAIR = ("sqlite", "sqlite")
ROWS, SEED = 100, 1
LOADER = "what happened to the loader"
FUTURE = "future timestamp"
BACKWARDS = "older over newer"
UNREAD, NO_WINDOW = str(Cause.UNREAD), str(Cause.NO_WINDOW)
LEFT_OUT = str(Cause.LEFT_OUT)
LOADERS: dict[str, Cause] = {
    "round_up_state": Cause.AHEAD,
    "crash_after_state": Cause.AHEAD,
    "partial_read": Cause.PART,
}
"""What happened to the loader, by the kinds of faults that lose rows."""

Seen = dict[str, tuple[int | None, int]]
"""By when each row was visible with its last cursor."""
Pairs = Counter[tuple[str, str]]
"""How often a true cause was given as another: (true, given)."""


@dataclass(frozen=True)
class Case:
    """A history to whose end loads are run.

    Attributes:
        id: What it is called.
        history: The history.
        faults: What happens to the loader.
        blinds: Whether a timestamp of the future is what breaks it.
    """

    id: str
    history: History
    faults: tuple[Fault, ...] = ()
    blinds: bool = False

    @classmethod
    def of(cls, scenario: Scenario) -> Case:
        """Build a scenario."""
        blinds = Assumption.CURSOR_NOT_IN_FUTURE in scenario.breaks
        return cls(scenario.id, scenario.build(ROWS, SEED), scenario.faults, blinds)


@dataclass(frozen=True)
class Diagnosed:
    """The causes that an audit gave, by true cause and the one given.

    Attributes:
        exact: With the state of the load.
        inferred: Without it.
        watched: With the state, and a recording of the source that was watched at every sync.
    """

    exact: Pairs
    inferred: Pairs
    watched: Pairs


def cursor_strategies() -> tuple[Strategy, ...]:
    """Return the strategies that go by a cursor and ask nothing of the source."""
    return tuple(each for each in strategies() if each.uses_cursor and each.asks is None)


@dataclass(frozen=True)
class Ended:
    """A load that was run to the end of a history.

    Attributes:
        sandbox: Its source and its copy.
        since: The tick after which each wrong row of the copy was wrong, by its key, without the rows that the strategy
            leaves for a later sync.
        held: The cursor of each row of the copy after each sync, by its number.
    """

    sandbox: Sandbox
    since: dict[Key, int]
    held: dict[int, dict[Key, int | None]]


@contextmanager
def ended(case: Case, strategy: Strategy) -> Iterator[Ended]:
    """Run a strategy to the end of a history."""
    history = case.history
    trial = Trial(history, contender(strategy), PAIR, case.faults)
    sandbox = open_sandbox(PAIR, history.table, None)
    try:
        sandbox.begin(history, trial.contender)
        running = _Running(trial, sandbox, LoadClock(), None)
        running.see(history.base)
        running.sync(0)
        held = {0: _held(sandbox)}
        for number, tick in enumerate(history.ticks, start=1):
            running.tick(number, tick)
            if not any(fault.skips(number) for fault in case.faults):
                running.sync(number)
                held[number] = _held(sandbox)
        observed = running.observed
        yield Ended(sandbox, {key: observed.ticks[each.since] for key, each in observed.timeline.wrong.items()}, held)
    finally:
        sandbox.close()


def _held(sandbox: Sandbox) -> dict[Key, int | None]:
    """Return the cursors of the rows of the copy, in microseconds, by their keys."""
    session, table = sandbox.connections.target, sandbox.table
    if session.columns("target", table.name) is None:
        return {}
    names = ", ".join(session.quote(name) for name in (*table.key, table.cursor or ""))
    rows = session.rows(f"SELECT {names} FROM {session.name('target', table.name)}")
    return {tuple(key): cursor if isinstance(cursor, int) else None for *key, cursor in rows}


def diagnosed(case: Case, strategy: Strategy) -> Diagnosed:
    """Run a strategy to the end of a history, and audit its copy twice."""
    with ended(case, strategy) as end:
        truth = Truth(case, strategy, end)
        inferred = audited(end.sandbox, case.history, truth, exact=False)
        exact = audited(end.sandbox, case.history, truth, exact=True)
        seen = visible(case.history)
        return Diagnosed(exact, inferred, audited(end.sandbox, case.history, truth, exact=True, seen=seen))


def visible(history: History) -> Seen:
    """Return by when each row was visible with its last cursor, as `visible_by` does for a recording."""
    found: Seen = {}
    for sync in syncs(history):
        for key, version in sync.rows.items():
            name = name_of(key)
            if name not in found or found[name][0] != version.cursor:
                found[name] = version.cursor, sync.clock
    return found


class Truth:
    """The true causes of the wrong rows of a copy."""

    def __init__(self, case: Case, strategy: Strategy, end: Ended) -> None:
        """Find the change that each row of the copy lacks, of all rows that may be wrong."""
        self._case, self._end, self.strategy = case, end, strategy
        self._lacking: dict[Key, str] = {}
        self._began: list[int] = []
        before = 0
        for sync in syncs(case.history, case.faults):
            for change in sync.changes:
                if change.new is None or change.moved or end.since.get(change.key) == sync.number:
                    self._lacking[change.key] = self._of(change, sync, end.held[before].get(change.key))
            before = sync.number
            self._began.append(sync.clock)
        kept = state_of(end.sandbox, case.history.table.name) if any(each.bends_state for each in case.faults) else None
        self._passed = int(kept[0]) if kept else None  # microseconds, as those of the history
        self._clock = list(case.history.ticks)[-1].at
        names = {str(LOADERS[each.kind]) for each in case.faults if each.kind in LOADERS}
        self._loader = names.pop() if len(names) == 1 else LOADER

    def of(self, key: Key, cursor: object) -> str:
        """Return why a row is wrong.

        Args:
            key: The row.
            cursor: The place of its cursor, in microseconds.
        """
        cause = self._lacking.get(key, self._loader)
        if key not in self._end.since and isinstance(cursor, int) and cursor <= self._clock:
            # The strategy waits, and has read nothing of this time.
            return UNREAD if self._passed is None or cursor > self._passed else self._loader
        is_loader = self._loader != LOADER and cause in {UNREAD, NO_WINDOW, "late", "tie"}
        return self._loader if is_loader else cause

    def _of(self, change: Change, sync: Sync, held: int | None) -> str:
        """Return why a change is missed, from its own lag, and from the cursor that the copy had before it."""
        if change.new is None or change.new.cursor is None:
            return "hard delete" if change.new is None else "null cursor"
        if change.old is not None and held is not None:
            if not change.moved and held == change.new.cursor:
                return "updated without touching the cursor"
            if held > change.new.cursor:
                return BACKWARDS
        is_above = change.lag is None or change.lag < 0
        if is_above and (self._case.blinds or change.new.cursor > sync.clock):
            return FUTURE
        return self._unseen(change.new.cursor, change.lag)

    def _unseen(self, cursor: int, lag: int | None) -> str:
        """Return why a sync has not read what its cursor should have shown."""
        if self.strategy.reach and self.strategy.reach.from_clock:
            return "late" if self._was_covered(cursor) else NO_WINDOW
        if lag is None or lag < 0:
            return UNREAD
        return "late" if lag else "tie"

    def _was_covered(self, cursor: int) -> bool:
        """Return whether a sync that began when a cursor was past has covered it; the first one reads everything."""
        width = self.strategy.reach.window // timedelta(microseconds=1) if self.strategy.reach else 0
        past = [each for each in self._began if each >= cursor]
        return bool(past) and (past[0] == self._began[0] or past[0] - width <= cursor)


def audited(sandbox: Sandbox, history: History, truth: Truth, *, exact: bool, seen: Seen | None = None) -> Pairs:
    """Audit a copy, with the state of the load or without, and pair true causes with those given.

    Two causes have two names each. Of a row that was there when the sync began that should have read it, a recording
    says no more than that. Without a state nothing shows that a load goes by the clock: what is beyond all that the
    copy has is not read yet.
    """
    pairs, sides = compared(sandbox, history.table)
    place = len(history.table.key)
    mark = mark_of(sandbox, history, truth, (sides[1].largest(place), pairs[place].source), exact=exact)
    if mark is None:
        return Counter()
    given: list[tuple[str, Verdict]] = []

    def keep(row: WrongRow, _: Any, verdict: Verdict) -> None:  # noqa: ANN401 - the columns
        key = tuple(int(text[1:-1]) if text[0] == "i" else text.partition(":")[2][:-1] for text in row.key)
        given.append((truth.of(key, place_of(row.source[place]) if row.source else None), verdict))

    observed = None if seen is None else Observed(seen, mark.syncs, 1_000_000, (0,) * place)
    tally, tables = Tally(pairs, Causes(place, mark, observed), Shown(0), keep), Tables.of(*sides)
    look(tables, tally, Looks())
    counted(tables, tally)
    alike = {(str(each), LEFT_OUT) for each in LOADERS.values()} if seen else set()
    alike |= set() if exact else {(NO_WINDOW, UNREAD)}
    named = ((true, str(verdict.cause)) for true, verdict in given)
    return Counter((name if (true, name) in alike else true, name) for true, name in named)


def compared(sandbox: Sandbox, table: Table) -> tuple[tuple[Pair, ...], list[Digests]]:
    """Return the columns that both tables have, key and cursor first, and the digests of both tables."""
    session = sandbox.connections.target
    names = dict.fromkeys([*table.key, table.cursor or "", *table.names])
    described = [
        {each.name: each for each in session.columns(place, table.name) or ()} for place in ("source", "target")
    ]
    shared = [name for name in names if all(name in side for side in described)]
    pairs = tuple(pair(described[0][name], described[1][name], Sides(PAIR, {})) for name in shared)
    return pairs, [
        digests(session, session.name(place, table.name), [getattr(each, end) for each in pairs], range(len(table.key)))
        for place, end in (("source", "source"), ("target", "copy"))
    ]


def mark_of(sandbox: Sandbox, history: History, truth: Truth, copied: tuple[str, Held], *, exact: bool) -> Mark | None:
    """Return the watermark that the state or else the copy says, whose largest cursor is given with its column.

    None where a state is asked for and the load keeps no watermark, as a window counted from the clock.
    """
    largest, cursor = copied
    now = list(history.ticks)[-1].at
    if not exact:
        return Mark(largest, "", exact, now, 1_000_000, frozenset(), largest)
    kept = state_of(sandbox, history.table.name)
    if kept is None:
        return None
    marks = tuple((given_mark(each, cursor), at) for each, at in kept[1])
    past, window = frozenset(each for each, _ in marks), window_of(truth.strategy, 1_000_000)
    return Mark(given_mark(kept[0], cursor), "", exact, now, 1_000_000, past, largest, marks, window)


def state_of(sandbox: Sandbox, table: str) -> tuple[str, list[tuple[str, int]]] | None:
    """Return the watermark that the load keeps, and those of its syncs with when each began, the oldest first."""
    session = sandbox.connections.target
    found: list[list[tuple[str, int]]] = []
    for name, columns, order in (
        ("_incload_state", "value, NULL", ""),
        (HISTORY, "value, written_at", " ORDER BY run"),
    ):
        if not session.holds("target", name):
            return None
        sql = f"SELECT {columns} FROM {session.name('target', name)} WHERE table_name = ?{order}"
        rows = [(str(value), str(at)) for value, at in session.rows(sql, (table,)) if '"version"' in str(value)]
        found.append([])
        for text, at in rows:
            with suppress(Refused):
                entry = read_entry(text, "", "")
                if entry.shown is not None:
                    moment = 0 if at == "None" else int(MixedText(1_000_000, zoned=True).position(at))
                    found[-1].append((str(entry.shown), moment))
    return (found[0][0][0], found[1]) if found[0] else None


def everything(cases: Iterable[Case]) -> Iterator[tuple[str, Diagnosed]]:
    """Yield what was found for each history and strategy."""
    for case in cases:
        for strategy in cursor_strategies():
            yield f"{case.id} {strategy.id}", diagnosed(case, strategy)


def share(pairs: Pairs) -> float:
    """Return the share of rows whose cause was given as it is."""
    return sum(count for (true, given), count in pairs.items() if true == given) / sum(pairs.values())


def certain_and_wrong(pairs: Pairs, *, exact: bool) -> Pairs:
    """Return the causes that are given as certain and are not the true one."""
    unsure = {str(each) for each in (UNSURE if exact else UNSURE | {Cause.TIE})}
    return Pairs({each: count for each, count in pairs.items() if each[0] != each[1] and each[1] not in unsure})


def table(pairs: Pairs) -> str:
    """Return a confusion table in Markdown."""
    given = sorted({each for _, each in pairs})
    lines = [f"| true cause | {' | '.join(given)} |", f"|---|{'---|' * len(given)}"]
    lines += [
        f"| {true} | {' | '.join(str(pairs[true, each] or '') for each in given)} |"
        for true in sorted({each for each, _ in pairs})
    ]
    return "\n".join(lines)


BUNDLES = (
    ("cisa-kev", 4, ("known_exploited_vulnerabilities.json", "cveID", "dateAdded", "vulnerabilities")),
    ("usgs-earthquakes-2k", 80, ("usgs.json", "id", "properties.updated", "features")),
    ("ca-fires", 100, ("incidents.json", "UniqueId", "Updated", "Incidents")),
    ("duke-outages", 250, ("duke-energy/Duke-Energy-Carolinas.json", "areaOfInterestId", "lastUpdated", "")),
)
"""Recorded histories: the bundle's name, of which version each is a sync, and how its rows are read."""


def recorded(folder: Path, named: list[str] | None = None) -> Iterator[Case]:
    """Yield the recorded histories of a folder, those that are named or all."""
    for name, every, how in (each for each in BUNDLES if not named or each[0] in named):
        options = dict(zip(("file", "key", "cursor", "records"), how, strict=True))
        history, _ = opened(folder / f"{name}.bundle", {**options, "every": every}, None)
        yield Case(name, replace(history, ticks=tuple(history.ticks)))


def main() -> None:
    """Print the tables of all scenarios, and of each recorded history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of the bundles; scenarios alone unless given")
    parser.add_argument("--case", action="append", help="a scenario or a bundle, by its name; all unless given")
    given = parser.parse_args()
    scenarios = [each for each in SCENARIOS if not given.case or each.id in given.case]
    if scenarios:
        _report("scenarios", map(Case.of, scenarios))
    for case in recorded(given.folder, given.case) if given.folder else ():
        _report(case.id, [case])


def _report(title: str, cases: Iterable[Case]) -> None:
    """Print the tables of some histories together, and the share of each strategy that is under nine tenths."""
    sums = {"exact": Pairs(), "inferred": Pairs(), "watched": Pairs()}
    least: dict[str, dict[str, Pairs]] = {}
    for label, found in everything(cases):
        for name, pairs in vars_of(found).items():
            sums[name] += pairs
            each = least.setdefault(label.rpartition(" ")[2], {})
            each[name] = each.get(name, Pairs()) + pairs
    sys.stdout.write(f"## {title}\n\n")
    for name, pairs in sums.items():
        if pairs:
            number = certain_and_wrong(pairs, exact=name != "inferred").total()
            low = min((share(each[name]), strategy) for strategy, each in least.items() if each[name])
            head = f"{name}: {share(pairs):.1%} right, the least of a strategy {low[0]:.1%} ({low[1]})"
            sys.stdout.write(f"{head}, {number} certain and wrong\n\n{table(pairs)}\n\n")


def vars_of(found: Diagnosed) -> dict[str, Pairs]:
    """Return the three tables by their names."""
    return {"exact": found.exact, "inferred": found.inferred, "watched": found.watched}


if __name__ == "__main__":
    main()
