"""The CSV: it comes back as it was, a spreadsheet finds no formula in it, and a bad file is refused in one sentence."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.errors import Refused
from incload.report.outcome import SCHEMA_VERSION, Outcome
from incload.report.outcome_csv import COLUMNS, RENEW, read_outcomes, write_outcomes

if TYPE_CHECKING:
    from conftest import Make

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20) | st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'", "'=1", "a,b", 'a"b', "a\nb", "a\r\nb", "\0", "None", "\ufeff"]
)
COUNTS = st.integers(0, 10**18 - 1)
REALS = st.floats(0, allow_nan=False, allow_infinity=False)
VALUES = {
    "schema_version": st.just(SCHEMA_VERSION),
    "seed": st.integers(-(10**18) + 1, 10**18 - 1),
    "outcome": st.sampled_from(["sound", "wrong", "unknown", "not_applicable", "measured"]),
    "predicted": st.sampled_from(["", "sound", "wrong"]),
}
KINDS = {"str": TEXTS, "int": COUNTS, "int | None": st.none() | COUNTS, "float | None": st.none() | REALS}
OUTCOMES = st.builds(Outcome, **{each.name: VALUES.get(each.name, KINDS[str(each.type)]) for each in fields(Outcome)})


def lines_of(path: Path) -> list[list[str]]:
    """Return the cells of a CSV file, line by line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def with_cell(path: Path, line: int, column: str, cell: str) -> Path:
    """Change one cell of a CSV file; return its path."""
    lines = lines_of(path)
    lines[line][COLUMNS.index(column)] = cell
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return path


@settings(max_examples=50)
@given(outcomes=st.lists(OUTCOMES, min_size=1, max_size=2))
def test_outcomes_come_back_as_they_were(outcomes: list[Outcome], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever texts and numbers outcomes hold, reading the file gives equal outcomes in the same order."""
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    write_outcomes(outcomes, path)

    assert list(read_outcomes(path)) == outcomes


def test_the_file_is_the_one_that_is_written_down(tiny: tuple[Outcome, ...], golden: Path, tmp_path: Path) -> None:
    """Columns, digits, quotes and line ends of a report do not change unnoticed."""
    write_outcomes(tiny, tmp_path / "report.csv")

    for name in ("report.csv", "report.json"):
        assert (tmp_path / name).read_bytes() == (golden / name).read_bytes()


def test_columns_are_the_fields_in_order(make: Make, tmp_path: Path) -> None:
    """The first line names the fields of an outcome in their order, a run's as one; lines end with a line feed."""
    write_outcomes([make()], tmp_path / "report.csv")
    first, rest = (tmp_path / "report.csv").read_bytes().split(b"\n", 1)

    assert first.decode().split(",") == [*(each.name for each in fields(Outcome)[:-2]), "run"]
    assert b"\r" not in rest


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'quoted"])
def test_no_cell_begins_a_formula(text: str, make: Make, tmp_path: Path) -> None:
    """A text that a spreadsheet would run stands behind an apostrophe in the file, and without it once read."""
    write_outcomes([make(reason=text)], tmp_path / "report.csv")

    assert lines_of(tmp_path / "report.csv")[1][COLUMNS.index("reason")] == f"'{text}"
    assert read_outcomes(tmp_path / "report.csv")[0].reason == text


def test_a_file_that_a_spreadsheet_saved_is_read(make: Make, tmp_path: Path) -> None:
    """A byte order mark and carriage returns at the line ends change nothing."""
    path = tmp_path / "report.csv"
    write_outcomes([make()], path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert read_outcomes(path) == (make(),)


def test_a_failed_write_leaves_the_old_file(make: Make, tmp_path: Path) -> None:
    """A report that cannot be written replaces nothing and leaves nothing beside it."""
    path = tmp_path / "report.csv"
    write_outcomes([make()], path)
    with pytest.raises(Refused):
        write_outcomes([make(), make(times_reference=float("nan"))], path)

    assert read_outcomes(path) == (make(),)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.csv", "report.json"]


def test_an_interrupted_write_leaves_the_old_file(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last step fails, the file is the old one and nothing stays beside it."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "report.csv"
    write_outcomes([make()], path)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_outcomes([make(seed=7)], path)

    assert read_outcomes(path) == (make(),)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.csv", "report.json"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("times_reference", float("inf")),
        ("load_seconds_min", -1.0),
        ("lost", -1),
        ("lost", 1.5),
        ("lost", True),
        ("seed", None),
        ("seed", 10**18),
        ("outcome", "fine"),
        ("predicted", "n/a"),
    ],
)
def test_what_could_not_be_read_is_not_written(column: str, value: object, make: Make, tmp_path: Path) -> None:
    """A value that its column cannot have is refused before a file is touched, by the name of the trial."""
    with pytest.raises(Refused, match=f"^{column} of the trial matrix timestamp_watermark merge clean"):
        write_outcomes([replace(make(), **{column: value})], tmp_path / "report.csv")

    assert not (tmp_path / "report.csv").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "report.csv is empty: run the benchmark to write it."),
        (b"\n\n", "report.csv is empty: run the benchmark to write it."),
        (
            b"a,b\n1,2\n",
            "report.csv is not a report of incload: line 1 has no column schema_version; name another file.",
        ),
        (",".join(COLUMNS).encode() + b"\n", "report.csv holds no trials: run the benchmark again."),
        (
            b"schema_version,new\n99,x\n",
            f"column schema_version: '99' is not 2, the version that this incload reads; {RENEW}.",
        ),
        (
            f"schema_version,suite\n{SCHEMA_VERSION},matrix\n".encode(),
            "report.csv, line 1: the column strategy is missing; run the benchmark again.",
        ),
        (
            f"{','.join(COLUMNS)},more\n{SCHEMA_VERSION}\n".encode(),
            f"report.csv, line 1: column {len(COLUMNS) + 1} is 'more', out of place; run the benchmark again.",
        ),
        (
            f"{','.join(COLUMNS)}\n{SCHEMA_VERSION},matrix\n".encode(),
            f"report.csv, line 2: there are 2 cells for {len(COLUMNS)} columns; run the benchmark again.",
        ),
    ],
    ids=["empty", "blank", "other_file", "no_trials", "version", "column_missing", "column_more", "cells"],
)
def test_a_bad_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """A file that is no report is refused in one sentence with the place and the remedy."""
    (tmp_path / "report.csv").write_bytes(content)

    with pytest.raises(Refused, match=f"{re.escape(said)}$"):
        read_outcomes(tmp_path / "report.csv")


@pytest.mark.parametrize("content", [b"\xff\xfe", b'schema_version\n"1'], ids=["encoding", "quote"])
def test_what_is_no_csv_is_refused(content: bytes, tmp_path: Path) -> None:
    """Bytes that are not UTF-8 and a quotation that never ends are refused, not raised."""
    (tmp_path / "report.csv").write_bytes(content)

    with pytest.raises(Refused, match=r"report\.csv is not a CSV file in UTF-8 \(.*\): name the CSV of a report\.$"):
        read_outcomes(tmp_path / "report.csv")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that does not exist is refused with what would make it."""
    with pytest.raises(
        Refused, match=r"none\.csv does not exist: run the benchmark to write it, or name another report"
    ):
        read_outcomes(tmp_path / "none.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A path that is no file is refused."""
    with pytest.raises(Refused, match=r"cannot be read \(.+\): name the CSV of a report\.$"):
        read_outcomes(tmp_path)


@pytest.mark.parametrize(
    ("column", "cell", "wanted"),
    [
        ("seed", "", "it is a whole number, not negative"),
        ("lost", "-1", "it is a whole number, not negative, or empty"),
        ("lost", "1.0", "it is a whole number, not negative, or empty"),
        ("rows", "1_000", "it is a whole number, not negative, or empty"),
        ("run", "x", "it is a whole number, not negative, or empty"),
        ("heal_syncs_max", "x", "it is a whole number, not negative, or empty"),
        ("times_reference", "nan", "it is a finite number, not negative, or empty"),
        ("times_reference", "inf", "it is a finite number, not negative, or empty"),
        ("times_reference", "-0.5", "it is a finite number, not negative, or empty"),
        ("outcome", "Sound", "it is one of 'sound', 'wrong', 'unknown', 'not_applicable', 'measured'"),
        ("predicted", "unknown", "it is one of '', 'sound', 'wrong'"),
    ],
)
def test_a_bad_value_is_refused_by_line_and_column(
    column: str, cell: str, wanted: str, make: Make, tmp_path: Path
) -> None:
    """A value that its column cannot have is refused, also after a cell of several lines."""
    write_outcomes([make(witness="one\ntwo"), make(scenario="late_rows")], tmp_path / "report.csv")
    with_cell(tmp_path / "report.csv", 2, column, cell)

    with pytest.raises(
        Refused, match=f"line 4, column {column}: {re.escape(repr(cell))} cannot be; {re.escape(wanted)}"
    ):
        read_outcomes(tmp_path / "report.csv")


def test_no_cell_of_a_replay_is_a_formula(tmp_path: Path) -> None:
    """What the source or a loader may write is guarded there as well, a carriage return kept, and reads back equal."""
    from incload.report.replay.record import Replayed, read_replayed, write_replayed

    path = tmp_path / "replay.csv"
    row = Replayed(
        strategy="=1+1", write_rule="merge", source_engine="sqlite", target_engine="sqlite", outcome="unknown",
        reason="a\rb", snapshots=1, keys=1, history_digest="x",
    )  # fmt: skip
    write_replayed([row], path)

    assert b"'=1+1" in path.read_bytes()
    assert b'"a\rb"' in path.read_bytes()
    assert read_replayed(path) == (row,)


def test_runs_stand_in_the_file_beside_it(make: Make, tmp_path: Path) -> None:
    """Environment and command are written once for each run; a line names its run by number."""
    first, second = {"environment": '{"python": "3.11"}', "command": "a"}, {"environment": "no JSON", "command": "b"}
    outcomes = [make(seed=1, **first), make(seed=2, **second), make(seed=3, **first), make(seed=4)]
    write_outcomes(outcomes, tmp_path / "report.csv")

    assert [line[-1] for line in lines_of(tmp_path / "report.csv")] == ["run", "1", "2", "1", ""]
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == {
        "schema_version": 2,
        "runs": [
            {"run": 1, "environment": {"python": "3.11"}, "command": "a"},
            {"run": 2, "environment": "no JSON", "command": "b"},
        ],
    }
    assert list(read_outcomes(tmp_path / "report.csv")) == outcomes


def test_a_report_without_that_file_is_read(make: Make, tmp_path: Path) -> None:
    """Nothing is known of the runs then; everything else is."""
    write_outcomes([make(environment="{}", command="a")], tmp_path / "report.csv")
    (tmp_path / "report.json").unlink()

    assert read_outcomes(tmp_path / "report.csv") == (make(),)


def test_the_file_of_another_report_is_refused(make: Make, tmp_path: Path) -> None:
    """A line whose run is not described shows that the two files do not belong together."""
    write_outcomes([make(environment="{}", command="a")], tmp_path / "report.csv")
    with_cell(tmp_path / "report.csv", 1, "run", "2")

    with pytest.raises(Refused, match=r"line 2, column run: .*report\.json describes no run 2: the two files do not"):
        read_outcomes(tmp_path / "report.csv")


@pytest.mark.parametrize("content", ["{}", "[]", '{"runs": 1}', '{"runs": [{"run": 1}]}', "text", ""])
def test_a_file_of_another_kind_is_neither_read_nor_replaced(content: str, make: Make, tmp_path: Path) -> None:
    """What stands beside a report under that name and says something else is refused and kept."""
    write_outcomes([make(environment="{}", command="a")], tmp_path / "report.csv")
    (tmp_path / "report.json").write_text(content, encoding="utf-8")

    with pytest.raises(Refused, match=r"report\.json is not the file that belongs to a report: move it away, or run"):
        read_outcomes(tmp_path / "report.csv")
    with pytest.raises(Refused, match=r"report\.json would be replaced and is no file of a report: move it, or name"):
        write_outcomes([make()], tmp_path / "report.csv")
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == content


def test_what_was_not_measured_is_an_empty_cell(tmp_path: Path) -> None:
    """A trial that was refused has no counts, no times and no prediction: not one cell of it is a zero."""
    refused = Outcome(
        suite="matrix", strategy="a", write_rule="merge", scenario="clean", source_engine="sqlite",
        target_engine="sqlite", rows=1_000, seed=1, history_digest="x", outcome="not_applicable", reason="no log",
    )  # fmt: skip
    write_outcomes([refused], tmp_path / "report.csv")

    header, line = lines_of(tmp_path / "report.csv")
    assert {name: cell for name, cell in zip(header, line, strict=True) if cell} == {
        "schema_version": "2", "suite": "matrix", "strategy": "a", "write_rule": "merge", "scenario": "clean",
        "source_engine": "sqlite", "target_engine": "sqlite", "rows": "1000", "seed": "1", "history_digest": "x",
        "outcome": "not_applicable", "reason": "no log",
    }  # fmt: skip
