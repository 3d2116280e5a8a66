"""The trials that show a cause: one that is wrong, and one that is right."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from incload.contenders.wild import loaders
from incload.harness.load_timer import LoadClock
from incload.harness.trials.matrix import contender
from incload.harness.trials.trial import Observed, Trial
from incload.history.synthetic import built
from incload.history.synthetic.scenarios import scenario
from incload.registry import strategy
from incload.report.catalogue.causes import REREAD

if TYPE_CHECKING:
    from incload.contenders.contender import Contender
    from incload.history.history import History
    from incload.report.catalogue.causes import Cause

ROWS, SEED = 100, 1
"""The histories of the catalogue."""

PAIR = ("sqlite", "sqlite")
_KINDS = ("lost", "stale", "phantom", "duplicated")


def who(name: str, scenario_id: str) -> Contender:
    """Return a loader of `bench/wild` or a strategy by its name; refuse an unknown one."""
    known = {each.id: each for each in loaders()}
    return known[name] if name in known else contender(strategy(name), guarded=scenario(scenario_id).guarded)


def history_of(cause: Cause) -> History:
    """Return the history of the scenario that shows a cause."""
    return built.history(cause.scenario, ROWS, SEED)


def observe(history: History, name: str, scenario_id: str) -> Observed:
    """Run a contender through a history, under the faults of a scenario."""
    with tempfile.TemporaryDirectory(prefix="incload-") as folder:
        trial = Trial(history, who(name, scenario_id), PAIR, scenario(scenario_id).faults)
        return trial.run(Path(folder), LoadClock())


def kinds(observed: Observed) -> tuple[str, ...]:
    """Return what was ever wrong, of `lost`, `stale`, `phantom` and `duplicated`."""
    return tuple(kind for kind, most in zip(_KINDS, observed.timeline.most, strict=True) if most)


def is_shown(cause: Cause, history: History) -> bool:
    """Return whether a history shows a cause: one gets it wrong as the catalogue says, and the other is right."""
    wrong = observe(history, cause.wrong, cause.scenario)
    if cause.shows == REREAD:
        is_seen = not kinds(wrong) and (wrong.total("read") or 0) > _fewest(history)
    else:
        is_seen = cause.shows in kinds(wrong)
    return is_seen and not (cause.right and kinds(observe(history, cause.right, cause.scenario)))


def _fewest(history: History) -> int:
    """Return how many rows a load has to read that reads the base, and each change once whose content is another."""
    (name,) = history.table.key
    present = {row[name]: row for row in history.base.to_pylist()}
    number = len(present)
    for tick in history.ticks:
        for row in tick.upserts.to_pylist():
            key = row[name]
            number += _payload(present.get(key), history) != _payload(row, history)
            present[key] = row
    return number


def _payload(row: dict[str, object] | None, history: History) -> dict[str, object] | None:
    return row and {name: value for name, value in row.items() if name != history.table.cursor}
