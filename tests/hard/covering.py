"""A covering array of scenarios: rows of several flaws, so that every two that can be composed stand in one row.

Run as a program, this file makes the rows again and writes them down, for when a scenario is added; it takes minutes.
"""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.history.synthetic.scenarios import EVERY_SCENARIO, scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("covering.json")
ROWS, SEED = 100, 1
MOST = 6
"""So many flaws a row has at most."""
TRIED = 10
"""So many scenarios are tried for each place of a row."""

Pair = frozenset[str]


def on_file() -> tuple[str, ...]:
    """Return the rows, each the name of a composed scenario."""
    return tuple(json.loads(FILE.read_text(encoding="utf-8")))


def can_be(names: tuple[str, ...]) -> bool:
    """Return whether scenarios can be composed in this order, and leave enough rows for each other."""
    try:
        scenario("+".join(names)).build(ROWS, SEED)
    except Refused:
        return False
    return True


def pairs(names: tuple[str, ...]) -> Iterator[Pair]:
    """Yield every two of some scenarios."""
    yield from map(frozenset, combinations(names, 2))


def composable() -> dict[Pair, tuple[str, ...]]:
    """Return every two scenarios that can be composed, with an order in which they can."""
    found = {}
    for pair in combinations([each.id for each in EVERY_SCENARIO], 2):
        order = next(filter(can_be, (pair, pair[::-1])), None)
        if order:
            found[frozenset(pair)] = order
    return found


def rows() -> Iterator[tuple[str, ...]]:
    """Yield rows, each begun with a pair that none has yet, and filled with what brings the most further ones."""
    orders = composable()
    left = dict.fromkeys(orders)
    while left:
        row = orders[next(iter(left))]
        while len(row) < MOST and (longer := _longer(row, set(left))):
            row = longer
        for pair in pairs(row):
            left.pop(pair, None)
        sys.stderr.write(f"{len(left)} pairs left, {'+'.join(row)}\n")
        yield row


def _longer(row: tuple[str, ...], left: set[Pair]) -> tuple[str, ...] | None:
    """Return a row with one more scenario, at its end or its beginning; None where none brings a pair."""
    gains = {
        each.id: sum(frozenset((each.id, known)) in left for known in row)
        for each in EVERY_SCENARIO
        if each.id not in row
    }
    best = sorted((name for name in gains if gains[name]), key=lambda name: -gains[name])[:TRIED]
    return next((longer for name in best for longer in ((*row, name), (name, *row)) if can_be(longer)), None)


def main() -> None:
    """Make the rows and write them."""
    lines = ",\n".join("  " + json.dumps("+".join(row)) for row in rows())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
