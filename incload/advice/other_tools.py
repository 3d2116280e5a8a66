"""The recommended load in the settings of other tools, where they have the same."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.strategy import Strategy


def settings(strategy: Strategy, key: tuple[str, ...], cursor: str | None) -> dict[str, str]:
    """Return the settings of dlt, dbt and Sling that load as a strategy does; nothing where a tool has no such load."""
    given = {each.name: getattr(strategy, each.name) for each in fields(strategy)}
    listed = ", ".join(map(repr, key))
    dlt = f"primary_key=({listed},), write_disposition='merge'"
    if strategy.name == "full_refresh":
        return {
            "dlt": "write_disposition='replace'",
            "dbt": "materialized='table'",
            "sling": "mode: full-refresh",
        }
    if strategy.name == "lookback_window" and not given["from_clock"]:
        seconds = round(given["minutes"] * 60)
        since = f"(select max({cursor}) - interval '{seconds} seconds' from {{{{ this }}}})"  # noqa: S608 - text for a reader
        return {
            "dlt": f"dlt.sources.incremental({cursor!r}, lag={seconds}), {dlt}",
            "dbt": _dbt(key, f"{cursor} >= {since}"),
        }
    if strategy.name == "timestamp_watermark":
        inclusive = bool(given["inclusive"])
        sign = ">=" if inclusive else ">"
        largest = f"(select max({cursor}) from {{{{ this }}}})"  # noqa: S608 - text for a reader
        start = ", primary_key=()" if inclusive else ", range_start='open'"
        found = {
            "dlt": f"dlt.sources.incremental({cursor!r}{start}), {dlt}",
            "dbt": _dbt(key, f"{cursor} {sign} {largest}"),
        }
        if not inclusive:
            found["sling"] = f"mode: incremental, primary_key: [{', '.join(key)}], update_key: {cursor}"
        return found
    return {}


def _dbt(key: tuple[str, ...], condition: str) -> str:
    unique = repr(key[0]) if len(key) == 1 else repr(list(key))
    return (
        f"materialized='incremental', incremental_strategy='merge', unique_key={unique}, and "
        f"{{% if is_incremental() %}} where {condition} {{% endif %}}"
    )
