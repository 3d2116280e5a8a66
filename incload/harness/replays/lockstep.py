"""Strategies that follow one history in lock-step: in this process, or shared out among several.

The history is read once. Other processes get each tick as it comes and return how their strategies followed;
what they do does not depend on how many they are.
"""

from __future__ import annotations

import pickle
import signal
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Self

from incload.engines.abilities.trials import enter_process, most_processes
from incload.harness.replays.follower import Followed, Follower
from incload.harness.replays.worst_rows import Facts
from incload.harness.sandbox.sandbox import pair_name
from incload.harness.sandbox.shared_source import open_beside
from incload.history.lag import syncs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from incload.contenders.contender import Contender
    from incload.harness.sandbox.shared_source import Beside
    from incload.history.history import History, Tick
    from incload.history.lag import Sync

Member = tuple[tuple[str, str], "Contender"]
"""A contender on a pair of engines, source first."""

_PATIENCE_SECONDS = 10


def follow(
    history: History, members: Sequence[Member], see: Callable[[Sync], None], workers: int = 1
) -> dict[Member, Followed]:
    """Let strategies follow a history, and call `see` with every sync before they do.

    Raises:
        AuditsDisagree: When two audits of one copy differ, in whatever process.
    """
    workers = most_processes((engine for pair, _ in members for engine in pair), min(workers, len(members)))
    if workers < 2:
        return _follow_here(history, members, see)
    with _Workers(history, members, workers) as others:
        for sync in syncs(replace(history, ticks=others.sent(history.ticks))):
            see(sync)
        return others.followed()


def _follow_here(history: History, members: Sequence[Member], see: Callable[[Sync], None]) -> dict[Member, Followed]:
    with tempfile.TemporaryDirectory(prefix="incload-") as folder, _Group(history, members, Path(folder)) as group:
        for sync in syncs(replace(history, ticks=group.lived(history.ticks))):
            see(sync)
            group.sync(sync)
        return group.followed()


@dataclass(slots=True)
class _Group:
    """The strategies of this process."""

    history: History
    members: Sequence[Member]
    folder: Path
    _besides: list[Beside] = field(default_factory=list)
    _followers: dict[Member, Follower] = field(default_factory=dict)
    _facts: Facts = field(default_factory=Facts)
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Bring the base to life, and open every target."""
        with ExitStack() as closing:
            for pair in dict.fromkeys(pair for pair, _ in self.members):
                self._besides.append(self._open(pair))
                closing.callback(self._besides[-1].close)
            self._closing = closing.pop_all()
        return self

    def _open(self, pair: tuple[str, str]) -> Beside:
        mine = [contender for each, contender in self.members if each == pair]
        folder = self.folder / pair_name(pair)
        folder.mkdir()
        beside = open_beside(pair, self.history, folder, mine)
        for contender, sandbox in zip(mine, beside.targets, strict=True):
            self._followers[pair, contender] = Follower(contender, sandbox, pair)
        return beside

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every database."""
        self._closing.close()

    def lived(self, ticks: Iterable[Tick]) -> Iterator[Tick]:
        """Let each tick happen as it passes."""
        for tick in ticks:
            for beside in self._besides:
                beside.apply(tick)
            yield tick

    def sync(self, sync: Sync) -> None:
        """Let every strategy load what a sync finds."""
        self._facts.see(sync)
        for follower in self._followers.values():
            follower.sync(sync)
            self._facts.enter(follower)

    def followed(self) -> dict[Member, Followed]:
        """Close the books of every strategy."""
        return {member: follower.close() for member, follower in self._followers.items()}


class _Workers:
    """Processes that each follow with some of the strategies."""

    def __init__(self, history: History, members: Sequence[Member], number: int) -> None:
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []
        # A forked child would inherit the engines' threads in an unknown state.
        context = get_context("spawn")
        for place in range(number):
            here, there = context.Pipe()
            base = replace(history, ticks=())
            process = context.Process(target=_work, args=(there, base, members[place::number]), daemon=True)
            process.start()
            there.close()
            self._processes.append(process)
            self._connections.append(here)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes; one that still waits for a tick ends by itself and leaves no files behind."""
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.join(_PATIENCE_SECONDS)
            process.terminate()

    def sent(self, ticks: Iterable[Tick]) -> Iterator[Tick]:
        """Send every process each tick as it passes; one that has ended early says why at the end."""
        for tick in ticks:
            self._tell(tick)
            yield tick
        self._tell(None)

    def followed(self) -> dict[Member, Followed]:
        """Wait for every process, and return how all strategies followed."""
        found: dict[Member, Followed] = {}
        for connection in self._connections:
            answer = connection.recv()
            if isinstance(answer, BaseException):
                raise answer
            found.update(answer)
        return found

    def _tell(self, tick: Tick | None) -> None:
        message = pickle.dumps(tick)
        for connection in self._connections:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.send_bytes(message)


def _work(connection: Connection, history: History, members: Sequence[Member]) -> None:
    """Follow a history whose ticks come through a connection, and send back what came of it."""
    # An interrupt is for the process that was started; it closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            enter_process(engine for pair, _ in members for engine in pair)
            answer: object = _follow_here(replace(history, ticks=_received(connection)), members, lambda _: None)
        except EOFError:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the parent process
            answer = error
        connection.send(answer)


def _received(connection: Connection) -> Iterator[Tick]:
    while (tick := pickle.loads(connection.recv_bytes())) is not None:  # noqa: S301 - our own process wrote it
        yield tick
