"""What a look has shown as a text file for Prometheus, put in place at once so that no reader sees half of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.watching.seen import Seen

_HELP = {
    "rows": "Rows of the table at the last look.",
    "look": "The number of the last look.",
    "look_failed": "Whether the last look failed.",
    "look_failures": "Looks that have failed.",
    "look_timestamp_seconds": "The source's clock at the last look.",
    "appeared": "Rows that came since the look before.",
    "changed": "Rows that changed since the look before.",
    "vanished": "Rows that went since the look before.",
    "untouched": "Rows that changed since the look before and kept their cursor.",
    "late": "Changes behind the largest cursor of the look before, all looks together.",
    "lag_seconds": "How far late changes and ties lay behind.",
    "columns_changed": "Whether the columns were others than at the look before.",
    "copy_failed": "Whether the copy could not be audited at the last look.",
    "wrong_rows": "Rows of the copy that were wrong at the last look.",
    "wrong_longest_seconds": "For how long the longest of them was wrong.",
}


def write_metrics(seen: Seen, path: Path) -> None:
    """Write the metrics of a look."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text("\n".join(_lines(seen)) + "\n", encoding="utf-8")
    beside.replace(path)


def _lines(seen: Seen) -> Iterator[str]:
    values: dict[str, float | None] = {
        "look": seen.look,
        "look_failed": int(bool(seen.failure)),
        "look_failures": seen.failures,
        "look_timestamp_seconds": seen.at / 1e6,
    }
    if not seen.failure:
        values |= {
            name: getattr(seen, name) for name in ("rows", "appeared", "changed", "vanished", "untouched", "late")
        }
        values |= {"columns_changed": int(seen.columns_changed), "copy_failed": int(bool(seen.copy_failure))}
        values |= {"wrong_rows": seen.wrong, "wrong_longest_seconds": seen.wrong_longest_seconds}
    for name, value in values.items():
        if value is not None:
            yield from _head(name)
            yield f"incload_watch_{name} {value}"
    if seen.lag_seconds:
        yield from _head("lag_seconds")
        for per, lag in seen.lag_seconds.items():
            yield f'incload_watch_lag_seconds{{quantile="{int(per) / 100:g}"}} {lag}'


def _head(name: str) -> Iterator[str]:
    yield f"# HELP incload_watch_{name} {_HELP[name]}"
    yield f"# TYPE incload_watch_{name} gauge"
