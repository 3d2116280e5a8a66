"""From the bytes of a file of records to its records, the same for a load, a replay and a profile.

A record is what JSON can hold: CSV fields are text (an empty one is null), and the richer values of Parquet become
numbers and text. A file that holds an empty list, or a header alone, has no records and is a true state of its table.
Anything that keeps a file from being read raises `Unusable`; nothing is read halfway.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from incload.engines.files import gzip_files
from incload.engines.files.delimited import read_rows
from incload.engines.files.documents import find, loads, number, records_in
from incload.engines.files.layout import LINES, PLAIN, RECORD_FILES, Layout, Unusable, ending_of
from incload.engines.files.looks_like import other_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOKED_AT = 4_096
INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls an index without a name."""


def read_records(
    name: str, data: bytes, layout: Layout = PLAIN, document_of: Callable[[str], object] = loads
) -> list[object]:
    """Return the records of a file.

    Args:
        name: The file's name; its ending names the format, and an unknown one means JSON.
        data: The file's bytes.
        layout: Where the records are in it.
        document_of: What reads a text that is one JSON document, as `loads` does.

    Raises:
        Unusable: When the file cannot be read, or holds no records there.
    """
    try:
        data = gzip_files.unpacked(name, data)
    except gzip_files.NotWhole as error:
        raise Unusable(f"cannot be unpacked: {error}") from error
    if not data.strip():
        raise Unusable("is empty")
    ending = ending_of(name) or ".json"
    form = RECORD_FILES[ending]
    try:
        return _read(data, ending, layout, document_of)
    except Unusable as error:
        other = other_form(data[:_LOOKED_AT], form)
        raise Unusable(other or str(error)) from error
    except UnicodeDecodeError as error:
        raise Unusable(
            other_form(data[:_LOOKED_AT], form)
            or f"is not {error.encoding} text: {error.reason} at byte "
            f"{error.start}; give its encoding, as in --encoding latin-1"
        ) from error
    except RecursionError as error:
        raise Unusable("is nested too deeply") from error


def _read(data: bytes, ending: str, layout: Layout, document_of: Callable[[str], object]) -> list[object]:
    form = RECORD_FILES[ending]
    if form == "parquet":
        return _read_parquet(data, layout)
    if layout.records and form == "csv":
        raise Unusable("is CSV, which has no path to its records: leave out --records")
    if form == "csv":
        return _read_csv(_text(data, layout.encoding), layout, tabs=ending == ".tsv")
    text = _json_text(data, layout.encoding)
    return _read_lines(text, layout) if ending in LINES else _read_json(text, layout, document_of)


def _text(data: bytes, encoding: str) -> str:
    """Decode a text, by the encoding that was named, else by its byte order mark, else as UTF-8."""
    if encoding:
        return data.decode(encoding).removeprefix("\ufeff")
    return data.decode("utf-16" if data.startswith(_BOMS) else "utf-8-sig")


def _json_text(data: bytes, encoding: str) -> str:
    """Decode JSON, of which the first bytes distinguish UTF-8, UTF-16 and UTF-32."""
    return _text(data, encoding) if encoding else data.decode(json.detect_encoding(data), "surrogatepass")


def _read_json(text: str, layout: Layout, document_of: Callable[[str], object]) -> list[object]:
    try:
        document = document_of(text)
    except Unusable as error:
        if layout.records or "Extra data" not in str(error):
            raise
        return _read_lines(text, layout)
    return records_in(document, layout)


def _read_lines(text: str, layout: Layout) -> list[object]:
    records: list[object] = []
    for place, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            records.extend(_records_of_line(line, place, layout))
    return records


def _records_of_line(line: str, place: int, layout: Layout) -> Iterable[object]:
    """Return the record that a line is, or the record or the records under the path in it."""
    try:
        document = loads(line)
    except Unusable as error:
        raise Unusable(f"has a line {place} that {error}") from error
    path = layout.records
    if layout.key_from_name or layout.inherited:
        return records_in(document, layout)
    found = find(document, path) if path not in {"", "."} else document
    if isinstance(found, list) and path:
        return found
    if isinstance(found, dict):
        return [found]
    raise Unusable(f"has a line {place} that holds no record{f' under {path!r}' if path else ''}")


def _read_csv(text: str, layout: Layout, *, tabs: bool) -> list[object]:
    _refuse_paths(layout, "CSV")
    rows = list(read_rows(text, tabs=tabs))
    if not rows:
        raise Unusable("is empty")
    names = _distinct(rows[0])
    return [_fields(names, row, place) for place, row in enumerate(rows[1:], start=1)]


def _refuse_paths(layout: Layout, form: str) -> None:
    for option, given in (("--key-from-name", layout.key_from_name), ("a path with ..", "".join(layout.inherited))):
        if given:
            raise Unusable(f"is {form}, in which {option} leads nowhere: leave it out")


def _distinct(names: list[str]) -> list[str]:
    """Number the column names that were given before: `x`, `x_2`."""
    counts: Counter[str] = Counter()
    result = []
    for name in names:
        counts[name] += 1
        result.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return result


def _fields(names: list[str], row: list[str], place: int) -> dict[str, str | None]:
    """Return one record; a row with too few or too many fields is the mark of a file that broke off."""
    if len(row) < len(names) or any(row[len(names) :]):
        raise Unusable(f"has a row {place} of {len(row)} fields where the header has {len(names)}")
    return {name: value or None for name, value in zip(names, row, strict=False)}


def _read_parquet(data: bytes, layout: Layout) -> list[object]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    _refuse_paths(layout, "Parquet")
    try:
        table = pq.read_table(pa.BufferReader(data))
        unnamed = [name for name in table.column_names if INDEX.fullmatch(name) and name not in layout.required]
        table = table.drop_columns(unnamed)
        return [_plain(record) for record in _exact(table).to_pylist()]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unusable(f"is no Parquet that can be read: {str(error).partition('. ')[0]}") from error


def _exact(table: pa.Table) -> pa.Table:
    """Give columns of which Python's types hold less a type that keeps all: nanoseconds of a day, spans, halves."""
    import pyarrow as pa

    for place, column in enumerate(table.schema):
        kept = None
        if pa.types.is_time64(column.type) and column.type.unit == "ns":
            kept = pa.string()
        elif pa.types.is_duration(column.type):
            kept = pa.int64()
        elif pa.types.is_float16(column.type):
            kept = pa.float32()
        if kept is not None:
            table = table.set_column(place, column.name, table.column(place).cast(kept))
    return table


def _plain(value: object) -> object:
    """Return a value of Parquet as JSON would hold it."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    """Return a scalar of Parquet that JSON does not have: times as ISO text, bytes in hexadecimal."""
    if isinstance(value, float):
        return number(repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
