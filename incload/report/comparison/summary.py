"""The top of a report: the headline, what the benchmark cannot show, and one sentence for each scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.cheapest import RULE, costs, first_of, right_in_all
from incload.report.comparison.verdict_matrix import verdict_trials
from incload.report.format import listed, plural, sentence, whole
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
    lead, others = answer(frame)
    return [Paragraph(others, lead=lead)] if lead else []


def answer(frame: pd.DataFrame) -> tuple[str, str]:
    """Return who was right in every scenario, who could not run in all, and who was not right in how many.

    Both are empty for one scenario.
    """
    trials = verdict_trials(frame)
    number = trials["scenario"].nunique()
    tried = in_order(trials["contender"][trials["outcome"] != "not_applicable"])
    if number < _SEVERAL or not tried:
        return "", ""
    failed = trials[trials["outcome"].isin(["wrong", "unknown"])].groupby("contender")["scenario"].nunique()
    partly = set(trials["contender"][trials["outcome"] == "not_applicable"])
    everywhere = right_in_all(trials)
    right = [f"{name} (where it can run)" if name in partly else name for name in tried if name in everywhere]
    fewer = [name for name in tried if name not in failed and name not in everywhere]
    every = "both scenarios" if number == _SEVERAL else f"all {number} scenarios"
    lead = f"Right in {every}: {listed(right)}." if right else f"No strategy was right in {every}."
    by_number = {many: [name for name in tried if failed.get(name) == many] for many in sorted(set(failed))}
    others = "; ".join(f"in {many}: {listed(names)}" for many, names in by_number.items())
    said = [*_ran_in_fewer(trials, fewer), *([f"Not right {others}."] if others else [])]
    return lead, " ".join(said)


def _ran_in_fewer(trials: pd.DataFrame, names: list[str]) -> list[str]:
    """Say in how many scenarios those ran that were never wrong and did not run in all."""
    if not names:
        return []
    number, ran = trials["scenario"].nunique(), trials[trials["outcome"] != "not_applicable"]
    tried = ran.groupby("contender")["scenario"].nunique()
    return [f"Right where they ran: {listed([f'{name} (in {tried[name]} of {number})' for name in names])}."]


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
    points = tuple((f"{scenario}:", _sentence(cells)) for scenario, cells in trials.groupby("scenario", sort=False))
    return [Heading(2, "What each scenario shows"), Paragraph(RULE), Points(points)]


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
    cheapest = _cheapest(cells)
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
    """Say which is cheapest of those that run on every pair, if several were sound."""
    sound = [each for each in costs(cells) if each.everywhere]
    if len(sound) < 2:
        return []
    least = [each.contender for each in first_of(sound)]
    return [f"Cheapest of them: {_first(least)} by rows read ({whole(sound[0].rows_read)})."]


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more} more"] if more > 0 else names)
