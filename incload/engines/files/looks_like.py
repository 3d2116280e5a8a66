"""What a file that is not what its ending says is instead, and what to do about it."""

from __future__ import annotations

import re

_BEGINNINGS = (
    (b"version https://git-lfs.", "a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`"),
    (b"\x1f\x8b", "packed by gzip: let its name end in .gz"),
    (b"PK\x03\x04", "a ZIP archive, as Excel's files are too: unpack it, or export it as CSV"),
    (b"PAR1", "Parquet: let its name end in .parquet"),
    (b"SQLite format 3\x00", "a database of SQLite: name it as sqlite:///path?table=NAME"),
    (b"%PDF", "a PDF document: find its data as CSV or JSON"),
    (b"\xd0\xcf\x11\xe0", "an old document of Excel or Word: export it as CSV"),
    (b"Obj\x01", "Avro: convert it to Parquet"),
    (b"ORC", "ORC: convert it to Parquet"),
    (b"BZh", "packed by bzip2: unpack it"),
    (b"(\xb5/\xfd", "packed by Zstandard: let its name end in .zst"),
)
"""How files begin that are known by it."""
_HTML = re.compile(rb"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(rb"<[?!a-zA-Z]")
_JSON = re.compile(rb"[{\[]\s*[\"{\[\]}]")
_SCRIPT = re.compile(rb"(?:(?:var|let|const|window)\b|[A-Za-z_$][\w$.]*\s*\()")
_YAML = re.compile(rb"(?:---\s*$|%YAML|- [\w\"'{]|[A-Za-z_][\w-]*:(?:\s|$))", re.MULTILINE)
_DELIMITERS = {b"\t": "tabs", b";": "semicolons", b"|": "bars", b",": "commas"}


def other_form(start: bytes, form: str) -> str:
    """Return a clause that names what a file is that should be of a form, and the remedy; empty where it may be that.

    Args:
        start: How the file begins.
        form: `json`, `csv` or `parquet`.
    """
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, what in _BEGINNINGS:
        if start.startswith(beginning) and not (form == "parquet" and beginning == b"PAR1"):
            return f"is {what}"
    if _HTML.match(text):
        return "is a page of HTML, as servers send it for an error or a login: fetch the data itself"
    if form != "csv" and _XML.match(text):
        return "is XML: convert it to JSON or CSV"
    if form != "json" and _JSON.match(text):
        return "is JSON: let its name end in .json"
    return _other_text(text) if form == "json" and _is_other_text(text) else ""


def _is_other_text(text: bytes) -> bool:
    """Return whether a text is no list and no object, in an encoding in which that can be seen."""
    return not text.startswith((b"{", b"[")) and b"\x00" not in text


def _other_text(text: bytes) -> str:
    first = text.partition(b"\n")[0].rstrip(b"\r")
    if _SCRIPT.match(text):
        return "is JavaScript: keep only the JSON in it"
    if _YAML.match(text):
        return "is YAML: convert it to JSON"
    counts = {delimiter: first.count(delimiter) for delimiter in _DELIMITERS}
    delimiter = max(counts, key=lambda each: counts[each])
    if not counts[delimiter]:
        return ""
    ending = ".tsv" if delimiter == b"\t" else ".csv"
    return f"is a table of text with {_DELIMITERS[delimiter]} between its fields: let its name end in {ending}"
