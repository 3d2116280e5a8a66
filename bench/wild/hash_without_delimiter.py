"""Compares rows by a hash of their values, one after the other, with nothing between them.

The values ab and c make the same text as a and bc.
Seen in https://github.com/ScalefreeCOM/datavault4dbt/issues/479
and https://github.com/Datavault-UK/automate-dv/issues/5.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import by_digests

CAUSES = ("C38",)
NEEDS = "HASHES_DIFFER COMPLETE_READ"


def digest(row: tuple[Any, ...]) -> str:
    """Hash the values, put together."""
    return hashlib.sha256("".join(map(str, row)).encode()).hexdigest()


def sync(request: Any) -> int:
    """Upsert the rows whose digests differ from those of the last sync, and delete those that are gone."""
    return by_digests(request, digest)
