"""What SQLite makes of the types that columns are declared with, of which it promises little."""

from __future__ import annotations

from incload.table import Kind

_DECLARED = (
    *(("INT", Kind.INTEGER), ("CHAR", Kind.TEXT), ("CLOB", Kind.TEXT), ("TEXT", Kind.TEXT), ("BLOB", Kind.BLOB)),
    *(("REAL", Kind.REAL), ("FLOA", Kind.REAL), ("DOUB", Kind.REAL)),
    *(("DEC", Kind.REAL), ("NUMERIC", Kind.REAL)),
)
"""Parts of declared types in SQLite's own order of precedence; then decimals, of which it stores 10.0 as an integer."""


def affinity(declared: str) -> str:
    """Return what SQLite makes of the values of a column, by its own rules."""
    words = declared.upper()
    found = next((kind for part, kind in _DECLARED if part in words and part not in {"DEC", "NUMERIC"}), None)
    return str(found or ("numeric" if declared else Kind.BLOB))


def declared_kind(declared: str) -> Kind | None:
    """Return the kind that a declared type stands for; None where it leaves it to the values."""
    upper = declared.upper()
    return next((kind for part, kind in _DECLARED if part in upper), None)


def keeps_types(declared: str) -> bool:
    """Return whether a column stores every value in the type that it comes in: an integer and a real stay two."""
    return affinity(declared) == str(Kind.BLOB)


def is_alike(one: str, other: str) -> bool:
    """Return whether columns of two declared types store the same values alike."""
    kind = declared_kind(other)
    return kind is not None and declared_kind(one) is kind and affinity(one) == affinity(other)
