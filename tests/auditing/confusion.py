"""Which cause an audit gives to rows whose cause is known: every scenario, every cursor strategy run to its end.

The true cause of a wrong row is that of the change after which it was wrong, taken from the history itself. Run as a
program, this prints the table of docs/audit.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incload.api.replay import opened
from incload.assumptions import Assumption
from incload.auditing.causes import UNSURE, Cause, Causes, Verdict
from incload.auditing.compare_tables import Looks, Shown, Tables, Tally, counted, look
from incload.auditing.observed import Observed, name_of
from incload.auditing.watermark import Mark, given_mark
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
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Change, Key
    from incload.history.synthetic.scenarios import Scenario
    from incload.strategy import Strategy

PAIR = ("sqlite", "sqlite")
ROWS, SEED = 100, 1
LOADER = "what happened to the loader"
FUTURE = "future timestamp"
BACKWARDS = "older over newer"

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
        since: The tick after which each wrong row of the copy was wrong, by its key.
    """

    sandbox: Sandbox
    since: dict[Key, int]


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
        for number, tick in enumerate(history.ticks, start=1):
            running.tick(number, tick)
            if not any(fault.skips(number) for fault in case.faults):
                running.sync(number)
        observed = running.observed
        yield Ended(sandbox, {key: observed.ticks[each.since] for key, each in observed.timeline.wrong.items()})
    finally:
        sandbox.close()


def diagnosed(case: Case, strategy: Strategy) -> Diagnosed:
    """Run a strategy to the end of a history, and audit its copy twice."""
    with ended(case, strategy) as end:
        truth = true_causes(case, end.since)
        inferred = audited(end.sandbox, case.history, truth, exact=False)
        if strategy.reach and strategy.reach.from_clock:
            return Diagnosed(Pairs(), inferred, Pairs())  # its window does not hang on the watermark that it keeps
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


def true_causes(case: Case, since: dict[Key, int]) -> dict[Key, str]:
    """Return the causes of wrong rows by their keys, given the tick after which each was wrong."""
    found: dict[Key, str] = {}
    for sync in syncs(case.history, case.faults):
        for change in sync.changes:
            if since.get(change.key) == sync.number:
                found[change.key] = true_cause(change)
    return {key: _of_fault(found.get(key, LOADER), case) for key in since}


def _of_fault(cause: str, case: Case) -> str:
    """Return the cause of a row in a history: what the cursor does not explain there is the loader's."""
    if cause == FUTURE and not case.blinds:
        return LOADER if case.faults else "not read yet"  # beyond the watermark, and outside of a clock's window
    return LOADER if case.faults and cause in {"late", "tie"} else cause


def true_cause(change: Change) -> str:
    """Return why a change is missed, from its own lag."""
    if change.new is None:
        return "hard delete"
    if change.new.cursor is None:
        return "null cursor"
    if change.old is not None and not change.moved:
        return "updated without touching the cursor"
    if change.old is not None and change.old.cursor is not None and change.new.cursor < change.old.cursor:
        return BACKWARDS
    if change.lag is None or change.lag < 0:
        return FUTURE
    return "late" if change.lag else "tie"


def audited(
    sandbox: Sandbox, history: History, truth: dict[Key, str], *, exact: bool, seen: Seen | None = None
) -> Pairs:
    """Audit a copy, with the state of the load or without, and pair true causes with those given."""
    table, session = history.table, sandbox.connections.target
    cursor = table.cursor or ""
    first = [*table.key, cursor]
    names = [*first, *(name for name in table.names if name not in first)]
    described = [
        {each.name: each for each in session.columns(place, table.name) or ()} for place in ("source", "target")
    ]
    shared = [name for name in names if all(name in side for side in described)]
    pairs = tuple(pair(described[0][name], described[1][name], Sides(PAIR, {})) for name in shared)
    sides = [
        digests(session, session.name(place, table.name), [getattr(each, end) for each in pairs], range(len(table.key)))
        for place, end in (("source", "source"), ("target", "copy"))
    ]
    place = len(table.key)
    given: list[tuple[str, Verdict]] = []

    def keep(row: WrongRow, _: Any, verdict: Verdict) -> None:  # noqa: ANN401 - the columns
        key = tuple(int(text[1:-1]) if text[0] == "i" else text.partition(":")[2][:-1] for text in row.key)
        if key in truth:
            given.append((truth[key], verdict))

    text = largest = sides[1].largest(place)
    kept = state_of(sandbox, table.name) if exact else None
    if exact and kept is None:
        return Counter()  # it keeps no watermark, as a window counted from the clock
    marks: tuple[tuple[str, int], ...] = ()
    if kept:
        text = given_mark(kept[0], pairs[place].source)
        marks = tuple((given_mark(each, pairs[place].source), at) for each, at in kept[1])
    past = frozenset(each for each, _ in marks)
    mark = Mark(text, "", exact, list(history.ticks)[-1].at, 1_000_000, past, largest, marks)
    observed = None if seen is None else Observed(seen, marks, 1_000_000, (0,) * len(table.key))
    tally, tables = Tally(pairs, Causes(place, mark, observed), Shown(0), keep), Tables.of(*sides)
    look(tables, tally, Looks())
    counted(tables, tally)
    # Both are what happened to the loader, by another name.
    own = {Cause.AHEAD, Cause.LEFT_OUT}
    return Counter(
        (str(each.cause) if true == LOADER and each.cause in own else true, str(each.cause)) for true, each in given
    )


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


def main() -> None:
    """Print the tables of all scenarios, or of one recorded history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, nargs="?", help="a recorded history; all scenarios unless given")
    for name in ("file", "key", "cursor", "records"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--every", type=int, default=1)
    options = vars(parser.parse_args())
    path = options.pop("path")
    cases: Iterable[Case] = map(Case.of, SCENARIOS)
    if path:
        history, _ = opened(path, options, None)
        cases = [Case(path.stem, replace(history, ticks=tuple(history.ticks)))]
    exact, inferred, watched = Pairs(), Pairs(), Pairs()
    for label, found in everything(cases):
        exact += found.exact
        inferred += found.inferred
        watched += found.watched
        wrong = [f"{true} as {given}: {count}" for (true, given), count in found.exact.items() if true != given]
        if wrong:
            sys.stderr.write(f"{label}: {'; '.join(wrong)}\n")
    for name, found_pairs in (("exact", exact), ("inferred", inferred), ("watched", watched)):
        if found_pairs:
            number = certain_and_wrong(found_pairs, exact=name != "inferred").total()
            head = f"{name}: {share(found_pairs):.1%} right, {number} certain and wrong"
            sys.stdout.write(f"{head}\n\n{table(found_pairs)}\n\n")


if __name__ == "__main__":
    main()
