"""Random files of hostile values: every cell of the copy is the file's own value, or the load says what it changed.

What a cell must be is worked out here from the file's text alone, with nothing of incload. A file has three versions,
so that later loads meet columns that an earlier one chose.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

import incload
from tests.duckdb_files import opened
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from conftest import Tally

FILES = effort(8, 300)
"""Random files of each form and target."""
VERSIONS = 3
OF_CSV = {
    "whole": ["0", "1", "-1", "42", "9223372036854775807", "-9223372036854775808", "9007199254740993"],
    "huge": ["9223372036854775808", "18446744073709551615", "123456789012345678901234567890"],
    "signs": ["007", "00", "+1", "-0", "0x1F", "1,000", "1_000"],
    "fractions": ["1.5", "0.1", "100.0", "-2.25", "0.30000000000000004", "1e5", "1E-7", "1.0e3", ".5", "5.", "-0.0"],
    "padded": ["1.10", "2.50", "0.00", "10.10"],
    "long": ["0.1234567890123456789", "1.7976931348623157e309", "3.14159265358979323846", "1e400", "4.9e-324"],
    "days": ["2026-01-02", "1970-01-01", "0001-01-01", "9999-12-31", "2024-02-29"],
    "odd days": ["2026-1-2", "01/02/2026", "20260102", "2026-02-30", "2026-01-02T", "24:00:00"],
    "times": ["2026-01-02 03:04:05", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z", "1600-01-01 00:00:00"],
    "zones": ["2026-01-02 03:04:05.5+02:00", "2026-01-02 03:04:05.000"],
    "truth": ["true", "false", "True", "FALSE", "t", "yes"],
    "words for nothing": ["NaN", "nan", "inf", "Infinity", "-Infinity", "null", "NULL", "None", "N/A"],
    "text": ["a", " lead", "trail ", "é", "😀", "a,b", 'q"q', "line\nbreak", "tab\there", "\\N", "{}", "[]", "0 "],
    "clock": ["12:34:56", "00:00:00", "23:59:59.999999", "12:34"],
    "nothing": ["", ""],
    "identities": ["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
}
OF_JSON = {
    "whole": ["0", "1", "-1", "42", "9223372036854775807", "-9223372036854775808", "9007199254740993"],
    "huge": ["9223372036854775808", "18446744073709551615", "123456789012345678901234567890"],
    "fractions": ["1.5", "0.1", "100.0", "-2.25", "0.30000000000000004", "1e5", "1E-7", "1.0e3", "-0.0", "1.10"],
    "long": ["0.1234567890123456789", "3.14159265358979323846", "0.1000000000000000055511151231257827", "1e400"],
    "none": ["NaN", "Infinity", "-Infinity"],
    "text": ['"a"', '""', '" lead"', '"\\u00e9"', '"\\ud83d\\ude00"', '"line\\nbreak"', '"null"', '"NaN"', '"007"'],
    "numbers in quotes": ['"1"', '"1.10"', '"1700000000"', '"9223372036854775808"'],
    "truth": ["true", "false"],
    "nothing": ["null", "null"],
    "nested": ['{"a":1.10,"b":null}', '[1,2.50,"x"]', "{}", "[]", '{"a":{"b":[12345678901234567890123]}}'],
}


@dataclass(frozen=True)
class Form:
    """A form of record files: its values by kind, how it is written, and what a cell may be."""

    ending: str
    values: dict[str, list[str]]
    write: Callable[[Path, Sequence[str], Sequence[Sequence[str]]], object]
    keeps: Callable[[str, object, bool], bool]


def write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])


def write_ndjson(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write an object a line, its values as they are."""
    lines = ("{" + ", ".join(f'"{n}": {v}' for n, v in zip(names, row, strict=True)) + "}\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def keeps_csv(text: str, cell: object, said: bool) -> bool:  # noqa: FBT001 - a row of a table of checks
    """Return whether a cell is the field: the same text, or a type that writes it again, or a change that was said."""
    if text == "" or cell is None:
        return text == "" and cell is None
    if isinstance(cell, bool):
        return text == str(cell).lower()
    if isinstance(cell, (int, float, Decimal)):
        if text in {"true", "false"}:
            return cell == (text == "true")
        return same_number(text, cell) and (said or is_form_of(text, cell))
    if isinstance(cell, (datetime, date, time)):
        return moment(text) == moment(cell.isoformat())
    return text == str(cell) if isinstance(cell, (str, UUID)) else False


def is_form_of(text: str, cell: float | Decimal) -> bool:
    """Return whether a number is written so in a file: a whole number may stand in a column of fractions as well."""
    if isinstance(cell, Decimal):
        return re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) is not None
    if text == "-0.0" and cell == 0.0:
        return True  # SQLite keeps no sign of a zero, as the page on files says
    return text == repr(cell) or (isinstance(cell, float) and re.fullmatch(r"0|-?[1-9]\d*", text) is not None)


def same_number(text: str, cell: float | Decimal) -> bool:
    """Return whether a number is worth exactly what its text says; a float, its own digits."""
    try:
        return Decimal(text) == Decimal(repr(cell) if isinstance(cell, float) else cell)
    except InvalidOperation:
        return False


def moment(text: str) -> object:
    """Return the day, the time or the point in time that a text names; itself if it names none."""
    written = text.replace("T", " ").replace("Z", "+00:00")
    try:
        if len(written) <= len("2026-01-02"):
            return date.fromisoformat(written) if "-" in written else time.fromisoformat(written)
        found = datetime.fromisoformat(written)
    except ValueError:
        return text
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def keeps_json(text: str, cell: object, said: bool) -> bool:  # noqa: FBT001 - a row of a table of checks
    """Return whether a cell is worth what the JSON says; a NaN without a place becomes null, and that is said."""
    value = parsed(text)
    if value is None or cell is None:
        return cell is None and (value is None or (text in OF_JSON["none"] and said))
    if text in OF_JSON["none"]:
        return str(cell).lower() in {text.lower(), str(float(text)).lower()}
    if isinstance(value, bool):
        return cell in (value, text)
    if isinstance(value, (int, Decimal)):
        return same_number(str(value), Decimal(cell) if isinstance(cell, str) else cell)  # type: ignore[arg-type]
    if isinstance(value, str):
        return cell == value or (said and str(cell) == value) or isinstance(cell, (datetime, date, time))
    return isinstance(cell, str) and parsed(cell) == value


def parsed(text: str) -> object:
    """Return what a JSON text says, with every digit of its numbers."""
    return json.loads(text, parse_float=Decimal, parse_constant=str)


FORMS = {
    "csv": Form("csv", OF_CSV, write_csv, keeps_csv),
    "ndjson": Form("ndjson", OF_JSON, write_ndjson, keeps_json),
}


def stored(path: Path, engine: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the names and rows of the copy, by key."""
    sql = "SELECT * FROM t ORDER BY id"
    if engine == "sqlite":
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute(sql)
            return [each[0] for each in found.description], found.fetchall()
    with opened(path) as connection:
        answer = connection.execute(sql)
        return [each[0] for each in answer.description], answer.fetchall()


def versions(form: Form, random: Random) -> list[tuple[list[str], list[list[str]]]]:
    """Return the versions of a table: its columns keep their kinds of values, and now and then get one more."""
    kinds = [random.sample(list(form.values), k=random.choice([1, 1, 2, 3])) for _ in range(random.randint(1, 3))]
    rows, found = random.randint(1, 5), []
    for _ in range(VERSIONS):
        more = [[*own, random.choice(list(form.values))] if random.random() < 0.3 else own for own in kinds]
        pools = [[value for kind in own for value in form.values[kind]] for own in more]
        found.append([[str(number + 1), *(random.choice(pool) for pool in pools)] for number in range(rows)])
    return [(["id", *(f"c{number}" for number in range(len(kinds)))], each) for each in found]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("form", FORMS)
def test_no_value_changes_unsaid(form: str, engine: str, tmp_path: Path, tally: Tally) -> None:
    """A load that is not refused leaves every cell as the file has it, or names the column whose values it changed."""
    changed, loads = [], 0
    for seed in range(FILES):
        random = Random(seed)  # noqa: S311 - it is to be the same again
        file = tmp_path / f"{seed}.{FORMS[form].ending}"
        strategy = random.choice(["full_refresh", "row_hash_cdc", "snapshot_diff"])
        for names, rows in versions(FORMS[form], random):
            FORMS[form].write(file, names, rows)
            target = tmp_path / f"{seed}.{engine}"
            try:
                done = incload.load(str(file), f"{engine}:///{target}", table="t", key="id", strategy=strategy)
            except incload.Refused:
                continue  # the copy stays as it was
            loads += 1
            columns, cells = stored(target, engine)
            changed += [
                f"{seed}: {name} {text!r} became {cell!r}"
                for row, held in zip(rows, cells, strict=True)
                for name, text in zip(names, row, strict=True)
                for cell in [held[columns.index(name)]]
                if not FORMS[form].keeps(text, cell, any(name in each for each in done.warnings))
            ]
    tally(f"values: loads of random {form} files into {engine}", loads)

    assert changed == []
    assert loads > FILES


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("1.10", 1.1),
        ("007", 7),
        ("1e5", 100000.0),
        ("9007199254740993", 9007199254740992.0),
        ("", ""),
        ("null", None),
        ("2026-01-02", date(2026, 2, 1)),
        ("2026-01-02 03:04:05.5+02:00", datetime(2026, 1, 2, 3, 4, 5, 500000, tzinfo=UTC)),
        (" lead", "lead"),
    ],
)
def test_the_check_of_csv_sees_a_changed_value(text: str, cell: object) -> None:
    """Each of these is another value than the field, or another form of it."""
    assert not keeps_csv(text, cell, said=False)


@pytest.mark.parametrize(
    ("text", "cell"),
    [("1", 2), ("0.1234567890123456789", 0.12345678901234568), ("true", 2), ('"a"', "A"), ("{}", "[]"), ("NaN", None)],
)
def test_the_check_of_json_sees_a_changed_value(text: str, cell: object) -> None:
    """Each of these is worth something else than what the JSON says."""
    assert not keeps_json(text, cell, said=False)
