"""The cost tables: only what is sound has a rank, and what was not measured is never a zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.cost import cheapest_blocks, scenario_cost_blocks, timed_blocks
from incload.report.format import TIMES
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Framed

DASH = "–"  # noqa: RUF001 - what stands for a missing figure


CHEAPEST = (
    "scenario", "rows changed", "fewest rows read by", "rows read", f"{TIMES} clean", "re-read", "queries",
    "state bytes",
)  # fmt: skip


def named(strategy: str, **changes: object) -> dict[str, object]:
    """Return the changes of a trial of one strategy in the matrix."""
    return {"strategy": strategy, **changes}


def timed(strategy: str, seconds: float | None, **changes: object) -> dict[str, object]:
    """Return the changes of a timed trial of one strategy."""
    return {
        "suite": "throughput",
        "strategy": strategy,
        "scenario": "no_change",
        "load_seconds_min": seconds,
        **changes,
    }


def columns(blocks: Sequence[Block], *heads: str) -> list[tuple[str, ...]]:
    """Return some columns of the only table among blocks."""
    (table,) = [block for block in blocks if isinstance(block, Table)]
    places = [table.heads.index(head) for head in heads]
    return [tuple(row[place] for place in places) for row in table.rows]


def test_ranks_follow_rows_read_over_sound_trials(framed: Framed) -> None:
    """Medians are over sound trials alone, equals share a rank, and the next rank counts them all."""
    blocks = scenario_cost_blocks(
        framed(
            named("c", rows_read=50),
            named("a", rows_read=10),
            named("a", rows_read=20, scenario="late_rows"),
            named("b", rows_read=15),
            named("b", rows_read=1, scenario="late_rows", outcome="wrong", lost=1),
        )
    )

    assert columns(blocks, "rank", "strategy", "sound in", "rows read") == [
        ("1", "a", "2 of 2", "15"),
        ("1", "b", "1 of 2", "15"),
        ("3", "c", "1 of 1", "50"),
    ]


def test_a_flaw_that_only_costs_is_seen_in_what_it_costs(framed: Framed) -> None:
    """Of each scenario the sound strategy that reads least is reported, beside the scenario without a flaw."""
    blocks = cheapest_blocks(
        framed(
            named("a", rows_read=120, rows_written=120, rows_unchanged=20, queries=3, state_bytes=7),
            named("b", rows_read=100, rows_written=100, outcome="wrong", lost=1),
            named("c", rows_read=400, rows_written=400, write_rule="replace"),
            named("a", scenario="touched", rows_read=260, rows_written=200, queries=4, state_bytes=8),
            named("c", scenario="touched", rows_read=240, rows_written=240, write_rule="replace", queries=5),
            named("c", scenario="lost", rows_read=300, rows_written=300, write_rule="replace"),
        )
    )

    assert columns(blocks, *CHEAPEST) == [
        ("clean", "100", "a", "120", "1.00", "1.20", "3", "7"),
        ("touched", "200", "c", "240", "2.00", "1.20", "5", "0"),
        ("lost", DASH, "c", "300", "2.50", DASH, "0", "0"),
    ]


def test_who_leaves_rows_for_later_is_not_the_cheapest(framed: Framed) -> None:
    """Rows that wait have not been read yet: the cheapest copy is one that has them all, and the ranking says."""
    frame = framed(named("a", rows_read=100, rows_written=100), named("waits", rows_read=70, rows_waiting=30))

    assert columns(cheapest_blocks(frame), CHEAPEST[2], "rows read") == [("a", "100")]
    assert columns(scenario_cost_blocks(frame), "strategy", "rows read", "waiting") == [
        ("waits", "70", "30"),
        ("a", "100", "0"),
    ]


def test_without_a_clean_scenario_there_is_nothing_beside(framed: Framed) -> None:
    """What a flaw costs beside none is a dash without the scenario that has none, and without a sound trial nothing."""
    blocks = cheapest_blocks(framed(named("a", scenario="touched", rows_read=8, rows_written=4)))

    assert columns(blocks, "scenario", CHEAPEST[4], "re-read") == [("touched", DASH, "2.00")]
    assert cheapest_blocks(framed(named("a", outcome="wrong", lost=1))) == []


def test_rows_read_for_each_that_had_changed(framed: Framed) -> None:
    """The factor is reported for every sound strategy, also for one that replaces and compares nothing."""
    blocks = scenario_cost_blocks(
        framed(
            named("a", rows_read=10, rows_written=10, rows_unchanged=2),
            named("c", rows_read=80, rows_written=80, write_rule="replace"),
        )
    )

    assert columns(blocks, "strategy", "re-read") == [("a", "1.25"), ("c", "10.0")]


def test_who_is_never_sound_has_no_rank(framed: Framed) -> None:
    """A strategy without a sound trial is named below the ranking, and so is one that could not be tried."""
    blocks = scenario_cost_blocks(
        framed(named("a"), named("b", outcome="wrong", lost=1), named("c", outcome="not_applicable"))
    )

    assert columns(blocks, "strategy") == [("a",)]
    assert blocks[-2:] == [
        Paragraph("Not ranked, sound in no scenario here: b."),
        Paragraph("n/a on this pair: c."),
    ]


def test_the_reference_copy_is_the_line_of_one(framed: Framed) -> None:
    """The reference copy stands first, without a rank, at 1.00; what was not measured is a dash."""
    blocks = scenario_cost_blocks(
        framed(
            named("a", times_reference=2.5), named("reference_copy", rows_read=70, table_rows_per_second=1_234_567.0)
        )
    )

    assert columns(blocks, "rank", "strategy", "table rows/s", "× reference", "rows read") == [  # noqa: RUF001 - as shown
        (DASH, "reference copy", "1,230,000", "1.00", "70"),
        ("1", "a", DASH, "2.50", "0"),
    ]


def test_the_sound_are_ranked_by_time_and_the_others_follow(framed: Framed) -> None:
    """The reference copy is first, then the sound by their fastest round, then everything else without a rank."""
    blocks = timed_blocks(
        framed(
            timed("fast_but_wrong", 0.1, outcome="wrong", lost=2),
            timed("slow", 4.0),
            timed("untimed", None),
            timed("reference_copy", 2.0),
            timed("quick", 0.5, times_reference=0.25),
            timed("failed", None, outcome="unknown", reason="Refused: no."),
        )
    )

    assert columns(blocks, "rank", "contender", "seconds, min", "× reference", "verdict") == [  # noqa: RUF001 - as shown
        (DASH, "reference copy", "2.00", "1.00", "sound"),
        ("1", "quick", "0.500", "0.25", "sound"),
        ("2", "slow", "4.00", DASH, "sound"),
        (DASH, "fast_but_wrong", "0.100", DASH, "2 lost"),
        (DASH, "untimed", DASH, DASH, "sound"),
        (DASH, "failed", DASH, DASH, "unknown: Refused: no."),
    ]


def test_phases_stand_in_the_order_of_life(framed: Framed) -> None:
    """However the report is sorted, the first load comes first; each suite and pair has its own tables."""
    phases = ("no_change", "change_2_percent", "initial_load", "another")
    blocks = timed_blocks(
        framed(*(timed("a", 1.0, scenario=phase) for phase in phases), timed("a", 1.0, suite="tutorial"))
    )

    assert [block.text for block in blocks if isinstance(block, Heading)] == [
        "Cost at scale: throughput",
        "sqlite → duckdb, initial load",
        "sqlite → duckdb, change 2 percent",
        "sqlite → duckdb, no change",
        "sqlite → duckdb, another",
        "Cost at scale: tutorial",
        "sqlite → duckdb, no change",
    ]


def test_a_report_without_costs_has_no_tables(framed: Framed) -> None:
    """A report of verdicts has no cost at scale, and one of costs no cost over scenarios."""
    assert timed_blocks(framed({})) == []
    assert scenario_cost_blocks(framed(timed("a", 1.0))) == []
