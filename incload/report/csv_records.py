"""The CSV of records of any kind: how a value becomes a cell and comes back, and how a file is written whole.

Columns stand in the order of a record's fields, lines end with a line feed, None is an empty cell, a float has all its
digits. A text that a spreadsheet would run as a formula is kept behind an apostrophe, which reading takes off.
"""

from __future__ import annotations

import csv
import math
import os
import re
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Value = int | float | str | None

_GUARDED = tuple("=+-@\t\r'")
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Columns:
    """The columns of one kind of record.

    Attributes:
        names: In order, without those that are kept elsewhere.
        types: The type of each, as the record annotates it.
    """

    def __init__(
        self,
        record: type[Any],
        choices: Mapping[str, tuple[str, ...]],
        signed: frozenset[str] = frozenset(),
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """Take the fields of a dataclass.

        Args:
            record: The dataclass.
            choices: For a column that has one of a few texts, which.
            signed: The columns of numbers that may be negative.
            instead: Fields that are kept elsewhere, each with the column of numbers that refers to them, or nothing.
        """
        instead = instead or {}
        names = (instead.get(field.name, field.name) for field in fields(record))
        self.names = tuple(filter(None, names))
        self.types = {field.name: str(field.type) for field in fields(record)}
        self.types |= dict.fromkeys(filter(None, instead.values()), "int | None")
        self._choices, self._signed = choices, signed

    def cell(self, record: object, column: str) -> str:
        """Return a value of a record as its cell; raise ValueError for one that would not come back the same."""
        value: Value = getattr(record, column)
        text = "" if value is None else value if isinstance(value, str) else repr(value)
        cell = f"'{text}" if isinstance(value, str) and text.startswith(_GUARDED) else text
        if self.parsed(column, cell) != value or type(value) is bool:
            raise ValueError(f"{value!r} would not come back")
        return cell

    def parsed(self, column: str, cell: str) -> Value:
        """Return the value of a cell; raise ValueError for one that the column cannot have."""
        value = _PARSERS[self.types[column]](cell)
        if column in self._choices and value not in self._choices[column]:
            raise ValueError(f"{column} is {cell!r}")
        if isinstance(value, int | float) and value < 0 and column not in self._signed:
            raise ValueError(f"{column} is {cell}")
        return value

    def wanted(self, column: str) -> str:
        """Say what a column can have."""
        if column in self._choices:
            return f"it is one of {', '.join(map(repr, self._choices[column]))}"
        return {
            "int": "it is a whole number, not negative",
            "int | None": "it is a whole number, not negative, or empty",
            "float | None": "it is a finite number, not negative, or empty",
            "str": "it is a text",
        }[self.types[column]]


def write_lines(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write lines of cells; the file appears complete or stays as it was."""
    with replacing(path) as file:
        write_into(file, lines)


def write_into(file: TextIO, lines: Iterable[Sequence[str]]) -> None:
    """Write lines of cells into an open file."""
    csv.writer(_LineFeeds(file)).writerows(lines)


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a text file that appears complete in the end, or stays as it was."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class _LineFeeds:
    """Ends each line of a CSV writer with a line feed.

    Asked to end lines with a line feed itself, the writer of Python before 3.13 leaves a carriage return in a cell
    unquoted, and the file cannot be read back.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        """Write one line that ends with a carriage return and a line feed."""
        return self._file.write(line.removesuffix("\r\n") + "\n")


def _text(cell: str) -> str:
    return cell.removeprefix("'")


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError(f"{cell!r} is no whole number")
    return int(cell)


def _whole_or_none(cell: str) -> int | None:
    return _whole(cell) if cell else None


def _real_or_none(cell: str) -> float | None:
    if not cell:
        return None
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(f"{cell!r} is not finite")
    return value


_PARSERS: dict[str, Callable[[str], Value]] = {
    "str": _text,
    "int": _whole,
    "int | None": _whole_or_none,
    "float | None": _real_or_none,
}
