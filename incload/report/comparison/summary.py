"""The top of a report: the headline, what the benchmark cannot show, and one sentence for each scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.verdict_matrix import verdict_trials
from incload.report.format import TIMES, listed, plural, ratio, sentence, whole
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Table
from incload.report.verdict import SHOWN

if TYPE_CHECKING:
    import pandas as pd

TITLE = "incload: which copies are right, and what they cost"

LIMITS = (
    ("Sound is an observation.", "No wrong row was found after any sync of these histories; another may hold one."),
    (
        "Rows are synthetic.",
        "Unless a suite replays a real table, a seeded generator made them; a real one breaks more, or less.",
    ),
    ("One machine.", "No other readers or writers, no busy server and no failing disk were tried."),
    (
        "Times compare only inside one run.",
        "Read them as multiples of the reference copy of that run and pair, a difference below a quarter as noise.",
    ),
)

_EMBEDDED = (
    "Embedded engines.",
    "SQLite and DuckDB run inside the loader; no network lies between it and them.",
)
_SERVER = (
    "One server.",
    "SQLite and DuckDB run inside the loader, PostgreSQL does not; its times hold the way there and back.",
)

_SEVERAL = 2
"""From how many scenarios on they are summed up."""

_NAMED = 3
"""How many names that share the first place are listed."""


def headline_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the title, the headline, and every trial in which outcome and prediction disagree."""
    trials = frame[~frame["reference"]]
    blocks: list[Block] = [Heading(1, TITLE), Paragraph(_scope(trials), lead=_counts(trials))]
    different = _disagreements(trials)
    if different.empty:
        return blocks
    rows = tuple(
        (str(row.contender), str(row.scenario), str(row.pair), str(row.predicted), str(row.cell))
        for row in different.itertuples()
    )
    table = Table(("strategy", "scenario", "engines", "predicted", "observed"), rows, left=5)
    return [*blocks, Paragraph("", lead="Outcome and prediction disagree:"), table]


def answer_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return who was right in every scenario, and in how many each of the others was not; nothing for one scenario."""
    trials = verdict_trials(frame)
    number = trials["scenario"].nunique()
    tried = in_order(trials["contender"][trials["outcome"] != "not_applicable"])
    if number < _SEVERAL or not tried:
        return []
    failed = trials[trials["outcome"].isin(["wrong", "unknown"])].groupby("contender")["scenario"].nunique()
    partly = set(trials["contender"][trials["outcome"] == "not_applicable"])
    right = [f"{name} (where it can run)" if name in partly else name for name in tried if name not in failed]
    every = "both scenarios" if number == _SEVERAL else f"all {number} scenarios"
    lead = f"Right in {every}: {listed(right)}." if right else f"No strategy was right in {every}."
    by_number = {many: [name for name in tried if failed.get(name) == many] for many in sorted(set(failed))}
    others = "; ".join(f"in {many}: {listed(names)}" for many, names in by_number.items())
    return [Paragraph(f"Not right {others}." if others else "", lead=lead)]


def limits_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return what the benchmark cannot show."""
    tried = frame[frame["outcome"] != "not_applicable"]
    served = bool(tried["pair"].str.contains("postgres").any())
    *limits, last = LIMITS
    return [Heading(2, "Limits of this benchmark"), Points((*limits, _SERVER if served else _EMBEDDED, last))]


def scenario_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return one point for each scenario: what happens, who is sound, who of them is cheapest."""
    trials = verdict_trials(frame)
    if trials.empty:
        return []
    intro = (
        "Cheapest is measured in two ways: by rows read, which is exact and grows as a table does, and by time as a "
        "multiple of the reference copy, which also counts the rows that a strategy looks at without reading them out, "
        "and at small sizes is mostly fixed cost. Both are medians over the pairs of engines, of those that run on "
        "all of them and leave no row waiting at the end."
    )
    points = tuple((f"{scenario}:", _sentence(cells)) for scenario, cells in trials.groupby("scenario", sort=False))
    return [Heading(2, "What each scenario shows"), Paragraph(intro), Points(points)]


def _counts(trials: pd.DataFrame) -> str:
    outcomes = trials["outcome"].value_counts()
    counts = [
        f"{int(outcomes.get(outcome, 0)):,} {SHOWN.get(outcome, outcome)}"
        for outcome in ("sound", "wrong", "unknown", "not_applicable", "measured")
        if outcome in outcomes or outcome != "measured"
    ]
    return f"{plural(len(trials), 'trial')}: {', '.join(counts)}."


def _scope(trials: pd.DataFrame) -> str:
    verdicts, timed = trials[~trials["timed"]], trials[trials["timed"]]
    sentences = []
    if not verdicts.empty:
        strategies, scenarios = verdicts["contender"].nunique(), verdicts["scenario"].nunique()
        pairs = plural(verdicts["pair"].nunique(), "pair")
        sentences.append(
            f"{plural(strategies, 'strategy', 'strategies')} met {plural(scenarios, 'scenario')} on {pairs} of engines."
        )
    if not timed.empty:
        sentences.append(f"{plural(len(timed), 'trial')} measure{'s' if len(timed) == 1 else ''} cost at scale.")
    return " ".join([*sentences, *_prediction(trials)])


def _prediction(trials: pd.DataFrame) -> list[str]:
    sentences = []
    judged = trials[(trials["predicted"] != "") & trials["outcome"].isin(["sound", "wrong"])]
    if not judged.empty:
        different = len(_disagreements(trials))
        verb = f"disagree in {different:,} of" if different else "agree in all"
        sentences.append(f"Outcome and prediction {verb} {plural(len(judged), 'predicted trial')}.")
    counted = trials[trials["rows_ever_wrong_predicted"].notna()]
    if not counted.empty:
        exact = int((counted["rows_ever_wrong_predicted"] == counted["rows_ever_wrong"]).sum())
        sentences.append(
            f"The number of wrong rows was predicted exactly in {exact:,} of {plural(len(counted), 'trial')}."
        )
    return sentences


def _disagreements(trials: pd.DataFrame) -> pd.DataFrame:
    judged = trials[(trials["predicted"] != "") & trials["outcome"].isin(["sound", "wrong"])]
    return judged[judged["predicted"] != judged["outcome"]]


def _sentence(cells: pd.DataFrame) -> str:
    """Return the sentences of one scenario, given its trials on all pairs."""
    contenders = in_order(cells["contender"][cells["outcome"] != "not_applicable"])
    refused = [name for name in in_order(cells["contender"]) if name not in contenders]
    failing = set(cells["contender"][cells["outcome"].isin(["wrong", "unknown"])])
    always = [name for name in contenders if name not in failing]
    meaning = next((text for text in in_order(cells["meaning"]) if text), "")
    cheapest = _cheapest(cells[cells["contender"].isin(always)])
    partly = cells[(cells["outcome"] == "not_applicable") & ~cells["contender"].isin(refused)]
    parts = [sentence(meaning), _sound(always, contenders), *_sometimes(cells, always), *cheapest]
    parts += [f"n/a: {listed(refused)}."] if refused else []
    parts += [
        f"n/a on {listed(in_order(each['pair']))}: {name}." for name, each in partly.groupby("contender", sort=False)
    ]
    return " ".join(part for part in parts if part)


def _sound(always: list[str], contenders: list[str]) -> str:
    others = [name for name in contenders if name not in always]
    if not others:
        return "Sound: all."
    if len(always) > len(others):
        return f"Sound: all but {listed(others)}."
    return f"Sound: {listed(always)}."


def _sometimes(cells: pd.DataFrame, always: list[str]) -> list[str]:
    """Say which strategies are sound on some pairs of engines only."""
    sound = cells[(cells["outcome"] == "sound") & ~cells["contender"].isin(always)]
    names = [f"{name} ({listed(in_order(each['pair']))})" for name, each in sound.groupby("contender", sort=False)]
    return [f"Sound on some engines only: {'; '.join(names)}."] if names else []


def _cheapest(cells: pd.DataFrame) -> list[str]:
    """Say which is cheapest of those that could be tried on every pair and leave nothing for later."""
    short = cells["contender"][(cells["outcome"] == "not_applicable") | (cells["rows_waiting"] > 0)]
    sound = cells[~cells["contender"].isin(short)]
    if sound["contender"].nunique() < 2:
        return []
    costs = sound.groupby("contender", sort=False)[["rows_read", "times_reference"]].median()
    costs = costs[costs["rows_read"].notna()]  # what is not counted is never the least
    if len(costs) < 2:
        return []
    rows, times = costs["rows_read"], costs["times_reference"]
    least = [str(name) for name in costs[rows == rows.min()].index]
    sentence = f"Cheapest of them: {_first(least)} by rows read ({whole(rows.min())})"
    if bool(times.isna().any()):
        return [f"{sentence}."]
    fastest = str(times.idxmin())
    by_time = f"by time ({ratio(times.min())} {TIMES} reference)."
    return [f"{sentence} and {by_time}" if least == [fastest] else f"{sentence}, {fastest} {by_time}"]


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more} more"] if more > 0 else names)
