"""The writers of a concurrent workload: processes that change one table at once, some in no hurry to commit.

What each does and when is drawn from the seed; how their transactions fall between each other is the server's business.
"""

from __future__ import annotations

import json
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from incload.engines.abilities.application import Change
from incload.engines.abilities.trials import application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

    from incload.engines.abilities.application import Done, Kind

ENGINE = "postgres"
"""The engine whose writers work side by side."""

_MIX: tuple[tuple[Kind, int], ...] = (("insert", 45), ("update", 45), ("delete", 10))


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
        log: A folder in which each writer keeps a log of what it has committed, and when; empty for none.
    """

    seconds: float = 60.0
    writers: int = 4
    rate: float = 500.0
    slow: int = 2
    slow_seconds: float = 3.0
    rows: int = 5_000
    seed: int = 1
    log: str = ""


def start(work: Work, url: str, at: float) -> tuple[list[BaseProcess], Any]:
    """Start the writers, which begin at a time of `time.time()`; return them, and the queue of what each committed."""
    context = get_context("spawn")  # a forked child would inherit the engines' threads in an unknown state
    done: Any = context.Queue()
    processes: list[BaseProcess] = []
    for number in range(work.writers + work.slow):
        writer = context.Process(target=_write, args=(work, number, url, at, done))
        writer.start()
        processes.append(writer)
    return processes, done


def transactions(work: Work, number: int) -> Iterator[tuple[float, float, tuple[Change, ...]]]:
    """Yield when each transaction of a writer begins, how long it stays open, in seconds, and its changes."""
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
        yield at, open_for, tuple(Change(kind, chance.randint(1, keys), note) for kind in kinds)


def _write(work: Work, number: int, url: str, at: float, done: Any) -> None:  # noqa: ANN401 - a queue
    """Write until the time is over; put into the queue how many transactions were committed, and how many slowly."""
    count = 0
    with closing(application(ENGINE, url)) as client, _logging(work, number) as log:
        for begins, open_for, changes in transactions(work, number):
            time.sleep(max(0.0, at + begins - open_for - time.time()))
            log(client.write(changes, open_for))
            count += 1
    done.put((number >= work.writers, count))


@contextmanager
def _logging(work: Work, number: int) -> Iterator[Callable[[tuple[Done, ...]], object]]:
    """Yield what takes in the changes of a transaction that was committed just now; it writes a line of JSON."""
    if not work.log:
        yield lambda _: None
        return
    with (Path(work.log) / f"writer-{number}.jsonl").open("w", encoding="utf-8") as file:
        yield lambda made: file.write(
            json.dumps(
                {"at": time.time_ns() // 1_000, "changes": [[each.kind, each.id, each.modified_at] for each in made]}
            )
            + "\n"
        )
