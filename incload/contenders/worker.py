"""A Python callable as a contender: called with one request a sync, in a process that stays up from sync to sync.

Tools take seconds to be imported. So each process of the harness keeps one worker for each callable, over all of its
trials; what the callable keeps must lie in the state folder or in the target, not in the memory of its process.
"""

from __future__ import annotations

import json
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from incload.contenders.contender import Capabilities, Contender, ContenderFailed, Counters, SyncResult
from incload.contenders.declared import Declared
from incload.contenders.peers.clock import REAL, Clock
from incload.contenders.program import end, environment, last_words
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.contenders.contender import SyncRequest

_MAIN = Path(__file__).with_name("worker_main.py")
_START_SECONDS = 120.0
"""How long a callable may take to be imported."""


@dataclass(frozen=True)
class WorkerContender(Contender):
    """A Python callable that performs one sync each time it is called.

    Attributes:
        name: Its id.
        place: Where it is, as `package.module:function` or `file.py:function`.
        python: The interpreter that runs it; empty for this one.
        timeout: After how many seconds a sync is ended, with the process that it runs in.
        says: Where and how it keeps its copy.
        able: What may be done with it.
        clock: Whose time its process reads.
        known: What a record says about it.
    """

    name: str
    place: str
    python: str = ""
    timeout: float = 60.0
    says: Declared = field(default_factory=Declared)
    able: Capabilities = field(default_factory=Capabilities)
    clock: Clock = REAL
    known: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def capabilities(self) -> Capabilities:
        """What was said of it, and whether the history has to come to its clock."""
        return replace(self.able, reads_machine_clock=self.clock.moves_history)

    @property
    def declared(self) -> Declared:
        """What was said of its copy."""
        return self.says

    @property
    def facts(self) -> dict[str, str]:
        """What was said of it, and whose clock it reads."""
        return {**dict(self.known), "clock": self.clock.shown}

    def check(self) -> None:
        """Refuse a callable that cannot be imported; its process stays up for the first sync."""
        if self.python and shutil.which(self.python) is None:
            raise Refused(f"there is no interpreter {self.python!r} for contender {self.name!r}: name it by its path.")
        try:
            self._worker()
        except ContenderFailed as failure:
            raise Refused(f"{failure}: name a callable as package.module:function or file.py:function.") from None

    def sync(self, request: SyncRequest) -> SyncResult:
        """Have the worker perform one sync.

        Raises:
            ContenderFailed: The callable raised, did not answer in time, or its process died.
        """
        worker = self._worker()
        answer = worker.ask(_as_json(request), self.timeout)
        if answer is None:
            self._forget()
            raise ContenderFailed(f"{self.name} {worker.failure(self.timeout)}")
        if not answer["ok"]:
            raise ContenderFailed(f"{self.name} raised {answer['error']}")
        return SyncResult(
            Counters(written=answer["written"]),
            seconds=answer["seconds"],
            start_up=worker.start_up,
            peak_bytes=answer["peak_bytes"],
            place=placed(answer, request, self.says),
        )

    def _worker(self) -> _Worker:
        """Return the worker of this process, started when it is first asked for or when the last one is gone."""
        worker = _WORKERS.get(self)
        if worker is None or worker.process.poll() is not None:
            worker = _WORKERS[self] = _Worker(self)
            answer = worker.hear(_START_SECONDS)
            if answer is None or not answer["ok"]:
                why = worker.failure(_START_SECONDS) if answer is None else f"cannot be imported: {answer['error']}"
                self._forget()
                raise ContenderFailed(f"contender {self.name} {why}")
            worker.start_up = time.perf_counter() - worker.started
        return worker

    def _forget(self) -> None:
        worker = _WORKERS.pop(self, None)
        if worker is not None:
            worker.stop()


class _Worker:
    """A process that performs syncs."""

    def __init__(self, who: WorkerContender) -> None:
        self.started = time.perf_counter()
        self._errors: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when the worker is stopped
        self.process = subprocess.Popen(  # noqa: S603 - to run it is what the user asked for
            [who.python or sys.executable, "-B", str(_MAIN), who.place],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            env=environment(who.clock.variables), start_new_session=True,
        )  # fmt: skip
        self._late, self._words = False, ""
        self.start_up: float | None = None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send a request and wait for the answer; None when there is none."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError, OSError):
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        return self.hear(seconds)

    def hear(self, seconds: float) -> dict[str, Any] | None:
        """Wait for one line; None when none comes in time, or none that can be understood."""
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            self._late = not waiting.select(seconds)
        if self._late:
            return None
        try:
            heard = json.loads(self.process.stdout.readline())
        except ValueError:
            return None
        return heard if isinstance(heard, dict) else None

    def failure(self, seconds: float) -> str:
        """Say why there was no answer."""
        if self._late:
            return f"did not answer within {seconds:g} s; {self._words or last_words(self._errors)}"
        return f"died without an answer; {self._words or last_words(self._errors)}"

    def stop(self) -> None:
        """End the process and all that it started."""
        end(self.process)
        self._words = last_words(self._errors)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()


_WORKERS: dict[WorkerContender, _Worker] = {}
"""The workers of this process."""


def stop_all() -> None:
    """End every worker of this process."""
    for contender in list(_WORKERS):
        _WORKERS.pop(contender).stop()


# At the end of this process, and of one of a pool: a forked one ends without running what `atexit` holds.
Finalize(None, stop_all, exitpriority=1)


def placed(answer: Mapping[str, Any], request: SyncRequest, says: Declared) -> tuple[str, str] | None:
    """Return the place that an answer names; what it leaves out is as declared. None where it names none."""
    url, table = answer.get("url"), answer.get("table")
    if url is None and table is None:
        return None
    stays = says.place(request.target_url, request.table)
    return str(url or stays[0]), str(table or stays[1])


def _as_json(request: SyncRequest) -> dict[str, Any]:
    """Return a request as JSON can hold it."""
    return {
        "source_url": request.source_url,
        "target_url": request.target_url,
        "table": request.table,
        "key": list(request.key),
        "cursor": request.cursor,
        "state_dir": str(request.state_dir),
        "now": None if request.now is None else request.now.isoformat(),
        "number": request.number,
    }
