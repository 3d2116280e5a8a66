"""A claim that says a need too few, a need too many, or a size off by a microsecond does not pass the proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from incload.harness.falsify.claims import provable, unneeded, unsound
from incload.registry import strategy_classes
from incload.strategy import Assumption, Need, Strategy, WriteRule, needs_of, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conftest import RuleTries, Tries

    from incload.harness.falsify.claims import Tried

pytestmark = pytest.mark.slow

every_strategy = pytest.mark.parametrize("each", provable(), ids=lambda each: each.id)
every_rule = pytest.mark.parametrize("rule", WriteRule)
OF_RULES = rules._RULE_NEEDS


def faults(each: Strategy, tried: Iterable[Tried]) -> Iterator[str]:
    """Yield what is wrong with the claim of a strategy as it stands."""
    known = list(tried)
    yield from (f"wrong although nothing is broken: {one.life}" for one in unsound(known))
    yield from (f"never shown: {need}" for need in unneeded(each, each.write_rule, known))
    yield from (
        f"said by the write rule: {need}" for need in each.needs if need.assumption in OF_RULES[each.write_rule]
    )
    names = [need.assumption for need in each.needs]
    yield from (f"said twice: {name}" for name in names if names.count(name) > 1)


def rule_faults(rule: WriteRule, tried: Iterable[Tried]) -> Iterator[str]:
    """Yield what is wrong with what a rule needs as it stands, whatever strategies add to it."""
    known = list(tried)
    yield from (f"wrong although nothing is broken: {one.life}" for one in unsound(known))
    shown = {one.shows for one in known if one.shows not in {*one.strategy.needs, *map(Need, one.strategy.reads_again)}}
    yield from (f"never shown: {name.name}" for name in OF_RULES[rule] if Need(name) not in shown)


def append_faults(each: Strategy, tried: Iterable[Tried]) -> Iterator[str]:
    """Yield what is wrong with what a strategy says that makes it read a version again."""
    known = [one for one in tried if one.strategy == each]
    yield from (f"wrong although nothing is broken: {one.life}" for one in unsound(known))
    shown = {one.shows for one in known}
    yield from (f"never shown: {name.name}" for name in each.reads_again if Need(name) not in shown)
    needed = {need.assumption for need in each.needs} | OF_RULES[WriteRule.APPEND]
    yield from (f"needed anyhow: {name.name}" for name in each.reads_again & needed)


def claim(monkeypatch: pytest.MonkeyPatch, each: Strategy, name: str, value: object) -> None:
    """Let one variant of a strategy claim something else; its siblings keep to theirs."""
    kept = {variant: getattr(variant, name) for variant in type(each).variants()}
    monkeypatch.setattr(type(each), name, property(lambda self: value if self == each else kept[self]))


@every_strategy
def test_the_claim_as_it_stands_has_no_fault(each: Strategy, tries: Tries) -> None:
    """What a strategy says that it needs is enough, and no part of it is too much."""
    assert list(faults(each, tries(each))) == []


@every_strategy
def test_a_need_too_few_is_found(each: Strategy, tries: Tries, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any one of its needs a strategy is wrong where nothing it claims is broken."""
    for need in each.needs:
        with monkeypatch.context() as patch:
            claim(patch, each, "needs", each.needs - {need})

            assert (need, [fault.partition(":")[0] for fault in faults(each, tries(each))][:1]) == (
                need,
                ["wrong although nothing is broken"],
            )


@every_strategy
def test_a_need_too_many_is_found(each: Strategy, tries: Tries, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any further assumption is one that nothing shows to be needed, or one that the write rule needs anyhow."""
    for assumption in set(Assumption) - {need.assumption for need in each.needs}:
        for further in (Need(assumption), Need(assumption, timedelta(0)), Need(assumption, timedelta(minutes=10))):
            with monkeypatch.context() as patch:
                claim(patch, each, "needs", each.needs | {further})

                assert (further, list(faults(each, tries(each)))) != (further, [])


@every_strategy
@pytest.mark.parametrize("off", [timedelta.resolution, -timedelta.resolution], ids=["larger", "smaller"])
def test_a_size_that_is_off_is_found(
    each: Strategy, off: timedelta, tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A microsecond more is more than is borne, and for a microsecond less nothing shows that it is needed."""
    for need in each.needs:
        if need.within is not None:
            with monkeypatch.context() as patch:
                claim(patch, each, "needs", (each.needs - {need}) | {replace(need, within=need.within + off)})

                assert (need, list(faults(each, tries(each)))) != (need, [])


@every_rule
def test_the_needs_of_a_rule_have_no_fault(rule: WriteRule, rule_tries: RuleTries, tries: Tries) -> None:
    """What a write rule says that it needs is enough with every strategy, and needed with some."""
    own = [tried for each in provable() if each.write_rule is rule for tried in tries(each)]

    assert list(rule_faults(rule, [*rule_tries(rule), *own])) == []


@every_rule
def test_a_need_of_a_rule_too_few_or_too_many_is_found(
    rule: WriteRule, rule_tries: RuleTries, tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any one of its needs, or with any other, a write rule does not pass."""
    tried = [*rule_tries(rule), *(one for each in provable() if each.write_rule is rule for one in tries(each))]
    for assumption in Assumption:
        with monkeypatch.context() as patch:
            patch.setitem(OF_RULES, rule, OF_RULES[rule] ^ {assumption})

            assert (assumption, list(rule_faults(rule, tried))) != (assumption, [])


@every_strategy
def test_what_makes_it_read_again_has_no_fault(each: Strategy, rule_tries: RuleTries) -> None:
    """What a strategy says that only `append` minds is enough, and needed."""
    assert list(append_faults(each, rule_tries(WriteRule.APPEND))) == []


@every_strategy
def test_a_cause_of_reading_again_too_few_or_too_many_is_found(
    each: Strategy, rule_tries: RuleTries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one more or one fewer of what makes it read a version again, a strategy does not pass."""
    tried, said = rule_tries(WriteRule.APPEND), each.reads_again
    for assumption in Assumption:
        with monkeypatch.context() as patch:
            claim(patch, each, "reads_again", said ^ {assumption})

            assert (assumption, list(append_faults(each, tried))) != (assumption, [])


def test_needs_are_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that was changed for a test is what it was after it, and those of siblings were never touched."""
    first, second = strategy_classes()["timestamp_watermark"].variants()
    before = first.needs, second.needs
    with monkeypatch.context() as patch:
        claim(patch, first, "needs", frozenset())
        during = needs_of(first, WriteRule.MERGE), second.needs

    assert during == (frozenset({Need(Assumption.NO_HARD_DELETES)}), before[1])
    assert (first.needs, second.needs) == before
