"""Paths and URLs: which file, which table, and which texts name neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from incload.engines.endpoints import Location, locate
from incload.errors import Refused


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("events.json", Location("file", Path("events.json"))),
        ("data/EVENTS.Parquet", Location("file", Path("data/EVENTS.Parquet"))),
        ("sqlite:///copy.db", Location("sqlite", Path("copy.db"))),
        ("sqlite:////data/copy.db", Location("sqlite", Path("/data/copy.db"))),
        ("duckdb:///a/b.duckdb?table=orders", Location("duckdb", Path("a/b.duckdb"), "orders")),
        ("duckdb:///x.duckdb?schema=a%26b&table=t", Location("duckdb", Path("x.duckdb"), "t", "a&b")),
        ("duckdb:///x.duckdb?schema=raw", Location("duckdb", Path("x.duckdb"), None, "raw")),
        ("sqlite:///my%20shop.db?table=two%20words%26more", Location("sqlite", Path("my shop.db"), "two words&more")),
        ("sqlite:///a#b;c.db?table=x+y=z#1", Location("sqlite", Path("a#b;c.db"), "x+y=z#1")),
        ("sqlite:///really%3F.db", Location("sqlite", Path("really?.db"))),
        ("sqlite:///copy.db?", Location("sqlite", Path("copy.db"))),
    ],
)
def test_a_place_is_read_to_the_letter(text: str, location: Location) -> None:
    """Nothing of a path or a table's name is dropped; what a URL cannot hold is percent-encoded."""
    assert locate(text) == location


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("events", "'events' is neither a file of records"),
        ("events.gz", "'events.gz' is neither a file of records"),
        ("events.parquet.gz", "'events.parquet.gz' is neither a file of records"),
        ("events.txt", r"is neither a file of records \(\.json, .*\) nor a database URL"),
        (
            "mongodb:///db",
            "unknown engine 'mongodb': known: duckdb, iceberg, iceberg.spark, postgres, postgresql, sqlite",
        ),
        ("sqlit:///x.db", "unknown engine 'sqlit': did you mean sqlite"),
        ("sqlite://copy.db", "names no file: write sqlite:///path/to/file, with three slashes before the path"),
        ("sqlite:///", "names no file"),
        ("duckdb://", "names no file: write duckdb:///"),
        ("sqlite:///x.db?tabel=t", "unknown URL option 'tabel': did you mean table"),
        ("sqlite:///x.db?table=", "names no table or several: write [?]table=NAME once"),
        ("sqlite:///x.db?table=a&table=b", "names no table or several"),
        ("sqlite:///x.db?table=a&b", "names no table or several: .*, an & in a name as %26"),
        ("sqlite:///x.db?table=a&", "names no table or several"),
        ("sqlite:///x.db?schema=raw", "unknown URL option 'schema': known: table[.]"),
        ("sqlite:///x.db?table=a&schema=raw", "unknown URL option 'schema': known: table[.]"),
        ("duckdb:///x.duckdb?schem=raw", "unknown URL option 'schem': did you mean schema"),
        ("duckdb:///x.duckdb?table=t&schema=", "names no schema or several: write [?]schema=NAME once"),
        ("duckdb:///x.duckdb?schema=a&schema=a", "names no schema or several"),
    ],
)
def test_a_text_that_names_no_place_is_refused(text: str, said: str) -> None:
    """The sentence says what would name one."""
    with pytest.raises(Refused, match=said):
        locate(text)
