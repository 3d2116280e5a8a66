"""What the loaders of this folder share: both ends open for one sync, rows read and written, a state kept in a file.

Nothing of incload. Times are whole microseconds, as SQLite holds them in a comparison.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._ends import End, end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Row = tuple[Any, ...]

SECOND = 1_000_000
MINUTE = 60 * SECOND
PERIOD = 5 * MINUTE

UPSERT, INSERT, IF_ABSENT = "upsert", "", "ON CONFLICT DO NOTHING"
"""How rows are written: as they now are, as they come, and where their key is new."""

BY_CURSOR = (
    "LAG_WITHIN CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT CURSOR_NOT_IN_FUTURE NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"
)
"""What every loader needs that reads the rows above its watermark and upserts them; ties come on top of it."""

APPENDED = f"{BY_CURSOR} INSERT_ONLY"
"""What one needs that appends them: a row that changes would be there twice."""


class Run:
    """One sync of one table: both ends, the names, and the state that the run before left."""

    def __init__(self, request: Any, *, keyed: bool = True) -> None:
        """Open both ends and make the target's table as the source's is; without a key where rows are only added."""
        self.request, self.table, self.cursor, self.key = request, f'"{request.table}"', request.cursor, request.key[0]
        self.source = end(request.source_url, request.source_path)
        self.target = end(request.target_url, request.target_path)
        self.at = self.source.micros.format(f'"{self.cursor}"')
        types = self.source.columns(request.table)
        self.names = list(types)
        self._match(types, keyed=keyed)
        self.read_rows = 0
        self._file = Path(request.state_dir, "state.json")
        self.state: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def _match(self, types: dict[str, str], *, keyed: bool) -> None:
        """Make the table if it is not there, and give it the columns and types that the source has got since."""
        name, known = self.request.table, self.target.columns(self.request.table)
        made = {each: self.target.declared(kind) for each, kind in types.items()}
        self.is_first = not known
        if self.is_first:
            key = f', PRIMARY KEY ("{self.key}")' if keyed else ""
            columns = ", ".join(f'"{each}" {kind}' for each, kind in made.items())
            self.target.execute(f"CREATE TABLE {self.table} ({columns}{key})")
        for each, kind in ({} if self.is_first else made).items():
            if each not in known:
                self.target.execute(f'ALTER TABLE {self.table} ADD COLUMN "{each}" {kind}')
            elif kind and kind != known[each]:
                self.target.retype(name, each, kind)

    @property
    def now(self) -> int:
        """What the loader's own clock shows, in microseconds since 1970."""
        return round(self.request.now.timestamp() * SECOND)

    def between(self) -> None:
        """Let happen what happens between two steps."""
        self.source.let_go()
        self.request.between()
        self.source.take_up()

    def rows(self, rest: str = "", *values: object) -> list[Row]:
        """Read the source's rows; `rest` is what follows the table's name, in which `at` is the cursor."""
        found = self._shown(self.source, rest, values)
        self.read_rows += len(found)
        return found

    def copied(self) -> list[Row]:
        """Read the target's rows."""
        return self._shown(self.target, "", ())

    def _shown(self, side: End, rest: str, values: Sequence[object]) -> list[Row]:
        """Read rows with the cursor in whole microseconds."""
        names = ", ".join(self.at if each == self.cursor else f'"{each}"' for each in self.names)
        return side.execute(f"SELECT {names} FROM {self.table} {rest}", values).fetchall()

    def largest(self, side: End, what: str) -> Any:
        """Return the largest value of the key or of the cursor, `at`, at one end."""
        (found,) = side.execute(f"SELECT MAX({what}) FROM {self.table}").fetchone()
        return found

    def since(self, state: Any, comparison: str = ">") -> list[Row]:
        """Read the rows above a watermark, or all of them without one."""
        if state is None:
            return self.rows()
        return self.rows(f"WHERE {self.at} {comparison} ?", state)

    def value(self, row: Row, name: str) -> Any:
        """Return what a row has in a column."""
        return row[self.names.index(name)]

    def newest(self, rows: Iterable[Row], state: Any = None) -> Any:
        """Return the largest cursor value of some rows and a state."""
        found = [self.value(row, self.cursor) for row in rows]
        return max([each for each in [*found, state] if each is not None], default=None)

    def write(self, rows: Iterable[Row], how: str = UPSERT) -> None:
        """Write rows in one transaction: `UPSERT`, `INSERT` or `IF_ABSENT`; of rows with one key the last is left."""
        names = [f'"{each}"' for each in self.names]
        if how == UPSERT:
            rows = {self.value(row, self.key): row for row in rows}.values()
            how = f'ON CONFLICT ("{self.key}") DO UPDATE SET ' + ", ".join(
                f"{each} = excluded.{each}" for each in names
            )
        marks = ", ".join(self.target.made if each == self.cursor else "?" for each in self.names)
        with self.transaction():
            self.target.insert(f"{self.table} ({', '.join(names)})", marks, rows, how)

    def delete(self, condition: str, *values: object) -> None:
        """Delete rows of the target."""
        self.target.execute(f"DELETE FROM {self.table} WHERE {condition}", values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what a block does to the target, or none of it; a block inside another is a part of it."""
        if self.target.is_changing:
            yield
            return
        self.target.execute("BEGIN")
        self.target.is_changing = True
        try:
            yield
        except BaseException:
            self.target.execute("ROLLBACK")
            raise
        finally:
            self.target.is_changing = False
        self.target.execute("COMMIT")

    def save(self, **state: Any) -> None:
        """Keep the state: the whole file, or the one before."""
        self.state |= state
        whole = self._file.with_suffix(".new")
        whole.write_text(json.dumps(self.state))
        whole.replace(self._file)

    def close(self) -> None:
        """Let go of both ends."""
        self.source.driver.close()
        self.target.driver.close()


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
        until = -(-own.now // PERIOD) * PERIOD  # a period has its end, and not its beginning
        begin = until - (1 + lookback) * PERIOD
        read = own.rows() if own.is_first else own.rows(f"WHERE {own.at} > ? AND {own.at} <= ?", begin, until)
        own.write(read)
        return own.read_rows
