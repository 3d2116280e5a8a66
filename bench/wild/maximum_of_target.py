"""Takes the watermark from the target: SELECT MAX(cursor).

An empty target has no maximum, a comparison with null is never true, and so a table that was empty at first stays so.
Seen in https://github.com/get-select/dbt-snowflake-monitoring/issues/155
and https://github.com/dbt-labs/docs.getdbt.com/issues/5321
and https://github.com/dbt-labs/segment/issues/71.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C15", "C13")
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR SOURCE_NOT_EMPTY"


def sync(request: Any) -> int:
    """Read everything once; from then on what is above the target's maximum."""
    with run(request) as own:
        largest = own.largest(own.target, own.at)
        read = own.rows() if own.is_first else own.rows(f"WHERE {own.at} > ?", largest)
        own.write(read)
        return own.read_rows
