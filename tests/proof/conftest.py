"""What the proofs share: lives from fixed seeds, the counterexamples on file, and what each does to a strategy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from incload.harness.falsify.claims import Tried, attempt, drawn, provable
from incload.harness.falsify.tiny_history import Life, read
from incload.harness.trials.prediction import broken
from incload.history.breaks import measure
from incload.registry import strategy
from incload.strategy import Assumption, Strategy, WriteRule
from tests.effort import effort

if TYPE_CHECKING:
    from incload.history.breaks import Breaks

LIVES = effort(150, 1_000)
"""Lives that every strategy is tried on under its own write rule."""
FEWER = effort(30, 400)
"""Lives for the other write rules."""

Tries = Callable[[Strategy], tuple[Tried, ...]]
"""From a strategy to what every life did to it under its own write rule."""

RuleTries = Callable[[WriteRule], tuple[Tried, ...]]
"""From a write rule to what lives did to the strategies of which it is not the own rule."""


class Shown(NamedTuple):
    """A life on file, and one thing that it is there for.

    Attributes:
        life: The life.
        strategy: Of whom it shows something ...
        rule: ... with which write rule.
        assumption: That a break of this alone does harm.
    """

    life: Life
    strategy: Strategy
    rule: WriteRule
    assumption: Assumption


def _on_file() -> Iterable[Shown]:
    for entry in json.loads(Path(__file__).with_name("counterexamples.json").read_text(encoding="utf-8")):
        life = read(entry)
        for assumption, names in entry["shows"].items():
            for name in names:
                known, _, rule = name.partition(" with ")
                who = strategy(known)
                yield Shown(life, who, WriteRule(rule or who.write_rule), Assumption[assumption])


@pytest.fixture(scope="session")
def on_file() -> tuple[Shown, ...]:
    """Return everything that the lives on file are there for."""
    return tuple(_on_file())


@pytest.fixture(scope="session")
def corpus() -> tuple[Life, ...]:
    """Return the lives from fixed seeds."""
    return tuple(drawn(LIVES, 7))


@pytest.fixture(scope="session")
def tries(on_file: tuple[Shown, ...], corpus: tuple[Life, ...]) -> Tries:
    """Return what tries a strategy under its own rule on every life there is, once for all tests."""
    lives = tuple(dict.fromkeys([*(shown.life for shown in on_file), *corpus]))

    @cache
    def of(each: Strategy) -> tuple[Tried, ...]:
        return tuple(attempt(life, each, each.write_rule) for life in lives)

    return of


@pytest.fixture(scope="session")
def rule_tries(on_file: tuple[Shown, ...], corpus: tuple[Life, ...]) -> RuleTries:
    """Return what tries a rule with all strategies: on lives that should do no harm, and on the counterexamples."""
    measured: list[tuple[Life, Breaks]] = [(life, measure(life.history(), life.faults)) for life in corpus[:FEWER]]

    @cache
    def of(rule: WriteRule) -> tuple[Tried, ...]:
        harmless = [
            (life, each)
            for each in provable()
            for life, breaks in measured
            if each.write_rule is not rule and not broken(each, rule, breaks)
        ]
        shown = [(shown.life, shown.strategy) for shown in on_file if shown.rule is rule]
        return tuple(attempt(life, each, rule) for life, each in dict.fromkeys([*harmless, *shown]))

    return of
