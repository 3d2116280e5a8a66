"""Finds the counterexamples again and writes them down; to be run by hand, for some minutes, when needs have changed.

For every need of every strategy, under its own write rule, a life is drawn that breaks that need alone, by a
microsecond beyond its size if it has one, and makes a row wrong; so for every need that a strategy has only because of
another write rule, unless what it needs anyhow implies it. All are shrunk, and as few are kept as show everything.
"""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from incload.harness.falsify.claims import attempt, breakable, drawn, provable
from incload.harness.falsify.shrink import cost, shrink
from incload.harness.falsify.tiny_history import Life, written
from incload.harness.trials.prediction import broken
from incload.history.breaks import measure
from incload.strategy import Need, WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from incload.history.breaks import Breaks
    from incload.strategy import Strategy

LIVES = 20_000
ENOUGH = 3
"""So many lives are shrunk for each claim, to keep the smallest."""
FILE = Path(__file__).with_name("counterexamples.json")


class Claim(NamedTuple):
    """A need of a strategy with a write rule."""

    strategy: Strategy
    rule: WriteRule
    need: Need

    @property
    def who(self) -> str:
        """The strategy, and the rule if it is not its own."""
        return self.strategy.id + ("" if self.rule is self.strategy.write_rule else f" with {self.rule}")

    def may_hold(self, breaks: Breaks) -> bool:
        """Return whether a life that breaks so much may show the claim, before anything is loaded."""
        return broken(self.strategy, self.rule, breaks) == (self.need,)


def claims() -> Iterator[Claim]:
    """Yield everything that can be claimed, the write rules that are not a strategy's own included."""
    for each in provable():
        for rule in WriteRule:
            for need in breakable(each, rule):
                if rule is each.write_rule or need not in each.needs:
                    yield Claim(each, rule, need)


def found(wanted: Iterable[Claim]) -> dict[Claim, list[Life]]:
    """Draw lives until each claim has enough of them, shrunk; what one claim has found is tried on all."""
    lives: dict[Claim, list[Life]] = {claim: [] for claim in wanted}
    for number, life in enumerate(drawn(LIVES, 1)):
        for claim in _shown_by(life, lives):
            if len(lives[claim]) < ENOUGH:
                core = shrink(life, _holds(claim))
                for other in _shown_by(core, lives):
                    lives[other].append(core)
        if number % 1_000 == 0:
            sys.stderr.write(f"{number} lives, {sum(map(bool, lives.values()))} of {len(lives)} claims shown\n")
    return lives


def _shown_by(life: Life, lives: dict[Claim, list[Life]]) -> Iterator[Claim]:
    """Yield the claims that a life shows, of those that have not enough lives yet."""
    breaks = measure(life.history(), life.faults)
    for claim, known in lives.items():
        if len(known) < ENOUGH and life not in known and claim.may_hold(breaks) and _holds(claim)(life):
            yield claim


def _holds(claim: Claim) -> Callable[[Life], bool]:
    return lambda life: attempt(life, claim.strategy, claim.rule).shows == claim.need


def fewest(lives: dict[Claim, list[Life]]) -> Iterator[tuple[Life, list[Claim]]]:
    """Yield as few lives as show every claim that any shows, none larger by a row or an event than it has to be."""
    todo = {claim for claim, known in lives.items() if known}
    least = {claim: min(map(_size, lives[claim])) for claim in todo}
    pool = dict.fromkeys(chain.from_iterable(lives.values()))
    shown = {life: [claim for claim in todo if _size(life) <= least[claim] and _holds(claim)(life)] for life in pool}
    while todo:
        life = min(shown, key=lambda each: (-len(todo.intersection(shown[each])), cost(each)))
        yield life, [claim for claim in shown[life] if claim in todo]
        todo.difference_update(shown[life])


def _size(life: Life) -> tuple[int, ...]:
    return cost(life)[:2]


def text(life: Life, shown: list[Claim]) -> dict[str, object]:
    """Return a life and what it shows, as the file holds it."""
    pairs = sorted((each.need.assumption.name, each.who) for each in shown)
    return {"shows": {name: [who for other, who in pairs if other == name] for name, _ in pairs}} | written(life)


def laid_out(entries: list[dict[str, object]]) -> str:
    """Write the file: a line for each thing that is said of a life."""
    blocks = []
    for entry in entries:
        lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entry.items())
        blocks.append("{\n" + ",\n".join(lines) + "\n}")
    return "[\n" + ",\n".join(blocks) + "\n]\n"


def main() -> None:
    """Find, choose and write."""
    lives = found(claims())
    chosen = list(fewest(lives))
    entries = sorted((text(life, shown) for life, shown in chosen), key=json.dumps)
    FILE.write_text(laid_out(entries), encoding="utf-8")
    for claim in (claim for claim, known in lives.items() if not known):
        sys.stderr.write(f"not shown: {claim.need.assumption.name} of {claim.who}\n")


if __name__ == "__main__":
    main()
