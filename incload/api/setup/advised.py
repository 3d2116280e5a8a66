"""What advice says of the tables that a first config is to load, from the one state of each that is there."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.extras import EXTRAS
from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.advice.result import Advice
    from incload.loading.columns.discover import FoundTable

MOST_ROWS = 1_000_000
"""Advice reads a table row by row: one with more rows is left to `incload advise`."""


@record
class Advised:
    """What advice says of one table.

    Attributes:
        advice: What it recommends; None where there is none.
        why_not: Why there is none, in a sentence.
    """

    advice: Advice | None
    why_not: str = ""


def advised(url: str, tables: Iterable[FoundTable]) -> dict[str, Advised]:
    """Return what advice says of each table with a key and a column by which changes may be found.

    Args:
        url: The URL of the database.
        tables: Its tables, whose rows are counted.
    """
    if any(find_spec(name) is None for name in EXTRAS["harness"]):
        return {}
    return {each.name: _of_table(url, each) for each in tables if each.is_sure and each.cursors}


def _of_table(url: str, table: FoundTable) -> Advised:
    from incload.api.tables.advise import advise

    if (table.rows or 0) > MOST_ROWS:
        return Advised(None, f"advice would read {table.rows:,} rows one by one: ask `incload advise` for it.")
    try:
        return Advised(advise(_named(url, table.name), key=table.key, cursor=table.cursors[0].name))
    except Refused as refusal:
        return Advised(None, str(refusal))


def _named(url: str, table: str) -> str:
    """Return the URL of one table of a database."""
    from urllib.parse import quote

    from incload.engines.endpoints import locate

    return url if locate(url).table else f"{url}{'&' if '?' in url else '?'}table={quote(table)}"
