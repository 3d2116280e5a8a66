"""The writers of a concurrent workload: processes that change one PostgreSQL table at once, some in no hurry to commit.

What each does and when is drawn from the seed; how their transactions fall between each other is the server's business.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess

TABLE = "work"
_CREATE = """
CREATE SEQUENCE work_id;
CREATE TABLE work (
    id bigint PRIMARY KEY DEFAULT nextval('work_id'), edition bigint NOT NULL DEFAULT 1, note text,
    modified_at timestamp NOT NULL DEFAULT now()
);
INSERT INTO work (note) SELECT repeat('x', 20) FROM generate_series(1, {rows});
CREATE INDEX ON work (modified_at, id)
"""
_SOME = "(SELECT id FROM work WHERE id >= {id} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
_INSERT = "INSERT INTO work (note) VALUES ('{note}')"
_UPDATE = f"UPDATE work SET edition = edition + 1, modified_at = now() WHERE id = {_SOME}"
_DELETE = f"DELETE FROM work WHERE id = {_SOME}"
_MIX = ((_INSERT, 45), (_UPDATE, 45), (_DELETE, 10))


@dataclass(frozen=True, slots=True)
class Work:
    """What the writers do.

    Attributes:
        seconds: How long they write.
        writers: How many commit at once.
        rate: How many transactions a second these commit together.
        slow: How many more keep each transaction open for a while.
        slow_seconds: For how long at most.
        rows: How many rows there are at first.
        seed: What everything is drawn from.
    """

    seconds: float = 60.0
    writers: int = 4
    rate: float = 500.0
    slow: int = 2
    slow_seconds: float = 3.0
    rows: int = 5_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table is: how to connect, and the schema."""

    dsn: str
    schema: str

    def connect(self) -> Any:  # noqa: ANN401 - psycopg is imported where it is used
        """Open a connection that speaks of the table without naming its schema."""
        import psycopg

        options = f"-c search_path={self.schema} -c timezone=UTC"
        return psycopg.connect(self.dsn, autocommit=True, options=options)


def create(place: Place, work: Work) -> None:
    """Make the table and its first rows."""
    with place.connect() as connection:
        connection.execute(_CREATE.format(rows=work.rows))


def start(work: Work, place: Place, at: float) -> tuple[list[BaseProcess], Any]:
    """Start the writers, which begin at a time of `time.time()`; return them, and the queue of what each committed."""
    context = get_context("spawn")  # a forked child would inherit the engines' threads in an unknown state
    done: Any = context.Queue()
    processes: list[BaseProcess] = []
    for number in range(work.writers + work.slow):
        writer = context.Process(target=_write, args=(work, number, place, at, done))
        writer.start()
        processes.append(writer)
    return processes, done


def transactions(work: Work, number: int) -> Iterator[tuple[float, float, str]]:
    """Yield when each transaction of a writer begins, how long it stays open, in seconds, and its statements."""
    chance = Random(f"{work.seed} {number}")  # noqa: S311 - it is no secret
    slow = number >= work.writers
    at = 0.0
    while True:
        open_for = chance.uniform(0.2, 1.0) * work.slow_seconds if slow else 0.0
        at += open_for if slow else chance.expovariate(work.rate / work.writers)
        if at >= work.seconds:
            return
        keys = work.rows + int(at * work.rate / 2)
        kinds = chance.choices([kind for kind, _ in _MIX], [weight for _, weight in _MIX], k=chance.choice((1, 1, 2)))
        note = f"{number} {at:.3f}"
        yield at, open_for, "; ".join(kind.format(id=chance.randint(1, keys), note=note) for kind in kinds)


def _write(work: Work, number: int, place: Place, at: float, done: Any) -> None:  # noqa: ANN401 - a queue
    """Write until the time is over; put into the queue how many transactions were committed, and how many slowly."""
    count = 0
    with place.connect() as connection:
        for begins, open_for, statements in transactions(work, number):
            time.sleep(max(0.0, at + begins - open_for - time.time()))
            if open_for:
                with connection.transaction():
                    connection.execute(statements)
                    time.sleep(open_for)
            else:
                connection.execute(statements)  # several statements in one message are one transaction
            count += 1
    done.put((number >= work.writers, count))
