"""What a fault does to the loader of a trial: carried out for real, on the databases of its sandbox.

Rows and state of incload's own load commit together; a loader that commits them apart is acted out by putting one of
the two back to what it was, as a crash between the commits would leave it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.errors import Unable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from incload.contenders.contender import Contender, StateAccess
    from incload.engines.session import Place, Session
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault

_COPY = "incload_lab_copy"


def require_capability(contender: Contender, faults: Sequence[Fault]) -> None:
    """Raise `Unable` when a fault needs what a contender does not let the harness do."""
    can = contender.capabilities
    for fault in faults:
        if fault.needs_state and not can.state:
            raise Unable(f"{fault.kind} cannot happen to {contender.id}: it does not say where it keeps its state.")
        if fault.bends_state and not can.coarse_state:
            raise Unable(f"{fault.kind} cannot happen to {contender.id}: it does not say what watermark it keeps.")
        if fault.needs_steps and not (can.steps or can.one_step):
            raise Unable(
                f"{fault.kind} cannot happen to {contender.id}: it does not let the harness act between steps."
            )


def require_offered(contender: Contender, pair: tuple[str, str]) -> None:
    """Raise `Unable` when a contender is not there, or is not offered on a pair of engines."""
    can, name = contender.capabilities, "-".join(pair)
    if can.absent:
        raise Unable(can.absent)
    if can.pairs and name not in can.pairs:
        raise Unable(f"{contender.id} is offered on {', '.join(can.pairs)}, not on {name}.")


def coarsened(contender: Contender, faults: Sequence[Fault]) -> Contender:
    """Return the contender with the state that the faults give it."""
    bending = [fault for fault in faults if fault.bends_state]
    for fault in bending:
        contender = contender.coarsened(fault.bent)
    return contender


@contextmanager
def rows_put_back(sandbox: Sandbox) -> Iterator[None]:
    """Undo to the target's rows whatever the block did to them; what the block did to the state stays."""
    with sandbox.target() as session:
        present = _copied(session, sandbox.table.name)
    yield
    with sandbox.target() as session:
        name, copy = session.name("target", sandbox.table.name), session.name("target", _COPY)
        if session.columns("target", sandbox.table.name):
            session.write(f"DELETE FROM {name}")
        if present:
            session.write(f"INSERT INTO {name} ({present}) SELECT {present} FROM {copy}")
            session.write(f"DROP TABLE {copy}")


def _copied(session: Session, table: str) -> str:
    """Copy a target table beside itself; return its columns, as the block may add others, or nothing."""
    present = session.columns("target", table)
    if not present:
        return ""
    session.write(f"CREATE TABLE {session.name('target', _COPY)} AS SELECT * FROM {session.name('target', table)}")
    return session.listed(column.name for column in present)


@contextmanager
def hidden(sandbox: Sandbox, share: float) -> Iterator[None]:
    """Take the last share of the source's rows, in the order of the key, out of it for the time of a block."""
    session: Session = sandbox.writer
    place: Place = sandbox.place
    name, copy = session.name(place, sandbox.table.name), session.name(place, _COPY)
    number = int(session.count(name) * share)
    order = ", ".join(f"{session.quote(column)} DESC" for column in sandbox.table.key)
    session.write(f"CREATE TABLE {copy} AS SELECT * FROM {name} ORDER BY {order} LIMIT {number}")
    with sandbox.unwatched():
        session.delete(sandbox.table.key, name, copy)
    try:
        yield
    finally:
        session = sandbox.writer  # on disk it is another one now
        with sandbox.unwatched():
            session.write(f"INSERT INTO {name} SELECT * FROM {copy}")
        session.write(f"DROP TABLE {copy}")


@dataclass(slots=True)
class Loading:
    """The contender of a trial, as faults see it: a `Victim` for real.

    Attributes:
        sandbox: Where it loads.
        access: Its state; None where it cannot be reached, so that no fault of it happens.
        load: Runs it.
        saved: The states after earlier syncs that faults will come back to.
    """

    sandbox: Sandbox
    access: StateAccess | None
    load: Callable[[], object]
    saved: dict[int, object] = field(default_factory=dict)

    def lose_state(self) -> None:
        """Remove the state."""
        self._known().lose()

    def state(self) -> object:
        """Read the state."""
        return self._known().save()

    def state_after(self, sync: int) -> object:
        """Return the state after an earlier sync."""
        return self.saved[sync]

    def put_state_back(self, state: object) -> None:
        """Put a state back."""
        self._known().put_back(state)

    def rows_put_back(self) -> AbstractContextManager[None]:
        """Undo to the target's rows whatever a block does."""
        return rows_put_back(self.sandbox)

    def last_rows_hidden(self, share: float) -> AbstractContextManager[None]:
        """Take the last rows out of the source for the time of a block."""
        return hidden(self.sandbox, share)

    def cut_log(self) -> None:
        """Cut the log that the source keeps, if it keeps one."""
        if self.sandbox.log:
            self.sandbox.log.cut()

    def _known(self) -> StateAccess:
        if self.access is None:
            raise ValueError("a fault of a state that is not known: it should have been refused")
        return self.access
