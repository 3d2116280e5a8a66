"""The page of the peers: its figures come from the records, and it says what was not run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from incload.report.frame import frame_of, report_frame
from incload.report.outcome import Outcome
from incload.report.peers.pages import Described, again_sentence, headline, peer_blocks, run_sentence
from incload.report.render.markdown import markdown

LOADER = {"suite": "matrix", "strategy": "tool_merge", "write_rule": "", "source_engine": "postgres"}
SAME = {"target_engine": "duckdb", "rows": 100, "seed": 1, "history_digest": "d", "rows_written": None}
FACTS = json.dumps({"contender": {"versions": "tool 1.2", "clock": "the machine's time"}})


def record(scenario: str, outcome: str, **more: object) -> Outcome:
    """Return one trial of the loader."""
    return Outcome(**{**LOADER, **SAME, "scenario": scenario, "outcome": outcome, "environment": FACTS, **more})  # type: ignore[arg-type]


TRIALS = [
    record("clean", "sound", syncs=2, load_seconds_min=1.0, times_reference=4.0, peak_memory_bytes=5_000_000),
    record("late_arrivals", "wrong", lost=3, lost_max=3, syncs=2, wrong_syncs=1, rows_ever_wrong=3, rows_never_healed=3,
           load_seconds_min=2.0, times_reference=8.0),
    record("hard_deletes", "unknown", reason="it broke"),
    record("memory_lost", "not_applicable", reason="no state"),
    record("clean", "sound", strategy="other"),
]  # fmt: skip


def test_the_headline_counts_what_was_run_and_what_was_not() -> None:
    """Two loaders on four scenarios are eight cells: what did not run is said."""
    frame = frame_of(TRIALS)

    assert headline(frame) == (
        "2 loaders on 4 scenarios, each sync audited row by row: in 1 of 3 trials the copy had wrong rows after a sync "
        "that reported success. Other cells: 1 unknown (the loader failed), 1 not applicable, 3 not run."
    )


def test_the_page_shows_verdicts_costs_and_what_to_do() -> None:
    """Every figure stands in the records; the remedy and the link are those of the recipe."""
    said = Described("tool_merge", "tool", "It merges.", "https://example.org/merge", "Use a lag.")
    page = markdown(peer_blocks(frame_of(TRIALS), [said]))

    assert "**3 lost**" in page
    assert "**tool_merge:** Use a lag. https://example.org/merge" in page.replace("\\", "")
    assert "versions: tool 1.2; clock: the machine's time" in page
    assert "**tool_merge, hard_deletes:** it broke" in page.replace("\\", "")


def test_the_page_says_of_which_run_its_figures_are() -> None:
    """One run of all loaders, with what it ran on, or several."""
    page = markdown(peer_blocks(frame_of(TRIALS), [], [run_sentence((1_800.0, 2, 2, 0.5)), "And more.", ""]))

    assert (
        "These figures are of one run, 2 tools at a time, which took 30 minutes on 2 processors; the load of the "
        "machine was 0.5 before.\n\nAnd more.\n"
    ) in page
    assert again_sentence(["dbt"], ["clean", "starts_empty"]) == (
        "Run again afterwards, in place of what it had shown: dbt in clean and starts_empty."
    )
    assert run_sentence(None) == "These figures are of several runs, put together."


def test_the_readme_says_the_headline_of_the_published_report() -> None:
    """The figures in the README are those of the committed records."""
    root = Path(__file__).parents[3]
    frame = report_frame(root / "reports" / "peers.csv")
    found = re.search(r"in \d+ of \d+ trials", headline(frame[~frame["reference"]]))

    assert found
    assert found[0] in (root / "README.md").read_text(encoding="utf-8")
