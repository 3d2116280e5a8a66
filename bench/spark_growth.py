"""What a sync of an Iceberg table reads, shuffles and rewrites as the table grows, for each strategy: exponents.

    python bench/spark_growth.py [--sizes 50000,100000,200000] [--changes 1000] [--mode copy-on-write]

Every size has files that are alike, so that their number grows with the table. The same number of rows is
changed at each size, spread over the whole table or, with `--recent`, among its newest keys. What is printed is Spark's
own count of rows, bytes and seconds of its tasks, which does not hang on what else a machine does; then, of each, the
exponent of n that fits best. It prints lines of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import incload
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.report.comparison.scaling import exponent

STRATEGIES = ("timestamp_watermark", "lookback_window:minutes=30", "row_hash_cdc", "snapshot_diff", "log_cdc")
ROWS_IN_A_FILE, BYTES_OF_A_FILE = 10_000, 100_000
"""Of the source, one task writes each file; a copy begins another where one has reached its size."""
MEASURED = ("rows_scanned", "bytes_scanned", "bytes_shuffled", "task_seconds", "files_written", "bytes_written", "jobs")


class Growing:
    """One Spark, and a warehouse for each size."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        """Take what is measured."""
        self.folder, self.options = folder, options
        self.seen = -1

    def url(self, rows: int) -> str:
        """Return the URL of the warehouse of a size."""
        settings = f"spark.master={self.options.master}&spark.driver.memory=2g&mode={self.options.mode}"
        settings += f"&catalog.table-default.write.target-file-size-bytes={BYTES_OF_A_FILE}"
        return f"iceberg:///{self.folder}/lake{rows}?{settings}"

    def session(self, rows: int) -> Any:  # noqa: ANN401 - that of an engine
        """Open the warehouse of a size."""
        return session_type("iceberg").open(None, locate(self.url(rows)))

    def source(self, rows: int) -> None:
        """Make a source whose files hold the same number of rows each, in the order of the key."""
        session = self.session(rows)
        name = session.places.plain_name
        session.run(f"CREATE NAMESPACE {name('target', 'db')}")
        session.run(
            f"CREATE TABLE {name('target', 'db.source')} USING iceberg AS SELECT id, "
            "timestamp_micros(1700000000000000 + id * 1000000) AS ts, concat('name ', id) AS name, id % 97 AS points "
            f"FROM range(0, {rows}, 1, {max(1, rows // ROWS_IN_A_FILE)})"
        )
        session.close()

    def change(self, rows: int, number: int) -> None:
        """Change rows of the source, with timestamps beyond all others."""
        session = self.session(rows)
        changes = self.options.changes
        where = f"id >= {rows - changes}" if self.options.recent else f"id % {rows // changes} = 0"
        session.run(
            f"UPDATE {session.places.plain_name('target', 'db.source')} SET points = points + 1, "
            f"ts = timestamp_micros(1800000000000000 + {number} * 1000000000000 + id) WHERE {where}"
        )
        session.close()

    def load(self, rows: int, strategy: str) -> int:
        """Load once into the copy of a strategy."""
        options = {"key": "id", "cursor": "ts", "strategy": strategy}
        table = f"db.{strategy.partition(':')[0]}"
        return incload.load(f"{self.url(rows)}&table=db.source", self.url(rows), table=table, **options).loaded  # type: ignore[arg-type]

    def check(self, rows: int, strategy: str) -> None:
        """Fail where a copy is not the source."""
        session = self.session(rows)
        source, copy = (
            session.places.plain_name("target", each) for each in ("db.source", f"db.{strategy.partition(':')[0]}")
        )
        session.begin_read()
        wrong = [
            session.count(f"(SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other})")
            for one, other in ((source, copy), (copy, source))
        ]
        session.close()
        assert wrong == [0, 0], (strategy, wrong)

    def spent(self, rows: int) -> dict[str, float]:
        """Return what Spark's tasks have done since this was asked last."""
        session = self.session(rows)
        context, gateway = session.spark.sparkContext, session.spark.sparkContext._gateway  # noqa: SLF001 - there is no other way to it
        context._jsc.sc().listenerBus().waitUntilEmpty()  # noqa: SLF001 - as above
        none = gateway.new_array(gateway.jvm.double, 0)
        statuses = gateway.jvm.java.util.ArrayList()
        stages = context._jsc.sc().statusStore().stageList(statuses, False, False, none, statuses)  # noqa: FBT003, SLF001 - as above
        new = [each for each in map(stages.apply, range(stages.size())) if each.stageId() > self.seen]
        self.seen = max((each.stageId() for each in new), default=self.seen)
        session.close()
        return {
            "rows_scanned": sum(each.inputRecords() for each in new),
            "bytes_scanned": sum(each.inputBytes() for each in new),
            "bytes_shuffled": sum(each.shuffleWriteBytes() for each in new),
            "task_seconds": round(sum(each.executorCpuTime() for each in new) / 1e9, 3),
            "jobs": len(new),
        }

    def written(self, rows: int, strategy: str) -> dict[str, float]:
        """Return what the latest snapshot of a copy has added."""
        session = self.session(rows)
        known = session.places.known("target", f"db.{strategy.partition(':')[0]}")
        summary = known.table.currentSnapshot().summary()
        found = {name: int(summary.get(name) or 0) for name in ("added-data-files", "added-delete-files")}
        size = int(summary.get("added-files-size") or 0)
        session.close()
        return {"files_written": sum(found.values()), "bytes_written": size}


def measured(growing: Growing, rows: int) -> dict[str, dict[str, float]]:
    """Return what one sync of the changes costs each strategy, at one size."""
    growing.source(rows)
    for strategy in STRATEGIES:
        growing.load(rows, strategy)
    growing.change(rows, 1)
    found = {}
    for strategy in STRATEGIES:
        growing.spent(rows)
        loaded = growing.load(rows, strategy)
        found[strategy] = {**growing.spent(rows), **growing.written(rows, strategy)}
        growing.check(rows, strategy)
        line = {"strategy": strategy, "rows": rows, "loaded": loaded, **found[strategy]}
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()
    return found


def fitted(sizes: list[int], values: list[float]) -> float | None:
    """Return the power of n that fits values best; None where one of them is nothing."""
    found = exponent(list(zip(map(float, sizes), values, strict=True)))
    return None if found is None else round(found, 2)


def main() -> None:
    """Measure every size, and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="50000,100000,200000")
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--recent", action="store_true")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--mode", default="merge-on-read", choices=("merge-on-read", "copy-on-write"))
    options = parser.parse_args()
    sizes = [int(each) for each in options.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="incload-spark-") as folder:
        growing = Growing(Path(folder), options)
        found = [measured(growing, rows) for rows in sizes]
    for strategy in STRATEGIES:
        fits = {name: fitted(sizes, [each[strategy][name] for each in found]) for name in MEASURED}
        sys.stdout.write(f"{json.dumps({'strategy': strategy, 'mode': options.mode, 'exponents': fits})}\n")


if __name__ == "__main__":
    main()
