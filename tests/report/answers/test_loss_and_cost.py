"""Every loader of some reports in one picture: what it shows, and that the committed one is current."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from incload.cli import main
from incload.report.answers.loss_and_cost import joined, spots
from incload.report.render.cost_picture import Spot, cost_picture

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Framed

CAPTIONS = {"own": "ours", "other": "theirs", "uncounted": "not counted"}


def test_a_loader_is_its_means_over_scenarios(framed: Framed) -> None:
    """Who does not count its reads has none; a reference copy and an error are no trial."""
    frame = framed(
        {"strategy": "a", "scenario": "x", "predicted": "sound", "rows_read": 10, "rows_ever_wrong": 0},
        {"strategy": "a", "scenario": "y", "predicted": "wrong", "rows_read": 30, "rows_ever_wrong": 3},
        {"strategy": "b", "scenario": "x", "predicted": "", "rows_read": None, "rows_ever_wrong": 5},
        {"strategy": "b", "scenario": "y", "predicted": "", "outcome": "unknown", "rows_read": None},
        {"strategy": "reference_copy", "scenario": "x", "predicted": "sound", "rows_read": 50, "rows_ever_wrong": 0},
    )

    assert spots(frame) == [Spot("a", "own", 20.0, 1.5, 2), Spot("b", "other", None, 5.0, 1)]


def test_only_those_that_count_their_reads_are_joined() -> None:
    """Who reads more and has more wrong than another one is not."""
    found = joined([Spot("a", "own", 10, 1, 2), Spot("b", "other", 20, 2, 2), Spot("c", "other", None, 0, 2)])

    assert [(each.name, each.joined) for each in found] == [("a", True), ("b", False), ("c", False)]


def test_a_spot_says_its_figures() -> None:
    """They stand in the title of its form, which says the kind beside the colour."""
    drawn = cost_picture(
        [Spot("a&b", "own", 10, 1, 2), Spot("c", "other", 20, 2, 1), Spot("d", "other", None, 0.5, 3)], "t", CAPTIONS
    )

    assert "<title>a&amp;b: 10 rows read, 1 ever wrong, in each of 2 scenarios</title>" in drawn
    assert "<title>d: rows read not counted, 0.5 ever wrong" in drawn
    assert [drawn.count(each) for each in ("<circle", "h9v9h-9z", "l5.5 10h-11z")] == [2, 2, 2]


def test_the_committed_picture_is_current(root: Path, tmp_path: Path) -> None:
    """It is what the records say, and the README shows it (bench/frontier.py writes it)."""
    reports, made = root / "reports", tmp_path / "frontier.svg"
    assert (
        main(["report", *(str(reports / f"{name}.csv") for name in ("frontier", "peers")), "--frontier", f"{made}"])
        == 0
    )

    assert made.read_text(encoding="utf-8") == (reports / "frontier.svg").read_text(encoding="utf-8")
    assert "](reports/frontier.svg)" in (root / "README.md").read_text(encoding="utf-8")


def test_it_shows_ours_the_wild_ones_and_the_peers(root: Path) -> None:
    """Each kind is there, named, and no name covers another one."""
    text = (root / "reports" / "frontier.svg").read_text(encoding="utf-8")
    said = [each.text or "" for each in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - ours
    places = [
        (float(x), float(y), name) for x, y, name in re.findall(r"x='(\d+)' y='(\d+)'[^>]*>([a-z_0-9]+)</text>", text)
    ]

    assert {"snapshot_diff", "lookback_window", "first_run_starts_now", "dlt_merge", "pandas_append"} <= {*said}
    assert len(places) > 60
    assert [(a[2], b[2]) for a in places for b in places if a is not b and _meet(a, b)] == []


def _meet(one: tuple[float, float, str], other: tuple[float, float, str]) -> bool:
    """Return whether two names cover each other, at six pixels a letter."""
    (x, y, name), (left, base, _) = sorted((one, other))
    return abs(y - base) < 11 and left < x + 6 * len(name)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a.csv", "b.csv"], "a report is rendered from one CSV"),
        (["reports/speed.csv", "--frontier", "x.svg"], "there is no frontier to draw"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    words: list[str], sentence: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several reports without a picture, and a report without verdicts, are refused in a sentence."""
    monkeypatch.chdir(root)

    assert main(["report", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (root / "x.svg").exists()
