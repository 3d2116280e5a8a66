"""A sync as many are: an SQL script, run by a few lines of Python."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SCRIPT = Path(__file__).with_name("sync.sql").read_text(encoding="utf-8")


def sync(source: str, target: str, script: str = SCRIPT) -> None:
    """Bring the table `customers` of one SQLite file up to date with that of another."""
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("ATTACH ? AS source", (source,))
        connection.executescript(f"BEGIN; {script} COMMIT;")
