"""What a sync by digests of blocks costs beside one that reads everything; whole processes by turns.

`pytest bench -k digest_blocks --benchmark-only --scale 1000000 --rounds 3`. Before each turn 100 rows of the source
change, and each strategy brings a copy of its own up to date. Each test prints what it measured.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest
from test_audit_cost import WRONG, places  # noqa: F401 - a fixture

from incload import audit, load
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.harness.load_timer import CLOCK
from incload.harness.perf.subprocess_timer import whole
from incload.loading.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from test_audit_cost import Places

    from incload.engines.sql import Query
    from incload.table import Table

STRATEGIES = ("digest_blocks", "snapshot_diff")
APART = ["postgres-duckdb", "sqlite-duckdb", "duckdb-postgres"]

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


class Ends(NamedTuple):
    """A source and a database for copies of it.

    Attributes:
        rows: How many rows the source has.
        source: Its URL.
        target: The URL of the database: of its own, or on the server of the sources.
    """

    rows: int
    source: str
    target: str

    def copy(self, table: str) -> str:
        """Return the URL of a copy."""
        return f"{self.target}{'&' if '?' in self.target else '?'}table={table}"


@pytest.fixture
def ends(pair: str, places: Places, request: pytest.FixtureRequest, tmp_path: Path) -> Ends:  # noqa: F811 - a fixture's value
    """Return a source of so many rows, and where its copies are to be."""
    engine, _, other = pair.partition("-")
    target = places.url(other) if other == "postgres" else f"{other}:///{tmp_path}/copies.db"
    return Ends(request.config.option.scale, places.table(engine, "orders", wrong=False), target)


def change(url: str, turn: int, rows: int) -> None:
    """Change so many rows of a source, anywhere in it."""
    end = locate(url)
    every = rows // WRONG
    with closing(session_type(end.engine).open(None, end)) as session:
        name = session.name("target", str(end.table))
        session.write(f"UPDATE {name} SET amount = amount + 1 WHERE id % {every} = {turn + 7}")  # noqa: S608 - our own


@pytest.mark.parametrize("pair", ["sqlite-sqlite", "duckdb-duckdb", "postgres-postgres", *APART[:2]])
def test_digest_blocks_beside_a_snapshot_diff(
    pair: str, ends: Ends, request: pytest.FixtureRequest, record_rounds: Callable[[Sequence[float]], None]
) -> None:
    """100 of the rows have changed, on one engine or two; both copies are right in the end."""
    found = {name: list[float]() for name in STRATEGIES}
    for name in STRATEGIES:
        load(ends.source, target=ends.target, table=f"by_{name}", key="id", strategy=name)
    for turn in range(request.config.option.rounds):
        change(ends.source, turn, ends.rows)
        for name in sorted(STRATEGIES, reverse=bool(turn % 2)):
            words = ["--target", ends.target, "--table", f"by_{name}", "--key", "id", "--strategy", name]
            found[name].append(whole([sys.executable, "-m", "incload", "load", ends.source, *words]).seconds)

    seconds = {name: median(each) for name, each in found.items()}
    times = seconds["snapshot_diff"] / seconds["digest_blocks"]
    shown = "; ".join(f"{name} {seconds[name]:.2f} s" for name in STRATEGIES)
    sys.stdout.write(f"\n{pair}: {shown}; snapshot_diff takes {times:.2f} times as long\n")
    record_rounds(found["digest_blocks"])
    wrong = {name: audit(ends.source, ends.copy(f"by_{name}"), key="id").wrong for name in STRATEGIES}
    assert wrong == dict.fromkeys(STRATEGIES, 0)


@pytest.mark.parametrize("pair", APART)
def test_rows_that_leave_the_source_by_digest_blocks(
    pair: str, ends: Ends, record_rounds: Callable[[Sequence[float]], None]
) -> None:
    """100 of the rows have changed, and at most 3 % leave the source for it."""
    (url, target), counts, rows = (ends.source, ends.target), list[int](), ends.rows
    load(url, target=target, table="copied", key="id", strategy="digest_blocks")
    change(url, 0, rows)
    incoming = Connections.incoming

    def counting(self: Connections, query: Query, table: Table, names: tuple[str, ...] = ()) -> Query:
        counts.append(self.source.count(f"({query.sql}) AS c", query.params))
        return incoming(self, query, table, names)

    began = time.perf_counter()
    with patch.object(Connections, "incoming", counting):
        result = load(url, target=target, table="copied", key="id", strategy="digest_blocks")

    sys.stdout.write(f"\n{pair}: {sum(counts):,} of {rows:,} rows leave the source, {sum(counts) / rows:.2%}\n")
    record_rounds([time.perf_counter() - began])
    assert result.loaded == WRONG
    assert sum(counts) <= 0.03 * rows
