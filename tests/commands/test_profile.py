"""`incload profile` on the command line: of a folder of snapshots, and of one state of a table."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (
    (1, "a", "2026-01-01T10:00:00Z"),
    (2, "b", "2026-01-01T10:00:00Z"),
    (3, "c", None),
    (4, "d", "2026-01-01T09:30:00Z"),
    (5, "e", "2026-01-01T10:20:00Z"),
    (6, "f", "2999-01-01T00:00:00Z"),
)


def orders(path: Path, rows: tuple[tuple[object, ...], ...] = ROWS, key: str = "id INTEGER PRIMARY KEY") -> str:
    """Write a table of orders into a SQLite file and return its URL."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE orders ({key}, v, updated_at)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        connection.commit()
    return f"sqlite:///{path}?table=orders"


def printed(capsys: pytest.CaptureFixture[str], url: str, *more: str, cursor: str = "updated_at") -> dict[str, str]:
    """Profile a table and return what is said of it, by the beginnings of the lines."""
    assert main(["profile", url, "--key", "id", "--cursor", cursor, *more]) == 0
    lines = [line.strip().partition(": ") for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    return {head: text for head, colon, text in lines if colon}


def test_what_one_state_of_a_table_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nulls, ties, a timestamp ahead of the clock, whole minutes, and keys against the order of timestamps."""
    found = printed(capsys, orders(tmp_path / "shop.db"))

    assert found.pop("ahead of the clock").startswith("1, the furthest by 35")  # thousand days
    assert found == {
        "rows": "6; every key is there, and there once",
        "timestamps": "from 2026-01-01T09:30:00Z to 2999-01-01T00:00:00Z",
        "without a timestamp": "1 (16.7 %): no bound ever shows them",
        "ties": "2 rows (33.3 %) share their timestamp with another, in 1 group, the largest of 2; 1 row has the "
        "largest timestamp",
        "resolution": "every timestamp is a whole minute: what changes within one is tied",
        "order of the keys": "1 row (16.7 %) with a smaller timestamp than a row with a smaller key: late themselves, "
        "or the other was updated; one state does not show which",
        "updates that leave the timestamp as it was": "no strategy that goes by the cursor would see them.",
        "deletes": "a row that is gone leaves nothing behind; and neither does one that was gone and came back.",
    }


def test_what_one_state_cannot_show_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line says what was found, and the last what to do to know the rest."""
    main(["profile", orders(tmp_path / "shop.db"), "--key", "id", "--cursor", "updated_at"])
    lines = capsys.readouterr().out.rstrip().splitlines()

    assert lines[0] == (
        "6 rows of orders, by updated_at: 1 without a timestamp, 2 whose timestamp another row has and "
        "1 timestamped ahead of the clock."
    )
    assert "What one state cannot show" in lines
    assert "  how late rows become visible, and so what a window of any size would miss." in lines
    assert lines[-1].endswith("run: incload profile FOLDER --key id --cursor updated_at")


def test_windows_are_reported_in_rows_of_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of three rows an hour apart, an hour's window would read two at the next sync."""
    timestamps = [f"2026-01-01T{hour:02d}:00:00Z" for hour in (8, 9, 10)]
    url = orders(tmp_path / "shop.db", tuple((number, "", timestamp) for number, timestamp in enumerate(timestamps)))
    main(["profile", url, "--key", "id", "--cursor", "updated_at"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.endswith(" %")]

    assert [line[:-2] for line in lines] == [
        ["0", "1"], ["1", "minute", "1"], ["10", "minutes", "1"], ["1", "hour", "2"],
        ["6", "hours", "3"], ["1", "day", "3"], ["7", "days", "3"],
    ]  # fmt: skip


def test_timestamps_of_several_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shape is shown, nonsense is named, and it is said that a load would refuse the column."""
    shapes = ["2026-01-01T10:00:00Z", "2026-01-01 11:00:00", "2026-01-01T12:00:00.5000001+02:00", "soon", ""]
    found = printed(
        capsys, orders(tmp_path / "shop.db", tuple((number, "", text) for number, text in enumerate(shapes)))
    )

    assert found["written in several shapes"] == (
        "1 like 2026-01-01T10:00:00Z; 1 like 2026-01-01 11:00:00; 1 like 2026-01-01T12:00:00.5000001+02:00"
    )
    assert found["timestamps that say no time"] == "1 ('soon')"
    assert found["without a timestamp"] == "1 (20.0 %): no bound ever shows them"
    assert found["without a zone, taken for UTC"] == "1"
    assert found["finer than a microsecond, and cut off for this profile"] == "1"
    assert found["incload load would refuse this cursor"].startswith(
        "cursor column 'updated_at' mixes timestamps with and"
    )
    assert found["timestamps"] == "from 2026-01-01T10:00:00Z to 2026-01-01T11:00:00Z"


def test_keys_that_do_not_identify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A null and a repetition in the key are counted, with what they lead to; texts have no order in time."""
    rows = ((None, "", 1), ("a", "", 2), ("a", "", 3), ("b", "", 4))
    found = printed(capsys, orders(tmp_path / "shop.db", rows, key="id TEXT"), "--cursor-unit", "s")

    assert found["rows"] == (
        "4; 1 with a null in the key and 1 whose key another row has: a load by this key is refused, unless such rows "
        "are equal in every column"
    )
    assert found["order of the keys"] == "texts, whose order says nothing about time"
    assert found["numbers count"] == "seconds since 1970"


def test_the_unit_of_numbers_is_guessed_from_their_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirteen digits are milliseconds, unless the user says otherwise."""
    rows = tuple((number, "", 1_767_261_600_000 + number) for number in range(3))
    found = printed(capsys, orders(tmp_path / "shop.db", rows))

    assert found["numbers count"] == (
        "milliseconds since 1970; that is guessed from their size; --cursor-unit states it"
    )
    assert found["timestamps"] == "from 2026-01-01T10:00:00Z to 2026-01-01T10:00:00.002000Z"
    assert found["ties"] == "none: every timestamp is there once; 1 row has the largest timestamp"
    assert (found["order of the keys"], found["ahead of the clock"]) == ("the timestamps follow it", "none")


def test_a_table_of_a_database_that_has_timestamps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """DuckDB's own timestamps need no unit."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders (id BIGINT, moved TIMESTAMP)")
        connection.execute("INSERT INTO orders VALUES (1, '2026-01-01 10:00:00'), (2, '2026-01-01 10:00:00.000001')")
    found = printed(capsys, f"duckdb:///{tmp_path}/shop.duckdb?table=orders", cursor="moved")

    assert found["timestamps"] == "from 2026-01-01T10:00:00Z to 2026-01-01T10:00:00.000001Z"
    assert "resolution" not in found
    assert "numbers count" not in found


def test_timestamps_of_nanoseconds_are_reported_as_what_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A profile cuts them to microseconds, so that two of them may look tied: it says so, and of others nothing."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders (id BIGINT, fine TIMESTAMP_NS, moved TIMESTAMP)")
        timestamps = ("2026-01-01 10:00:00.123456001", "2026-01-01 10:00:00.123456002")
        connection.execute(f"INSERT INTO orders VALUES (1, '{timestamps[0]}', now()), (2, '{timestamps[1]}', now())")
    url = f"duckdb:///{tmp_path}/shop.duckdb?table=orders"
    fine, moved = printed(capsys, url, cursor="fine"), printed(capsys, url, cursor="moved")

    assert (
        fine["precision"] == "the column counts nanoseconds, this profile microseconds: timestamps within one look tied"
    )
    assert "precision" not in moved


def test_a_cursor_that_is_no_time_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the names of Python's types nor a headline that passes over it."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders (id BIGINT, price DECIMAL(9,2))")
        connection.execute("INSERT INTO orders VALUES (1, 1.50), (1, 2)")
    main(["profile", f"duckdb:///{tmp_path}/shop.duckdb?table=orders", "--key", "id", "--cursor", "price"])
    out = capsys.readouterr().out

    assert out.startswith(
        "2 rows of orders, by price: 1 whose key another row has and 2 whose timestamp says no time.\n"
    )
    assert "\n  timestamps that say no time: 2 (1.50, 2.00)\n" in out


def test_an_empty_table_has_nothing_to_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No timestamps, no windows, no error, and a first line that claims nothing."""
    url = orders(tmp_path / "shop.db", ())
    main(["profile", url, "--key", "id", "--cursor", "updated_at"])
    first = capsys.readouterr().out.partition("\n")[0]
    found = printed(capsys, url)

    assert first == "orders has no row, and so nothing to report yet."
    assert (found["rows"], "timestamps" in found, "ties" in found) == ("0; there is no key yet", False, False)


def test_the_profile_of_a_table_goes_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, markdown and a page."""
    out = tmp_path / "out"
    printed(capsys, orders(tmp_path / "shop.db"), "--report-dir", str(out))

    assert sorted(path.name for path in out.iterdir()) == ["profile.html", "profile.json", "profile.md"]
    assert json.loads((out / "profile.json").read_text(encoding="utf-8"))["tied_rows"] == 2
    assert (out / "profile.md").read_text(encoding="utf-8").startswith("# Profile of orders\n\n**6 rows of orders")


def test_the_profile_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the history is like and what windows would miss, without anything loaded; in files when asked for."""
    days, out = tmp_path / "days", tmp_path / "out"
    days.mkdir()
    for day, text in {1: "id,at\n1,2026-01-01T00:00:00Z\n", 2: "id,at\n2,2025-12-31T00:00:00Z\n"}.items():
        (days / f"2026-01-{day:02d}.csv").write_text(text, encoding="utf-8")

    options = ["--key", "id", "--cursor", "at", "--windows", "0,1d", "--report-dir", str(out)]
    assert main(["profile", str(days), *options]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == (
        "2 snapshots of days, by at: 1 of 1 changes (100.0 %) lie at or behind the largest timestamp visible before "
        "them, the furthest of them by 1 day."
    )
    assert [line.split() for line in lines if line.lstrip().startswith(("0 ", "1 day"))] == [
        ["0", "1", "100.0", "%", "1", "1", "1", "0.33"],
        ["1", "day", "0", "0.0", "%", "0", "0", "2", "0.67"],
    ]
    assert sorted(path.name for path in out.iterdir()) == [
        "profile-lags.png", "profile.html", "profile.json", "profile.md",
    ]  # fmt: skip


BAD = {
    "option of a history": (("--every", "2"), "--every is for the versions of a file"),
    "no such column": (("--cursor", "updated"), "unknown cursor column 'updated': did you mean updated_at?"),
    "no such key": (("--key", "idd"), "unknown key column 'idd': did you mean id?"),
    "folder is a file": (("--report-dir", "shop.db"), "is a file: name a folder."),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_options_are_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence that names the thing, and exit code 2."""
    monkeypatch.chdir(tmp_path)
    options, said = BAD[name]

    code = main(["profile", orders(tmp_path / "shop.db"), "--key", "id", "--cursor", "updated_at", *options])

    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert said in captured.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///shop.db", "'shop.db' holds tables: name one with ?table=NAME at the end of the URL."),
        ("sqlite:///shop.db?table=order", "unknown table 'order': did you mean orders?"),
        ("sqlite:///none.db?table=orders", "there is no file 'none.db' to read"),
        ("sqlit:///shop.db?table=orders", "unknown engine 'sqlit': did you mean sqlite?"),
    ],
)
def test_a_table_that_is_not_there_is_refused(
    url: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, with what there is."""
    monkeypatch.chdir(tmp_path)
    orders(tmp_path / "shop.db")

    assert main(["profile", url, "--key", "id", "--cursor", "updated_at"]) == 2
    assert said in capsys.readouterr().err


def test_a_unit_is_not_for_snapshots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their numbers show it themselves."""
    assert main(["profile", str(tmp_path), "--key", "id", "--cursor", "at", "--cursor-unit", "s"]) == 2
    assert "--cursor-unit is for a table in a database" in capsys.readouterr().err


def test_numbers_that_are_no_times_have_no_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A counter, and dates written as digits, which a load takes for plain numbers: no window is judged of either."""
    counters = orders(tmp_path / "counter.db", tuple((number, "", 1_000 + number) for number in range(3)))
    main(["profile", counters, "--key", "id", "--cursor", "updated_at"])
    counter = capsys.readouterr().out
    days = orders(tmp_path / "days.db", tuple((number, "", 20_260_301 + number) for number in range(3)))
    main(["profile", days, "--key", "id", "--cursor", "updated_at"])
    digits = capsys.readouterr().out

    assert "No window is judged: the numbers of updated_at are too small for times after March 1973" in counter
    assert "No window is judged: a load takes dates written as digits for plain numbers" in digits
    assert "numbers count: dates and times written as digits" in digits
    assert "timestamps: from 2026-03-01T00:00:00Z to 2026-03-03T00:00:00Z" in digits


def test_the_form_of_a_cursor_may_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its values are read, and it is still said that a load would refuse them."""
    days = orders(tmp_path / "shop.db", ((1, "", "03/01/2026"), (2, "", "03/02/2026"), (3, "", "2026-03-03")))
    found = printed(capsys, days, "--cursor-format", "%m/%d/%Y")

    assert found["timestamps"] == "from 2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z"
    assert found["timestamps that say no time"] == "1 ('2026-03-03')"
    assert "incload load would refuse this cursor" in found


def test_a_form_is_checked_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that gives no day, and one beside a unit, are refused; a load refuses any."""
    url = orders(tmp_path / "shop.db")
    options = [url, "--key", "id", "--cursor", "updated_at", "--cursor-format"]
    copy = ["--target", f"sqlite:///{tmp_path}/copy.db", "--table", "t", "--strategy", "timestamp_watermark"]

    assert main(["profile", *options, "%H"]) == 2
    assert "does not give the day of a time" in capsys.readouterr().err
    assert main(["profile", *options, "%m/%d/%Y", "--cursor-unit", "s"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main(["load", *options, "%m/%d/%Y", *copy]) == 2
    assert capsys.readouterr().err.startswith("incload: --cursor-format is for replay and profile: ")
    assert not (tmp_path / "copy.db").exists()
