"""How closely the lags that a watch sees agree with those in the writers' own log, on PostgreSQL.

    nice python bench/watch_agreement.py --seconds 600

Writers change a table, some keeping transactions open for seconds; a watch looks at it. Each writer notes what it has
committed and when. The lags of the log are computed here, by a sync at the time of each look, and not by incload. It is
no pytest benchmark: its time is an option.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from bisect import bisect_right
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import incload
from incload.engines.abilities.trials import application, databases
from incload.harness.concurrency import writers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Changed = dict[int, int | None]
"""The rows that are others than at the look before: the cursor, or None for one that is gone."""
QUANTILES = (50, 75, 90, 95, 99, 100)


def main() -> None:
    """Run writers and a watch, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--slow-seconds", type=float, default=12.0)
    options = parser.parse_args()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="incload-")))
        work = writers.Work(
            options.seconds, 2, options.rate, slow=3, slow_seconds=options.slow_seconds, rows=2_000, log=str(folder)
        )
        url = databases(writers.ENGINE).url(folder, "source", ending)
        with closing(application(writers.ENGINE, url)) as client:
            client.create(work.rows)
            table = client.table
        processes, done = writers.start(work, url, time.time() + 5.0)
        span = f"{options.seconds + 2 * options.every:g}s"
        incload.watch(
            f"{url}{'&' if '?' in url else '?'}table={table}",
            key="id",
            cursor="modified_at",
            to=folder / "watch.db",
            every=f"{options.every:g}s",
            duration=span,
        )
        committed = sum(count for _, count in (done.get(timeout=120) for _ in processes))
        for process in processes:
            process.join()
        looks, watched = recorded(folder / "watch.db")
        logged = from_log(looks, folder)
    found = {"seconds": options.seconds, "looks": len(looks), "transactions": committed}
    json.dump({**found, **compared(watched, logged)}, sys.stdout)
    sys.stdout.write("\n")


def recorded(path: Path) -> tuple[list[int], list[Changed]]:
    """Return the times of the looks of a recording, and what was another at each; the first has all rows."""
    with closing(sqlite3.connect(path)) as opened:
        at = dict(opened.execute("SELECT look, at FROM incload_looks WHERE failure = ''"))
        changes: dict[int, Changed] = {look: {} for look in at}
        rows = opened.execute("SELECT look, key, cursor, content FROM incload_changes")
        for look, key, cursor, content in rows:
            changes[look][int(json.loads(key)[0])] = None if content is None else cursor
    order = sorted(at)
    return [at[look] for look in order], [changes[look] for look in order]


def from_log(looks: Sequence[int], folder: Path) -> list[Changed]:
    """Return what the writers' logs say was another at each look after the first."""
    found: list[Changed] = [{} for _ in looks]
    for at, changes in sorted(_logged(folder)):
        look = bisect_right(looks, at - 1)
        if look < len(looks):
            found[look] |= {key: None if kind == "delete" else cursor for kind, key, cursor in changes}
    return found


def _logged(folder: Path) -> Iterator[tuple[int, list[tuple[str, int, int]]]]:
    for path in folder.glob("writer-*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            noted = json.loads(line)
            yield noted["at"], noted["changes"]


def net(base: Changed, later: Sequence[Changed]) -> list[Changed]:
    """Return what is another at each look, without rows that are as before and those that came and went between."""
    rows, found = dict(base), []
    for changed in later:
        found.append({key: cursor for key, cursor in changed.items() if rows.get(key) != cursor})
        rows |= found[-1]
    return found


def lags(base: Changed, later: Sequence[Changed]) -> list[int]:
    """Return how far each change lies behind the largest cursor of the look before; negative above it."""
    watermark, found = max(cursor for cursor in base.values() if cursor is not None), list[int]()
    for changed in later:
        cursors = [cursor for cursor in changed.values() if cursor is not None]
        found += [watermark - cursor for cursor in cursors]
        watermark = max([watermark, *cursors])
    return sorted(found)


def compared(watched: Sequence[Changed], logged: Sequence[Changed]) -> dict[str, object]:
    """Return how both see the same table: changes look by look, and the distributions of their lags."""
    base, mine, other = watched[0], net(watched[0], watched[1:]), net(watched[0], logged[1:])
    pairs = list(zip(mine, other, strict=True))
    both = sum(len(one.items() & two.items()) for one, two in pairs)
    either = sum(len(one.items() | two.items()) for one, two in pairs)
    seen, known = lags(base, mine), lags(base, other)
    return {
        "changes_watched": sum(map(len, mine)),
        "changes_logged": sum(map(len, other)),
        "same_row_cursor_and_look": round(both / either, 5),
        "late_watched": sum(lag > 0 for lag in seen),
        "late_logged": sum(lag > 0 for lag in known),
        "largest_distance_of_the_distributions": round(_distance(seen, known), 5),
        "seconds_behind_watched": _quantiles(seen),
        "seconds_behind_logged": _quantiles(known),
    }


def _distance(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the largest difference of two cumulative distributions, of all lags, negative ones too."""
    values = {*one, *other}
    return max(abs(bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other)) for value in values)


def _quantiles(found: Sequence[int]) -> dict[str, float]:
    behind = [lag for lag in found if lag >= 0]
    return {str(per): behind[-(-len(behind) * per // 100) - 1] / 1e6 for per in QUANTILES} if behind else {}


if __name__ == "__main__":
    main()
