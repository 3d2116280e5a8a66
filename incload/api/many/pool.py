"""Several processes, each of which loads one table after the other, and the one loop that gives them their tables."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from incload.api.many.records import Status, TableLoad
from incload.api.many.turns import Turns
from incload.api.many.worker import read_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.api.config.model import ConfiguredTable
    from incload.api.many.records import Watch

END_SECONDS = 20.0
"""How long a process may take to undo its load when it is asked to end."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and the number of the table that it loads; None while it waits."""

    process: subprocess.Popen[bytes]
    at: int | None = None

    def ask(self, number: int, table: ConfiguredTable) -> None:
        """Have a table loaded."""
        self.at = number
        asked = {"source": table.source, "target": table.target, "options": table.options}
        with suppress(BrokenPipeError):
            _pipe(self.process.stdin).write(json.dumps(asked).encode() + b"\n")
            _pipe(self.process.stdin).flush()

    def answer(self, table: ConfiguredTable) -> TableLoad:
        """Return what became of the table; a process that ended without a word has failed at it."""
        line = _pipe(self.process.stdout).readline()
        if line:
            return read_answer(line)
        code = self.process.wait()
        said = f"the process that loaded it ended with code {code}: the target is as the last finished sync left it."
        return TableLoad(table.name, Status.FAILED, 0.0, error=said)

    def end(self) -> None:
        """End the process; a load under way is undone."""
        with suppress(BrokenPipeError):
            _pipe(self.process.stdin).close()
        if self.at is not None:
            self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _pipe(self.process.stdout).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - it was asked for
    return stream


@dataclass(slots=True)
class Pool:
    """Processes that load tables.

    Attributes:
        tables: The tables.
        watch: Hears of each table when it starts and when it ends.
    """

    tables: Sequence[ConfiguredTable]
    watch: Watch
    _workers: list[_Worker] = field(default_factory=list)

    def run(self, jobs: int) -> dict[int, TableLoad]:
        """Load all tables, so many at the same time at most; return what became of each by its number."""
        turns, done = Turns.of(self.tables), dict[int, TableLoad]()
        with selectors.DefaultSelector() as waiting:
            try:
                while turns.waiting or turns.running:
                    self._start(turns, waiting, jobs)
                    for worker in self._heard(waiting):
                        number = worker.at
                        assert number is not None  # noqa: S101 - only a process that loads is heard
                        done[number] = self._ended(worker, waiting)
                        turns.done(number)
            finally:
                for worker in self._workers:
                    worker.end()
        return done

    def _start(self, turns: Turns, waiting: selectors.BaseSelector, jobs: int) -> None:
        """Give a table to each process that may have one."""
        while len(turns.running) < jobs and (number := turns.next()) is not None:
            worker = next((each for each in self._workers if each.at is None), None) or self._begun(waiting)
            self.watch.started(number)
            worker.ask(number, self.tables[number])

    def _begun(self, waiting: selectors.BaseSelector) -> _Worker:
        more = ["--verbose"] if "logging" in sys.modules and _listens() else []
        process = subprocess.Popen(  # noqa: S603 - it is a module of our own
            [sys.executable, "-m", "incload.api.many.worker", *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt is meant for this process, which then ends the others once
        )
        worker = _Worker(process)
        self._workers.append(worker)
        waiting.register(_pipe(process.stdout), selectors.EVENT_READ, worker)
        return worker

    def _heard(self, waiting: selectors.BaseSelector) -> Iterator[_Worker]:
        """Wait for answers; yield those who gave one."""
        for key, _ in waiting.select():
            worker: _Worker = key.data
            yield worker

    def _ended(self, worker: _Worker, waiting: selectors.BaseSelector) -> TableLoad:
        assert worker.at is not None  # noqa: S101 - as above
        number, found = worker.at, worker.answer(self.tables[worker.at])
        worker.at = None
        if worker.process.poll() is not None:
            waiting.unregister(_pipe(worker.process.stdout))
            self._workers.remove(worker)
            worker.end()
        self.watch.ended(number, found)
        return found


def _listens() -> bool:
    import logging

    from incload.terminal.logs import NAME

    return logging.getLogger(NAME).isEnabledFor(logging.INFO)
