"""What the loaders of this folder share: both ends open for one sync, rows read and written, a state kept in a file.

Only the standard library; nothing of incload. Times are whole microseconds, as SQLite holds them in a comparison.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = tuple[Any, ...]

SECOND = 1_000_000
MINUTE = 60 * SECOND
PERIOD = 5 * MINUTE

BY_CURSOR = "LAG_WITHIN CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT CURSOR_NOT_IN_FUTURE NO_HARD_DELETES COMPLETE_READ"
"""What every loader needs that reads the rows above its watermark and upserts them; ties come on top of it."""


class Run:
    """One sync of one table: both connections, the names, and the state that the run before left."""

    def __init__(self, request: Any, *, keyed: bool = True) -> None:
        """Open both ends and make the target's table as the source's is; without a key where rows are only added."""
        self.request, self.table, self.cursor, self.key = request, request.table, request.cursor, request.key[0]
        self.between = request.between
        self.source = sqlite3.connect(request.source_path, isolation_level=None)
        self.target = sqlite3.connect(request.target_path, isolation_level=None)
        self.target.execute("PRAGMA synchronous = OFF")
        self.names = [row[1] for row in self.source.execute(f"PRAGMA table_info({self.table})")]
        self.is_first = not self.target.execute(f"PRAGMA table_info({self.table})").fetchall()
        self._match(keyed=keyed)
        self.read_rows = 0
        self._file = Path(request.state_dir, "state.json")
        self.state: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def _match(self, *, keyed: bool) -> None:
        """Make the table if it is not there, and give it the columns that the source has got since."""
        if self.is_first:
            key = f", PRIMARY KEY ({self.key})" if keyed else ""
            self.target.execute(f"CREATE TABLE {self.table} ({', '.join(self.names)}{key})")
        known = [row[1] for row in self.target.execute(f"PRAGMA table_info({self.table})")]
        for name in self.names:
            if name not in known:
                self.target.execute(f"ALTER TABLE {self.table} ADD COLUMN {name}")

    @property
    def now(self) -> int:
        """What the loader's own clock shows, in microseconds since 1970."""
        return round(self.request.now.timestamp() * SECOND)

    def rows(self, rest: str = "", *values: object) -> list[Row]:
        """Read the source's rows; `rest` is what follows the table's name."""
        found = self.source.execute(f"SELECT {', '.join(self.names)} FROM {self.table} {rest}", values).fetchall()
        self.read_rows += len(found)
        return found

    def since(self, state: Any, comparison: str = ">") -> list[Row]:
        """Read the rows above a watermark, or all of them without one."""
        if state is None:
            return self.rows()
        return self.rows(f"WHERE {self.cursor} {comparison} ?", state)

    def value(self, row: Row, name: str) -> Any:
        """Return what a row has in a column."""
        return row[self.names.index(name)]

    def newest(self, rows: Iterable[Row], state: Any = None) -> Any:
        """Return the largest cursor value of some rows and a state."""
        found = [self.value(row, self.cursor) for row in rows]
        return max([each for each in [*found, state] if each is not None], default=None)

    def write(self, rows: Iterable[Row], how: str = "INSERT OR REPLACE") -> None:
        """Write rows in one transaction: as an upsert, `INSERT`, or `INSERT OR IGNORE`."""
        marks = ", ".join("?" * len(self.names))
        with self.transaction():
            into = f"{how} INTO {self.table} ({', '.join(self.names)}) VALUES ({marks})"
            self.target.executemany(into, rows)

    def delete(self, condition: str, *values: object) -> None:
        """Delete rows of the target."""
        self.target.execute(f"DELETE FROM {self.table} WHERE {condition}", values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what a block does to the target, or none of it; a block inside another is a part of it."""
        if self.target.in_transaction:
            yield
            return
        self.target.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.target.execute("ROLLBACK")
            raise
        self.target.execute("COMMIT")

    def save(self, **state: Any) -> None:
        """Keep the state: the whole file, or the one before."""
        self.state |= state
        whole = self._file.with_suffix(".new")
        whole.write_text(json.dumps(self.state))
        whole.replace(self._file)

    def close(self) -> None:
        """Let go of both ends."""
        self.source.close()
        self.target.close()


@contextmanager
def run(request: Any, *, keyed: bool = True) -> Iterator[Run]:
    """Open a run for the time of a block."""
    opened = Run(request, keyed=keyed)
    try:
        yield opened
    finally:
        opened.close()


def by_digests(request: Any, digest: Callable[[Row], str]) -> int:
    """Upsert the rows whose digests differ from those of the last sync, and delete those that are gone."""
    with run(request) as own:
        rows = {str(own.value(row, own.key)): row for row in own.rows()}
        before, after = own.state.get("digests", {}), {key: digest(row) for key, row in rows.items()}
        own.write(rows[key] for key, found in after.items() if before.get(key) != found)
        for key in before.keys() - after.keys():
            own.delete(f"{own.key} = ?", int(key))
        own.save(digests=after)
        return own.read_rows


def by_periods(request: Any, lookback: int) -> int:
    """Upsert the rows of the last periods; the first run takes everything."""
    with run(request) as own:
        end = -(-own.now // PERIOD) * PERIOD  # a period has its end, and not its beginning
        begin = end - (1 + lookback) * PERIOD
        read = own.rows() if own.is_first else own.rows(f"WHERE {own.cursor} > ? AND {own.cursor} <= ?", begin, end)
        own.write(read)
        return own.read_rows
