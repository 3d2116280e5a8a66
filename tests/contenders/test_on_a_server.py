"""Causes that only a server shows, with sessions that really overlap on PostgreSQL: who is wrong, and who is right.

Nothing is acted out: a transaction stays open in one session while another one commits, and loads run beside both.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import psycopg
import pytest

from incload.contenders.contender import SyncRequest, nothing
from incload.contenders.wild import wild
from incload.engines.endpoints import locate
from incload.engines.postgres import server
from incload.harness.trials.matrix import contender
from incload.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TABLE = (
    "CREATE TABLE orders"
    " (id bigserial PRIMARY KEY, modified_at timestamp NOT NULL DEFAULT clock_timestamp(), note text)"
)
INSERT = "INSERT INTO orders (note) VALUES (%s)"


@dataclass(frozen=True)
class Shop:
    """A table on a server, and a copy of it.

    Attributes:
        source, target: Their schemas.
        folder: What loaders keep.
        owner: The session that made the table; each of its statements is a transaction.
        other: A session whose transaction stays open until it commits.
    """

    source: str
    target: str
    folder: Path
    owner: psycopg.Connection
    other: psycopg.Connection

    def sync(self, who: str, between: Callable[[], None] = nothing, number: int = 0) -> None:
        """Have a loader of `bench/wild`, or a strategy, perform a sync."""
        request = SyncRequest(
            self.source, self.target, "orders", ("id",), "modified_at", self.folder, None, number, between
        )
        (wild()[who][0] if who in wild() else contender(strategy(who))).sync(request)

    def differing(self) -> tuple[set[int], set[int]]:
        """Return the keys that the copy lacks, and those that stand in it more than once."""
        with session(self.target) as reading:
            held = [key for (key,) in reading.execute("SELECT id FROM orders")]
        there = {key for (key,) in self.owner.execute("SELECT id FROM orders")}
        return there - {*held}, {key for key in held if held.count(key) > 1}


def session(url: str, *, autocommit: bool = True) -> psycopg.Connection:
    """Connect to a schema."""
    end = locate(url)
    made = psycopg.connect(**end.options, autocommit=True)
    made.execute(f"SET search_path = \"{end.schema}\"; SET TimeZone = 'UTC'")
    made.autocommit = autocommit
    return made


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    """Return a table with one row, of which there is no copy yet."""
    with ExitStack() as closing:
        target = closing.enter_context(server.schema())
        owner, other = (
            closing.enter_context(session(postgres_url, autocommit=autocommit)) for autocommit in (True, False)
        )
        owner.execute(TABLE)
        owner.execute(INSERT, ["first"])
        yield Shop(postgres_url, target, tmp_path, owner, other)


@pytest.mark.parametrize(
    ("who", "lost"),
    [
        ("timestamp_watermark", {2}),
        ("lookback_window", set()),
        ("id_cursor", {2}),
        ("id_cursor_with_gaps", set()),
    ],
)
def test_a_transaction_that_commits_late(shop: Shop, who: str, lost: set[int]) -> None:
    """It has taken its key and its timestamp before another one, and commits after a load has seen that (C17, C18)."""
    shop.sync(who)
    shop.other.execute(INSERT, ["taken early"])
    shop.owner.execute(INSERT, ["committed first"])
    shop.sync(who, number=1)
    shop.other.commit()
    shop.owner.execute(INSERT, ["later"])
    shop.sync(who, number=2)

    assert shop.differing() == (lost, set())


@pytest.mark.parametrize(("who", "lost"), [("snapshot_then_stream", {2}), ("timestamp_watermark", set())])
def test_what_commits_between_snapshot_and_stream(shop: Shop, who: str, lost: set[int]) -> None:
    """Another session commits a row while the first load is between its copy and its position (C36)."""
    shop.sync(who, lambda: shop.owner.execute(INSERT, ["in between"]) and None)
    shop.owner.execute(INSERT, ["later"])
    shop.sync(who, number=1)

    assert shop.differing() == (lost, set())


@pytest.mark.parametrize(("who", "lost"), [("maximum_by_second_query", {2}), ("timestamp_watermark", set())])
def test_what_commits_between_two_queries(shop: Shop, who: str, lost: set[int]) -> None:
    """Another session commits a row between the rows and the maximum (C19)."""
    shop.sync(who, lambda: shop.owner.execute(INSERT, ["in between"]) and None)
    shop.owner.execute(INSERT, ["later"])
    shop.sync(who, number=1)

    assert shop.differing() == (lost, set())


@pytest.mark.parametrize(("who", "doubled"), [("append_without_lock", {2}), ("timestamp_watermark", set())])
def test_two_loads_at_once(shop: Shop, who: str, doubled: set[int]) -> None:
    """Two threads load the same rows, each in sessions of its own, and meet when both have read (C44)."""
    shop.sync(who)
    shop.owner.execute(INSERT, ["new"])
    both = Barrier(2, timeout=60)
    errors: list[BaseException] = []

    def load() -> None:
        try:
            shop.sync(who, lambda: both.wait() and None, number=1)
        except BaseException as error:  # noqa: BLE001 - the test says what it was
            errors.append(error)

    threads = [Thread(target=load) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert errors == []
    assert shop.differing() == (set(), doubled)
