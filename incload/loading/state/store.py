"""What a strategy keeps between syncs: what it means, and where it may be kept.

One entry for each table and strategy. `StateStore` says what an entry means, whose it is, and when it must not be used;
where it stands is another's. In a database it is a table (`table_store`). A table format carries it in the snapshot of
the rows, which commits both at once.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from incload.engines.temporary.tables import DIGEST
from incload.errors import Refused
from incload.exact_numbers import carried_exactly
from incload.loading.columns.column_kinds import OWNER, Kinds, read_kinds
from incload.loading.state.entry import UNREADABLE, Entry, entry_of, read_entry
from incload.ordered_ids import scale_of_tag
from incload.records import field, record, replace
from incload.strategy import State
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.cursor import Scale
    from incload.engines.session import Session


_DIGEST = Column(DIGEST, Kind.INTEGER)


@record
class StateStore(ABC):
    """What one strategy keeps of one table.

    Attributes:
        session: The session that holds the target.
        table: The table that is loaded.
        strategy: The strategy's name.
        tags: What the remembered values mean: the cursor's column and scale, the algorithm and columns of the digests.
        source: From which source it is made; None where that is not written down.
        spelled: The strategy with its parameters, as `incload load` takes it; None where that is not written down.
        moved: Whether a state made from another source is that of this one.
        texts: What the table of states was found to hold, by whose it is; empty until it is asked.
        entries: What these texts say, for those that were read.
        written: What the text says that a sync of the same connections has written, until it is read.
    """

    session: Session
    table: Table
    strategy: str
    tags: dict[str, str]
    source: str | None = None
    moved: bool = False
    spelled: str | None = None
    texts: dict[str, str] = field(default_factory=dict, compare=False)
    entries: dict[str, Entry] = field(default_factory=dict, compare=False)
    written: dict[str, Entry] = field(default_factory=dict, compare=False)

    @property
    def said(self) -> str:
        """Whose state it is, for sentences."""
        return f"the state of table {self.table.name!r} and strategy {self.strategy!r}"

    @property
    def _digests(self) -> str:
        return f"_incload_digests_{self.table.name}_{self.strategy}"

    @property
    def digests_table(self) -> Table:
        """What the table of digests is: the key's columns and the digest."""
        digest = Column(DIGEST, Kind.INTEGER, self.session.type_name(_DIGEST, ""))
        columns = (*map(self.table.column, self.table.key), digest)
        return Table(self._digests, self.table.key, None, columns)

    def recall(self) -> State:
        """Return what was remembered, or the empty state; refuse an entry that cannot be what this strategy wrote."""
        entry = self.entry()
        if entry is None:
            return State()
        self._check(entry)
        state = entry.state
        # Digests of other columns or of another algorithm say nothing: comparing starts afresh. A change log does not
        # hold the values that a new column brings either.
        if (state.digests or state.position) and entry.tags["digest"] != self.tags["digest"]:
            return State()
        return state if state.watermark is None else self._carried(entry)

    def is_foreign(self) -> bool:
        """Return whether what is remembered was made from another source than this one."""
        entry = self.entry() if self.moved else None
        return entry is not None and _differ(entry.source, self.source)

    def scale(self) -> Scale | None:
        """Return what the cursor's values meant when the entry was written; None without an entry that says it."""
        entry = self.entry()
        return None if entry is None else entry.scale

    def text(self, state: State) -> str:
        """Return the entry of a state as it is kept."""
        return self.made(state).text()

    def made(self, state: State) -> Entry:
        """Return the entry of a state."""
        return Entry(state, self.strategy, self.table.key, self.tags, self.source, self.spelled)

    def entry_bytes(self) -> int | None:
        """Return the size of the entry, where this store has read or written it."""
        return None

    def carried(self, state: State) -> str | None:  # noqa: ARG002 - statements write it, unless a store says otherwise
        """Return the text that the commit itself is to carry."""
        return None

    def kinds(self) -> Kinds:
        """Return the record of what the target's columns hold; empty where there is none."""
        return read_kinds(self._texts().get(OWNER))

    def recorded(self) -> tuple[str | None, str | None]:
        """Return the record of the columns as it is kept, and the digest of the columns in the entry."""
        entry = self.entry()
        return self._texts().get(OWNER), entry.tags["digest"] if entry else None

    def entry(self) -> Entry | None:
        """Return the entry; None without one, and `Refused` for one that cannot be read."""
        value = self._value()
        if value is None:
            return None
        if value not in self.entries:
            # It is handed out once: a strategy that changes what it was given does not change what is read later.
            self.entries[value] = self.written.pop(value) if value in self.written else self.read(value)
        return self.entries[value]

    @property
    def is_kept(self) -> bool:
        """Whether there is an entry, be it one that can be read or not."""
        return self._value() is not None

    def read(self, value: str) -> Entry:
        """Read the text of an entry; refuse one that is none, or of another version."""
        try:
            return entry_of(value)
        except UNREADABLE:
            return read_entry(value, self.said, self.remedy)  # which says whose it is and what to do

    @property
    def whose(self) -> tuple[str, str]:
        """Under which names it is kept: the table's and the strategy's."""
        return self.table.name, self.strategy

    @property
    def remedy(self) -> str:
        """How to be rid of it, for sentences."""
        named = f"--table {shlex.quote(self.table.name)} --strategy {shlex.quote(self.strategy)}"
        return f"reset it with `incload state reset TARGET {named}`, and the next load reads everything"

    def _value(self) -> str | None:
        return self._texts().get(self.strategy)

    def _check(self, entry: Entry) -> None:
        """Refuse an entry of another strategy or another key."""
        for what, then, now in (
            ("strategy", entry.strategy, self.strategy),
            ("key", ", ".join(entry.key_columns), ", ".join(self.table.key)),
        ):
            if then != now:
                raise Refused(f"{self.said} was written for the {what} {then!r}, not {now!r}: {self.remedy}.")

        if _differ(entry.source, self.source) and not self.moved:
            raise Refused(
                f"{self.said} was made from {entry.source!r}, and what {self.source!r} holds from before would be "
                f"passed over: load into another table, {self.remedy}, or, if it is the same source and has only "
                "moved, load with --same-source."
            )

    def _carried(self, entry: Entry) -> State:
        """Return a state in today's scale; refuse a watermark that cannot be compared with today's values."""
        then, now, watermark = entry.tags, self.tags, entry.state.watermark
        if then["cursor"] != now["cursor"]:
            raise Refused(
                f"{self.said} was written for the cursor column {then['cursor']!r}, not {now['cursor']!r}: "
                f"name that one, or {self.remedy}."
            )
        before, after = scale_of_tag(then["scale"]), scale_of_tag(now["scale"])
        position = carried_exactly(watermark, before, after) if before and after and watermark is not None else None
        if position is None:
            raise Refused(
                f"{self.said} was written for a cursor of the form {then['scale']!r}, and the cursor now has the "
                f"form {now['scale']!r}: {self.remedy}."
            )
        return replace(entry.state, watermark=position)

    @abstractmethod
    def _texts(self) -> dict[str, str]:
        """Return this strategy's entry and the record of the columns, as they are kept."""

    @abstractmethod
    def keep(self, state: State, at: int, rows: int) -> None:
        """Write the entry, where it is written by statements.

        Args:
            state: What to remember.
            at: When, in microseconds since 1970-01-01 UTC.
            rows: How many rows were loaded.
        """

    @abstractmethod
    def record(self, kinds: Kinds) -> None:
        """Write the record of what the target's columns hold, unless it says so already."""

    @abstractmethod
    def forget(self) -> None:
        """Forget everything that this strategy remembered of the table."""

    @abstractmethod
    def outdate(self, at: int) -> None:
        """Forget the digests that other strategies keep of this table: they say what a target held that has changed."""

    @abstractmethod
    def create_digests(self, origin: str) -> None:
        """Make an empty table of digests, in place of one that may be there."""


def _differ(one: str | None, other: str | None) -> bool:
    """Return whether two sources are known and not the same."""
    return one is not None and other is not None and one != other
