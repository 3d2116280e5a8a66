"""States that snapshots carry: the commit of the rows writes them; a hand writes one in a snapshot without rows.

Snapshots that have not expired are the history. A run is the number that its snapshot has in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cursor import UNITS, Timestamps
from incload.engines.contract import Conflict, StateChange, WriteIntent
from incload.errors import Refused
from incload.loading.state.store import StateStore
from incload.loading.state.table_store import KEPT, By, Past
from incload.records import field, record
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.engines.abilities.optional import Carried
    from incload.engines.session import Session
    from incload.loading.columns.column_kinds import Kinds
    from incload.strategy import State


@record
class SnapshotStore(StateStore):
    """A state that stands in the snapshot of the rows.

    Attributes:
        changed: What a hand has changed and `commit` has still to write.
    """

    changed: list[StateChange] = field(default_factory=list, compare=False)

    def _texts(self) -> dict[str, str]:
        """Ask the latest snapshot, once."""
        if not self.texts:
            self.texts.update(self.session.states(self.table.name))
        return self.texts

    def carried(self, state: State) -> str:
        """The snapshot carries the entry."""
        return self.text(state)

    def keep(self, state: State, at: int, rows: int) -> None:
        """The commit has kept it."""

    def record(self, kinds: Kinds) -> None:
        """No record is kept: the type alone says what a column holds."""

    def forget(self) -> None:
        """A table that is gone has taken its snapshots along."""
        self.texts.clear()

    def outdate(self, at: int) -> None:
        """There are none to forget: a comparison takes the digests that the rows of the target have now."""

    def create_digests(self, origin: str) -> None:
        """No sync calls it: the commit itself carries the state, and nothing is written beside the snapshot."""
        raise AssertionError(f"the digests of {self.table.name} from {origin} are those of its rows: none are kept")

    def is_blank(self) -> bool:
        """Return whether nothing is remembered."""
        return self._value() is None

    def size(self) -> int:
        """Return the bytes of the text; digests are those of the rows, and take none."""
        return len(self.text_kept().encode())

    def text_kept(self) -> str:
        """Return the text of the entry; empty without one."""
        return self._value() or ""

    def count_digests(self) -> int:
        """There are none but those of the rows."""
        return 0

    def put(self, value: str, by: By, at: int, *, of_run: int | None = None) -> None:  # noqa: ARG002 - Iceberg's clock
        """Have the next snapshot carry the text of an entry as it is; an empty one is none."""
        said = f"{by}" if of_run is None else f"{by} {of_run}"
        self.changed.append(StateChange(self.whose, value, lambda _: None, said))

    def reset(self, at: int) -> None:
        """Have the next snapshot say that there is none."""
        self.put("", By.RESET, at)

    def commit(self) -> None:
        """Write what was changed, each in a snapshot of its own; refuse where another writer was first."""
        while self.changed:
            change = self.changed.pop(0)
            try:
                self.session.commit(WriteIntent(self.table, WriteRule.MERGE), change)
            except Conflict as error:
                action = change.by.partition(" ")[0]
                again = "roll it back" if action == By.ROLLBACK else f"{action} it"
                raise Refused(
                    f"table {self.table.name!r} was changed by another writer meanwhile, and keeps its state: "
                    f"{again} again."
                ) from error

    def history(self) -> list[Past]:
        """Return the latest values, newest first."""
        found = list[Past]()
        for each in reversed(self.session.snapshots.carried(self.table.name)):
            by, of_run = _said(each, self.strategy)
            text = each.texts.get(self.strategy)
            is_news = by is not By.SYNC or not found or found[-1].value != (text or None)
            if text is not None and is_news:
                found.append(Past(each.number, _at(each), by, of_run, each.rows, text or None))
        return found[: -KEPT - 1 : -1]


def strategies_in(session: Session, table: str) -> list[str]:
    """Return the strategies of which the snapshots of a table carry something, or did."""
    return sorted(
        {name for each in session.snapshots.carried(table) for name in each.texts} | session.states(table).keys()
    )


def _said(carried: Carried, strategy: str) -> tuple[By, int | None]:
    """Return who has written the state of a strategy, and for a rollback the run whose value was put back."""
    whose, _, said = carried.by.partition(" ")
    by, _, run = said.partition(" ")
    if whose != strategy or by not in set(By):
        return By.SYNC, None
    return By(by), int(run) if run.isdecimal() else None


def _at(carried: Carried) -> str:
    return f"{Timestamps(UNITS['us']).shown(carried.at)}Z"
