"""Pages by LIMIT, each after the last cursor value of the page before.

WHERE cursor > ? ORDER BY cursor LIMIT 2, over and over. Where more rows share a cursor value than the page has room
for, the rest of them lies behind the next page's bound.
Seen in https://github.com/openbkn-ai/bkn-foundry/issues/1354
and https://github.com/apache/iggy/issues/3140
and https://github.com/confluentinc/kafka-connect-jdbc/issues/598.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C02",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR NO_TIES"


PAGE = 2


def sync(request: Any) -> int:
    """Read page after page until one is not full."""
    with run(request) as own:
        last = own.state.get("last")
        while True:
            limit = f"LIMIT {PAGE}" if last else ""
            bound = "" if last is None else f"WHERE {own.at} > {last}"
            page = own.rows(f"{bound} ORDER BY {own.at} {limit}")
            own.write(page)
            last = own.newest(page, last)
            own.save(last=last)
            if len(page) < PAGE or own.is_first:
                return own.read_rows
            own.between()
