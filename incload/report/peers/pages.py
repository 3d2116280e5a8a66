"""The page of the peers, from the CSV of their trials and from what their recipes say about themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.report.comparison.provenance import origin_blocks
from incload.report.comparison.verdict_matrix import LEGEND, grid
from incload.report.foreign.sections import foreign_blocks
from incload.report.format import listed, plural, rounded, whole
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Fold, Heading, Paragraph, Points, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

TITLE = "Loaders of others on the same histories"
_KINDS = ("lost", "stale", "phantom", "duplicated")


@dataclass(frozen=True, slots=True)
class Described:
    """What the recipe of a loader says.

    Attributes:
        name: The loader.
        tool: The tool that it shows.
        about: What is shown, in a sentence.
        link: The tool's documentation of it.
        remedy: How a copy is got right with this tool, in a sentence.
    """

    name: str
    tool: str
    about: str
    link: str
    remedy: str


def peer_blocks(frame: pd.DataFrame, described: Sequence[Described], notes: Sequence[str] = ()) -> list[Block]:
    """Return the whole page, given the frame of the CSV and what else is to be said of the run."""
    trials = frame[~frame["reference"]]
    known = [each for each in described if (trials["contender"] == each.name).any()]
    return [
        Heading(1, TITLE),
        Paragraph(headline(trials)),
        *(Paragraph(each) for each in notes if each),
        *_loader_blocks(trials, known),
        *_verdict_blocks(trials),
        *_remedy_blocks(known),
        *_time_blocks(trials),
        *foreign_blocks(frame),
        *_declared_blocks(trials),
        *origin_blocks(trials.assign(environment=trials["environment"].map(_common))),
    ]


def _common(environment: str) -> str:
    """Return an environment without what it says of one loader."""
    facts = json.loads(environment) if environment else {}
    return json.dumps({name: value for name, value in facts.items() if name != "contender"}) if facts else ""


def run_sentence(run: tuple[float, int, int, float] | None) -> str:
    """Say of which run the figures are: its seconds, how many loaders ran at once, processors, and the load before.

    Args:
        run: These four of a run of all loaders through all scenarios; None for figures of several runs.
    """
    if run is None:
        return "These figures are of several runs, put together."
    seconds, jobs, processors, load = run
    return (
        f"These figures are of one run, {plural(jobs, 'tool')} at a time, which took {seconds / 60:.0f} minutes on "
        f"{plural(processors, 'processor')}; the load of the machine was {load:.1f} before."
    )


def again_sentence(tools: Sequence[str], scenarios: Sequence[str]) -> str:
    """Say what was run again after that run, in the place of what it had shown."""
    where = f" in {listed(scenarios)}" if any(scenarios) else ""
    return f"Run again afterwards, in place of what it had shown: {listed(tools) if tools else 'all tools'}{where}."


def headline(trials: pd.DataFrame) -> str:
    """Return what was run and how it ended, in figures."""
    counts = trials["outcome"].value_counts()
    ran = int(counts.get("sound", 0) + counts.get("wrong", 0))
    loaders, scenarios = trials["contender"].nunique(), trials["scenario"].nunique()
    missing = loaders * scenarios - len(trials)
    rest = [f"{int(counts[name])} {said}" for name, said in _OTHER.items() if counts.get(name)]
    rest += [f"{missing} not run"] if missing else []
    others = f" Other cells: {', '.join(rest)}." if rest else ""
    return (
        f"{plural(loaders, 'loader')} on {plural(scenarios, 'scenario')}, each sync audited row by row: in "
        f"{int(counts.get('wrong', 0))} of {ran} trials the copy had wrong rows after a sync that reported success."
        f"{others}"
    )


_OTHER = {"unknown": "unknown (the loader failed)", "not_applicable": "not applicable"}


def _loader_blocks(trials: pd.DataFrame, described: Sequence[Described]) -> list[Block]:
    rows = []
    for each in described:
        own = trials[trials["contender"] == each.name]
        counts = own["outcome"].value_counts()
        verdicts = tuple(str(int(counts.get(name, 0))) for name in ("sound", "wrong", "unknown", "not_applicable"))
        rows.append((each.name, each.tool, str(own["pair"].iloc[0]), *verdicts, each.about))
    heads = ("loader", "tool", "engines", "sound", "wrong", "unknown", "n/a", "what it shows")
    return [Heading(2, "The loaders"), Table(heads, tuple(rows), left=3, left_last=True)]


def _verdict_blocks(trials: pd.DataFrame) -> list[Block]:
    """Return a matrix for each pair of engines; scenarios in which a loader's state is touched do not apply."""
    applies = trials[trials["outcome"] != "not_applicable"]
    blocks: list[Block] = [Heading(2, "Verdicts"), Paragraph(LEGEND)]
    for pair, part in applies.groupby("pair", sort=False):
        blocks += [Heading(3, str(pair)), grid(part)]
    failed = applies[applies["outcome"] == "unknown"]
    if len(failed):
        said = zip(failed["contender"], failed["scenario"], failed["reason"], strict=True)
        blocks.append(Points(tuple((f"{who}, {scenario}:", reason) for who, scenario, reason in said)))
    return blocks


def _remedy_blocks(described: Sequence[Described]) -> list[Block]:
    items = tuple((f"{each.name}:", f"{each.remedy} {each.link}") for each in described if each.remedy)
    return [Heading(2, "How to get it right with each tool"), Points(items)] if items else []


def _time_blocks(trials: pd.DataFrame) -> list[Block]:
    """Return for each trial with wrong rows how many there were, and for how many syncs."""
    wrong = trials[trials["outcome"] == "wrong"]
    rows = tuple(
        (
            str(each["contender"]),
            str(each["scenario"]),
            *(whole(each[kind]) for kind in _KINDS),
            whole(each["rows_ever_wrong"]),
            whole(each["rows_never_healed"]),
            f"{whole(each['wrong_syncs'])} of {whole(each['syncs'])}",
            rounded(each["heal_syncs_median"]),
            whole(each["heal_syncs_max"]),
        )
        for _, each in wrong.iterrows()
    )
    heads = (
        "loader",
        "scenario",
        *_KINDS,
        "ever wrong",
        "never right",
        "wrong after syncs",
        "syncs until right",
        "most",
    )
    text = (
        "Rows that are wrong at the end, rows that were wrong after any sync, those of them that were never right "
        "again, and after how many syncs the others were."
    )
    return [
        Heading(2, "What is wrong, and for how long"),
        Paragraph(text),
        Fold("Every trial with wrong rows", (Table(heads, rows, left=2),)),
    ]


def _declared_blocks(trials: pd.DataFrame) -> list[Block]:
    """Return what was normalised by declaration, whose time each loader had, its versions and settings."""
    items = []
    for name in in_order(trials["contender"]):
        text = next(iter(trials[trials["contender"] == name]["environment"]), "")
        facts = (json.loads(text) if text else {}).get("contender", {})
        items.append((f"{name}:", "; ".join(f"{each}: {said}" for each, said in facts.items())))
    text = (
        "Nothing is normalised for the audit but what a recipe declares: columns that a tool adds, where its rows are."
    )
    return [Heading(2, "Versions, clocks and what is declared"), Paragraph(text), Points(tuple(items))]
