"""Inferred needs: the smallest sets of assumptions that agree with every verdict, in both directions."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.assumptions import Assumption, Need
from incload.errors import Refused
from incload.report.foreign.breaks import NOTHING, breaks_text, parsed_breaks
from incload.report.foreign.evidence import Evidence
from incload.report.foreign.needs import infer
from incload.report.foreign.sentences import needs_sentences

UPDATES, DELETES = Assumption.INSERT_ONLY, Assumption.NO_HARD_DELETES
TIES, LAG = Assumption.UNIQUE_CURSOR, Assumption.LAG_WITHIN
SCHEDULE = Assumption.ON_SCHEDULE
MINUTE = timedelta(minutes=1)


def cell(name: str, *, wrong: bool, **breaks: timedelta | None) -> Evidence:
    """Return a cell whose scenario breaks the assumptions of these names."""
    return Evidence(name, {Assumption[each]: size for each, size in breaks.items()}, wrong)


def sets(*cells: Evidence) -> list[set[Assumption]]:
    """Return the smallest sets of assumptions, without their bounds."""
    return [{need.assumption for need in needs} for needs in infer(cells).alternatives]


def test_a_right_copy_forbids_what_its_scenario_breaks() -> None:
    """Both break the updates; as one copy was right, the deletes explain the other."""
    right = cell("clean", wrong=False, INSERT_ONLY=None)
    wrong = cell("deletes", wrong=True, INSERT_ONLY=None, NO_HARD_DELETES=None)

    assert sets(right, wrong) == [{DELETES}]


def test_the_smallest_set_explains_several_cells() -> None:
    """One need that explains both is preferred to one for each."""
    one = cell("one", wrong=True, UNIQUE_CURSOR=None, NO_HARD_DELETES=None)
    other = cell("other", wrong=True, UNIQUE_CURSOR=None, INSERT_ONLY=None)

    assert sets(one, other) == [{TIES}]


def test_alternatives_of_one_size_are_all_given() -> None:
    """Two assumptions that are broken only together are not distinguished."""
    cells = (cell("both", wrong=True, UNIQUE_CURSOR=None, NO_HARD_DELETES=None),)

    assert sets(*cells) == [{DELETES}, {TIES}]
    (said, _) = needs_sentences(cells)
    assert said == (
        "Inferred needs: one of these, which the verdicts do not distinguish: NO_HARD_DELETES; or UNIQUE_CURSOR."
    )


def test_a_size_bounds_a_need_from_both_sides() -> None:
    """The largest break that did no harm and the smallest that did are reported."""
    cells = (
        cell("near", wrong=False, LAG_WITHIN=3 * MINUTE),
        cell("far", wrong=True, LAG_WITHIN=9 * MINUTE),
        cell("farther", wrong=True, LAG_WITHIN=20 * MINUTE),
    )

    assert infer(cells).alternatives == ((Need(LAG, 3 * MINUTE),),)
    assert infer(cells).harm == {LAG: 9 * MINUTE}
    assert needs_sentences(cells)[0] == (
        "Inferred needs: LAG_WITHIN (a break of 0:03:00 did no harm, one of 0:09:00 did)."
    )


def test_a_break_no_larger_than_one_that_did_no_harm_explains_nothing() -> None:
    """The verdicts are inconsistent, and that is reported."""
    cells = (cell("near", wrong=True, LAG_WITHIN=MINUTE), cell("far", wrong=False, LAG_WITHIN=2 * MINUTE))

    assert infer(cells).unexplained == ("near",)
    assert "No set of assumptions explains why the copy was wrong in near" in " ".join(needs_sentences(cells))


def test_what_every_history_breaks_is_thought_of_last() -> None:
    """A late sync explains a verdict only where nothing else does, and only beside an earlier one that did no harm."""
    right = cell("clean", wrong=False, ON_SCHEDULE=5 * MINUTE)
    deletes = cell("deletes", wrong=True, ON_SCHEDULE=6 * MINUTE, NO_HARD_DELETES=None)
    missed = cell("missed", wrong=True, ON_SCHEDULE=40 * MINUTE)

    assert sets(right, deletes) == [{DELETES}]
    assert sets(right, missed) == [{SCHEDULE}]
    assert infer((missed,)).unexplained == ("missed",)


def test_without_a_wrong_cell_nothing_is_needed_and_without_any_nothing_is_known() -> None:
    """The empty set is an answer; no answer is another thing."""
    assert infer((cell("clean", wrong=False, INSERT_ONLY=None),)).alternatives == ((),)
    assert infer(()).alternatives == ()


def test_breaks_come_back_from_their_text() -> None:
    """With their sizes to the microsecond; nothing broken is written down as well."""
    breaks = {UPDATES: None, LAG: timedelta(microseconds=540_000_001)}

    assert breaks_text(breaks) == "INSERT_ONLY LAG_WITHIN=540000001"
    assert parsed_breaks("INSERT_ONLY LAG_WITHIN=540000001") == breaks
    assert breaks_text({}) == NOTHING
    assert parsed_breaks(NOTHING) == {}


@pytest.mark.parametrize("text", ["NO_SUCH", "LAG_WITHIN=soon", "LAG_WITHIN="])
def test_breaks_of_another_report_are_refused(text: str) -> None:
    """The part that cannot be read is named."""
    with pytest.raises(Refused, match="is no assumption: run the benchmark again"):
        parsed_breaks(text)


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from([UPDATES, DELETES, TIES, Assumption.NULLS_DIFFER])), st.booleans()),
        max_size=12,
    )
)
def test_the_smallest_sets_are_those_of_trying_all(drawn: list[tuple[set[Assumption], bool]]) -> None:
    """Of random verdicts, the sets are the same, in the same order, as where every set of each size is tried."""
    cells = [Evidence(f"s{at}", dict.fromkeys(breaks), wrong) for at, (breaks, wrong) in enumerate(drawn)]
    right = {each for cell in cells if not cell.wrong for each in cell.breaks}
    wrong = [set(cell.breaks) - right for cell in cells if cell.wrong and set(cell.breaks) - right]
    needs = sorted(set().union(*wrong), key=lambda each: each.name)
    tried = (
        [set(chosen) for chosen in combinations(needs, size) if all(each & set(chosen) for each in wrong)]
        for size in range(len(needs) + 1)
    )

    assert sets(*cells) == (next(filter(None, tried)) if cells else [])
