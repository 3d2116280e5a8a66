"""Inserts the rows whose keys are not there yet.

INSERT OR IGNORE, or ON CONFLICT DO NOTHING: a key that is there keeps the values of its first day.
Seen in https://github.com/dbt-labs/dbt-core/issues/11269.
"""

from __future__ import annotations

from typing import Any

from ._kit import IF_ABSENT, run

CAUSES = ("C27", "C31")
NEEDS = "INSERT_ONLY NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Offer every row to the target, which takes the new ones."""
    with run(request) as own:
        own.write(own.rows(), IF_ABSENT)
        return own.read_rows
