"""What a way of writing needs besides what the strategy needs that reads for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.assumptions import Assumption, Need
from incload.strategy.answers import WriteRule

if TYPE_CHECKING:
    from incload.strategy.base import Strategy


def needs_of(strategy: Strategy, rule: WriteRule) -> frozenset[Need]:
    """Return everything that a strategy with a write rule needs, for the copy to be right after every sync."""
    again = strategy.reads_again if rule is WriteRule.APPEND else frozenset()
    return strategy.needs | frozenset(map(Need, (_RULE_NEEDS[rule] | again) - _spared(strategy)))


_RULE_NEEDS = {
    WriteRule.APPEND: {Assumption.READ_ONCE, Assumption.INSERT_ONLY, Assumption.NO_HARD_DELETES},
    WriteRule.MERGE: {Assumption.NO_HARD_DELETES},
    WriteRule.NEWEST: {Assumption.NO_HARD_DELETES, Assumption.VERSIONS_IN_ORDER},
    WriteRule.REPLACE: {Assumption.WHOLE_READ},
    WriteRule.MIRROR: {Assumption.WHOLE_READ},
}
"""What each rule needs of whatever reads for it; that answers are complete every way of reading needs itself."""


def _spared(strategy: Strategy) -> set[Assumption]:
    spared = {Assumption.NO_HARD_DELETES} if strategy.removes_rows else set()
    # An older version that arrives after a newer one was read breaks the delay's own bound on commits as well.
    return spared | {Assumption.VERSIONS_IN_ORDER} if strategy.delay else spared
