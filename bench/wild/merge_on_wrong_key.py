"""Merges on a column that is not unique.

Rows that share its value replace each other, in one batch or over time; a database without enforced keys says
nothing.
Seen in https://github.com/dbt-labs/dbt-adapters/issues/159
and https://github.com/dbt-labs/dbt-core/issues/5138.
"""

from __future__ import annotations

from typing import Any

from ._kit import INSERT, run

CAUSES = ("C34",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Keep the last row for each value of the second column, as a merge on it does."""
    with run(request, keyed=False) as own:
        wrong = own.names[1]
        rows = {own.value(row, wrong): row for row in own.rows()}
        with own.transaction():
            own.delete("1 = 1")
            own.write(rows.values(), INSERT)
        return own.read_rows
