"""Compares rows by a hash in which a null is an empty text.

COALESCE(value, '') keeps the hash from being null, and makes two different rows one.
Seen in https://github.com/ScalefreeCOM/datavault4dbt/issues/479
and https://github.com/MrPowers/mack/issues/121.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import run

CAUSES = ("C38",)
NEEDS = "NULLS_DIFFER COMPLETE_READ"


def digest(row: tuple[Any, ...]) -> str:
    """Hash the values with a delimiter between them."""
    text = "|".join("" if value is None else str(value) for value in row)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(request: Any) -> int:
    """Upsert the rows whose digests differ from those of the last sync, and delete those that are gone."""
    with run(request) as own:
        rows = {str(own.value(row, own.key)): row for row in own.rows()}
        before, after = own.state.get("digests", {}), {key: digest(row) for key, row in rows.items()}
        own.write(rows[key] for key, found in after.items() if before.get(key) != found)
        for key in before.keys() - after.keys():
            own.delete(f"{own.key} = ?", int(key))
        own.save(digests=after)
        return own.read_rows
