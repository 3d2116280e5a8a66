"""`incload state`: a state can be shown, reset, rolled back and set, and each command says what follows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TIMESTAMPS = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")


@pytest.fixture(params=["sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A target that was loaded three times, one row at a time."""
    target = f"{request.param}:///{tmp_path}/copy.{request.param}"
    for count in (1, 2, 3):
        assert load(tmp_path, target, count) == 0
    capsys.readouterr()
    return target


def load(folder: Path, target: str, count: int, strategy: str = "timestamp_watermark") -> int:
    """Load the first few rows."""
    rows = [{"id": number, "at": timestamp} for number, timestamp in enumerate(TIMESTAMPS[:count])]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    options = ["--table", "t", "--key", "id", "--cursor", "at", "--strategy", strategy]
    return main(["load", str(folder / "rows.json"), "--target", target, *options])


def state(url: str, action: str, *more: str) -> int:
    """Run one of the commands."""
    return main(["state", action, url, "--table", "t", *more])


def test_show_lists_the_value_its_history_and_the_next_load(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The source is named, the watermark stands as it writes it, and the runs newest first."""
    assert state(url, "show") == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[:3] == ["t by timestamp_watermark", f"  source: {tmp_path}/rows.json", f"  watermark: {TIMESTAMPS[2]}"]
    assert lines[3].endswith(f"reads the rows whose at is later than {TIMESTAMPS[2]}.")
    assert [(line.split()[1], line.split()[-1]) for line in lines[4:]] == [
        ("3", TIMESTAMPS[2]),
        ("2", TIMESTAMPS[1]),
        ("1", TIMESTAMPS[0]),
    ]


def test_a_rollback_puts_an_older_value_back(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next load reads again what was read since that run."""
    assert state(url, "rollback", "--to", "1") == 0
    assert f"Rows between {TIMESTAMPS[0]} and {TIMESTAMPS[2]} are read again" in capsys.readouterr().out
    assert load(tmp_path, url, 3) == 0
    assert "loaded: 2" in capsys.readouterr().out


def test_a_value_set_by_hand_is_where_the_next_load_starts(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What lies between the old watermark and a later one is missed, and the command says so."""
    assert state(url, "set", "--watermark", TIMESTAMPS[1]) == 0
    assert state(url, "set", "--watermark", "2027-01-01T00:00:00Z") == 0
    assert "are missed" in capsys.readouterr().out
    assert load(tmp_path, url, 3) == 0
    assert "Nothing to load" in capsys.readouterr().out


def test_a_reset_makes_the_next_load_a_first_one(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is read again; a rehearsal forgets nothing."""
    assert state(url, "reset", "--dry-run") == 0
    assert load(tmp_path, url, 3) == 0
    assert "Nothing to load" in capsys.readouterr().out
    assert state(url, "reset") == 0
    assert load(tmp_path, url, 3) == 0
    assert "loaded: 3" in capsys.readouterr().out


def test_digests_go_with_a_reset_and_cannot_be_rolled_back(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Digests of older runs are not kept, and the refusal names the way out."""
    assert load(tmp_path, url, 3, "row_hash_cdc") == 0
    capsys.readouterr()
    assert state(url, "set", "--strategy", "row_hash_cdc") == 2
    assert "incload state reset" in capsys.readouterr().err
    assert state(url, "reset", "--strategy", "row_hash_cdc") == 0
    assert load(tmp_path, url, 3, "row_hash_cdc") == 0


REFUSED = {
    "unknown table": (["show", "--table", "tt"], "did you mean t?"),
    "unknown strategy": (["show", "--strategy", "lookback_windw"], "did you mean lookback_window?"),
    "strategy without state": (["reset", "--strategy", "lookback_window"], "has no state"),
    "unknown run": (["rollback", "--to", "9"], "run 9 is not in the history"),
    "another form": (["set", "--watermark", "yesterday"], "write it as in"),
    "no watermark": (["set"], "name one with --watermark"),
    "a key that is not remembered": (["set", "--watermark", TIMESTAMPS[0], "--key", "5"], "leave out --key"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_input_is_one_sentence(url: str, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is changed, and the exit code is 2."""
    (action, *more), said = REFUSED[fault]
    code = state(url, action, *more)
    error = capsys.readouterr().err

    assert (code, error.count("\n")) == (2, 1)
    assert said in error
    assert state(url, "show") == 0
    assert f"  watermark: {TIMESTAMPS[2]}\n" in capsys.readouterr().out


def test_every_kind_of_value_is_shown(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys, digests, rollbacks and resets are distinguished in the history."""
    assert load(tmp_path, url, 3, "composite_watermark") == load(tmp_path, url, 3, "row_hash_cdc") == 0
    assert state(url, "rollback", "--strategy", "timestamp_watermark", "--to", "2") == 0
    assert state(url, "reset", "--strategy", "timestamp_watermark") == 0
    capsys.readouterr()
    assert state(url, "show") == 0
    shown = [line.split("Z  ", 1)[-1] for line in capsys.readouterr().out.splitlines() if "The next load" not in line]

    assert shown == [
        "t by composite_watermark",
        f"  source: {tmp_path}/rows.json",
        f"  watermark: {TIMESTAMPS[2]}",
        "  key: 2",
        f"sync  3 rows  {TIMESTAMPS[2]} with key 2",
        "t by row_hash_cdc",
        f"  source: {tmp_path}/rows.json",
        "  digests: 3",
        "sync  0 rows  digests",
        "t by timestamp_watermark",
        "  no state",
        "reset  0 rows  nothing",
        f"rollback to 2  0 rows  {TIMESTAMPS[1]}",
        *(f"sync  1 rows  {timestamp}" for timestamp in reversed(TIMESTAMPS)),
    ]


def test_a_dropped_table_changes_what_the_next_load_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the table the watermark counts for nothing, and neither a look nor a change pretends otherwise."""
    target = f"sqlite:///{tmp_path}/copy.db"
    assert load(tmp_path, target, 3) == 0
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        connection.execute("DROP TABLE t")
    capsys.readouterr()
    assert state(target, "show") == state(target, "set", "--watermark", TIMESTAMPS[0]) == 0
    text = capsys.readouterr().out

    assert text.count("The target has no table t: the next load drops the state and reads everything.") == 2
    assert "read again" not in text
    assert load(tmp_path, target, 3) == 0
    assert "loaded: 3" in capsys.readouterr().out


def test_a_rehearsal_says_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --dry-run each command says what would be, and what the next load would then do."""
    for action in (["rollback"], ["set", "--watermark", TIMESTAMPS[0]], ["reset"]):
        assert state(url, *action, "--dry-run") == 0
        assert "would be" in capsys.readouterr().out
    assert state(url, "show") == 0

    assert f"  watermark: {TIMESTAMPS[2]}\n" in capsys.readouterr().out


def test_a_file_of_records_remembers_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only a database has a state."""
    assert state(str(tmp_path / "rows.json"), "show") == 2
    assert "is no database: write sqlite:///path or duckdb:///path" in capsys.readouterr().err


def test_a_target_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at a state creates no database."""
    assert state(f"sqlite:///{tmp_path}/gone.db", "show") == 2
    assert "there is no target" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_old_name_of_the_command_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that calls the command by its former name gets the new one in one sentence."""
    assert main(["memory", "show", "sqlite:///copy.db", "--table", "t"]) == 2
    assert capsys.readouterr().err == "incload: `incload memory` is `incload state` now: its options are the same.\n"
