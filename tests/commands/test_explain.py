"""`incload explain` says why a cell is wrong or right, and `incload list --assumptions` who needs what."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from incload.assumptions import Assumption
from incload.cli import main
from incload.history.synthetic.scenarios import SCENARIOS
from incload.registry import strategies

if TYPE_CHECKING:
    from incload.strategy import Strategy

WRONG = """\
timestamp_watermark with merge in late_arrivals, sqlite-sqlite, 100 rows, seed 1
wrong: 32 rows were wrong after some sync; at the end: 14 lost, 16 stale.
New rows and updates arrive with timestamps one to nine minutes older than the newest read before.
Seen in meltano/squared#677, fivetran/dbt_jira#117, fivetran/dbt_jira#118 (cause C22).
The base is visible at 2026-01-01T00:00:00; 10 ticks follow, one every 0:05:00, the last at
2026-01-01T00:50:00. Sync 0 loads the base, and a sync follows each.
"""


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `incload explain` at a hundred rows; return its exit code and what it wrote to either stream."""
    code = main(["explain", *arguments, "--rows", "100"])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_json_has_the_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict, the counts and the lines of the story each have a name."""
    code, text, _ = explained(capsys, "timestamp_watermark", "late_arrivals", "--format", "json")
    found = json.loads(text)
    counts = {"lost": 14, "stale": 16, "phantom": 0, "duplicated": 0, "rows_ever_wrong": 32, "rows_never_healed": 30}

    assert (code, found["counts"]) == (0, counts)
    assert [found[each] for each in ("strategy", "write_rule", "scenario", "engines", "rows", "seed")] == [
        *("timestamp_watermark", "merge", "late_arrivals", "sqlite-sqlite", 100, 1),
    ]
    assert [found[each] for each in ("verdict", "predicted", "as_predicted")] == ["wrong", "wrong", True]
    assert found["story"][0].startswith("1. ")
    assert found["text"].startswith(WRONG)


def test_a_wrong_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what happened when, the story of a row, what failed by how much, and who does without it."""
    code, text, _ = explained(capsys, "timestamp_watermark", "late_arrivals")
    head, story, failed, right = text.split("\n\n")

    assert code == 0
    assert [line[:2] for line in story.splitlines() if not line.startswith(" ")] == ["1.", "2.", "3.", "4."]
    assert f"{head}\n" == WRONG
    assert re.search(r"LAG_WITHIN: .* Any break above 0 does harm\. The largest break here is 0:0\d:", flat(failed))
    assert right.splitlines()[0] == "Right in late_arrivals, by prediction:"
    assert (
        "  not needing LAG_WITHIN: digest_blocks, full_refresh, row_hash_cdc, row_hash_cdc_without_removes,\n" in right
    )
    assert "  bearing LAG_WITHIN up to 0:10:00: adaptive_lookback, lookback_window,\n" in right


def test_a_sound_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what is needed and that none of it is broken, and how far the scenario goes towards a size."""
    code, text, _ = explained(capsys, "lookback_window", "late_arrivals")

    assert code == 0
    assert "sound: no row was wrong after any of 11 syncs." in text
    assert "What lookback_window needs with merge, none of it broken:\n  ATOMIC_COMMIT " in text
    assert re.search(r"Up to 0:10:00 does no harm; the largest here is 0:0\d:\d\d\.\d+\.", flat(text))
    assert text.endswith("What the scenario breaks does not matter to it: INSERT_ONLY.\n")


def test_where_a_flaw_was_seen_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario names its public threads and its cause, or that there is none; a clean life names nothing."""
    _, seen, _ = explained(capsys, "full_refresh", "late_commit")
    _, reasoned, _ = explained(capsys, "full_refresh", "truncate_and_reload")
    _, clean, _ = explained(capsys, "full_refresh", "clean")

    assert flat(seen).count("airbytehq/airbyte#9668, dlt-hub/dlt#2269 (cause C17).") == 1
    assert "Reasoned: no public report is known (cause X05).\n" in reasoned
    assert "cause" not in clean


def test_a_row_that_heals_has_a_sync_at_which_it_is_right_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of a story says when the row was right again."""
    _, text, _ = explained(capsys, "lookback_with_reconciliation", "late_beyond_window")

    assert re.search(r"4\. It was (lost|stale) after sync \d and was right again after sync [48]\.", text)


def test_skipped_syncs_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Where syncs do not run it says which, and a strategy that counts from the clock is explained by its own bound."""
    code, text, _ = explained(capsys, "lookback_window_minutes_30_from_clock", "missed_syncs")

    assert code == 0
    assert "a sync follows each but 2, 3, 4, 5, 6, 7, 8." in flat(text)
    assert "ON_SCHEDULE: every change is younger than the bound" in text
    assert "Up to 0:30:00 does no harm. The largest break here is 0:3" in flat(text)


def test_parameters_engines_and_seed(capsys: pytest.CaptureFixture[str]) -> None:
    """A variant of one's own, another pair and another seed are what is run."""
    chosen = ("lookback_window:minutes=3", "late_arrivals", "--engines", "duckdb-duckdb", "--seed", "4")
    code, text, _ = explained(capsys, *chosen)

    assert code == 0
    assert text.startswith(
        "lookback_window_minutes_3 with merge in late_arrivals, duckdb-duckdb, 100 rows, seed 4\nwrong: "
    )
    assert "Up to 0:03:00 does no harm." in flat(text)


def test_what_was_not_predicted_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is wrong although nothing is broken is called what it is, and the exit code is 1."""
    monkeypatch.setattr(
        "incload.harness.trials.explanation.disagreement", lambda found: f"{found.strategy} is a surprise."
    )
    code, text, _ = explained(capsys, "timestamp_watermark", "hard_deletes")

    assert code == 1
    assert "This is not as predicted: timestamp_watermark is a surprise." in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("timestamp_watermrk", "clean"), "unknown strategy 'timestamp_watermrk': did you mean timestamp_watermark?"),
        (("full_refresh", "cleen"), "unknown scenario 'cleen': did you mean clean?"),
        (("full_refresh", "clean", "--engines", "sqlite-duckbd"), "unknown engine pair 'sqlite-duckbd': did you mean"),
        (("full_refresh", "clean", "--rows", "0"), "--rows 0 leaves nothing to load: give at least 1."),
    ],
)
def test_what_does_not_exist_is_refused(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown name is refused with the nearest known one."""
    code = main(["explain", *arguments])
    said = capsys.readouterr()

    assert (code, said.out) == (2, "")
    assert said.err.startswith(f"incload: {message}")


# incload list --assumptions


@pytest.fixture
def paragraphs(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    """Return what is said of each assumption, by name and then by what is said."""
    assert main(["list", "--assumptions"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    _, *blocks = text.rstrip("\n").split("\n\n")
    return {block.partition("\n")[0]: said(block) for block in blocks}


def said(block: str) -> dict[str, str]:
    """Read a paragraph: what begins in the third column has a name before its text."""
    lines = re.sub(r"\n {4,}", " ", block).splitlines()[1:]
    return {line[:27].strip(): line[27:].strip() for line in lines}


def test_every_assumption_is_listed(paragraphs: dict[str, dict[str, str]]) -> None:
    """Each has its sentence."""
    assert {name: rest["it holds when"] for name, rest in paragraphs.items()} == {
        each.name: each.value for each in Assumption
    }


def test_who_needs_an_assumption(paragraphs: dict[str, dict[str, str]]) -> None:
    """Strategies are named by the size that they bear, rules with the one strategy that makes them need it."""
    lags = paragraphs["LAG_WITHIN"]

    assert lags["needed beyond 0:10:00 by"] == (
        "adaptive_lookback, lookback_window, lookback_with_reconciliation, sparse_lookback"
    )
    assert lags["needed beyond 0:01:00 by"] == "lookback_window_minutes_1"
    assert "timestamp_watermark_inclusive" in lags["needed beyond 0 by"]
    assert paragraphs["UNIQUE_CURSOR"]["needed by"] == "clock_bounded_watermark, timestamp_watermark"
    assert paragraphs["COMPLETE_READ"]["needed by"] == "every strategy"
    assert paragraphs["INSERT_ONLY"]["a write rule needs it"] == "append"
    printed = "append, merge, newest with every strategy but digest_blocks, log_cdc, row_hash_cdc, "
    assert paragraphs["NO_HARD_DELETES"]["a write rule needs it"].startswith(printed)
    assert paragraphs["CURSOR_NOT_IN_FUTURE"]["a write rule needs it"] == "append with clock_bounded_watermark"


def test_what_breaks_an_assumption(paragraphs: dict[str, dict[str, str]]) -> None:
    """Scenarios are named, or when they are most of all the others; strategies that break it by design as well."""
    assert paragraphs["CURSOR_PRESENT"]["broken in"] == "null_cursor"
    assert paragraphs["INSERT_ONLY"]["broken in"] == "every scenario but inserts_only, id_order_is_not_commit_order"
    assert paragraphs["WHOLE_READ"]["broken by design by"] == "every strategy but full_refresh, snapshot_diff"
    assert "broken in" not in paragraphs["WHOLE_READ"]
    assert paragraphs["COMMIT_WITHIN"]["broken in"].startswith("any history, by as much")


def test_no_one_is_left_out(paragraphs: dict[str, dict[str, str]]) -> None:
    """Every need of every strategy, and every break of every scenario, stands in the list."""

    def listed(name: str, label: str, who: str) -> bool:
        texts = (text for key, text in paragraphs[name].items() if key.startswith(label))
        return any((who in re.split(", | ", text)) is not text.startswith("every ") for text in texts)

    def needs(each: Strategy) -> list[str]:
        return [need.assumption.name for need in each.needs]

    assert [
        (each.id, name) for each in strategies() for name in needs(each) if not listed(name, "needed", each.id)
    ] == []
    assert [
        (each.id, broken.name)
        for each in SCENARIOS
        for broken in each.breaks
        if not listed(broken.name, "broken in", each.id)
    ] == []


def flat(text: str) -> str:
    """Join the lines of a text that was wrapped."""
    return " ".join(text.split())
