"""A large table of SQLite whose cursor is of ISO texts, and its changes: what measurements make by a few statements."""

from __future__ import annotations

NAME, CURSOR = "timestamped", "at"
DAYS = 3_653
"""Over how many days the texts are spread: the ten years before 2026."""


def creation(rows: int) -> tuple[str, ...]:
    """Return the statements that make the table, with an index on the cursor."""
    timestamp = _timestamp(f"(i - {rows}) * {DAYS * 86_400.0} / {rows}")
    filling = (
        f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows})"
        f" INSERT INTO timestamped SELECT i, 'row ' || i, {timestamp} FROM n"
    )
    return (
        "CREATE TABLE timestamped (id INTEGER PRIMARY KEY, name TEXT, at TEXT)",
        filling,
        "CREATE INDEX timestamped_by_at ON timestamped (at, id)",
    )


def changes(rows: int, changed: int) -> tuple[str, ...]:
    """Return the statements that give one half of so many changes a new timestamp, and append the other half."""
    half = changed // 2
    apart = rows // max(half, 1)
    again = f"id % {apart} = 0 AND id < {half * apart}"
    appended = (
        f"INSERT INTO timestamped SELECT {rows} + id, name, {_timestamp('1 + id')} FROM timestamped"
        f" WHERE id < {changed - half}"
    )
    return f"UPDATE timestamped SET name = 'new', at = {_timestamp(f'id * 1.0 / {rows}')} WHERE {again}", appended


def _timestamp(seconds: str) -> str:
    """Return the expression of an ISO text so many seconds after the beginning of 2026."""
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01', ({seconds}) || ' seconds')"
