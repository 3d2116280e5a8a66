"""A sandbox on real files, or in schemas of a server: for contenders that open both ends themselves.

The harness lets go of a file that only one program may open while a contender works, and looks at the target only when
the contender has answered. The names of the files say nothing of what happens in them.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from incload.contenders.contender import ContenderFailed
from incload.contenders.declared import Declared
from incload.engines.abilities.trials import databases
from incload.engines.endpoints import locate
from incload.engines.registry import fixture
from incload.errors import Refused
from incload.harness.sandbox.copy_reader import CopyReader
from incload.harness.sandbox.sandbox import Sandbox
from incload.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.auditing.audit import Row
    from incload.engines.session import Place, Session
    from incload.history.history import Tick

_VERSIONED = frozenset({"postgres"})
"""The engines that keep, with each row, which transaction wrote it."""


@dataclass(slots=True)
class DiskStand(Sandbox):
    """A source and a target that the harness does not keep open while a contender works.

    Attributes:
        first: The columns that the source had from the start.
        declared: What the contender declares about its copy.
        placed: Where the latest sync says that its copy is; None for where that is declared to be.
        present: What identifies the source as it is to be when the sync has answered.
        read: The version of the source that was read last, as its engine counts, what identified it, and its rows.
    """

    first: tuple[str, ...] = ()
    declared: Declared = field(default_factory=Declared)
    placed: tuple[str, str] | None = None
    present: int = 0
    read: tuple[object, int, list[Row]] = (None, 0, [])

    def apply(self, tick: Tick) -> None:
        """Let a tick happen, be it while a sync runs: from then on the source is to be as the tick leaves it."""
        Sandbox.apply(self, tick)  # a dataclass with slots is another class than it was, and `super()` does not find it
        self.present = self._digest()

    @contextmanager
    def free(self) -> Iterator[None]:
        """Close the source for the time of a block, where it could not be opened otherwise, and see to the rules.

        Raises `ContenderFailed` when the block leaves an end locked, the source changed, or no table in the target.
        """
        self.present, versions, file = self._digest(), self._versions(), locate(self.source_url).identity()
        is_exclusive = databases(self.writer.engine).is_exclusive
        if is_exclusive:
            self.writer.close()
        try:
            yield
        finally:
            if is_exclusive:
                self.writer, _ = _open(self.source_url, "the source")
        if locate(self.source_url).identity() != file:
            raise ContenderFailed("the sync put another file in the place of the source, or none: it may only read it")
        if by := self.fixture.held(self.place):
            raise ContenderFailed(f"the source is still locked when the sync has answered: {by}")
        if not self._is_as(self.present):
            raise ContenderFailed("the sync changed the source, which it may only read")
        self._check_target()
        self.rewritten = _rewritten(versions, self._versions())

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Open the source for the time of a block, where it is closed while a contender works."""
        if not databases(self.writer.engine).is_exclusive:
            yield
            return
        self.writer, _ = _open(self.source_url, "the source")
        try:
            yield
        finally:
            self.writer.close()

    def _is_as(self, before: int) -> bool:
        """Return whether the source is as it was; one that can no longer be read is not."""
        try:
            return self._digest() == before
        except (Refused, type(self.writer).error):
            return False

    def _versions(self) -> Counter[tuple[Row, str]] | None:
        """Return the rows of the target with their versions; None where there is no target, or no versions."""
        url, name = self.copy
        if locate(url).engine not in _VERSIONED:
            return None
        with self.target() as session:
            there = CopyReader(self.declared, self.table, session.columns("target", name) or ()).there
            return fixture(session).versions("target", Table(name, (), None, there)) if there else None

    def put(self, place: tuple[str, str] | None) -> None:
        """Take in where the sync says that its copy is; None for where it declares that it is."""
        self.placed = place

    @property
    def copy(self) -> tuple[str, str]:
        """The URL and the table of the copy."""
        return self.placed or self.declared.place(self.target_url, self.table.name)

    def _digest(self) -> int:
        """Return what identifies the source; its rows are read again unless its engine counts no change."""
        version = self.fixture.version(self.place)  # before the read: what changes during it is read the next time
        if version is None or version != self.read[0]:
            self.read = version, *self._read()
        return self.read[1]

    def source_rows(self) -> Iterator[list[Row]]:
        """Yield the source's rows in the order of the key: those that were read last where none has changed since."""
        version = self.fixture.version(self.place)
        if version is None or version != self.read[0]:
            yield from Sandbox.source_rows(self)
        elif self.read[2]:
            yield self.read[2]

    def _read(self) -> tuple[int, list[Row]]:
        """Read what identifies the source, its tables, the table's columns, and all of its rows; and return these."""
        tables = self.writer.tables(self.place)
        columns = self.writer.columns(self.place, self.table.name) or ()
        rows = list(chain.from_iterable(Sandbox.source_rows(self)))
        described = tuple((each.name, each.declared) for each in columns)
        return hash((tuple(sorted(tables)), described, tuple(rows))), rows

    def _check_target(self) -> None:
        """See that the table is there, with every column that the source had from the start, and that it is free."""
        name = self.copy[1]
        with self.target() as session:
            found = session.columns("target", name)
            if found is None:
                others = ", ".join(sorted(session.tables("target"))) or "no table at all"
                raise ContenderFailed(f"the sync left no table {name!r} in the target, which holds {others}")
            wanted = {self.declared.name(each).lower() for each in self.first}
            missing = wanted - {column.name.lower() for column in found}
            if missing:
                raise ContenderFailed(f"the sync left no column {', '.join(sorted(missing))} in the target's {name!r}")
            if by := fixture(session).held("target"):
                raise ContenderFailed(f"the target is still locked when the sync has answered: {by}")

    @contextmanager
    def target(self) -> Iterator[Session]:
        """Open the target for the time of a block; raise `ContenderFailed` when something keeps it locked."""
        session, _ = _open(self.copy[0], "the target")
        try:
            yield session
        finally:
            session.close()

    def target_rows(self) -> Iterator[list[Row]]:
        """Yield the target's rows in the order of the key, in the columns of the source, whatever else it holds.

        Names are the same whatever their case; a column that the target does not have is null everywhere.
        """
        url, name = self.copy
        if not locate(url).is_there:
            return
        with self.target() as session:
            reading = CopyReader(self.declared, self.table, session.columns("target", name) or ())
            if not reading.there:
                return
            table = Table(name, reading.key, None, reading.there)
            for chunk in fixture(session).ordered("target", table):
                yield reading.read(chunk)


def _rewritten(before: Counter[tuple[Row, str]] | None, after: Counter[tuple[Row, str]] | None) -> int | None:
    """Count the rows that are as they were and yet were written; None where that cannot be seen."""
    if after is None:
        return None
    stayed, untouched = Counter(row for row, _ in after.elements()), (before or Counter()) & after
    same = Counter(row for row, _ in (before or Counter()).elements()) & stayed
    return same.total() - untouched.total()


def open_on_disk(
    pair: tuple[str, str],
    table: Table,
    folder: Path,
    declared: Declared | None = None,
    urls: tuple[str, str] = ("", ""),
) -> DiskStand:
    """Make a source in a folder, or in a new schema of the server, and say where the target will be.

    Args:
        pair: The engines, source first.
        table: The table of the source.
        folder: Where files go.
        declared: What the contender declares about its copy; nothing by default.
        urls: Where source and target are to be; empty for new ones.
    """
    with ExitStack() as closing:
        ends = zip(urls, pair, ("a", "b"), strict=True)
        source, target = (url or databases(engine).url(folder, name, closing) for url, engine, name in ends)
        writer, place = _open(source, "the source")
        sandbox = DiskStand(
            None, writer, place, table, source_url=source, target_url=target, first=table.names,
            declared=declared or Declared(),
        )  # fmt: skip
        closing.callback(lambda: sandbox.writer.close())  # noqa: PLW0108 - whichever writer is open by then
        sandbox.closing = closing.pop_all()
        return sandbox


def _open(url: str, what: str) -> tuple[Session, Place]:
    """Open a database to change it, without waiting for a disk; return where its tables are found."""
    end = locate(url)
    made = databases(end.engine)
    try:
        return made.open_changeable(end) if what == "the source" else (made.writable(end), "target")
    except (Refused, made.session.error) as error:
        why = "is still locked" if "lock" in str(error).lower() else "cannot be opened"
        raise ContenderFailed(f"{what} {why} when the sync has answered: {error}") from error
