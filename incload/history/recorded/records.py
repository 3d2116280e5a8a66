"""From the bytes of one snapshot to its records, and from a record to its canonical text.

A record is what JSON can hold: CSV fields are text (an empty one is null), and the richer values of Parquet become
numbers and text. Two records are the same when their canonical texts are equal, and a number's text is that of its
value: 1, 1.0 and 1e0 are all `1`; true is not 1, and "1" is not 1. Anything that keeps a snapshot from being read
raises `Unusable`; nothing is read halfway.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIXES = (".json", ".ndjson", ".jsonl", ".csv", ".parquet")
"""The formats that a snapshot may have; those of text may be followed by `.gz`."""

MISSING: Final = object()
"""What `find` returns when there is nothing under a path; null is a value."""

_EXACT = 2**53
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Unusable(Exception):  # noqa: N818 - it is the verdict on one snapshot, and the history goes on without it
    """A snapshot that cannot be used; its text is the reason, a clause that follows the snapshot's name."""


def format_of(name: str) -> str | None:
    """Return the suffix that tells the format of a file, without `.gz`; None when it tells none."""
    plain = name.lower().removesuffix(".gz")
    suffix = next((suffix for suffix in SUFFIXES if plain.endswith(suffix)), None)
    return None if suffix == ".parquet" and plain != name.lower() else suffix


def find(document: object, path: str) -> object:
    """Return what stands under a dotted path; a key that holds the dots itself wins over the way through them."""
    if not isinstance(document, dict):
        return MISSING
    if path in document:
        return document[path]
    head, dot, rest = path.partition(".")
    while dot:
        if head in document and (found := find(document[head], rest)) is not MISSING:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return MISSING


def paths_in(document: object, prefix: str = "", depth: int = 3) -> Iterator[str]:
    """Yield the dotted paths of everything in a document, down to a depth."""
    if isinstance(document, dict) and depth:
        for name, value in document.items():
            yield f"{prefix}{name}"
            yield from paths_in(value, f"{prefix}{name}.", depth - 1)


def nearest(path: str, documents: Iterable[object]) -> str:
    """Return a clause that names the path most like one that was not found, or those there are."""
    known = list(dict.fromkeys(found for document in documents for found in paths_in(document)))
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(path.casefold(), list(folded), n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"it has {', '.join(known[:12]) or 'no fields'}"


def canonical(record: object) -> str:
    """Return the one text of a record: JSON with sorted keys and no spaces, characters beyond ASCII kept.

    Only a text that UTF-8 cannot hold (half of a surrogate pair) is escaped throughout.
    """
    try:
        text = _encode(record)
    except RecursionError as error:
        raise Unusable("is nested too deeply") from error
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(record, sort_keys=True, separators=(",", ":"))
    return text


def read_records(name: str, data: bytes, path: str = "") -> list[object]:
    """Return the records of a snapshot, or raise `Unusable`.

    Args:
        name: The file's name; its suffix tells the format, and any other than those of `SUFFIXES` means JSON.
        data: The file's bytes.
        path: The dotted path of the list of records inside a JSON document (one that is itself a list needs none);
            in NDJSON, of the record, or the list of records, inside each line.
    """
    if name.lower().endswith(".gz"):
        data = _unpacked(data)
    if not data.strip():
        raise Unusable("is empty")
    try:
        records = _READERS.get(format_of(name) or "", _read_json)(data, path)
    except UnicodeDecodeError as error:
        raise Unusable(f"is not {error.encoding} text: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise Unusable("is nested too deeply") from error
    if not records:
        raise Unusable("holds no records")
    return records


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise Unusable(f"cannot be unpacked: {error}") from error


def _number(text: str) -> float:
    """Return the number that a JSON text with a fraction or an exponent spells; a whole one as int."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _loads(text: str | bytes) -> object:
    try:
        document: object = json.loads(text, parse_float=_number)
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated") or error.pos >= len(error.doc.rstrip())
        where = f"{error.msg.removesuffix(' at')} at line {error.lineno} column {error.colno}"
        raise Unusable(f"breaks off: {where}" if cut else f"is no JSON: {where}") from error
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise Unusable(f"is no JSON: {error}") from error
    return document


def _read_json(data: bytes, path: str) -> list[object]:
    try:
        document = _loads(data)
    except Unusable as error:
        if path or "Extra data" not in str(error):
            raise
        return _read_lines(data, path)
    found = find(document, path) if path and not isinstance(document, list) else document
    if isinstance(found, list):
        return found
    lists = [other for other in paths_in(document) if isinstance(find(document, other), list)]
    hint = f"lists stand under {', '.join(lists[:5])}" if lists else "there is no list in it"
    where = f"where --records {path} says" if path else "at its top and --records names none"
    raise Unusable(f"holds no list of records {where}: {hint}")


def _read_lines(data: bytes, path: str) -> list[object]:
    records: list[object] = []
    for number, line in enumerate(data.decode("utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            document = _loads(line)
        except Unusable as error:
            raise Unusable(f"has a line {number} that {error}") from error
        found = find(document, path) if path else document
        if isinstance(found, list) and path:
            records.extend(found)
        elif isinstance(found, dict):
            records.append(found)
        else:
            raise Unusable(f"has a line {number} that holds no record{f' under {path!r}' if path else ''}")
    return records


def _read_csv(data: bytes, _path: str) -> list[object]:
    """Read a table of text; the delimiter is the one of `, ; tab |` that stands most often in the first line."""
    text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    limit = csv.field_size_limit(len(text) + 1)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise Unusable(f"is no CSV: {error}") from error
    finally:
        csv.field_size_limit(limit)
    if not rows:
        raise Unusable("is empty")
    names = _distinct(rows[0])
    return [_fields(names, row, number) for number, row in enumerate(rows[1:], start=1)]


def _distinct(names: list[str]) -> list[str]:
    """Number the column names that were given before: `x`, `x_2`."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    counts = dict.fromkeys(seen, 0)
    result = []
    for name in names:
        counts[name] += 1
        result.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return result


def _fields(names: list[str], row: list[str], number: int) -> dict[str, str | None]:
    """Return one record; a row with too few or too many fields is the mark of a file that broke off."""
    if len(row) < len(names) or any(row[len(names) :]):
        raise Unusable(f"has a row {number} of {len(row)} fields where the header has {len(names)}")
    return {name: value or None for name, value in zip(names, row, strict=False)}


def _read_parquet(data: bytes, _path: str) -> list[object]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [_plain(record) for record in pq.read_table(pa.BufferReader(data)).to_pylist()]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unusable(f"is no Parquet that can be read: {str(error).partition('. ')[0]}") from error


def _plain(value: object) -> object:
    """Return a value of Parquet as JSON would hold it."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    """Return a scalar of Parquet that JSON does not have: stamps as ISO text, bytes in hexadecimal, spans in us."""
    if isinstance(value, float):
        return _number(repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value // timedelta(microseconds=1) if isinstance(value, timedelta) else str(value)


_READERS = {
    ".json": _read_json,
    ".ndjson": _read_lines,
    ".jsonl": _read_lines,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
