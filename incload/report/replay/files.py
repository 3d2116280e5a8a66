"""The files of a replay or a profile: CSV and JSON are the record, and every page is rendered from them alone."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from incload.report.answers.frontier import drawn, pareto
from incload.report.render.blocks import Heading, Paragraph, Picture
from incload.report.render.html import page
from incload.report.render.markdown import markdown
from incload.report.replay.facts import read_facts, write_facts
from incload.report.replay.history_sections import past_blocks, span, window_blocks
from incload.report.replay.record import read_replayed, write_replayed
from incload.report.replay.sections import called, hint_blocks, origin_blocks, profile_headline, replay_blocks
from incload.report.replay.table_profile import standing_blocks, write_standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.report.render.blocks import Block
    from incload.report.replay.facts import HistoryFacts
    from incload.report.replay.record import Replayed
    from incload.report.replay.table_profile import Standing

_CHART = (
    "The rows that each strategy ever had wrong, the most phantoms that it had at once among them, against the rows "
    "that it read. No other strategy has fewer of one and as few of the other than those that the line joins."
)
REPLAY, PROFILE = "replay", "profile"
"""The names of the files."""
PART = "replay-filtered"
"""The name of the files of a replay of some strategies only, so that they never replace those of all."""
BESIDE = f"Strategies were chosen: the report is {PART}.*, and {REPLAY}.* stays as it is."
"""What is said of such a replay."""


def save_replay(rows: Sequence[Replayed], facts: HistoryFacts, folder: Path, *, part: bool = False) -> list[Path]:
    """Write the CSV and the JSON of a replay into a folder, and what is rendered from them; return the paths.

    Args:
        rows: A record for each strategy and pair of engines.
        facts: What is known of the history.
        folder: Where the files go.
        part: Whether only some strategies were chosen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{PART if part else REPLAY}.csv"
    known = table.with_suffix(".json")
    write_replayed(rows, table)
    write_facts(facts, known)
    return [table, known, *render_replay(table, folder)]


def render_replay(table: Path, folder: Path) -> list[Path]:
    """Render the report of a replay into a folder, from its CSV and the JSON beside that; return the paths."""
    rows, facts = read_replayed(table), read_facts(table.with_suffix(".json"))
    folder.mkdir(parents=True, exist_ok=True)
    title, lead, *rest = replay_blocks(rows, facts)
    blocks = [title, lead, *chart_blocks(rows), *rest, *_past(facts, folder / f"{table.stem}-lags.png")]
    return _pages(blocks, f"Replay of {facts.name}", folder / f"{table.stem}.md")


def chart_blocks(rows: Sequence[Replayed]) -> list[Block]:
    """Draw what each strategy that showed something read and had wrong; nothing for fewer than two."""
    shown = [row for row in rows if row.outcome in {"sound", "wrong"}]
    pairs = len({(row.source_engine, row.target_engine) for row in rows}) > 1
    figures = [
        (called(row, pairs=pairs), float(row.rows_read), float(row.rows_ever_wrong + (row.phantom_max or 0)))
        for row in shown
        if row.rows_read is not None and row.rows_ever_wrong is not None
    ]
    if len(figures) < 2:
        return []
    return [Heading(2, "What being right costs"), Paragraph(_CHART), *drawn(pareto(figures))]


def save_profile(facts: HistoryFacts, folder: Path) -> list[Path]:
    """Write the JSON of a profile into a folder, and what is rendered from it; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    known, title = folder / f"{PROFILE}.json", f"Profile of {facts.name}"
    write_facts(facts, known)
    facts = read_facts(known)
    blocks: list[Block] = [Heading(1, title), Paragraph("", lead=profile_headline(facts)), *hint_blocks(facts)]
    return [known, *_pages([*blocks, *_past(facts, folder / f"{PROFILE}-lags.png")], title, folder / f"{PROFILE}.md")]


def save_standing(standing: Standing, folder: Path) -> list[Path]:
    """Write the profile of one state of a table into a folder, as JSON and as pages; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    known, title = folder / f"{PROFILE}.json", f"Profile of {standing.table}"
    write_standing(standing, known)
    return [known, *_pages([Heading(1, title), *standing_blocks(standing)], title, folder / f"{PROFILE}.md")]


def _pages(blocks: Sequence[Block], title: str, path: Path) -> list[Path]:
    """Write blocks as markdown and as HTML; return the paths, those of pictures among them."""
    path.write_text(markdown(blocks), encoding="utf-8")
    path.with_suffix(".html").write_text(page(blocks, title), encoding="utf-8")
    return [path, path.with_suffix(".html"), *(block.path for block in blocks if isinstance(block, Picture))]


def _past(facts: HistoryFacts, picture: Path) -> list[Block]:
    """Return what the history is like, with its lags drawn, what windows would make of it, and where it comes from."""
    return [*past_blocks(facts), *_drawn(facts, picture), *window_blocks(facts), *origin_blocks(facts)]


def _drawn(facts: HistoryFacts, path: Path) -> list[Picture]:
    """Draw the lags, if there are any and the library for pictures is installed."""
    if not facts.lateness.behind or find_spec("matplotlib") is None:
        return []
    from incload.report.render.figure import draw_lags

    marks = [(window.forecast.seconds, span(window.forecast.seconds)) for window in facts.windows]
    draw_lags(facts.lateness.curve, facts.lateness.changes, path, marks)
    return [Picture(path, "Share of changes that a lookback window of any size would miss")]
