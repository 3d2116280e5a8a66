"""What a load from PostgreSQL into Iceberg takes, beside a copy by hand of the same rows and beside Spark's part of it.

    python bench/spark_postgres.py [--rows N] [--rounds N] [--master local[2]]
    python bench/spark_postgres.py --peak --rows N                              # the peak of the Python process

Three sides take the same rows of an embedded server: incload; the *reference copy*, which carries them out of the
server as incload does (binary COPY, Parquet) and then runs one bare statement, `CREATE TABLE AS SELECT` or `MERGE`; and
that *bare statement* alone, over a Parquet file that is there already. Each round has tables of its own and begins with
another side. A first round, which warms Spark up, is not counted. It prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg
from spark_figures import OPTIONS, SHARE, parser_of, peak_mb, rounds_of, timed

import incload
from incload.engines.endpoints import locate
from incload.engines.postgres import server
from incload.engines.registry import session_type
from incload.engines.session import Query
from incload.records import replace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

SIDES = ("load", "reference", "bare")
CHANGED = "2030-01-01"
"""From when on the timestamps of changes are."""


class Ends:
    """A server's table and its copies in a warehouse."""

    def __init__(self, source: str, folder: Path, options: argparse.Namespace) -> None:
        """Make the table, and open the warehouse."""
        self.source, self.rows = source, options.rows
        self.lake = f"iceberg:///{folder}/lake?spark.master={options.master}&spark.driver.memory={options.heap}"
        self.session: Any = session_type("iceberg").open(None, locate(self.lake))
        self.name = self.session.places.plain_name
        self.session.run(f"CREATE NAMESPACE {self.name('target', 'db')}")
        self.make()

    def execute(self, statement: str) -> None:
        """Run a statement in the schema of the source."""
        place, _, schema = self.source.partition("&schema=")
        with psycopg.connect(place, options=f"-csearch_path={schema}") as connection:
            connection.execute(statement.encode())

    def make(self) -> None:
        """Fill the source, without a change in it."""
        self.execute("DROP TABLE IF EXISTS events")
        self.execute(
            "CREATE TABLE events AS SELECT n AS id, timestamptz '2023-11-14 22:13:20+00' + n * interval '1 s' AS ts,"
            " 'name ' || n AS name, 'mail' || n || '@example.org' AS email, n * 7 % 1000 AS points,"
            f" (n % 97)::float8 AS price FROM generate_series(0::bigint, {self.rows - 1}) AS n"
        )
        self.execute("ALTER TABLE events ADD PRIMARY KEY (id)")
        self.execute("CREATE INDEX ON events (ts)")
        self.execute("ANALYZE events")

    def change(self) -> None:
        """Change 2 % of it."""
        self.execute(f"UPDATE events SET ts = '{CHANGED} 00:00:00+00', points = points + 1 WHERE id % {SHARE} = 0")

    def load(self, table: str) -> None:
        """Load by incload."""
        incload.load(f"{self.source}&table=events", self.lake, table=table, **OPTIONS)  # type: ignore[arg-type]

    def carried(self, where: str) -> str:
        """Carry rows out of the server into a Parquet file; return the view that shows it."""
        reading: Any = session_type("postgres").open(locate(self.source), None)
        reading.begin_read()
        columns = reading.columns("source", "events")
        assert columns is not None
        stream = reading.stream(Query(f"SELECT * FROM {reading.name('source', 'events')} WHERE {where}"), columns)
        there = tuple(replace(each, declared=self.session.type_name(each, "postgres")) for each in columns)
        view = str(self.session.receive(stream, there))
        reading.rollback()
        reading.close()
        return view

    def create(self, table: str, view: str) -> None:
        """Make a copy by hand."""
        modes = ", ".join(f"'write.{each}.mode'='merge-on-read'" for each in ("merge", "update", "delete"))
        self.session.run(
            f"CREATE TABLE {self.name('target', table)} USING iceberg TBLPROPERTIES ('format-version'='2', {modes}) "
            f"AS SELECT * FROM {view}"
        )

    def merge(self, table: str, view: str) -> None:
        """Bring a copy up to date by hand."""
        sets = ", ".join(f"t.{each} = s.{each}" for each in ("ts", "name", "email", "points", "price"))
        self.session.run(
            f"MERGE INTO {self.name('target', table)} AS t USING {view} AS s ON t.id = s.id "
            f"WHEN MATCHED THEN UPDATE SET {sets} WHEN NOT MATCHED THEN INSERT *"
        )

    def check(self, *tables: str) -> None:
        """Fail where the copies are not alike, or not of the source's rows."""
        self.session.places.forget()
        found = [
            self.session.rows(f"SELECT count(*), sum(points), max(ts) FROM {self.name('target', each)}")
            for each in tables
        ]
        assert found[0][0][0] == self.rows and found == found[:1] * len(tables), found  # noqa: PT018 - one fact


def round_of(ends: Ends, number: int) -> dict[str, float]:
    """Run all sides once."""
    tables = {side: f"db.{side}{number}" for side in SIDES}
    first = _sides(ends, number, tables, "true", ends.create)
    ends.change()
    changed = _sides(ends, number, tables, f"ts >= '{CHANGED}'", ends.merge)
    quiet = timed(lambda: ends.load(tables["load"]))
    ends.check(*tables.values())
    ends.make()
    return {
        **{f"first_{side}": seconds for side, seconds in first.items()},
        **{f"change_{side}": seconds for side, seconds in changed.items()},
        "nothing_changed": quiet,
    }


def _sides(
    ends: Ends, number: int, tables: dict[str, str], where: str, write: Callable[[str, str], None]
) -> dict[str, float]:
    """Time the three sides, each round from another one on."""
    view = ends.carried(where)  # what the bare statement reads is there before it is timed
    acts: dict[str, Callable[[], None]] = {
        "load": lambda: ends.load(tables["load"]),
        "reference": lambda: write(tables["reference"], ends.carried(where)),
        "bare": lambda: write(tables["bare"], view),
    }
    order = [SIDES[(number + place) % len(SIDES)] for place in range(len(SIDES))]
    found = {side: timed(acts[side]) for side in order}
    ends.session.release()
    return found


def figures(options: argparse.Namespace) -> dict[str, Any]:
    """Return the median of each time, and of the ratios of each round."""
    with tempfile.TemporaryDirectory(prefix="incload-spark-") as folder, server.schema() as source:
        ends = Ends(source, Path(folder), options)
        rounds = rounds_of(options.rounds, lambda number: round_of(ends, number))
        ends.session.close()
    seconds = {name: round(median(each[name] for each in rounds), 2) for name in rounds[0]}
    ratios = {
        f"{step}_beside_{side}": round(median(each[f"{step}_load"] / each[f"{step}_{side}"] for each in rounds), 2)
        for step in ("first", "change")
        for side in ("reference", "bare")
    }
    return {"rows": options.rows, "rounds": options.rounds, "master": options.master, **seconds, **ratios}


def peak(options: argparse.Namespace) -> dict[str, Any]:
    """Return the peak memory of this process, in MB, over a first load."""
    with tempfile.TemporaryDirectory(prefix="incload-spark-") as folder, server.schema() as source:
        ends = Ends(source, Path(folder), options)
        before, seconds = peak_mb(), timed(lambda: ends.load("db.load"))
        ends.session.close()
    return {"rows": options.rows, "seconds": round(seconds, 2), "python_peak_mb": peak_mb(), "before_mb": before}


def main() -> None:
    """Print one line of JSON."""
    options = parser_of(str(__doc__)).parse_args()
    sys.stdout.write(f"{json.dumps((peak if options.peak else figures)(options))}\n")


if __name__ == "__main__":
    main()
