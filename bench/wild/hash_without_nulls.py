"""Compares rows by a hash in which a null is an empty text.

COALESCE(value, '') keeps the hash from being null, and makes two different rows one.
Seen in https://github.com/ScalefreeCOM/datavault4dbt/issues/479
and https://github.com/MrPowers/mack/issues/121.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import by_digests

CAUSES = ("C38",)
NEEDS = "NULLS_DIFFER COMPLETE_READ"


def digest(row: tuple[Any, ...]) -> str:
    """Hash the values with a delimiter between them."""
    text = "|".join("" if value is None else str(value) for value in row)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(request: Any) -> int:
    """Upsert the rows whose digests differ from those of the last sync, and delete those that are gone."""
    return by_digests(request, digest)
