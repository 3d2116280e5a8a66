"""The section of a report about contenders that claim nothing: what they are like, what they need, what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.foreign.evidence import evidence_of
from incload.report.foreign.sentences import fingerprint_sentence, needs_sentences
from incload.report.format import MISSING, TIMES, ratio, rounded, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Table

if TYPE_CHECKING:
    import pandas as pd

_HEADS = (
    "loader", "engines", "seconds a sync", "of the reference", TIMES, "start-up s", "peak MB", "rewritten without need",
)  # fmt: skip

_INTRO = (
    "A loader that declares nothing is described by its verdicts. Its fingerprint is the known strategy, with a write "
    "rule, whose verdicts are nearest. Its needs are the smallest set of assumptions that explains every verdict: each "
    "scenario in which the copy was wrong breaks one of them, and none in which it was right does."
)
_COST = (
    "Seconds a sync are medians over the scenarios, the fastest round of each, without the start-up where it is "
    "measured apart. The start-up of a command is a sync with nothing to do, and a part of each of its syncs. Rows "
    "rewritten without need are rows of the target that a sync wrote although they stayed as they were; only "
    "PostgreSQL shows them. What a loader does not show is empty."
)


def foreign_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the section; nothing when every contender of the report declares what it needs."""
    foreign = frame[(frame["breaks"] != "") & ~frame["timed"]]
    if foreign.empty:
        return []
    points = tuple(
        (f"{name}, {pair}:", _said(cells)) for (name, pair), cells in foreign.groupby(["contender", "pair"], sort=False)
    )
    return [
        Heading(2, "Loaders that declare nothing"), Paragraph(_INTRO), Points(points), Paragraph(_COST),
        Table(_HEADS, tuple(_costs(foreign, frame)), left=2),
    ]  # fmt: skip


def _said(cells: pd.DataFrame) -> str:
    found = evidence_of(cells.itertuples())  # type: ignore[arg-type]  # its rows have the columns of outcomes
    without = sorted(set(cells["scenario"]) - {each.scenario for each in found})
    return " ".join([fingerprint_sentence(found), *needs_sentences(found, without)])


def _costs(foreign: pd.DataFrame, frame: pd.DataFrame) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    references = frame[frame["reference"]]
    for (name, pair), cells in foreign.groupby(["contender", "pair"], sort=False):
        known = cells[cells["load_seconds_min"].notna() & (cells["syncs"] > 0)]
        beside = references[(references["pair"] == pair) & references["scenario"].isin(known["scenario"])]
        rewritten = known["rows_unchanged"].dropna()
        rows.append((
            str(name), str(pair), rounded(_a_sync(known)), rounded(_a_sync(beside)),
            ratio(known["times_reference"].median()), rounded(known["start_up_seconds"].max()),
            rounded(known["peak_memory_bytes"].astype("float64").max() / 1e6),
            whole(int(rewritten.sum())) if len(rewritten) else MISSING,
        ))  # fmt: skip
    return rows


def _a_sync(cells: pd.DataFrame) -> float:
    return float((cells["load_seconds_min"] / cells["syncs"].astype("float64")).median())
