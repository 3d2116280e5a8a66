"""The switches of the guards: what is reported or refused by default, and let pass with the switch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.loading.plan import Guards, Plan
from incload.loading.run import LoadSummary

if TYPE_CHECKING:
    from pathlib import Path

SWITCHES = {
    "--allow-removals": Guards(allow_removals=True),
    "--allow-backwards": Guards(allow_backwards=True),
    "--allow-ahead": Guards(allow_ahead=True),
    "--allow-mismatch": Guards(allow_mismatch=True),
    "--same-source": Guards(same_source=True),
}


def load(folder: Path, count: int, *more: str, timestamp: str = "2026-01-01T00:00:00Z") -> int:
    """Load a file of so many rows."""
    rows = [{"id": number, "at": timestamp} for number in range(count)]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    target = f"sqlite:///{folder}/copy.db"
    options = ["--table", "t", "--key", "id", "--cursor", "at", "--output", str(folder / "summary.json")]
    return main(["load", str(folder / "rows.json"), "--target", target, *options, *more])


def warnings(folder: Path) -> list[str]:
    """Return the warnings of the summary that was written."""
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("strategy", ["full_refresh", "snapshot_diff", "row_hash_cdc"])
def test_a_shrunken_file_is_reported(strategy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line and the exit code say what was held back, stderr and the summary how to let it pass."""
    assert load(tmp_path, 60, "--strategy", strategy) == 0
    assert (warnings(tmp_path), capsys.readouterr().err) == ([], "")
    assert load(tmp_path, 40, "--strategy", strategy) == 3
    (warning,) = warnings(tmp_path)
    text = capsys.readouterr()

    assert text.err == f"incload: warning: {warning}\n"
    assert warning.startswith("20 rows of 't' that the source no longer has were kept")
    assert warning in text.out
    assert text.out.startswith("Held back the removal of 20 rows from t; ")
    assert "  held_back: 20\n" in text.out
    assert "  total_in_target: 60\n" in text.out
    assert load(tmp_path, 40, "--strategy", strategy, "--allow-removals") == 0
    assert "  total_in_target: 40\n" in capsys.readouterr().out
    assert warnings(tmp_path) == []


def test_a_dry_run_predicts_what_is_held_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its first line and exit code are those of the load that it stands for."""
    load(tmp_path, 60, "--strategy", "snapshot_diff")
    capsys.readouterr()
    assert load(tmp_path, 40, "--strategy", "snapshot_diff", "--dry-run") == 3

    assert capsys.readouterr().out.startswith(
        "Dry run: 0 rows would be written to t and 0 removed, and the removal of 20 rows from t held back; "
    )


def test_a_timestamp_in_the_future_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The watermark is ahead of the clock; with the switch nothing is said."""
    options = ("--strategy", "timestamp_watermark")
    assert load(tmp_path, 1, *options, timestamp="9999-01-01T00:00:00Z") == 0
    assert "the watermark 9999-01-01T00:00:00Z of 't' is ahead of the source's clock" in capsys.readouterr().err
    assert load(tmp_path, 1, *options, "--allow-ahead", timestamp="9999-01-01T00:00:00Z") == 0

    assert (warnings(tmp_path), capsys.readouterr().err) == ([], "")


PARTS = [
    ("row_hash_cdc", "mirror", "row_hash_cdc"),
    ("row_hash_cdc", "replace", "row_hash_cdc"),
    ("timestamp_watermark", "mirror", "timestamp_watermark"),
    ("lookback_window:minutes=30", "replace", "lookback_window_minutes_30"),
]


@pytest.mark.parametrize(("strategy", "rule", "said"), PARTS, ids=lambda part: part.partition(":")[0])
def test_a_part_is_not_taken_for_the_whole(
    strategy: str, rule: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that removes what was not read is refused beside a strategy that reads in part, and nothing is made."""
    assert load(tmp_path, 5, "--strategy", strategy, "--write-rule", rule) == 2

    assert capsys.readouterr().err == (
        f"incload: write rule '{rule}' needs that every sync reads the whole table (WHOLE_READ), and strategy '{said}' "
        "breaks it by design: rows that a sync does not read would leave the copy, and nothing was loaded; "
        "load with --write-rule merge, or, if that is meant, with --allow-mismatch.\n"
    )
    assert not (tmp_path / "copy.db").exists()


def test_a_part_replaces_the_whole_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the switch the load succeeds, and still says what becomes of the rows."""
    options = ("--strategy", "row_hash_cdc", "--write-rule", "mirror", "--allow-mismatch")
    assert load(tmp_path, 5, *options) == 0

    (warning,) = warnings(tmp_path)

    assert warning == (
        "write rule 'mirror' needs that every sync reads the whole table (WHOLE_READ), and strategy 'row_hash_cdc' "
        "breaks it by design, so that rows that a sync does not read leave the copy: load with --write-rule merge."
    )
    assert capsys.readouterr().err == f"incload: warning: {warning}\n"


AGAIN = [
    ("lookback_window", "lookback_window", "merge"),
    ("timestamp_watermark:inclusive=true", "timestamp_watermark_inclusive", "merge"),
    ("full_refresh", "full_refresh", "replace"),
    ("snapshot_diff", "snapshot_diff", "mirror"),
]


@pytest.mark.parametrize(("strategy", "said", "remedy"), AGAIN, ids=lambda part: part.partition(":")[0])
@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["load", "dry"])
def test_reading_again_and_appending_is_reported(
    strategy: str, said: str, remedy: str, dry: list[str], tmp_path: Path
) -> None:
    """The first load, and a dry run of it, already say that later ones may leave rows there twice."""
    assert load(tmp_path, 5, "--strategy", strategy, "--write-rule", "append", *dry) == 0

    (warning,) = warnings(tmp_path)

    assert warning == (
        "write rule 'append' needs that no version of a row is handed to the target twice (READ_ONCE), and strategy "
        f"'{said}' breaks it by design, so that the copy may go wrong: load with --write-rule {remedy}."
    )


FITTING = [
    ("timestamp_watermark", "append"),
    ("row_hash_cdc", "append"),
    ("lookback_window", "newest"),
    ("full_refresh", "mirror"),
    ("snapshot_diff", "replace"),
]


@pytest.mark.parametrize(("strategy", "rule"), FITTING)
def test_a_rule_that_fits_goes_without_a_word(strategy: str, rule: str, tmp_path: Path) -> None:
    """Where a strategy breaks nothing that the rule needs, nothing is said."""
    assert load(tmp_path, 5, "--strategy", strategy, "--write-rule", rule) == 0

    assert warnings(tmp_path) == []


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_switch_lets_one_thing_pass(switch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch of the command is the guard of the plan of that name, and no other."""
    plans: list[Plan] = []

    def planned(_source: object, _target: object, plan: Plan, **_: object) -> LoadSummary:
        plans.append(plan)
        return LoadSummary("t", "s", "merge", None, 0, None, 0, None, None, 0, "untouched", dry_run=False)

    monkeypatch.setattr("incload.loading.run.load", planned)
    for options in ([], [switch]):
        assert load(tmp_path, 1, "--strategy", "timestamp_watermark", *options) == 0

    assert [plan.guards for plan in plans] == [Guards(), SWITCHES[switch]]
