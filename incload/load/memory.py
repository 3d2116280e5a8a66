"""The memory table: what each strategy keeps between syncs, in the target database and in its transaction.

One entry for each table and strategy. The entry survives a rebuild of the data table, because it stands in a table of
its own, and is written in one statement. Only a load that finds no data table at all forgets it: what it says has been
read is then nowhere. Digests of rows are too many for the entry; they stand in a table beside it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.cursor import carried, scale_of_tag
from incload.errors import Refused
from incload.load.engines.base import DIGEST
from incload.strategy import Memory
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.cursor import Scale
    from incload.load.engines.base import Session
    from incload.strategy import Position

TABLE = "_incload_memory"
VERSION = 1
"""Of the entry's JSON; an entry of another version is refused."""

_AFRESH = f"to read everything again, delete its row from the target's table {TABLE}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place of one memory.

    Attributes:
        session: The session that holds the target.
        table: The table that is loaded.
        strategy: The strategy's name.
        tags: What the remembered values mean: the cursor's column and scale, the algorithm and columns of the digests.
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

    def has_digests(self) -> bool:
        """Tell whether there is a table of digests."""
        return self.session.columns("target", self._digests) is not None

    def exists(self) -> bool:
        """Tell whether the target has a memory table at all."""
        return self.session.columns("target", TABLE) is not None

    def recall(self) -> Memory:
        """Return what was remembered, or the empty memory; refuse an entry that cannot be what this strategy wrote."""
        entry = self._entry()
        return Memory() if entry is None else self._read(entry)

    def scale(self) -> Scale | None:
        """Return what the cursor's values meant when the entry was written; None without an entry that says it."""
        entry = self._entry()
        return None if entry is None else scale_of_tag(self._loaded(entry)[1]["scale"])

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

    def forget(self) -> None:
        """Forget everything that this strategy remembered of the table."""
        if self.exists():
            self.session.write(
                f"DELETE FROM {self._name} WHERE table_name = ? AND strategy = ?", (self.table.name, self.strategy)
            )
        self.session.write(f"DROP TABLE IF EXISTS {self.digests}")

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
        session = self.session
        entry = len((self._entry() or "").encode())
        if not self.has_digests():
            return entry
        return entry + session.count(self.digests) * 8 * (1 + len(self.table.key))

    @property
    def _name(self) -> str:
        return self.session.name("target", TABLE)

    @property
    def _where(self) -> str:
        return f"the memory of table {self.table.name!r} and strategy {self.strategy!r}"

    def _entry(self) -> str | None:
        if not self.exists():
            return None
        found = self.session.rows(
            f"SELECT value FROM {self._name} WHERE table_name = ? AND strategy = ?", (self.table.name, self.strategy)
        )
        return str(found[0][0]) if found else None

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

    def _loaded(self, text: str) -> tuple[Memory, dict[str, str]]:
        """Return the memory and its tags as an entry spells them; refuse an entry that is none."""
        try:
            entry = json.loads(text)
            version, tags = entry["version"], {name: str(entry[name]) for name in ("cursor", "scale", "digest")}
            key = entry["key"] if entry["key"] is None else tuple(_unpacked(value) for value in entry["key"])
            memory = Memory(entry["watermark"], key, entry["digests"], entry["notes"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"{self._where} cannot be read ({error!r}): {_AFRESH}.") from error
        if version != VERSION:
            raise Refused(
                f"{self._where} has version {version!r}, not {VERSION}: use the incload that wrote it, or {_AFRESH}."
            )
        return memory, tags

    def _read(self, text: str) -> Memory:
        memory, tags = self._loaded(text)
        # Digests of other columns or of another algorithm say nothing: comparing starts afresh.
        if memory.digests and tags["digest"] != self.tags["digest"]:
            return Memory()
        return memory if memory.watermark is None else replace(memory, watermark=self._carried(memory.watermark, tags))

    def _carried(self, watermark: Position, tags: dict[str, str]) -> Position:
        """Return a remembered watermark in today's scale; refuse one that cannot be compared with today's values."""
        if tags["cursor"] != self.tags["cursor"]:
            raise Refused(
                f"{self._where} was written for the cursor column {tags['cursor']!r}, not {self.tags['cursor']!r}: "
                f"name that one, or, {_AFRESH}."
            )
        before, now = scale_of_tag(tags["scale"]), scale_of_tag(self.tags["scale"])
        position = carried(watermark, before, now) if before and now else None
        if position is None:
            raise Refused(
                f"{self._where} was written for a cursor of the form {tags['scale']!r}, and the cursor now has the "
                f"form {self.tags['scale']!r}: {_AFRESH}."
            )
        return position


def _packed(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: object) -> object:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value
