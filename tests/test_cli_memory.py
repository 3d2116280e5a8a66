"""`incload memory`: what is remembered can be looked at, forgotten, put back and set, and each says what follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

STAMPS = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")


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
    rows = [{"id": number, "at": stamp} for number, stamp in enumerate(STAMPS[:count])]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    options = ["--table", "t", "--key", "id", "--cursor", "at", "--strategy", strategy]
    return main(["load", str(folder / "rows.json"), "--target", target, *options])


def memory(url: str, action: str, *more: str) -> int:
    """Run one of the commands."""
    return main(["memory", action, url, "--table", "t", *more])


def test_show_tells_the_value_its_history_and_the_next_load(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The watermark stands as the source writes it, the runs newest first."""
    assert memory(url, "show") == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[:2] == ["t by timestamp_watermark", f"  watermark: {STAMPS[2]}"]
    assert lines[2].endswith(f"reads the rows whose at is later than {STAMPS[2]}.")
    assert [(line.split()[1], line.split()[-1]) for line in lines[3:]] == [
        ("3", STAMPS[2]),
        ("2", STAMPS[1]),
        ("1", STAMPS[0]),
    ]


def test_a_rollback_puts_an_older_value_back(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next load reads again what was read since that run."""
    assert memory(url, "rollback", "--to", "1") == 0
    assert f"Rows between {STAMPS[0]} and {STAMPS[2]} are read again" in capsys.readouterr().out
    assert load(tmp_path, url, 3) == 0
    assert "loaded: 2" in capsys.readouterr().out


def test_a_value_set_by_hand_is_where_the_next_load_starts(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What lies between the old watermark and a later one is missed, and the command says so."""
    assert memory(url, "set", "--watermark", STAMPS[1]) == 0
    assert memory(url, "set", "--watermark", "2027-01-01T00:00:00Z") == 0
    assert "are missed" in capsys.readouterr().out
    assert load(tmp_path, url, 3) == 0
    assert "Nothing to load" in capsys.readouterr().out


def test_a_reset_makes_the_next_load_a_first_one(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is read again; a rehearsal forgets nothing."""
    assert memory(url, "reset", "--dry-run") == 0
    assert load(tmp_path, url, 3) == 0
    assert "Nothing to load" in capsys.readouterr().out
    assert memory(url, "reset") == 0
    assert load(tmp_path, url, 3) == 0
    assert "loaded: 3" in capsys.readouterr().out


def test_digests_go_with_a_reset_and_cannot_be_rolled_back(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Digests of older runs are not kept, and the refusal names the way out."""
    assert load(tmp_path, url, 3, "row_hash_cdc") == 0
    capsys.readouterr()
    assert memory(url, "set", "--strategy", "row_hash_cdc") == 2
    assert "incload memory reset" in capsys.readouterr().err
    assert memory(url, "reset", "--strategy", "row_hash_cdc") == 0
    assert load(tmp_path, url, 3, "row_hash_cdc") == 0


REFUSED = {
    "unknown table": (["show", "--table", "tt"], "did you mean t?"),
    "unknown strategy": (["show", "--strategy", "lookback_windw"], "did you mean lookback_window?"),
    "strategy without memory": (["reset", "--strategy", "lookback_window"], "remembers nothing"),
    "unknown run": (["rollback", "--to", "9"], "run 9 is not in the history"),
    "another form": (["set", "--watermark", "yesterday"], "write it as in"),
    "no watermark": (["set"], "name one with --watermark"),
    "a key that is not remembered": (["set", "--watermark", STAMPS[0], "--key", "5"], "leave out --key"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_input_is_one_sentence(url: str, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is changed, and the exit code is 2."""
    (action, *more), said = REFUSED[fault]
    code = memory(url, action, *more)
    error = capsys.readouterr().err

    assert (code, error.count("\n")) == (2, 1)
    assert said in error
    assert memory(url, "show") == 0
    assert f"  watermark: {STAMPS[2]}\n" in capsys.readouterr().out


def test_a_target_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at a memory creates no database."""
    assert memory(f"sqlite:///{tmp_path}/gone.db", "show") == 2
    assert "there is no target" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
