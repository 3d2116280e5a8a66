"""What a load into Iceberg takes beside the bare statements of Spark, in one Spark and one run.

    python bench/spark_figures.py [--rows N] [--rounds N] [--master local[2]]  # loads beside CTAS and MERGE
    python bench/spark_figures.py --peak --rows N                              # the peak of the Python process

The source is an Iceberg table, so that both sides read the same files; each round has tables of its own, and takes the
two sides in the other order. A first round, which warms Spark up, is not counted. It prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import incload
from incload.engines.endpoints import locate
from incload.engines.registry import session_type

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 50
"""One row in so many changes: 2 %."""
OPTIONS = {"key": "id", "cursor": "ts", "strategy": "timestamp_watermark"}


class Lakes:
    """A source and its copies in one folder, and a session of Spark that makes them."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        """Open the warehouse and make the source."""
        self.folder, self.rows = folder, options.rows
        self.settings = f"spark.master={options.master}&spark.driver.memory={options.heap}&mode={options.mode}"
        self.session: Any = session_type("iceberg").open(None, locate(self.url("lake")))
        self.name = self.session.places.plain_name
        self.session.run(f"CREATE NAMESPACE {self.name('target', 'db')}")

    def url(self, warehouse: str) -> str:
        """Return the URL of a warehouse."""
        scheme = f"iceberg:///{self.folder}/{warehouse}"
        return f"{scheme}?{self.settings}"

    def make_source(self, number: int) -> str:
        """Make a source, and return its name."""
        table = f"db.source{number}"
        self.session.run(
            f"CREATE TABLE {self.name('target', table)} USING iceberg TBLPROPERTIES ({_modes(self.settings)}) AS "
            "SELECT id, timestamp_micros(1700000000000000 + id * 1000000) AS ts, concat('name ', id) AS name, "
            "concat('mail', id, '@example.org') AS email, id * 7 % 1000 AS points, CAST(id % 97 AS double) AS price "
            f"FROM range({self.rows})"
        )
        return table

    def change(self, table: str) -> None:
        """Change 2 % of a source."""
        self.session.run(
            f"UPDATE {self.name('target', table)} SET ts = timestamp_micros(1800000000000000 + id), "
            f"points = points + 1 WHERE id % {SHARE} = 0"
        )


def _modes(settings: str) -> str:
    mode = settings.partition("mode=")[2]
    return ", ".join(f"'write.{each}.mode'='{mode}'" for each in ("merge", "update", "delete"))


def timed(act: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


def round_of(lakes: Lakes, number: int) -> dict[str, float]:
    """Run both sides once, each on its own copy; the first of them changes from round to round."""
    session, name, source = lakes.session, lakes.name, lakes.make_source(number)
    mine, theirs = f"db.mine{number}", f"db.theirs{number}"

    def load() -> int:
        found = incload.load(f"{lakes.url('lake')}&table={source}", lakes.url("lake"), table=mine, **OPTIONS)  # type: ignore[arg-type]
        return found.loaded

    def ctas() -> None:
        session.run(
            f"CREATE TABLE {name('target', theirs)} USING iceberg TBLPROPERTIES ('format-version'='2', "
            f"{_modes(lakes.settings)}) AS SELECT * FROM {name('target', source)}"
        )

    def merge() -> None:
        sets = ", ".join(f"t.{each} = s.{each}" for each in ("ts", "name", "email", "points", "price"))
        session.run(
            f"MERGE INTO {name('target', theirs)} AS t USING (SELECT * FROM {name('target', source)} "
            f"WHERE ts > timestamp_micros({1_700_000_000_000_000 + (lakes.rows - 1) * 1_000_000})) AS s ON t.id = s.id "
            f"WHEN MATCHED THEN UPDATE SET {sets} WHEN NOT MATCHED THEN INSERT *"
        )

    first = in_turn(number, load, ctas)
    lakes.change(source)
    changed = in_turn(number, load, merge)
    quiet = timed(load)
    session.places.forget()
    wrong = session.rows(
        f"SELECT count(*) FROM (SELECT * FROM {name('target', source)} EXCEPT SELECT * FROM {name('target', mine)})"
    )
    assert wrong == [(0,)], wrong
    return {
        "first_load": first[0], "ctas": first[1], "change": changed[0], "merge": changed[1], "nothing_changed": quiet,
    }  # fmt: skip


def in_turn(number: int, one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Time both, the other first in every second round."""
    if number % 2:
        later = timed(other)
        return timed(one), later
    return timed(one), timed(other)


def rounds_of(rounds: int, run: Callable[[int], dict[str, float]]) -> list[dict[str, float]]:
    """Run rounds after a first one, which warms Spark up and is not counted; return what each has taken."""
    found = list[dict[str, float]]()
    for number in range(rounds + 1):
        found.append(run(number))
        sys.stderr.write(f"round {number}: {json.dumps(found[-1])}\n")
    return found[1:]


def figures(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the median of each time, and the ratios."""
    lakes = Lakes(folder, options)
    rounds = rounds_of(options.rounds, lambda number: round_of(lakes, number))
    lakes.session.close()
    seconds = {name: median(each[name] for each in rounds) for name in rounds[0]}
    return {
        "rows": options.rows, "rounds": options.rounds, "master": options.master, "mode": options.mode,
        **{name: round(value, 2) for name, value in seconds.items()},
        "first_load_beside_ctas": round(median(each["first_load"] / each["ctas"] for each in rounds), 2),
        "change_beside_merge": round(median(each["change"] / each["merge"] for each in rounds), 2),
    }  # fmt: skip


def peak(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the peak memory of this process, in MB, while rows of a Parquet file enter Iceberg."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    part = 100_000
    path = folder / "rows.parquet"
    schema = pa.schema([("id", pa.int64()), ("ts", pa.timestamp("us")), ("name", pa.string()), ("points", pa.int64())])
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, options.rows, part):
            ids = pa.array(range(start, min(start + part, options.rows)), pa.int64())
            names = pa.array([f"name {each}" for each in ids.to_pylist()])
            file.write_batch(pa.record_batch([ids, ids.cast(pa.timestamp("us")), names, ids], schema))
    before = peak_mb()
    settings = f"spark.master={options.master}&spark.driver.memory={options.heap}"
    found = incload.load(path, f"iceberg:///{folder}/lake?{settings}", table="db.rows", **OPTIONS)  # type: ignore[arg-type]
    assert found.loaded == options.rows
    return {"rows": options.rows, "python_peak_mb": peak_mb(), "before_the_load_mb": before}


def peak_mb() -> int:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def parser_of(description: str) -> argparse.ArgumentParser:
    """Return the parser of the options that benches of loads into Iceberg have in common."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--heap", default="2g")
    parser.add_argument("--peak", action="store_true")
    return parser


def main() -> None:
    """Print one line of JSON."""
    parser = parser_of(str(__doc__))
    parser.add_argument("--mode", default="merge-on-read", choices=("merge-on-read", "copy-on-write"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="incload-spark-") as folder:
        found = (peak if options.peak else figures)(options, Path(folder))
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
