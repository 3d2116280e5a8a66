"""The memory table: what each strategy keeps between syncs, in the target database and in its transaction.

One entry for each table and strategy. The entry survives a rebuild of the data table, because it stands in a table of
its own, and is written in one statement. Digests of rows are too many for the entry; they stand in a table beside it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.load.engines.base import DIGEST
from incload.strategy import Memory
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.load.engines.base import Session

TABLE = "_incload_memory"
VERSION = 1
"""Of the entry's JSON; an entry of another version is refused."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place of one memory.

    Attributes:
        session: The session that holds the target.
        table: The table that is loaded.
        strategy: The strategy's name.
        tags: What the remembered values mean: the scale of the cursor and the algorithm and columns of the digests.
    """

    session: Session
    table: Table
    strategy: str
    tags: dict[str, str]

    @property
    def digests(self) -> str:
        """The qualified name of the table of digests."""
        return self.session.name("target", self._digests)

    @property
    def _digests(self) -> str:
        return f"_incload_digests_{self.table.name}_{self.strategy}"

    def exists(self) -> bool:
        """Tell whether the target has a memory table at all."""
        return self.session.columns("target", TABLE) is not None

    def recall(self) -> Memory:
        """Return what was remembered, or the empty memory; refuse an entry that cannot be what this strategy wrote."""
        if not self.exists():
            return Memory()
        found = self.session.rows(
            f"SELECT value FROM {self._name} WHERE table_name = ? AND strategy = ?", (self.table.name, self.strategy)
        )
        return self._read(str(found[0][0])) if found else Memory()

    def keep(self, memory: Memory) -> None:
        """Write the entry, in one statement."""
        if not self.exists():
            self.session.write(
                f"CREATE TABLE {self._name} (table_name VARCHAR NOT NULL, strategy VARCHAR NOT NULL,"
                " value VARCHAR NOT NULL, PRIMARY KEY (table_name, strategy))"
            )
        self.session.write(
            f"INSERT INTO {self._name} (table_name, strategy, value) VALUES (?, ?, ?)"
            " ON CONFLICT (table_name, strategy) DO UPDATE SET value = excluded.value",
            (self.table.name, self.strategy, self._written(memory)),
        )

    def create_digests(self, origin: str) -> None:
        """Make an empty table of digests, in place of one that may be there."""
        session = self.session
        columns = [
            f"{session.quote(name)} {session.type_name(self.table.column(name), origin)}" for name in self.table.key
        ]
        digest = session.type_name(Column(DIGEST, Kind.INTEGER), "")
        session.write(f"DROP TABLE IF EXISTS {self.digests}")
        session.write(
            f"CREATE TABLE {self.digests} ({', '.join(columns)}, {session.quote(DIGEST)} {digest},"
            f" PRIMARY KEY ({session.listed(self.table.key)}))"
        )

    def size(self) -> int:
        """Return the bytes that the memory takes: the entry's text, and 8 bytes and a key for each digest."""
        if not self.exists():
            return 0
        session = self.session
        found = session.rows(
            f"SELECT value FROM {self._name} WHERE table_name = ? AND strategy = ?", (self.table.name, self.strategy)
        )
        entry = len(str(found[0][0]).encode()) if found else 0
        if session.columns("target", self._digests) is None:
            return entry
        return entry + session.count(self.digests) * 8 * (1 + len(self.table.key))

    @property
    def _name(self) -> str:
        return self.session.name("target", TABLE)

    def _written(self, memory: Memory) -> str:
        return json.dumps(
            {
                "version": VERSION,
                "watermark": memory.watermark,
                "key": None if memory.key is None else [_packed(value) for value in memory.key],
                "digests": memory.digests,
                "notes": dict(memory.notes),
                **self.tags,
            },
            ensure_ascii=False,
        )

    def _read(self, text: str) -> Memory:
        where = f"the memory of table {self.table.name!r} and strategy {self.strategy!r}"
        try:
            entry = json.loads(text)
            version, tags = entry["version"], {name: entry[name] for name in self.tags}
            key = entry["key"] if entry["key"] is None else tuple(_unpacked(value) for value in entry["key"])
            memory = Memory(entry["watermark"], key, entry["digests"], entry["notes"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(
                f"{where} cannot be read ({error!r}): reset it, and the next load reads everything."
            ) from error
        if version != VERSION:
            raise Refused(
                f"{where} has version {version!r}, not {VERSION}: use the incload that wrote it, or reset it."
            )
        if memory.watermark is not None and tags["scale"] != self.tags["scale"]:
            raise Refused(
                f"{where} was written for a cursor of the form {tags['scale']!r}, and the cursor now has the form "
                f"{self.tags['scale']!r}: reset it, and the next load reads everything."
            )
        # Digests of other columns or of another algorithm say nothing: comparing starts afresh.
        return Memory() if memory.digests and tags["digest"] != self.tags["digest"] else memory


def _packed(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: object) -> object:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value
