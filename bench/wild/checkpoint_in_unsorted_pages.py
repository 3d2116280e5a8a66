"""Reads pages in the order of the key, and keeps the largest cursor value after each.

The rows of a later page may have smaller cursor values; when the run ends before that page, no later run asks for
them.
Seen in https://github.com/airbytehq/airbyte/issues/24808
and https://github.com/transferwise/pipelinewise-tap-postgres/issues/208
and https://github.com/logstash-plugins/logstash-input-jdbc/issues/162.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C25",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR RUN_COMPLETES ONE_SNAPSHOT"


PAGE = 2


def sync(request: Any) -> int:
    """Write and keep the state page by page, for a fresh start where the last run ended."""
    with run(request) as own:
        state, last, newest = own.state.get("last") or 0, -1, own.state.get("last")
        size = PAGE if state else 400
        while True:
            paged = f"WHERE {own.at} > ? AND {own.key} > ? ORDER BY {own.key} LIMIT {size}"
            page = own.rows(paged, state, last)
            own.write(page)
            newest = own.newest(page, newest)
            own.save(last=newest)
            if len(page) < size:
                return own.read_rows
            last = own.value(page[-1], own.key)
            own.between()
