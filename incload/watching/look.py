"""One look at a table: blocks of its rows are digested in the engine, and rows are fetched of those that changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING

from incload.auditing.values import shown
from incload.auditing.watermark import place_of, ticks_per_second
from incload.cursor import UNITS
from incload.engines.digests.blocks import block_of, first_cut
from incload.engines.digests.canonical import Within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.digests.canonical import Block, Cut, Digest, Digests

    Row = tuple[int | None, str]
    Known = dict[str, Row]

_AT_ONCE = 50
"""How many blocks are fetched in one query."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the copy at a look.

    Attributes:
        rows: How many keys.
        causes: How many have which cause.
        longest: For how many microseconds the longest of them is wrong.
    """

    rows: int
    causes: dict[str, int]
    longest: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a look has found.

    Attributes:
        rows: How many rows the table has.
        changed: Rows that came, changed or went since the look before, as JSON lists of their keys: the cursor in
            microseconds and the content, or None for a row that is gone.
        fetched: How many blocks were fetched.
        seen: What the next look starts from.
    """

    rows: int
    changed: dict[str, Row | None]
    fetched: int
    seen: Blocks


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a table at a look: how it is cut, their digests, and the keys of those that were fetched."""

    cut: Cut
    digests: dict[Block, Digest]
    members: dict[Block, set[str]]


@dataclass(slots=True)
class Looker:
    """Looks at a table, and keeps what it saw: of each row its cursor and digest.

    Attributes:
        cursor: The place of the cursor among the columns; None without one.
        unit: How many ticks per second an integer cursor counts; 0 for microseconds.
        keeps_values: Whether the content of a row is its values; else it is their digest.
        known: The rows as the look before has left them, by key.
    """

    cursor: int | None
    unit: int = 0
    keeps_values: bool = False
    known: Known = field(default_factory=dict)
    _blocks: dict[Block, Digest] = field(default_factory=dict)
    _members: dict[Block, set[str]] = field(default_factory=dict)
    _cut: Cut | None = None

    def look(self, table: Digests) -> Found:
        """Look once; what was found counts for the next look once it is kept."""
        cut = self._cut or first_cut(table, table)[0]
        now = table.blocks(cut)
        differing = [block for block in now.keys() | self._blocks.keys() if now.get(block) != self._blocks.get(block)]
        fresh: dict[Block, dict[str, Row]] = {block: {} for block in differing}
        for some in _batches(sorted(differing, key=repr)):
            for texts in table.rows(Within(cut, some)):
                key, row = self._row(table, texts)
                fresh.setdefault(block_of(cut, [texts[place] for place in table.key]), {})[key] = row
        before = set().union(*(self._members.get(block, set()) for block in fresh)) if self._cut else set(self.known)
        after = {key: row for rows in fresh.values() for key, row in rows.items()}
        changed: dict[str, Row | None] = dict.fromkeys(before - after.keys())
        changed |= {key: row for key, row in after.items() if self.known.get(key) != row}
        seen = Blocks(cut, now, {block: set(rows) for block, rows in fresh.items()})
        return Found(sum(count for count, _ in now.values()), changed, len(differing), seen)

    def begin_again(self) -> None:
        """Fetch every row at the next look, since the columns are others; rows are known as before."""
        self._cut, self._blocks, self._members = None, {}, {}

    def keep(self, found: Found) -> None:
        """Let the next look start from what this one has found, now that it is recorded."""
        self._cut, self._blocks = found.seen.cut, found.seen.digests
        self._members.update(found.seen.members)
        for key, row in found.changed.items():
            if row is None:
                self.known.pop(key, None)
            else:
                self.known[key] = row

    def _row(self, table: Digests, texts: tuple[str, ...]) -> tuple[str, Row]:
        held = table.held
        key = json.dumps([str(shown(texts[at], held[at].form.per_second)) for at in table.key], ensure_ascii=False)
        if self.keeps_values:
            both = zip(held, texts, strict=True)
            values = {each.column.name: shown(value, each.form.per_second) for each, value in both}
            content = json.dumps(values, ensure_ascii=False)
        else:
            content = md5("".join(texts).encode(), usedforsecurity=False).hexdigest()[:16]
        return key, (self._microseconds(table, texts), content)

    def _microseconds(self, table: Digests, texts: tuple[str, ...]) -> int | None:
        if self.cursor is None:
            return None
        text = texts[self.cursor]
        place = place_of(text)
        if not isinstance(place, int | float):
            return None
        per_second = ticks_per_second(table.held[self.cursor], self.unit, text) or UNITS["us"]
        return int(place * UNITS["us"] // per_second)


def _batches(blocks: list[Block]) -> Iterator[tuple[Block, ...]]:
    for start in range(0, len(blocks), _AT_ONCE):
        yield tuple(blocks[start : start + _AT_ONCE])
