"""The command line besides a load: the summary alone, states of all tables, variants and engines by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

Output = pytest.CaptureFixture[str]


def load(
    folder: Path, *more: str, table: str = "t", strategy: str = "timestamp_watermark", engine: str = "sqlite"
) -> int:
    """Load a file of two rows into a table, under a key of two columns of which one has a comma in its name."""
    rows = [{"id": 1, "line,no": 1, "at": 5}, {"id": 1, "line,no": 2, "at": 6}]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    target = f"{engine}:///{folder}/copy.{engine}"
    options = ["--table", table, "--key", 'id,"line,no"', "--cursor", "at", "--strategy", strategy]
    return main(["load", str(folder / "rows.json"), "--target", target, *options, *more])


def test_the_summary_alone_is_json(tmp_path: Path, capsys: Output) -> None:
    """`--output -` puts it on the output, where nothing else stands, and makes no file of that name."""
    assert load(tmp_path, "--output", "-") == 0
    summary = json.loads(capsys.readouterr().out)

    assert (summary["loaded"], summary["new_watermark"], summary["warnings"]) == (2, 6, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.sqlite", "rows.json"]


def test_write_rules_are_offered_as_they_are_typed(tmp_path: Path, capsys: Output) -> None:
    """A rule that there is not is answered with the names of those that there are."""
    with pytest.raises(SystemExit, match="2"):
        load(tmp_path, "--write-rule", "upsert")

    said = capsys.readouterr().err.replace("'", "")
    assert "invalid choice: upsert (choose from append, merge, newest, replace, mirror)" in said


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_key_that_cannot_be_appended_is_refused(engine: str, tmp_path: Path, capsys: Output) -> None:
    """A table that merging has made takes every key once, and the refusal says how to go on."""
    load(tmp_path, engine=engine)
    capsys.readouterr()

    assert load(tmp_path, "--write-rule", "append", strategy="full_refresh", engine=engine) == 2
    assert capsys.readouterr().err == (
        f"incload: a row that was read has the key of one that stands in 't' of '{tmp_path}/copy.{engine}', whose "
        "primary key takes each once: load with --write-rule merge, or append to another table.\n"
    )


def test_a_table_that_is_replaced_has_lost_nothing(tmp_path: Path, capsys: Output) -> None:
    """Rows that make room for themselves are not reported as if they were gone."""
    load(tmp_path, strategy="full_refresh")
    load(tmp_path, strategy="full_refresh")

    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Loaded")] == [
        "Loaded 2 rows into t.",
        "Loaded 2 rows into t in place of 2.",
    ]


def test_states_of_all_tables_are_shown(tmp_path: Path, capsys: Output) -> None:
    """Without --table each state of the target is shown, or each of one strategy."""
    target = f"sqlite:///{tmp_path}/copy.sqlite"
    for table in ("a", "b"):
        load(tmp_path, table=table)
    load(tmp_path, table="b", strategy="composite_watermark")
    capsys.readouterr()
    heads = {
        (): ["a by timestamp_watermark", "b by composite_watermark", "b by timestamp_watermark"],
        ("--strategy", "timestamp_watermark"): ["a by timestamp_watermark", "b by timestamp_watermark"],
        ("--table", "B"): ["b by composite_watermark", "b by timestamp_watermark"],
    }
    for options, lines in heads.items():
        assert main(["state", "show", target, *options]) == 0
        assert [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")] == lines


def test_a_strategy_without_a_state_is_named(tmp_path: Path, capsys: Output) -> None:
    """An empty answer would look as if something had gone wrong."""
    load(tmp_path)
    capsys.readouterr()

    assert main(["state", "show", f"sqlite:///{tmp_path}/copy.sqlite", "--strategy", "full_refresh"]) == 2
    assert capsys.readouterr().err == (f"incload: strategy 'full_refresh' has no state in '{tmp_path}/copy.sqlite'.\n")


def test_the_list_says_what_a_variant_is(capsys: Output) -> None:
    """A variant is not described in the words of another one, and a server is an engine too."""
    assert main(["list"]) == 0
    named = (line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    lines = dict(named)

    assert lines["row_hash_cdc_without_removes"] == "The same as row_hash_cdc:removes=false."
    assert lines["lookback_window_minutes_30_from_clock"] == "The same as lookback_window:minutes=30,from_clock=true."
    assert lines["sqlite"] == "source and target"
    assert lines["postgres"] == "source and target; needs pip install 'incload[postgres]'"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["replay", ".", "--key", "id", "--cursor", "at"], "stopped before the reports were complete: run"),
        (["profile", ".", "--key", "id", "--cursor", "at"], "stopped before the profile was complete: run"),
        (["list"], "stopped before the command had finished: run"),
    ],
)
def test_a_stopped_command_says_what_it_leaves_behind(
    command: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only a load speaks of a target: no other command has one."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for module in ("replay", "profile", "list_"):
        monkeypatch.setattr(f"incload.commands.{module}.run", stop)

    assert main(command) == 130
    assert capsys.readouterr().err.startswith(f"incload: {said}")
