"""The top of a report: counts, predictions that failed, and who is sound and cheapest in each scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.report.cheapest import costs, right_in_all
from incload.report.comparison.summary import answer_blocks, headline_blocks, limits_blocks, scenario_blocks
from incload.report.render.blocks import Block, Paragraph, Points, Table

if TYPE_CHECKING:
    from conftest import Framed


def named(strategy: str, **changes: object) -> dict[str, object]:
    """Return the changes of a trial of one strategy."""
    return {"strategy": strategy, **changes}


def headline(framed: Framed, *changes: dict[str, object]) -> Block:
    """Return the headline paragraph of a report."""
    return headline_blocks(framed(*changes))[1]


def printed(framed: Framed, *changes: dict[str, object]) -> str:
    """Return what is described the only scenario of a report."""
    points = scenario_blocks(framed(*changes))[-1]
    assert isinstance(points, Points)
    ((_, text),) = points.items
    return text


def test_the_headline_counts_every_outcome(framed: Framed) -> None:
    """Trials of strategies are counted by outcome; reference copies are none."""
    paragraph = headline(
        framed,
        named("a"),
        named("b", outcome="wrong", lost=1),
        named("c", outcome="unknown", reason="x"),
        named("d", outcome="not_applicable", reason="x"),
        named("e", outcome="not_applicable", reason="x"),
        named("reference_copy"),
        named("a", suite="throughput"),
    )

    assert paragraph == Paragraph(
        "5 strategies met 1 scenario on 1 pair of engines. 1 trial measures cost at scale.",
        lead="6 trials: 2 sound, 1 wrong, 1 unknown, 2 n/a.",
    )


def test_who_was_right_everywhere_is_reported_first(framed: Framed) -> None:
    """Of strategies that met several scenarios: who was never wrong, and how often each of the others was."""
    bad = {"outcome": "wrong", "lost": 1}
    refused = {"target_engine": "postgres", "outcome": "not_applicable", "reason": "no"}
    first = [
        named("a"),
        named("b", **bad),
        named("c"),
        named("d", outcome="not_applicable", reason="x"),
        named("e", **bad),
    ]
    second = [named("a"), named("b", **bad), named("c"), named("e", outcome="unknown", reason="x"), named("f", **bad)]
    trials = [
        *first,
        *({**each, "scenario": "late"} for each in second),
        named("reference_copy"),
        named("c", **refused),
    ]

    assert answer_blocks(framed(*trials)) == [
        Paragraph("Not right in 1: f; in 2: b and e.", lead="Right in both scenarios: a and c (where it can run).")
    ]
    assert answer_blocks(framed(named("b", **bad), named("b", **bad, scenario="late"), named("b", scenario="x"))) == [
        Paragraph("Not right in 2: b.", lead="No strategy was right in all 3 scenarios.")
    ]
    assert answer_blocks(framed(named("a"), named("a", scenario="late"))) == [
        Paragraph("", lead="Right in both scenarios: a.")
    ]


def test_one_scenario_is_its_own_answer(framed: Framed) -> None:
    """Nor is anything reported where nothing could be tried."""
    assert answer_blocks(framed(named("a"), named("b"))) == []
    assert (
        answer_blocks(framed(*(named("a", outcome="not_applicable", reason="x", scenario=each) for each in "xy"))) == []
    )


def test_agreement_with_the_prediction_is_reported(framed: Framed) -> None:
    """When every prediction came true, the headline says so, and no table follows."""
    changes = (named("a", predicted="sound"), named("b", predicted="wrong", outcome="wrong", lost=1))
    paragraph = headline(framed, *changes)

    assert isinstance(paragraph, Paragraph)
    assert paragraph.text.endswith("Outcome and prediction agree in all 2 predicted trials.")
    assert len(headline_blocks(framed(*changes))) == 2


def test_disagreement_with_the_prediction_is_reported_both_ways(framed: Framed) -> None:
    """A predicted trial that came out otherwise is counted in the headline and listed; one without a result is not."""
    blocks = headline_blocks(
        framed(
            named("a", predicted="wrong"),
            named("b", predicted="sound", outcome="wrong", lost=3),
            named("c", predicted="sound"),
            named("d", predicted="sound", outcome="unknown", reason="x"),
        )
    )

    assert isinstance(blocks[1], Paragraph)
    assert blocks[1].text.endswith("Outcome and prediction disagree in 2 of 3 predicted trials.")
    assert blocks[2] == Paragraph("", lead="Outcome and prediction disagree:")
    assert isinstance(blocks[3], Table)
    assert blocks[3].rows == (
        ("a", "clean", "sqlite → duckdb", "wrong", "sound"),
        ("b", "clean", "sqlite → duckdb", "sound", "3 lost"),
    )


def test_predicted_numbers_are_compared(framed: Framed) -> None:
    """How often the number of wrong rows was predicted exactly is reported."""
    paragraph = headline(
        framed,
        named("a", rows_ever_wrong_predicted=0),
        named("b", outcome="wrong", lost=1, rows_ever_wrong=3, rows_ever_wrong_predicted=3),
        named("c", outcome="wrong", lost=1, rows_ever_wrong=3, rows_ever_wrong_predicted=2),
        named("d", outcome="wrong", lost=1, rows_ever_wrong=3),
    )

    assert isinstance(paragraph, Paragraph)
    assert paragraph.text.endswith("The number of wrong rows was predicted exactly in 2 of 3 trials.")


@pytest.mark.parametrize(
    ("source", "outcome", "said"),
    [
        ("sqlite", "sound", "Embedded engines."),
        ("postgres", "sound", "One server."),
        ("postgres", "not_applicable", "Embedded engines."),
    ],
)
def test_the_limits_are_stated(framed: Framed, source: str, outcome: str, said: str) -> None:
    """A report says what its kind of benchmark cannot say; a server that took part is no embedded engine."""
    points = limits_blocks(framed({}, {"strategy": "b", "source_engine": source, "outcome": outcome}))[1]

    assert isinstance(points, Points)
    assert [lead for lead, _ in points.items] == [
        "Sound is an observation.",
        "Rows are synthetic.",
        "One machine.",
        said,
        "Times compare only inside one run.",
    ]


def test_a_scenario_is_reported_with_the_sound_and_the_cheapest(framed: Framed) -> None:
    """The cheapest reads the fewest rows, whatever it takes; the unsound are never cheapest."""
    assert (
        printed(
            framed,
            named("a", meaning="Rows are late", rows_read=10, times_reference=2.0),
            named("b", meaning="Rows are late", rows_read=30, times_reference=1.5),
            named("c", meaning="Rows are late", rows_read=1, times_reference=0.1, outcome="wrong", lost=1),
            named("d", meaning="Rows are late", rows_read=1, times_reference=0.1, outcome="wrong", lost=1),
        )
        == "Rows are late. Sound: a and b. Cheapest of them: a by rows read (10)."
    )


def test_names_that_share_the_first_place_are_reported(framed: Framed) -> None:
    """At most three of them; the others are counted."""
    names = ("a", "b", "c", "d", "e")

    assert printed(
        framed, *(named(name, rows_read=10) for name in names), named("f", rows_read=11, times_reference=1.0)
    ) == ("Sound: all. Cheapest of them: a, b, c and 2 more by rows read (10).")


def test_when_most_are_sound_the_others_are_named(framed: Framed) -> None:
    """The shorter list is the one that is reported."""
    names = ("a", "b", "c")

    assert printed(framed, *map(named, names), named("d", outcome="unknown", reason="x")).startswith(
        "Sound: all but d."
    )


def test_no_one_sound_is_reported(framed: Framed) -> None:
    """A scenario in which nothing is sound says so, and names no cheapest."""
    assert printed(framed, named("a", outcome="wrong", lost=1)) == "Sound: none."


def test_soundness_on_some_engines_only_is_distinguished(framed: Framed) -> None:
    """Who is sound on one pair only is not among the sound, and is named with the pair."""
    assert printed(
        framed,
        named("a"),
        named("a", target_engine="sqlite", outcome="wrong", lost=1),
        named("b", outcome="wrong", lost=1),
        named("b", target_engine="sqlite", outcome="wrong", lost=1),
    ) == ("Sound: none. Sound on some engines only: a (sqlite → duckdb).")


def test_who_could_not_be_tried_is_neither_sound_nor_not(framed: Framed) -> None:
    """A strategy that every pair lacks the means for is named for itself."""
    refused = named("b", outcome="not_applicable", reason="no triggers")

    assert printed(framed, named("a"), refused) == "Sound: all. n/a: b."
    assert printed(
        framed, named("a"), named("b"), named("b", target_engine="sqlite", outcome="not_applicable", reason="x")
    ) == ("Sound: all. n/a on sqlite → sqlite: b.")


def test_cheapest_is_who_can_run_everywhere_and_leaves_nothing_for_later(framed: Framed) -> None:
    """Fewer rows read on some pairs only, or because some are still waiting to be read, make no one the cheapest."""
    assert printed(
        framed,
        named("a", rows_read=9),
        named("b", rows_read=8),
        named("waits", rows_read=5, rows_waiting=3),
        named("rare", rows_read=7),
        named("rare", target_engine="sqlite", outcome="not_applicable", reason="x"),
    ) == ("Sound: all. Cheapest of them: b by rows read (8). n/a on sqlite → sqlite: rare.")


def test_right_in_all_needs_a_trial_in_all(framed: Framed) -> None:
    """Who is n/a in a scenario, or was not tried in it, stands in a sentence of its own, and in no table of all."""
    trials = [named(each, scenario=scenario) for each in "ac" for scenario in ("clean", "late", "third")]
    trials += [named("b"), named("b", scenario="late")]
    trials += [named("b", scenario="third", outcome="not_applicable", reason="x"), named("d", scenario="late")]
    frame = framed(*trials)

    assert answer_blocks(frame) == [
        Paragraph("Right where they ran: b (in 2 of 3) and d (in 1 of 3).", lead="Right in all 3 scenarios: a and c.")
    ]
    assert right_in_all(frame) == ["a", "c"] == [each.contender for each in costs(frame)]
