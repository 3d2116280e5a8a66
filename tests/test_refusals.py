"""Bad input on the command line: one clear sentence, exit code 2, and the target exactly as it was."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.cli import main
from tests.duckdb_files import opened

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '[{"id": 1, "v": "a", "at": "2026-01-01T00:00:00Z"}, {"id": 2, "v": "b", "at": "2026-01-02T00:00:00Z"}]'
ENGINES = ("sqlite", "duckdb")


def content(path: Path) -> object:
    """Return everything a target holds; None when there is no file."""
    if not path.exists():
        return None
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())
    with opened(path, read_only=True) as connection:
        tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1"
        names = [name for (name,) in connection.execute(tables).fetchall()]
        return [(name, connection.execute(f'SELECT * FROM "{name}" ORDER BY ALL').fetchall()) for name in names]


def load(source: Path | str, target: Path, *more: str, table: str = "t", engine: str = "") -> int:
    """Run `incload load` with the usual options, any of which may be given again."""
    url = f"{engine or target.suffix[1:]}:///{target}"
    arguments = ["load", str(source), "--target", url, "--table", table, "--key", "id", "--cursor", "at"]
    return main([*arguments, "--strategy", "timestamp_watermark", *more])


def written(path: Path, text: str) -> Path:
    """Write a file and return its path."""
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(params=ENGINES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A target that has been loaded once."""
    path = tmp_path / f"copy.{request.param}"
    assert load(written(tmp_path / "good.json", GOOD), path) == 0
    return path


def refused(capsys: pytest.CaptureFixture[str], code: int) -> str:
    """Return the one sentence that a refusal printed."""
    captured = capsys.readouterr()
    lines = captured.err.splitlines()

    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("incload: ")
    assert "Traceback" not in captured.err
    return lines[0]


FILES = {
    "empty file": ("x.json", "", "is empty"),
    "not JSON": ("x.json", "{oops", "is no JSON: Expecting property name"),
    "not records": ("x.json", "[1, 2]", "every record is a JSON object"),
    "missing key column": ("x.json", '[{"v": 1, "at": "2026-01-01T00:00:00Z"}]', "no key column 'id'"),
    "record without key": (
        "x.json",
        '[{"id": 1, "v": "a", "at": "2026-01-01T00:00:00Z"}, {"v": "b", "at": "2026-01-01T00:00:00Z"}]',
        "has no key",
    ),
    "duplicate key": (
        "x.json",
        '[{"id": 1, "v": "a", "at": "2026-01-01T00:00:00Z"}, {"id": 1, "v": "b", "at": "2026-01-01T00:00:00Z"}]',
        "have the key 'id' = 1",
    ),
    "missing cursor column": ("x.json", '[{"id": 1, "v": "a"}]', "no cursor column 'at'"),
    "mixed cursor types": (
        "x.json",
        '[{"id": 1, "v": "a", "at": "2026-01-01T00:00:00Z"}, {"id": 2, "v": "a", "at": 5}]',
        "mixes",
    ),
    "mixed zones": (
        "x.json",
        '[{"id": 1, "v": "a", "at": "2026-01-01T00:00:00Z"}, {"id": 2, "v": "a", "at": "2026-01-01T00:00:00"}]',
        "with and without a zone",
    ),
    "no timestamps": ("x.json", '[{"id": 1, "v": "a", "at": "yesterday"}]', "no ISO timestamp"),
    "another schema": ("x.json", '[{"id": 1, "w": "a", "at": "2026-01-03T00:00:00Z"}]', "another schema"),
    "unknown ending": ("x.txt", GOOD, "neither a file of records"),
    "broken CSV key": ("x.csv", "id,v,at\n1,a,2026-01-01T00:00:00Z\n,b,2026-01-01T00:00:00Z\n", "has no key"),
    "no Parquet": ("x.parquet", "not parquet at all", "cannot be read as a file of records"),
}


@pytest.mark.parametrize("fault", FILES)
def test_a_bad_file_is_refused_in_one_sentence(
    target: Path, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names what is wrong with the file, and nothing changed."""
    name, text, said = FILES[fault]
    before = content(target)
    sentence = refused(capsys, load(written(tmp_path / name, text), target))

    assert said in sentence
    assert content(target) == before


@pytest.mark.parametrize("fault", FILES)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_bad_file_makes_no_target(
    tmp_path: Path, fault: str, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there was no target there is none afterwards, unless the file alone was fit for a first load."""
    name, text, _ = FILES[fault]
    path = tmp_path / f"copy.{engine}"
    code = load(written(tmp_path / name, text), path)
    if fault == "another schema":
        assert code == 0
        return
    refused(capsys, code)

    assert sorted(each.name for each in tmp_path.iterdir()) == [name]


OPTIONS = {
    "unknown strategy": (("--strategy", "timestamp_watermrk"), "did you mean timestamp_watermark?"),
    "unknown parameter": (("--strategy", "lookback_window:minuts=3"), "did you mean minutes?"),
    "bad parameter": (("--strategy", "lookback_window:minutes=soon"), "give a value such as 10"),
    "unknown engine": (("--target", "sqlit:///x.db"), "did you mean sqlite?"),
    "target without a path": (("--target", "sqlite://"), "three slashes"),
    "target is a file of records": (("--target", "x.json"), "no database"),
    "empty key": (("--key", "id,"), "empty column"),
    "unknown key": (("--key", "idd"), "no key column 'idd'"),
}


@pytest.mark.parametrize("fault", OPTIONS)
def test_a_bad_option_is_refused_in_one_sentence(
    target: Path, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names the option's value and the remedy, and nothing changed."""
    options, said = OPTIONS[fault]
    before = content(target)
    sentence = refused(capsys, load(tmp_path / "good.json", target, *options))

    assert said in sentence
    assert content(target) == before


def test_a_missing_source_is_refused(target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is named."""
    before = content(target)

    assert "'" + str(tmp_path / "gone.json") + "'" in refused(capsys, load(tmp_path / "gone.json", target))
    assert content(target) == before


def test_a_source_that_is_no_database_is_refused(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of something else is no database, and a database without the table has none of that name."""
    before = content(target)
    engine = target.suffix[1:]
    written(tmp_path / "noise", "this is not a database " * 100)
    refused(capsys, load(f"{engine}:///{tmp_path}/noise", target))
    sentence = refused(capsys, load(f"{engine}:///{target}?table=tt", tmp_path / f"other.{engine}"))

    assert "did you mean t?" in sentence
    assert content(target) == before


def test_a_target_marked_read_only_is_left_alone(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mark counts even for a user whom the system would let write."""
    before = content(target)
    target.chmod(0o444)
    sentence = refused(capsys, load(tmp_path / "good.json", target))

    assert "read-only" in sentence
    assert content(target) == before


def test_a_target_in_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is not created in passing, and a folder is no target."""
    good = written(tmp_path / "good.json", GOOD)

    assert "does not exist" in refused(capsys, load(good, tmp_path / "no" / "copy.sqlite"))
    assert "is a folder" in refused(capsys, load(good, tmp_path, engine="sqlite"))


def test_a_target_that_is_no_database_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of something else stays what it is."""
    good, noise = written(tmp_path / "good.json", GOOD), "this is not a database " * 100
    for engine in ENGINES:
        path = written(tmp_path / f"noise.{engine}", noise)
        refused(capsys, load(good, path))

        assert path.read_text(encoding="utf-8") == noise


def test_a_window_of_time_needs_a_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plain number says nothing about minutes until the user does."""
    records = [{"id": number, "at": 1_700_000_000 + number} for number in range(3)]
    source, path = written(tmp_path / "n.json", json.dumps(records)), tmp_path / "copy.sqlite"

    assert "--cursor-unit" in refused(capsys, load(source, path, "--strategy", "lookback_window"))
    assert load(source, path, "--strategy", "lookback_window", "--cursor-unit", "s") == 0


HOSTILE = ('qu"ote', "semi;colon", "two words", "select", "naïve 表", "'; DROP TABLE t; --", "a.b", "[x]", "100%")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("engine", ENGINES)
def test_any_name_simply_works(tmp_path: Path, engine: str, name: str) -> None:
    """Tables and columns of any name are loaded, read again and compared, safely quoted."""
    first = [{"id": 1, name: "a", "at": "2026-01-01T00:00:00Z"}]
    source, path = written(tmp_path / "s.json", json.dumps(first)), tmp_path / f"copy.{engine}"
    for strategy in ("timestamp_watermark", "row_hash_cdc", "snapshot_diff"):
        assert load(source, path, "--strategy", strategy, table=name) == 0
    written(source, json.dumps([*first, {"id": 2, name: "b", "at": "2026-01-02T00:00:00Z"}]))
    for strategy in ("row_hash_cdc", "composite_watermark"):
        assert load(source, path, "--strategy", strategy, table=name) == 0
    again = tmp_path / f"again.{engine}"
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())
    assert load(f"{engine}:///{path}?table={quoted}", again, "--strategy", "full_refresh", table=name) == 0

    assert names_and_rows(again, name) == [(1, "a", "2026-01-01T00:00:00Z"), (2, "b", "2026-01-02T00:00:00Z")]


def names_and_rows(path: Path, table: str) -> list[tuple[object, ...]]:
    """Return the rows of a table, by id."""
    quoted = '"' + table.replace('"', '""') + '"'
    connected: Any = closing(sqlite3.connect(path)) if path.suffix == ".sqlite" else opened(path)
    with connected as connection:
        return connection.execute(f"SELECT * FROM {quoted} ORDER BY id").fetchall()  # type: ignore[no-any-return]


def test_the_command_itself_exits_with_2(tmp_path: Path) -> None:
    """A real process prints the sentence on standard error, nothing else, and ends with 2."""
    command = [sys.executable, "-m", "incload", "load", "gone.json", "--target", "sqlite:///copy.db", "--table", "t"]
    done = subprocess.run(
        [*command, "--key", "id", "--strategy", "full_refresh"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "incload: there is no file 'gone.json' to read: check the path of the source.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path, unbuffered: str) -> None:
    """What is printed without a reader ends the process as shells know it, without a traceback, and the load stands."""
    source = written(tmp_path / "good.json", GOOD)
    command = [
        sys.executable,
        "-m",
        "incload",
        "load",
        str(source),
        "--target",
        "sqlite:///copy.sqlite",
        "--table",
        "t",
    ]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*command, "--key", "id", "--strategy", "full_refresh"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")
    assert len(json.loads(GOOD)) == len(names_and_rows(tmp_path / "copy.sqlite", "t"))


def test_a_rehearsal_changes_nothing(target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run says what would be written, writes nothing, and makes no file."""
    more = json.dumps([*json.loads(GOOD), {"id": 3, "v": "c", "at": "2026-01-03T00:00:00Z"}])
    source, before = written(tmp_path / "good.json", more), content(target)
    capsys.readouterr()

    assert load(source, target, "--dry-run") == 0
    assert "1 row would be written" in capsys.readouterr().out
    assert content(target) == before
    assert load(source, tmp_path / f"new{target.suffix}", "--dry-run") == 0
    assert not (tmp_path / f"new{target.suffix}").exists()
