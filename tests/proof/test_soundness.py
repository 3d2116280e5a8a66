"""No life makes a row wrong while all that is needed holds, and the rows that are ever wrong are known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.harness.falsify.claims import attempt, observe, provable, unsound
from incload.harness.falsify.generate import draw
from incload.harness.trials.prediction import broken
from incload.history.breaks import measure
from incload.history.cursor_model import Model
from incload.strategy import WriteRule
from tests.effort import effort

if TYPE_CHECKING:
    from conftest import RuleTries, Tries

    from incload.harness.falsify.tiny_history import Life
    from incload.strategy import Strategy

pytestmark = pytest.mark.slow

every_strategy = pytest.mark.parametrize("each", provable(), ids=lambda each: each.id)
CURSOR_STRATEGIES = [each for each in provable() if each.reach is not None and each.write_rule is WriteRule.MERGE]


@st.composite
def lives(choose: st.DrawFn) -> Life:
    """Draw a life as the seeds do."""
    return draw(lambda options: choose(st.sampled_from(options)))


@every_strategy
def test_no_row_is_wrong_while_every_need_is_met(each: Strategy, tries: Tries) -> None:
    """Under its own write rule a strategy is right in every life that breaks nothing it needs; there are many."""
    met = [tried for tried in tries(each) if not tried.unmet]

    assert [tried.life for tried in unsound(tries(each))] == []
    assert len(met) >= 40


@pytest.mark.parametrize("rule", WriteRule)
def test_no_rule_makes_a_row_wrong_while_every_need_is_met(rule: WriteRule, rule_tries: RuleTries) -> None:
    """Under a rule that is not its own a strategy is right in every life that breaks nothing the two need."""
    tried = rule_tries(rule)

    assert [(each.strategy.id, each.life) for each in unsound(tried)] == []
    assert len([each for each in tried if not each.unmet]) >= 20


@pytest.mark.parametrize("each", CURSOR_STRATEGIES, ids=lambda each: each.id)
def test_the_wrong_rows_are_predicted(each: Strategy, tries: Tries) -> None:
    """The model names exactly the rows that a real load gets wrong, whatever happens to the load."""
    assert each.reach is not None
    for tried in tries(each):
        model = Model(each.reach, tried.life.faults).run(tried.life.history())

        assert (tried.life, set(model.ever_wrong)) == (tried.life, tried.wrong)


@settings(max_examples=effort(12, 500))
@given(life=lives())
def test_no_life_that_can_be_drawn_is_a_counterexample(life: Life) -> None:
    """No strategy under any rule is wrong where all it needs holds, and the model knows what is wrong elsewhere."""
    history = life.history()
    breaks = measure(history, life.faults)
    for each in provable():
        for rule in WriteRule:
            if not broken(each, rule, breaks):
                assert observe(life, each, rule).timeline.ever_wrong == {}
    for each in CURSOR_STRATEGIES:
        model = Model(each.reach, life.faults).run(history)  # type: ignore[arg-type]  # all of them have one

        assert (each.id, set(model.ever_wrong)) == (each.id, attempt(life, each, each.write_rule).wrong)
