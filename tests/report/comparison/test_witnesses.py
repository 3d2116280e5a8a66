"""The witnesses: one story for each failing cell, reported once where cells say it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.witnesses import anchors, story_blocks
from incload.report.render.blocks import Fold, Story

if TYPE_CHECKING:
    from conftest import Framed

WRONG = {"outcome": "wrong", "lost": 1, "witness": "1. it came late\n2. no one asked"}
OTHER = {"target_engine": "sqlite"}


def test_a_story_is_reported_once_for_all_engines(framed: Framed) -> None:
    """The same story on every pair is reported once and names no engine; numbers are left to whoever shows it."""
    blocks = story_blocks(framed(WRONG, {**WRONG, **OTHER}))

    assert blocks[2:] == [
        Fold("clean: 1 strategy", (Story("timestamp_watermark", ("it came late", "no one asked"), "story-clean-1"),))
    ]


def test_different_stories_name_their_engines(framed: Framed) -> None:
    """Where engines differ, each story says on which it happened."""
    blocks = story_blocks(framed(WRONG, {**WRONG, **OTHER, "witness": "another"}))

    assert blocks[2:] == [
        Fold(
            "clean: 1 strategy",
            (
                Story("timestamp_watermark (sqlite → duckdb)", ("it came late", "no one asked"), "story-clean-1"),
                Story("timestamp_watermark (sqlite → sqlite)", ("another",), "story-clean-2"),
            ),
        )
    ]


def test_strategies_share_a_story(framed: Framed) -> None:
    """Two strategies of one scenario with the same story are named together; another scenario stands apart."""
    blocks = story_blocks(framed(WRONG, {**WRONG, "strategy": "b"}, {**WRONG, "scenario": "late_rows"}))

    assert blocks[2:] == [
        Fold(
            "clean: 2 strategies",
            (Story("timestamp_watermark and b", ("it came late", "no one asked"), "story-clean-1"),),
        ),
        Fold(
            "late_rows: 1 strategy",
            (Story("timestamp_watermark", ("it came late", "no one asked"), "story-late-rows-1"),),
        ),
    ]


def test_without_a_wrong_row_there_is_no_story(framed: Framed) -> None:
    """Sound trials say nothing."""
    assert story_blocks(framed({})) == []


def test_every_failing_cell_has_the_anchor_of_its_first_story(framed: Framed) -> None:
    """Strategies that share a story share its anchor; sound cells have none."""
    frame = framed(
        WRONG,
        {**WRONG, **OTHER, "witness": "another"},
        {**WRONG, "strategy": "b", "witness": "another"},
        {"strategy": "c"},
    )

    assert anchors(frame) == {
        ("timestamp_watermark", "clean"): "story-clean-1",
        ("b", "clean"): "story-clean-2",
    }
