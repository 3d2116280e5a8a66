"""The tables of states: what each strategy keeps between syncs, in the target database and in its transaction.

An entry survives a rebuild of the data table, because it stands in a table of its own, and once it is there it is
written in one statement. Only a load that finds no data table at all forgets it: what it says has been read is then
nowhere. Digests of rows are too many for the entry; they stand in a table beside it.

A second table keeps the latest values of every entry: which run of the load, or which hand, wrote what and when. It is
written with the entry and never read by a sync, so that it can only help.

Both had other names once. Tables of those names are read as they are, and renamed in the transaction that first writes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from incload.cursor import UNITS, Timestamps
from incload.errors import Refused
from incload.loading.columns.column_kinds import OWNER, Kinds, text_of
from incload.loading.state.store import StateStore
from incload.records import field, record, replace

if TYPE_CHECKING:
    from incload.engines.session import Session
    from incload.strategy import State

TABLE = "_incload_state"
HISTORY = "_incload_state_history"
FORMER = {TABLE: "_incload_memory", HISTORY: "_incload_memory_history"}
"""The names that the tables had before."""
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


@record
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


@record
class TableStore(StateStore):
    """A state that stands in the tables of the target database.

    Attributes:
        asked: The name of the table of states once it was asked; nothing where it is to be asked again.
        others: The other strategies that keep an entry of the table, known with `texts`.
    """

    asked: list[str] = field(default_factory=list, compare=False)
    others: list[str] = field(default_factory=list, compare=False)

    @property
    def digests(self) -> str:
        """The qualified name of the table of digests."""
        return self.session.name("target", self._digests)

    def entry_bytes(self) -> int | None:
        """Return the size of the text that is kept."""
        text = self.texts.get(self.strategy)
        return None if text is None else len(text.encode())

    def has_digests(self) -> bool:
        """Return whether there is a table of digests."""
        return self.session.holds("target", self._digests)

    def exists(self, table: str = TABLE) -> bool:
        """Return whether the target has a state table at all, or a table of its history."""
        return standing(self.session, table) is not None

    def is_blank(self) -> bool:
        """Return whether nothing is remembered."""
        return self._value() is None and not self.has_digests()

    def keep(self, state: State, at: int, rows: int) -> None:
        """Write the entry and add it to the history.

        Args:
            state: What to remember.
            at: When, in microseconds since 1970-01-01 UTC.
            rows: How many rows were loaded.
        """
        entry = self.made(state)
        text, read = entry.text(), entry.as_read()
        self.put(text, By.SYNC, at, rows=rows)
        # The next sync of the same connections need not read it again.
        self.written.clear()
        if read:
            self.written[text] = read

    def put(self, value: str, by: By, at: int, *, rows: int = 0, of_run: int | None = None) -> None:
        """Write the text of an entry as it is, and add it to the history."""
        self._write(value, self.whose)
        self._add(value, by, at, rows, of_run)

    def _write(self, value: str, whose: tuple[str, str]) -> None:
        """Write a text over the one that is there."""
        is_new = self._make(TABLE) or (bool(self.asked) and whose[1] not in self.texts)
        self.texts[whose[1]] = value
        # An upsert of one row is a statement of many steps in DuckDB, and takes four times as long.
        table = self.session.name("target", TABLE)
        update = f"UPDATE {table} SET value = ? WHERE {_WHERE}"
        if is_new or not self.session.write(update, (value, *whose)):
            insert = f"INSERT INTO {table} (table_name, strategy, value) VALUES (?, ?, ?)"
            self.session.write(insert, (*whose, value))

    def record(self, kinds: Kinds) -> None:
        """Write the record of what the target's columns hold, unless it says so already."""
        if kinds != self.kinds():
            self._write(text_of(kinds), (self.table.name, OWNER))

    def forget(self) -> None:
        """Forget everything that this strategy remembered of the table; the history stays."""
        self.asked.clear()
        if self.exists():
            self.session.write(f"DELETE FROM {self._name(TABLE)} WHERE {_WHERE}", self.whose)
        self.session.write(f"DROP TABLE IF EXISTS {self.digests}")

    def reset(self, at: int) -> None:
        """Forget, and say so in the history."""
        self.forget()
        self._add(None, By.RESET, at, 0, None)

    def outdate(self, at: int) -> None:
        """Forget the digests that other strategies keep of this table: they say what a target held that has changed."""
        self._texts()
        for strategy in self.others:
            other = replace(self, strategy=strategy, texts={}, asked=[], others=[])
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
        """Return the bytes that the state takes: the entry's text, and 8 bytes and a key for each digest."""
        entry = len((self._value() or "").encode())
        return entry + self.count_digests() * 8 * (1 + len(self.table.key))

    def count_digests(self) -> int:
        """Return of how many rows a digest is kept."""
        return self.session.count(self.digests) if self.has_digests() else 0

    def commit(self) -> None:
        """Make what was written durable."""
        self.session.commit()

    def _name(self, table: str) -> str:
        return self.session.name("target", self._stands(table))

    def _make(self, table: str) -> bool:
        """Create a table of the state, unless it is there; say whether it was not."""
        session = self.session
        if session.holds("target", table):
            return False
        former = FORMER[table] if session.holds("target", FORMER[table]) else ""
        session.make_shared(table, _COLUMNS[table], former)
        return not former

    def _texts(self) -> dict[str, str]:
        """Return this strategy's entry and the record of the columns; asked once, as a sync holds the table.

        Who else keeps an entry is noted on the way, so that no further statement has to ask for it.
        """
        if self.asked:
            return self.texts
        self.texts.clear()
        self.asked.append(standing(self.session, TABLE) or "")
        if stands := self.asked[0]:
            mine = f"CASE WHEN strategy IN (?, '{OWNER}') THEN value END"
            sql = f"SELECT strategy, {mine} FROM {self.session.name('target', stands)} WHERE table_name = ?"
            found = [(str(whose), value) for whose, value in self.session.rows(sql, (self.strategy, self.table.name))]
            self.texts.update((whose, str(value)) for whose, value in found if value is not None)
            self.others[:] = [whose for whose, value in found if value is None]
        return self.texts

    def _add(self, value: str | None, by: By, at: int, rows: int, of_run: int | None) -> None:
        """Add a value to the history, and let the oldest go."""
        self._make(HISTORY)
        history = self.session.name("target", HISTORY)
        self.session.write(
            f"INSERT INTO {history} (table_name, strategy, run, written_at, written_by, of_run, rows_loaded, value)"
            f" SELECT ?, ?, coalesce(max(run), 0) + 1, ?, ?, ?, ?, ? FROM {history} WHERE {_WHERE}",
            (*self.whose, f"{Timestamps(UNITS['us']).shown(at)}Z", str(by), of_run, rows, value, *self.whose),
        )
        latest = f"SELECT max(run) FROM {history} WHERE {_WHERE}"
        self.session.write(
            f"DELETE FROM {history} WHERE {_WHERE} AND run <= ({latest}) - {KEPT}", (*self.whose, *self.whose)
        )

    def _stands(self, table: str) -> str:
        """Return under which name a table of states stands; the name it should have where there is none."""
        return standing(self.session, table) or table


def standing(session: Session, table: str) -> str | None:
    """Return the name under which a target has a table of states, be it the former one; None without one."""
    return next((name for name in (table, FORMER[table]) if session.holds("target", name)), None)


def remembered(session: Session) -> list[tuple[str, str]]:
    """Return the tables and strategies of which the target remembers something, or did."""
    found: set[tuple[str, str]] = set()
    for table in filter(None, (standing(session, each) for each in (TABLE, HISTORY))):
        pairs = session.rows(f"SELECT DISTINCT table_name, strategy FROM {session.name('target', table)}")
        found |= {(str(name), str(strategy)) for name, strategy in pairs if strategy != OWNER}
    return sorted(found)


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
