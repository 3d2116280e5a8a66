"""What the strategies cost: rankings of the sound ones, with the unsound below them and without a rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.cheapest import RULE, cheapest
from incload.report.comparison.measurements import SUITES
from incload.report.comparison.verdict_matrix import pair_title, verdict_trials
from incload.report.format import MISSING, TIMES, listed, ratio, rounded, whole
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    import pandas as pd

PHASES = ("initial_load", "change_2_percent", "no_change")
"""The phases of the timed suites, in the order in which a table lives through them."""

_HEADS = (
    "rank", "strategy", "sound in", "table rows/s", f"{TIMES} reference", "rows read", "re-read", "waiting",
    "rows written", "queries", "state bytes",
)  # fmt: skip
_CHEAPEST_HEADS = (
    "scenario", "rows changed", "fewest rows read by", "rows read", f"{TIMES} clean", "re-read", "queries",
    "state bytes",
)  # fmt: skip
_PHASE_HEADS = (
    "rank", "contender", "seconds, min", "seconds, median", "table rows/s", f"{TIMES} reference", "rows read",
    "verdict",
)  # fmt: skip
_MEDIANS = [
    "table_rows_per_second", "times_reference", "rows_read", "reread", "rows_waiting", "rows_written", "queries",
    "state_bytes",
]  # fmt: skip
_PLAIN = "clean"
"""The scenario without a flaw, with which the cost of the others is compared."""


def cheapest_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the least that a sound copy of each scenario costs."""
    trials = _with_reread(verdict_trials(frame))
    named = {str(scenario): cheapest(part) for scenario, part in trials.groupby("scenario", sort=False)}
    if not any(named.values()):
        return []
    chosen = {(scenario, best.contender) for scenario, best in named.items() if best}
    sound = trials[[each in chosen for each in zip(trials["scenario"], trials["contender"], strict=True)]]
    least = sound.groupby(["scenario", "contender"], sort=False)[[*_MEDIANS, "changed"]].median().reset_index()
    plain = least.loc[least["scenario"] == _PLAIN, "rows_read"].sum(min_count=1)
    rows = tuple(
        (
            str(row.scenario), whole(row.changed), str(row.contender), whole(row.rows_read), ratio(row.of_plain),
            ratio(row.reread), whole(row.queries), whole(row.state_bytes),
        )
        for row in least.assign(of_plain=least["rows_read"] / plain).itertuples()
    )  # fmt: skip
    intro = (
        f"{RULE} Rows changed are the most that a sound strategy found new or different; re-read is rows read for each "
        f"of them; {TIMES} clean shows what the flaw costs, beside the cheapest copy of the scenario without one."
    )
    return [Heading(2, "The cheapest sound copy"), Paragraph(intro), Table(_CHEAPEST_HEADS, rows, left=1)]


def scenario_cost_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the cost of each strategy in the verdict suites: medians over the scenarios in which it is sound."""
    trials = _with_reread(verdict_trials(frame))
    if trials.empty:
        return []
    intro = (
        "Medians over the scenarios in which a strategy is sound, ranked by rows read, which is an exact count; rows "
        "that a strategy has left waiting for a later sync are not read yet. "
        "Strategies that are sound in different scenarios do not quite compare: the table above compares within one."
    )
    blocks: list[Block] = [Heading(2, "Cost over the scenarios"), Paragraph(intro)]
    for (suite, pair), part in trials.groupby(["suite", "pair"], sort=False):
        blocks.append(Heading(3, pair_title(str(suite), str(pair))))
        references = frame[frame["reference"] & (frame["suite"] == suite) & (frame["pair"] == pair)]
        blocks += _scenario_costs(part, references)
    return blocks


def timed_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the tables of the suites that measure cost at scale."""
    blocks: list[Block] = []
    for suite, part in frame[frame["timed"] & ~frame["suite"].isin(SUITES)].groupby("suite", sort=False):
        blocks += [Heading(2, f"Cost at scale: {suite}"), Paragraph(_scale(part))]
        for pair, of_pair in part.groupby("pair", sort=False):
            for phase in _phases(in_order(of_pair["scenario"])):
                trials = of_pair[of_pair["scenario"] == phase]
                blocks += [Heading(3, f"{pair}, {phase.replace('_', ' ')}"), _phase(trials)]
    return blocks


def _with_reread(trials: pd.DataFrame) -> pd.DataFrame:
    """Add how many rows had changed in a trial's scenario, and how many were read for each of them.

    A strategy that replaces the whole target compares nothing: what had changed is known from those that merge.
    """
    compared = (trials["outcome"] == "sound") & (trials["write_rule"] != "replace")
    different = (trials["rows_written"] - trials["rows_unchanged"]).where(compared)
    changed = different.groupby([trials["suite"], trials["pair"], trials["scenario"]], sort=False).transform("max")
    changed = changed.where(changed > 0)
    return trials.assign(changed=changed, reread=trials["rows_read"] / changed)


def _scenario_costs(trials: pd.DataFrame, references: pd.DataFrame) -> list[Block]:
    refused = in_order(trials["contender"])
    trials = trials[trials["outcome"] != "not_applicable"]
    refused = [name for name in refused if name not in set(trials["contender"])]
    sound = trials[trials["outcome"] == "sound"]
    groups = sound.groupby("contender", sort=False)
    costs = groups[_MEDIANS].median().assign(sound=groups.size(), tried=trials.groupby("contender", sort=False).size())
    costs = costs.assign(rank=costs["rows_read"].rank(method="min")).sort_values("rank", kind="stable")
    rows = [
        (
            whole(row.rank), str(row.Index), f"{row.sound} of {row.tried}", rounded(row.table_rows_per_second),
            ratio(row.times_reference), whole(row.rows_read), ratio(row.reread),
            *map(whole, (row.rows_waiting, row.rows_written, row.queries, row.state_bytes)),
        )
        for row in costs.itertuples()
    ]  # fmt: skip
    if not references.empty:
        rate, read, written = (
            references[name].median() for name in ("table_rows_per_second", "rows_read", "rows_written")
        )
        measured = (rounded(rate), ratio(1), whole(read), MISSING, MISSING, whole(written))
        rows.insert(0, (MISSING, "reference copy", MISSING, *measured, MISSING, MISSING))
    never = [name for name in in_order(trials["contender"]) if name not in costs.index]
    notes = [Paragraph(f"Not ranked, sound in no scenario here: {listed(never)}.")] if never else []
    notes += [Paragraph(f"n/a on this pair: {listed(refused)}.")] if refused else []
    return [Table(_HEADS, tuple(rows), left=2), *notes]


def _phases(present: list[str]) -> list[str]:
    return sorted(present, key=lambda phase: PHASES.index(phase) if phase in PHASES else len(PHASES))


def _scale(part: pd.DataFrame) -> str:
    sizes = listed([f"{size:,}" for size in part["rows"].drop_duplicates()])
    rounds = listed([whole(rounds) for rounds in part["rounds"].drop_duplicates()])
    return (
        f"{sizes} rows at the start; seconds spent in loads alone, over {rounds} rounds. Ranked by the fastest round "
        "among the sound; what is not sound stands below without a rank."
    )


def _phase(trials: pd.DataFrame) -> Table:
    """Return the table of one phase: the reference copy, the sound by time, then the others."""
    ranked = ~trials["reference"] & (trials["outcome"] == "sound") & trials["load_seconds_min"].notna()
    order = trials.assign(
        rank=trials["load_seconds_min"].where(ranked).rank(method="min"),
        times_reference=trials["times_reference"].where(~trials["reference"], 1.0),
        place=(~trials["reference"]).astype(int) + (~trials["reference"] & ~ranked).astype(int),
    ).sort_values(["place", "rank"], kind="stable")
    rows = tuple(
        (
            whole(row.rank), str(row.contender), rounded(row.load_seconds_min), rounded(row.load_seconds_median),
            rounded(row.table_rows_per_second), ratio(row.times_reference), whole(row.rows_read), str(row.cell),
        )
        for row in order.itertuples()
    )  # fmt: skip
    return Table(_PHASE_HEADS, rows, left=2, left_last=True)
