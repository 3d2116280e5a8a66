"""Keys become values of each side's own columns, or are refused."""

from __future__ import annotations

import pytest

from incload.engines.digests.canonical import Form, Held
from incload.engines.digests.literals import literal
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.table import Column, Kind


@pytest.mark.parametrize(
    ("kind", "declared", "form", "text"),
    [
        (Kind.TEXT, "TEXT", Form(Kind.TIMESTAMP, 1_000_000), "m1772366400000001;"),
        (Kind.REAL, "DOUBLE", Form(Kind.REAL), "r4609434218613702656;"),
        (Kind.TEXT, "VARCHAR", Form(Kind.DECIMAL), "d1.5;"),
    ],
)
def test_what_does_not_say_its_value_is_refused(kind: Kind, declared: str, form: Form, text: str) -> None:
    """A text of unknown form and a float name no row for certain."""
    session = session_type("duckdb").open(None, None)
    try:
        with pytest.raises(Refused, match="from which no row can be found again"):
            literal(session, Held(Column("k", kind, declared), form), text)
    finally:
        session.close()


def test_a_nul_is_refused() -> None:
    """No statement can name a text with a NUL character."""
    session = session_type("duckdb").open(None, None)
    try:
        with pytest.raises(Refused, match="holds a NUL character"):
            literal(session, Held(Column("k", Kind.TEXT, "VARCHAR"), Form(Kind.TEXT)), "t3:a\0b;")
    finally:
        session.close()
