"""CSV and TSV, read in Python as DuckDB reads them: the same delimiter, quotes and rows.

Spaces around a field in quotes are no part of it, every line may have another line end, and rows may end in
delimiters that the header does not have.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from incload.engines.files.layout import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = ",;\t|"
"""What may stand between two fields; where several divide the header alike, the first."""


def delimiter_of(split: dict[str, list[str]]) -> str:
    """Return the delimiter that divides a header into most names, of those that were tried; the first if none does."""
    most = max(split, key=lambda delimiter: len(split[delimiter]))
    return most if len(split[most]) > 1 else next(iter(split))


def read_rows(text: str, *, tabs: bool = False) -> Iterator[list[str]]:
    """Yield the rows of a text that are not empty, its header first; raise `Unusable` where a quote does not end."""
    text = text.removeprefix("\ufeff")
    delimiter = "\t" if tabs else delimiter_of({each: _header(text, each) for each in DELIMITERS})
    spaced = re.search(rf'(?:^|[{re.escape(delimiter)}\r\n]) +"|" +(?:[{re.escape(delimiter)}\r\n]|$)', text)
    rows = spaced_rows(text, delimiter) if spaced else _plain_rows(text, delimiter)
    return (row for row in rows if row and row != [""])


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row), [])
    except csv.Error:
        return []


def _plain_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    limit = csv.field_size_limit(len(text) + 1)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Unusable(f"is no CSV: {error}") from error
    finally:
        csv.field_size_limit(limit)


def spaced_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read field by field, for the csv module takes a space before a quote for a field without quotes."""
    field = re.compile(rf'( *"((?:[^"]|"")*)" *|[^{re.escape(delimiter)}\r\n]*)({re.escape(delimiter)}|\r\n|\r|\n|\Z)')
    row: list[str] = []
    place = 0
    while place < len(text):
        match = field.match(text, place)
        if match is None:
            raise Unusable(f"is no CSV: a quote does not end before a delimiter at character {place + 1}")
        row.append(match[1] if match[2] is None else match[2].replace('""', '"'))
        place = match.end()
        if match[3] != delimiter:
            yield row
            row = []
    if row:
        yield [*row, ""]
