"""The counterexamples of what only other loaders need: a few rows of a scenario's history that break that need alone.

Run as a program, this file looks for them again and writes them down, which takes some minutes: for each loader of
`bench/wild` and each need of `OF_READING` that it has, the rows of a scenario are taken away as long as the rest breaks
nothing else of what the loader needs and still makes a row wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from incload.assumptions import OF_READING, Assumption, unmet
from incload.contenders.wild import loaders
from incload.harness.catalogue.showing import ROWS, SEED, observe
from incload.harness.catalogue.smallest import keys_of, restricted, smallest
from incload.history.breaks import measure
from incload.history.reading import measure_reading
from incload.history.synthetic import built
from incload.history.synthetic.scenarios import EVERY_SCENARIO, scenario
from incload.report.catalogue.causes import causes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.contenders.wild import WildContender
    from incload.history.history import History

FILE = Path(__file__).with_name("counterexamples.json")
SUBSETS = 200
"""So many handfuls of rows are tried in a scenario of which the whole breaks more."""
RIGHT = ("timestamp_watermark", "row_hash_cdc", "timestamp_watermark_inclusive", "snapshot_diff", "full_refresh")


class Counterexample(NamedTuple):
    """Rows of a scenario that break one need of a loader and no other, and make a row of its copy wrong.

    Attributes:
        need: The name of the need.
        loader: Who has it.
        scenario: Of which scenario the rows are.
        keys: Which rows.
        right: A strategy that needs nothing of it, whose copy is right.
    """

    need: str
    loader: str
    scenario: str
    keys: tuple[int, ...]
    right: str

    @property
    def id(self) -> str:
        """A name for it."""
        return f"{self.need}-{self.loader}"

    def history(self) -> History:
        """Return its history."""
        return restricted(built.history(self.scenario, ROWS, SEED), self.keys)


def on_file() -> tuple[Counterexample, ...]:
    """Return those that were found."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Counterexample(**{**each, "keys": tuple(each["keys"])}) for each in said)


def claims() -> list[tuple[str, WildContender]]:
    """Return every need of `OF_READING` with every loader that has it."""
    return [(need.assumption.name, who) for who in loaders() for need in _sorted(who) if need.assumption in OF_READING]


def _sorted(who: WildContender) -> list:
    return sorted(who.stated, key=lambda need: need.assumption.name)


def broken(who: WildContender, history: History, scenario_id: str) -> tuple[Assumption, ...]:
    """Return what a loader needs and a history of a scenario breaks."""
    faults = scenario(scenario_id).faults
    breaks = {**measure(history, faults), **measure_reading(history, faults)}
    return tuple(need.assumption for need in unmet(who.stated, (), breaks))


def is_wrong(history: History, who: str, scenario_id: str) -> bool:
    """Return whether a copy was ever wrong."""
    return bool(observe(history, who, scenario_id).timeline.ever_wrong)


def search(need: str, who: WildContender) -> Counterexample | None:
    """Return the rows of the first scenario that have it, as few as show it."""
    for scenario_id in _likely(who.id):

        def shows(history: History, of: str = scenario_id) -> bool:
            return broken(who, history, of) == (Assumption[need],) and is_wrong(history, who.id, of)

        whole = built.history(scenario_id, ROWS, SEED)
        found = next((each for each in _candidates(whole) if shows(each)), None)
        if found is not None:
            keys = tuple(map(int, smallest(found, shows)))
            return Counterexample(need, who.id, scenario_id, keys, _right(restricted(whole, keys), who.id, scenario_id))
    return None


def _likely(loader: str) -> dict[str, None]:
    """Return the scenarios, those first in which the catalogue shows the loader."""
    shown = [each.scenario for each in causes() if each.wrong == loader]
    return dict.fromkeys([*shown, *(each.id for each in reversed(EVERY_SCENARIO))])


def _candidates(history: History) -> Iterator[History]:
    """Yield a history, then each row alone that something happens to, and handfuls of them."""
    yield history
    touched = sorted({key for tick in history.ticks for key in tick.upserts[history.table.key[0]].to_pylist()})
    random = Random(SEED)  # noqa: S311 - it draws examples
    yield from (restricted(history, [key]) for key in touched)
    for number in range(SUBSETS):
        some = random.sample(touched, min(len(touched), 2 + number % 4))
        yield restricted(history, [*some, keys_of(history)[0]])


def _right(history: History, loader: str, scenario_id: str) -> str:
    """Return who is right: whom the catalogue names, or the first of the usual ones."""
    named = [each.right for each in causes() if each.wrong == loader and each.right]
    return next(each for each in (*named, *RIGHT) if not is_wrong(history, each, scenario_id))


def main() -> None:
    """Search and write."""
    found = []
    for need, who in claims():
        one = search(need, who)
        sys.stderr.write(f"{need} of {who.id}: {one and (one.scenario, one.keys, one.right)}\n")
        found += [one] if one else []
    lines = ",\n".join("  " + json.dumps(each._asdict()) for each in sorted(found))
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
