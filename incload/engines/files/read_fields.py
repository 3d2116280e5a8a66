"""The columns of a file of text, and its records where Python has to read them.

DuckDB reads a plain file. Where the records lie deeper in a document, the text has another encoding, or DuckDB does not
understand the file, `incload.engines.files.reader` reads it, as a replay does, and DuckDB gets the records from it.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from incload.engines.files.column_types import CSV_FAMILY, Field
from incload.engines.files.documents import exact_json
from incload.engines.files.exact_numbers import json_field, mark_numbers
from incload.engines.files.layout import LINES, RECORD_FILES, Unusable, ending_of
from incload.engines.files.reader import read_records
from incload.engines.stream import Batches
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from incload.engines.files.column_types import Wanted
    from incload.engines.session import Session

_ROWS = 10_000
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class File:
    """A file that is read.

    Attributes:
        path: Where it is.
        start: How it begins, unpacked.
        wanted: What the load wants of it.
    """

    path: Path
    start: bytes
    wanted: Wanted

    @property
    def named(self) -> str:
        """The path as a text."""
        return str(self.path)

    def is_plain(self, form: str) -> bool:
        """Return whether DuckDB can read it as it is."""
        odd = (*_BOMS, codecs.BOM_UTF8) if form == "json" else _BOMS
        return self.wanted.layout.is_plain and not self.start.startswith(odd)

    def may_be_one(self, session: Session) -> bool:
        """Return whether it may be one document around records, which DuckDB takes for the one record."""
        begins = self.start.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        ending = ending_of(self.path.name)
        if begins != b"{" or ending in LINES or RECORD_FILES.get(ending or "") != "json":
            return False
        return self.wanted.layout.is_plain and session.count("incload_records") == 1


def check_names(path: str, names: list[str]) -> None:
    """Refuse names that a database cannot distinguish, or that are none."""
    known: dict[str, str] = {}
    often = Counter(names)
    for name in names:
        if not name:
            raise Refused(f"{path!r} has a column without a name: give it one.")
        other = known.setdefault(name.lower(), name)
        if other != name or often[name] > 1:
            raise Refused(f"{path!r} has the columns {other!r} and {name!r}, which are one to a database: rename one.")


def csv_field(session: Session, name: str) -> Field:
    """Return the field of a column of CSV."""
    column = session.quote(name)
    return Field(name, column, (), CSV_FAMILY.format(column), (), from_csv=True)


def json_fields(session: Session, file: File) -> list[Field]:
    """Return the fields of the records, those inside others that are the key or the cursor among them."""
    path = file.named
    odd = session.rows("SELECT json::VARCHAR FROM incload_records WHERE json_type(json) <> 'OBJECT' LIMIT 1")
    if odd:
        raise Refused(f"{path!r} holds {str(odd[0][0])[:40]} where a record should be: every record is a JSON object.")
    found = session.rows(
        "SELECT name, count(*) > count(DISTINCT line) FROM (SELECT unnest(json_keys(json)) AS name,"
        " unnest(range(len(json_keys(json)))) AS place, rowid AS line FROM incload_records)"
        " GROUP BY name ORDER BY min((line, place))"
    )
    for name, twice in found:
        if twice:
            raise Refused(f"a record of {path!r} names {name!r} twice: every name stands once in a record.")
    names = [str(name) for name, _ in found]
    check_names(path, names)
    mark = mark_numbers(session)
    fields = [json_field(name, _pointer((name,)), mark) for name in names]
    inside = [name for name in dict.fromkeys(file.wanted.needed) if "." in name and name not in names]
    pointers = {name: _present(session, name) for name in inside}
    return fields + [json_field(name, pointer, mark) for name, pointer in pointers.items() if pointer]


def _pointer(parts: Sequence[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _present(session: Session, path: str) -> str:
    """Return the JSON pointer of the first way along a dotted path that a record has; nothing where none has it."""
    pointers = map(_pointer, ways_along(path))
    return next(
        (
            each
            for each in pointers
            if session.rows("SELECT 1 FROM incload_records WHERE json_exists(json, ?)", (each,))
        ),
        "",
    )


def ways_along(path: str) -> Iterator[tuple[str, ...]]:
    """Yield the ways to take a dotted path, in the order in which they are tried: a name may hold dots itself."""
    yield (path,)
    parts = path.split(".")
    for place in range(1, len(parts)):
        head, rest = ".".join(parts[:place]), ".".join(parts[place:])
        yield from ((head, *way) for way in ways_along(rest))


def read_in_python(session: Session, file: File) -> list[Field]:
    """Make the table of the records as `read_records` finds them, and return their fields."""
    path = file.named
    try:
        records = read_records(path, file.path.read_bytes(), file.wanted.layout)
    except Unusable as error:
        said = str(error)
        raise Refused(f"{path!r} {said}{'' if said.endswith('?') else '.'}") from error
    if RECORD_FILES[ending_of(path) or ""] == "json":
        _fill(session, ["json"], ([_json_text(record)] for record in records))
        session.write("ALTER TABLE incload_records ALTER json TYPE JSON")
        return json_fields(session, file)
    names = list(records[0]) if records and isinstance(records[0], dict) else []
    check_names(path, names)
    _fill(session, names or ["none"], (list(record.values()) for record in records if isinstance(record, dict)))
    return [csv_field(session, name) for name in names]


def _json_text(record: object) -> str:
    text = exact_json(record, in_order=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which stays an escape
        return "".join(char if char < "\ud800" or char > "\udfff" else f"\\u{ord(char):04x}" for char in text)
    return text


def _fill(session: Session, names: list[str], rows: Iterator[list[object]]) -> None:
    """Make the table of the records, of columns of text."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in names])
    parts = iter(lambda: list(islice(rows, _ROWS)), [])
    batches = (_batch(schema, part) for part in parts)
    relation = session.receive(Batches(pa.RecordBatchReader.from_batches(schema, batches), session.error), ())
    session.write(f"CREATE TEMP TABLE incload_records AS SELECT * FROM {relation}")
    session.release()


def _batch(schema: pa.Schema, rows: Sequence[list[object]]) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array(each, pa.string()) for each in zip(*rows, strict=True)], schema=schema)
