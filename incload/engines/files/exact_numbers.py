"""Numbers of JSON that must be seen as they stand in the file.

DuckDB reads a JSON number with a fraction or an exponent as a float of eight bytes, and so changes one of more digits
before anybody can ask for its text. Where a record may hold such a number, it is put between two marks and in quotes,
so that DuckDB takes it for a text; the reader of a value takes the marks off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.files.column_types import JSON_FAMILY, MARKED_FAMILY, Field

if TYPE_CHECKING:
    from incload.engines.session import Session

_MAY_CHANGE = r"[0-9.]{17,}|[0-9.][eE]-[0-9]{3}"
"""What a record holds in which a float could change a number: 16 digits and a point, or next to nothing."""
_NUMBER = r"""("(?:[^"\\]|\\.)*")|(-?(?:\d[0-9.]{16,}(?:[eE][+-]?\d+)?|\d[0-9.]*[eE]-\d{3,}))"""
"""A text, which is left alone, or a number that may change."""
_FIRST, _MARKS = 0xE000, 0x1000
"""Characters that Unicode leaves to private use: one that no record holds is the mark."""


def mark_numbers(session: Session) -> str:
    """Mark the numbers that a float could change in the records; return the mark, or nothing where there are none."""
    if not session.rows("SELECT 1 FROM incload_records WHERE regexp_matches(json::VARCHAR, ?) LIMIT 1", (_MAY_CHANGE,)):
        return ""
    mark = _unused(session)
    session.write(
        f"""UPDATE incload_records SET json = replace(regexp_replace(json::VARCHAR, ?, '\\1"{mark}\\2{mark}"', 'g'),"""
        f""" '"{mark}{mark}"', '') WHERE regexp_matches(json::VARCHAR, ?)""",
        (_NUMBER, _MAY_CHANGE),
    )
    return mark


def _unused(session: Session) -> str:
    """Return a character that no record holds, as itself or as an escape."""
    for code in range(_FIRST, _FIRST + _MARKS):
        holds = "contains(json::VARCHAR, ?) OR contains(lower(json::VARCHAR), ?)"
        if not session.rows(f"SELECT 1 FROM incload_records WHERE {holds} LIMIT 1", (chr(code), f"\\u{code:04x}")):
            return chr(code)
    raise ValueError("every character of private use is used")  # pragma: no cover - no file is like that


def json_field(name: str, pointer: str, mark: str) -> Field:
    """Return the field under a JSON pointer, whose values have no marks any more."""
    if not mark:
        return Field(name, "json ->> ?", (pointer,), JSON_FAMILY, (pointer,))
    raw = "json ->> ?"
    text = f"""replace(replace(replace({raw}, '"{mark}', ''), '{mark}"', ''), '{mark}', '')"""
    family = f"CASE WHEN starts_with({raw}, '{mark}') THEN {MARKED_FAMILY.format('text')} ELSE {JSON_FAMILY} END"
    return Field(name, text, (pointer,), family, (pointer, pointer))
