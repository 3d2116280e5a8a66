"""The memory table: what each strategy keeps between syncs, in the target database and in its transaction.

One entry for each table and strategy. The entry survives a rebuild of the data table, because it stands in a table of
its own, and once it is there it is written in one statement. Only a load that finds no data table at all forgets it:
what it says has been read is then nowhere. Digests of rows are too many for the entry; they stand in a table beside it.

A second table keeps the latest values of every entry: which run of the load, or which hand, wrote what and when. It is
written with the entry and never read by a sync, so that it can only help.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from incload.cursor import UNITS, Stamps, carried, scale_of_tag
from incload.engines.temp_tables import DIGEST
from incload.errors import Refused
from incload.loading.column_kinds import OWNER, Kinds, read_kinds, text_of
from incload.loading.state.entry import Entry, read_entry
from incload.strategy import State
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.cursor import Scale
    from incload.engines.session import Session

TABLE = "_incload_memory"
HISTORY = "_incload_memory_history"
KEPT = 20
"""How many values of one entry the history keeps."""

_COLUMNS = {
    TABLE: "table_name VARCHAR NOT NULL, strategy VARCHAR NOT NULL, value VARCHAR NOT NULL,"
    " PRIMARY KEY (table_name, strategy)",
    HISTORY: "table_name VARCHAR NOT NULL, strategy VARCHAR NOT NULL, run BIGINT NOT NULL, written_at VARCHAR NOT NULL,"
    " written_by VARCHAR NOT NULL, of_run BIGINT, rows_loaded BIGINT NOT NULL, value VARCHAR,"
    " PRIMARY KEY (table_name, strategy, run)",
}
_WHERE = "table_name = ? AND strategy = ?"


class By(StrEnum):
    """Who wrote a value."""

    SYNC = "sync"
    SET = "set"
    ROLLBACK = "rollback"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Past:
    """A value that was remembered.

    Attributes:
        run: Its number; numbers count up for each table and strategy.
        at: When it was written, by the source's clock (for a hand, the target's), as ISO text in UTC.
        by: Who wrote it.
        of_run: For a rollback, the run whose value was put back.
        rows: How many rows the run loaded.
        value: The entry's text; None for a reset.
    """

    run: int
    at: str
    by: By
    of_run: int | None
    rows: int
    value: str | None


@dataclass(frozen=True, slots=True)
class StateStore:
    """The place of one memory.

    Attributes:
        session: The session that holds the target.
        table: The table that is loaded.
        strategy: The strategy's name.
        tags: What the remembered values mean: the cursor's column and scale, the algorithm and columns of the digests.
        source: From which source it is made; None where that is not written down.
        spelled: The strategy with its parameters, as `incload load` takes it; None where that is not written down.
        moved: Whether a memory made from another source is that of this one.
        texts: What the table of states was found to hold, by whose it is; empty until it is asked.
    """

    session: Session
    table: Table
    strategy: str
    tags: dict[str, str]
    source: str | None = None
    moved: bool = False
    spelled: str | None = None
    texts: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def digests(self) -> str:
        """The qualified name of the table of digests."""
        return self.session.name("target", self._digests)

    @property
    def said(self) -> str:
        """Whose memory it is, for sentences."""
        return f"the memory of table {self.table.name!r} and strategy {self.strategy!r}"

    @property
    def _digests(self) -> str:
        return f"_incload_digests_{self.table.name}_{self.strategy}"

    @property
    def digests_table(self) -> Table:
        """What the table of digests is: the key's columns and the digest."""
        digest = Column(DIGEST, Kind.INTEGER)
        digest = replace(digest, declared=self.session.type_name(digest, ""))
        columns = (*map(self.table.column, self.table.key), digest)
        return Table(self._digests, self.table.key, None, columns)

    def has_digests(self) -> bool:
        """Tell whether there is a table of digests."""
        return self.session.holds("target", self._digests)

    def exists(self, table: str = TABLE) -> bool:
        """Tell whether the target has a memory table at all, or a table of its history."""
        return self.session.holds("target", table)

    def is_blank(self) -> bool:
        """Tell whether nothing is remembered."""
        return self._value() is None and not self.has_digests()

    def recall(self) -> State:
        """Return what was remembered, or the empty memory; refuse an entry that cannot be what this strategy wrote."""
        entry = self.entry()
        if entry is None:
            return State()
        self._check(entry)
        state = entry.state
        # Digests of other columns or of another algorithm say nothing: comparing starts afresh. A change log does not
        # tell of the values that a new column brings either.
        if (state.digests or state.position) and entry.tags["digest"] != self.tags["digest"]:
            return State()
        return state if state.watermark is None else self._carried(entry)

    def is_foreign(self) -> bool:
        """Tell whether what is remembered was made from another source than this one."""
        entry = self.entry() if self.moved else None
        return entry is not None and _differ(entry.source, self.source)

    def scale(self) -> Scale | None:
        """Return what the cursor's values meant when the entry was written; None without an entry that says it."""
        entry = self.entry()
        return None if entry is None else entry.scale

    def keep(self, state: State, at: int, rows: int) -> None:
        """Write the entry and add it to the history.

        Args:
            state: What to remember.
            at: When, in microseconds since 1970-01-01 UTC.
            rows: How many rows were loaded.
        """
        self.put(self.text(state), By.SYNC, at, rows=rows)

    def text(self, state: State) -> str:
        """Return the entry of a state as it is kept."""
        return Entry(state, self.strategy, self.table.key, self.tags, self.source, self.spelled).text()

    def put(self, value: str, by: By, at: int, *, rows: int = 0, of_run: int | None = None) -> None:
        """Write the text of an entry as it is, and add it to the history."""
        self._write(value, self.whose)
        self._add(value, by, at, rows, of_run)

    def _write(self, value: str, whose: tuple[str, str]) -> None:
        """Write a text over the one that is there."""
        is_new = self._make(TABLE) or (bool(self.texts) and whose[1] not in self.texts)
        if self.texts:
            self.texts[whose[1]] = value
        # An upsert of one row is a statement of many steps in DuckDB, and takes four times as long.
        update = f"UPDATE {self._name(TABLE)} SET value = ? WHERE {_WHERE}"
        if is_new or not self.session.write(update, (value, *whose)):
            insert = f"INSERT INTO {self._name(TABLE)} (table_name, strategy, value) VALUES (?, ?, ?)"
            self.session.write(insert, (*whose, value))

    def kinds(self) -> Kinds:
        """Return the record of what the target's columns hold; empty where there is none."""
        return read_kinds(self._texts().get(OWNER))

    def record(self, kinds: Kinds) -> None:
        """Write the record of what the target's columns hold, unless it says so already."""
        if kinds != self.kinds():
            self._write(text_of(kinds), (self.table.name, OWNER))

    def forget(self) -> None:
        """Forget everything that this strategy remembered of the table; the history stays."""
        self.texts.clear()
        if self.exists():
            self.session.write(f"DELETE FROM {self._name(TABLE)} WHERE {_WHERE}", self.whose)
        self.session.write(f"DROP TABLE IF EXISTS {self.digests}")

    def reset(self, at: int) -> None:
        """Forget, and say so in the history."""
        self.forget()
        self._add(None, By.RESET, at, 0, None)

    def outdate(self, at: int) -> None:
        """Forget the digests that other strategies keep of this table: they say what a target held that has changed."""
        if not self.exists():
            return
        sql = f"SELECT strategy FROM {self._name(TABLE)} WHERE table_name = ? AND strategy NOT IN (?, '{OWNER}')"
        for (strategy,) in self.session.rows(sql, self.whose):
            other = replace(self, strategy=str(strategy), texts={})
            if other.has_digests():
                other.reset(at)

    def history(self) -> list[Past]:
        """Return the latest values, newest first."""
        if not self.exists(HISTORY):
            return []
        found = self.session.rows(
            "SELECT run, written_at, written_by, of_run, rows_loaded, value"
            f" FROM {self._name(HISTORY)} WHERE {_WHERE} ORDER BY run DESC",
            self.whose,
        )
        try:
            return [
                Past(int(str(run)), str(at), By(str(by)), _number(of), int(str(rows)), _text(value))
                for run, at, by, of, rows, value in found
            ]
        except ValueError as error:
            raise Refused(
                f"the history of {self.said} cannot be read ({error}): drop the table {HISTORY} of the target; "
                "no load needs it."
            ) from error

    def create_digests(self, origin: str) -> None:
        """Make an empty table of digests, in place of one that may be there."""
        self.session.write(f"DROP TABLE IF EXISTS {self.digests}")
        self.session.create(self.digests_table, keyed=self.session.capabilities.indexes_digests, origin=origin)

    def size(self) -> int:
        """Return the bytes that the memory takes: the entry's text, and 8 bytes and a key for each digest."""
        session = self.session
        entry = len((self._value() or "").encode())
        if not self.has_digests():
            return entry
        return entry + session.count(self.digests) * 8 * (1 + len(self.table.key))

    def entry(self) -> Entry | None:
        """Return the entry; None without one, and `Refused` for one that cannot be read."""
        value = self._value()
        return None if value is None else self.read(value)

    def read(self, value: str) -> Entry:
        """Read the text of an entry; refuse one that is none, or of another version."""
        return read_entry(value, self.said, self.remedy)

    @property
    def whose(self) -> tuple[str, str]:
        """Under which names it is kept: the table's and the strategy's."""
        return self.table.name, self.strategy

    @property
    def remedy(self) -> str:
        """How to be rid of it, for sentences."""
        named = f"--table {shlex.quote(self.table.name)} --strategy {shlex.quote(self.strategy)}"
        return f"forget it with `incload memory reset TARGET {named}`, and the next load reads everything"

    def _name(self, table: str) -> str:
        return self.session.name("target", table)

    def _make(self, table: str) -> bool:
        """Create a table of the memory, unless it is there; tell whether it was not."""
        if self.exists(table):
            return False
        self.session.write(f"CREATE TABLE {self._name(table)} ({_COLUMNS[table]})")
        return True

    def _value(self) -> str | None:
        return self._texts().get(self.strategy)

    def _texts(self) -> dict[str, str]:
        """Return this strategy's entry and the record of the columns; asked once, as a sync holds the table."""
        if not self.texts and self.exists():
            sql = f"SELECT strategy, value FROM {self._name(TABLE)} WHERE table_name = ? AND strategy IN (?, '{OWNER}')"
            self.texts.update((str(whose), str(value)) for whose, value in self.session.rows(sql, self.whose))
        return self.texts

    def _add(self, value: str | None, by: By, at: int, rows: int, of_run: int | None) -> None:
        """Add a value to the history, and let the oldest go."""
        self._make(HISTORY)
        history = self._name(HISTORY)
        self.session.write(
            f"INSERT INTO {history} (table_name, strategy, run, written_at, written_by, of_run, rows_loaded, value)"
            f" SELECT ?, ?, coalesce(max(run), 0) + 1, ?, ?, ?, ?, ? FROM {history} WHERE {_WHERE}",
            (*self.whose, f"{Stamps(UNITS['us']).shown(at)}Z", str(by), of_run, rows, value, *self.whose),
        )
        latest = f"SELECT max(run) FROM {history} WHERE {_WHERE}"
        self.session.write(
            f"DELETE FROM {history} WHERE {_WHERE} AND run <= ({latest}) - {KEPT}", (*self.whose, *self.whose)
        )

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
        """Return a memory in today's scale; refuse a watermark that cannot be compared with today's values."""
        then, now, watermark = entry.tags, self.tags, entry.state.watermark
        if then["cursor"] != now["cursor"]:
            raise Refused(
                f"{self.said} was written for the cursor column {then['cursor']!r}, not {now['cursor']!r}: "
                f"name that one, or {self.remedy}."
            )
        before, after = scale_of_tag(then["scale"]), scale_of_tag(now["scale"])
        position = carried(watermark, before, after) if before and after and watermark is not None else None
        if position is None:
            raise Refused(
                f"{self.said} was written for a cursor of the form {then['scale']!r}, and the cursor now has the "
                f"form {now['scale']!r}: {self.remedy}."
            )
        return replace(entry.state, watermark=position)


def remembered(session: Session) -> list[tuple[str, str]]:
    """Return the tables and strategies of which the target remembers something, or did."""
    found: set[tuple[str, str]] = set()
    for table in (TABLE, HISTORY):
        if session.holds("target", table):
            pairs = session.rows(f"SELECT DISTINCT table_name, strategy FROM {session.name('target', table)}")
            found |= {(str(name), str(strategy)) for name, strategy in pairs if strategy != OWNER}
    return sorted(found)


def _differ(one: str | None, other: str | None) -> bool:
    """Tell whether two sources are known and not the same."""
    return one is not None and other is not None and one != other


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
