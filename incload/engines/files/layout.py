"""How the records lie in a file: what its ending says, and what a user adds to it.

The same for every command that reads files of records, so that what one accepts all accept.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from incload.errors import Refused
from incload.records import record

GZIP, ZSTANDARD = ".gz", ".zst"
PACKED = (GZIP, ZSTANDARD)
"""What may follow an ending where the file is packed, and by what; Parquet packs itself."""

RECORD_FILES = {
    ".json": "json",
    ".geojson": "json",
    ".ndjson": "json",
    ".jsonl": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
"""The endings of files of records, and what each holds."""

LINES = frozenset({".ndjson", ".jsonl"})
"""The endings of JSON of which every line is a document."""

PARENT = ".."
"""What a path begins with that leads to a field of the document around the records."""


class Unusable(Exception):  # noqa: N818 - it is the verdict on one file; a history goes on without it
    """A file that cannot be used; its text is the reason, a clause that follows the file's name."""


def ending_of(name: str) -> str | None:
    """Return the ending that names the format of a file, without `.gz` or `.zst`; None when it names none."""
    plain = name.lower()
    plain = next((plain.removesuffix(each) for each in PACKED if plain.endswith(each)), plain)
    ending = Path(plain).suffix if Path(plain).suffix in RECORD_FILES else None
    return None if ending == ".parquet" and plain != name.lower() else ending


@record
class Layout:
    """Where the records of a file are, beyond what its ending says.

    Attributes:
        records: The dotted path of the records inside a JSON document, `.` for the document itself; empty where the
            document is a list, or every line a record.
        key_from_name: The field that takes the name of each record where the records are an object of objects; empty
            where they are a list.
        encoding: The encoding of a file of text; empty for UTF-8, or what a byte order mark says.
        inherited: Paths that begin with `..`: fields of the document around the records, which every record gets.
        required: The fields that distinguish a document that is one record from one that holds records.
    """

    records: str = ""
    key_from_name: str = ""
    encoding: str = ""
    inherited: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no file can be read by."""
        if self.encoding:
            _check_encoding(self.encoding)
        for path in self.inherited:
            if not path.strip("."):
                raise Refused(f"the path {path!r} names no field: write ..FIELD for a field of the document around it.")

    @property
    def is_plain(self) -> bool:
        """Whether the file is read as its ending says."""
        return not (self.records or self.key_from_name or self.encoding or self.inherited)


PLAIN = Layout()
"""A file that is read as its ending says."""


def column_of(path: str) -> str:
    """Return the name of the column that a path leads to: a field of the document around goes by its last name."""
    return path.rpartition(".")[2] if path.startswith(PARENT) else path


def _check_encoding(encoding: str) -> None:
    try:
        known = codecs.lookup(encoding)
    except LookupError:
        known = None
    if known is None or not known._is_text_encoding:  # noqa: SLF001 - the one place that says so
        raise Refused(f"--encoding {encoding} is no encoding of text: give one such as latin-1, cp1252 or utf-16.")
