"""The CSV of a report: one line for each outcome, written whole or not at all, read back exactly as it was.

Columns stand in the order of the fields of `Outcome`, lines end with a line feed, None is an empty cell, a float has
all its digits. A text that a spreadsheet would run as a formula is kept behind an apostrophe, which reading takes off.
"""

from __future__ import annotations

import csv
import math
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from incload.errors import Refused
from incload.report.outcome import SCHEMA_VERSION, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Value = int | float | str | None

COLUMNS = tuple(field.name for field in fields(Outcome))
"""The columns of the CSV, in order."""

TYPES = {field.name: str(field.type) for field in fields(Outcome)}
"""The type of each column, as `Outcome` annotates it."""

_CHOICES = {"outcome": ("sound", "wrong", "unknown", "n/a"), "predicted": ("", "sound", "wrong")}
_GUARDED = tuple("=+-@\t\r'")
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def write_outcomes(outcomes: Iterable[Outcome], path: Path | str) -> None:
    """Write a report; the file appears complete or stays as it was.

    Raises `Refused` for a value that could not be read back, such as a float that is not finite.
    """
    path = Path(path)
    lines = [[_cell(outcome, column) for column in COLUMNS] for outcome in outcomes]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(_LineFeeds(file))
            writer.writerow(COLUMNS)
            writer.writerows(lines)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_outcomes(path: Path | str) -> tuple[Outcome, ...]:
    """Read a report, in the order of its lines.

    Raises `Refused` for a file that is missing, empty, not a report, of another schema version, or that holds a value
    which its column cannot have.
    """
    path = Path(path)
    records = _records(path)
    if not records:
        raise Refused(f"{path} is empty: run the benchmark to write it.")
    (_, header), *lines = records
    _check_version(path, header, lines)
    _check_header(path, header)
    return tuple(_outcome(path, number, cells) for number, cells in lines)


class _LineFeeds:
    """Ends each line of a CSV writer with a line feed.

    Told to end lines with a line feed itself, the writer of Python before 3.13 leaves a carriage return in a cell
    unquoted, and the file cannot be read back.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        """Write one line that ends with a carriage return and a line feed."""
        return self._file.write(line.removesuffix("\r\n") + "\n")


def _cell(outcome: Outcome, column: str) -> str:
    """Return a value as its cell; refuse one that would not come back the same."""
    value: Value = getattr(outcome, column)
    text = "" if value is None else value if isinstance(value, str) else repr(value)
    cell = f"'{text}" if isinstance(value, str) and text.startswith(_GUARDED) else text
    try:
        same = _parsed(column, cell) == value and type(value) is not bool
    except ValueError:
        same = False
    if not same:
        raise Refused(f"{column} of the trial {' '.join(outcome.trial)} cannot be {value!r}: {_wanted(column)}.")
    return cell


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines of a CSV file, each with the number of its first line in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_numbered(file))
    except FileNotFoundError:
        raise Refused(f"{path} does not exist: run the benchmark to write it, or name another report.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): name the CSV of a report.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} is not a CSV file in UTF-8 ({error}): name the CSV of a report.") from error


def _numbered(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, strict=True)
    first = 1
    for cells in reader:
        if cells:
            yield first, cells
        first = reader.line_num + 1


def _check_version(path: Path, header: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse what is no report, and a report of another version before its columns are looked at."""
    if "schema_version" not in header:
        raise Refused(f"{path} is not a report of incload: line 1 has no column schema_version; name another file.")
    if not lines:
        raise Refused(f"{path} holds no trials: run the benchmark again.")
    at = header.index("schema_version")
    for number, cells in lines:
        if at < len(cells) and cells[at] != str(SCHEMA_VERSION):
            raise Refused(
                f"{path}, line {number}, column schema_version: {cells[at]!r} is not {SCHEMA_VERSION}, the version "
                "that this incload reads; run the benchmark again."
            )


def _check_header(path: Path, header: Sequence[str]) -> None:
    for column in COLUMNS:
        if column not in header:
            raise Refused(f"{path}, line 1: the column {column} is missing; run the benchmark again.")
    if tuple(header) != COLUMNS:
        at = next(index for index, name in enumerate(header) if name != "".join(COLUMNS[index : index + 1]))
        raise Refused(f"{path}, line 1: column {at + 1} is {header[at]!r}, out of place; run the benchmark again.")


def _outcome(path: Path, number: int, cells: Sequence[str]) -> Outcome:
    if len(cells) != len(COLUMNS):
        raise Refused(
            f"{path}, line {number}: there are {len(cells)} cells for {len(COLUMNS)} columns; run the benchmark again."
        )
    values: dict[str, Value] = {}
    for column, cell in zip(COLUMNS, cells, strict=True):
        try:
            values[column] = _parsed(column, cell)
        except ValueError:
            raise Refused(f"{path}, line {number}, column {column}: {cell!r} cannot be; {_wanted(column)}.") from None
    return Outcome(**values)  # type: ignore[arg-type]  # each value was parsed by the type of its field


def _parsed(column: str, cell: str) -> Value:
    """Return the value of a cell; raise ValueError for one that the column cannot have."""
    value = _PARSERS[TYPES[column]](cell)
    if column in _CHOICES and value not in _CHOICES[column]:
        raise ValueError(cell)
    if isinstance(value, int | float) and value < 0 and column != "seed":
        raise ValueError(cell)
    return value


def _wanted(column: str) -> str:
    if column in _CHOICES:
        return f"it is one of {', '.join(map(repr, _CHOICES[column]))}"
    return {
        "int": "it is a whole number, not negative",
        "int | None": "it is a whole number, not negative, or empty",
        "float | None": "it is a finite number, not negative, or empty",
        "str": "it is a text",
    }[TYPES[column]]


def _text(cell: str) -> str:
    return cell.removeprefix("'")


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _whole_or_none(cell: str) -> int | None:
    return _whole(cell) if cell else None


def _real_or_none(cell: str) -> float | None:
    if not cell:
        return None
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


_PARSERS: dict[str, Callable[[str], Value]] = {
    "str": _text,
    "int": _whole,
    "int | None": _whole_or_none,
    "float | None": _real_or_none,
}
