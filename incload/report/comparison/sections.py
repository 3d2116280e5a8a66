"""The order of a report: the answers first, then what is right, what it costs, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.answers.decisions import decision_blocks, judged
from incload.report.answers.frontier import frontier_blocks
from incload.report.answers.overview import overview_blocks
from incload.report.comparison.bounds import bound_blocks
from incload.report.comparison.budgets import promise_blocks
from incload.report.comparison.cost import cheapest_blocks, scenario_cost_blocks, timed_blocks
from incload.report.comparison.measurements import figure_blocks
from incload.report.comparison.provenance import origin_blocks
from incload.report.comparison.summary import answer_blocks, headline_blocks, limits_blocks, scenario_blocks
from incload.report.comparison.time_to_heal import healing_blocks
from incload.report.comparison.verdict_matrix import matrix_blocks
from incload.report.comparison.witnesses import story_blocks
from incload.report.comparison.write_rule_matrix import SUITE, mismatch_blocks
from incload.report.foreign.sections import foreign_blocks

if TYPE_CHECKING:
    import pandas as pd

    from incload.report.render.blocks import Block


def report_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return a whole report, given its frame (see `incload.report.frame`)."""
    rules = frame[frame["suite"] == SUITE]
    frame = frame[frame["suite"] != SUITE]
    title, *counts = headline_blocks(frame)
    trials = judged(frame)
    return [
        *(title, *answer_blocks(frame)),
        *decision_blocks(frame),
        *overview_blocks(trials, frame),
        *frontier_blocks(trials),
        *counts,
        *scenario_blocks(frame),
        *limits_blocks(frame),
        *matrix_blocks(frame),
        *foreign_blocks(frame),
        *mismatch_blocks(rules),
        *cheapest_blocks(frame),
        *scenario_cost_blocks(frame),
        *timed_blocks(frame),
        *bound_blocks(frame),
        *promise_blocks(frame),
        *figure_blocks(frame),
        *healing_blocks(frame),
        *story_blocks(frame),
        *origin_blocks(frame),
    ]
