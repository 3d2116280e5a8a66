"""Two tables of SQLite beside each other: SQLite looks up the copy's row of each key, and says which blocks differ.

What must stay true: a block is left out only if all its rows have equal canonical texts. SQLite's `IS` calls a whole
number and a real one equal, and text that a column of numbers is compared with is read as a number; where the types of
two columns do not keep these apart, the types of the values are compared too.
"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from incload.engines.digests.canonical import Ranges
from incload.engines.sqlite.compared.places import finds_keys, place_of
from incload.engines.sqlite.compared.rowids import Pairing, can_pair
from incload.engines.sqlite.declared import affinity
from incload.engines.sqlite.limits import LOCK_SECONDS
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.digests.canonical import Block, Blocks, Cut, Digests, Held, Within

_LEAST_INTEGER, _LARGEST_INTEGER = -9223372036854775807, 9223372036854775807
"""Below this is one integer, to which a real is equal that no column of integers takes for one. Texts and bytes are
larger than the largest."""
_SPAN, _MOST_SPANS = 200_000, 40
"""How many keys are compared in one transaction at least, and how many such spans there are at most."""
_MOST_CONNECTIONS = 4


class _Span(NamedTuple):
    """Keys from one to another; None is no bound."""

    first: int | None
    last: int | None

    def condition(self, key: str) -> str:
        bounds = [f"{key} >= {self.first}"] * (self.first is not None)
        return " AND ".join([*bounds, *[f"{key} <= {self.last}"] * (self.last is not None)]) or "true"

    def within(self, first: int, last: int) -> _Span:
        """Return the keys that are between two others as well."""
        low, high = (first if self.first is None else self.first), (last if self.last is None else self.last)
        return _Span(max(first, low), min(last, high))


def can_merge(source: Digests, copy: Digests) -> bool:
    """Return whether both tables are looked through by a unique key of whole numbers, and compared as texts are."""
    keys = [side.held[side.key[0]].column for side in (source, copy)]
    if any(key.kind is not Kind.INTEGER or affinity(key.declared) != Kind.INTEGER for key in keys):
        return False
    pairs = zip(source.held, copy.held, strict=True)
    return all(_is_comparable(one, other) for one, other in pairs) and all(map(finds_keys, (source, copy)))


def _is_comparable(one: Held, other: Held) -> bool:
    """Return whether equal values of equal types have equal texts, and mostly others have not."""
    kinds = {one.column.kind, other.column.kind, one.form.kind}
    plain = kinds <= {Kind.INTEGER, Kind.BOOLEAN} or kinds in ({Kind.REAL}, {Kind.TEXT}, {Kind.BLOB})
    return plain and not (one.form.listed or one.form.trimmed)


class Merge:
    """The comparison of two tables."""

    def __init__(self, source: Digests, copy: Digests) -> None:
        """Compare tables of which `can_merge` is true."""
        self._sides, self._at = (source, copy), source.at
        places = [place_of(side) for side in self._sides]
        self._files = [place.file for place in places if place]
        self._tables = [f"{name}.{place.quoted}" for name, place in zip("sc", places, strict=True) if place]
        self._keys = [f"{name}.{side.quoted_key}" for name, side in zip("sc", self._sides, strict=True)]
        self._unlike = " OR ".join(self._differences())
        pairing = Pairing((self._tables[0], self._tables[1]), (self._keys[0], self._keys[1]), self._unlike)
        self._pairing = pairing if can_pair(source, copy) else None

    def blocks(self, cut: Ranges, within: Within | None) -> tuple[Blocks, Blocks]:
        """Return the blocks that differ, those of the source with another digest than those of the copy."""
        spans = list(self._spans(within))
        found: set[Block] = set()
        with ExitStack() as opened:
            number = min(len(spans), _connections())
            connections = [opened.enter_context(closing(self._connected())) for _ in range(number)]
            for done, some in enumerate(self._of_spans(connections, spans, cut), start=1):
                found |= some
                if self._at and within is None:
                    self._at(done, len(spans))
            first = connections[0] if connections else opened.enter_context(closing(self._connected()))
            if within and None in within.blocks and any(self._count(first, at, cut, None) for at in (0, 1)):
                found.add(None)
            counts = {block: [self._count(first, at, cut, block) for at in (0, 1)] for block in found}
        return {block: (mine, 1) for block, (mine, _) in counts.items()}, {
            block: (other, 0) for block, (_, other) in counts.items()
        }

    def _connected(self) -> sqlite3.Connection:
        """Open both files to read them, on a connection that another thread may use."""
        connection = sqlite3.connect(
            ":memory:", isolation_level=None, timeout=LOCK_SECONDS, uri=True, check_same_thread=False
        )
        try:
            for name, file in zip("sc", self._files, strict=True):
                connection.execute(f"ATTACH ? AS {name}", (f"file:{quote(file)}?mode=ro",))
        except BaseException:
            connection.close()
            raise
        return connection

    def _spans(self, within: Within | None) -> Iterator[_Span]:
        """Yield the keys of the blocks, neighbours together, in parts for several connections."""
        if within is None:
            ends = [end for side in self._sides for end in side.key_ends() if isinstance(end, int)]
            yield from _parts(min(ends), max(ends), is_open=True) if ends else [_Span(None, None)]
            return
        assert isinstance(within.cut, Ranges)  # noqa: S101 - as the blocks that are asked for
        for first, last in within.cut.spans(within.blocks):
            yield from _parts(first, last, is_open=False)

    def _of_spans(self, connections: list[sqlite3.Connection], spans: list[_Span], cut: Ranges) -> Iterator[set[Block]]:
        """Yield the blocks of each span that differ, each connection being asked for one span at a time."""
        idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for each in connections:
            idle.put(each)
        with ThreadPoolExecutor(max(len(connections), 1)) as pool:
            waiting = [pool.submit(self._differing, idle, span, cut) for span in spans]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for connection in connections:
                    connection.interrupt()
                raise

    def _differing(self, idle: SimpleQueue[sqlite3.Connection], span: _Span, cut: Ranges) -> set[Block]:
        connection = idle.get()
        try:
            connection.execute("BEGIN")  # what is counted is what was compared
            found = self._in_span(connection, span, cut)
            connection.execute("ROLLBACK")
        finally:
            idle.put(connection)
        return found

    def _in_span(self, connection: sqlite3.Connection, span: _Span, cut: Ranges) -> set[Block]:
        """Return the blocks of rows that differ, found by rowids where these serve, and else by keys."""
        paired = self._pairing.blocks(connection, span.condition, cut) if self._pairing else None
        if paired is None:
            return self._by_key(connection, span, cut)
        found = paired.different | (paired.unsure & {None})
        for first, last in cut.spans(paired.unsure - found):
            found |= self._by_key(connection, span.within(first, last), cut)
        return found

    def _by_key(self, connection: sqlite3.Connection, span: _Span, cut: Ranges) -> set[Block]:
        """Return the blocks of rows that are lost or stale, and where there are more rows than these, of phantoms."""
        (source, copy), (mine, other) = self._tables, self._keys
        kept = span.condition(mine)
        rows = (
            f"SELECT {mine} AS k, {other} IS NULL AS lost FROM {source} AS s LEFT JOIN {copy} AS c ON {other} = {mine}"
            f" WHERE {kept} AND ({other} IS NULL OR {self._unlike})"
        )
        found = connection.execute(f"SELECT {_block('k', cut)} AS b, sum(lost) FROM ({rows}) GROUP BY b").fetchall()
        lost = sum(number for _, number in found)
        blocks: set[Block] = {block for block, _ in found}
        counts = [
            connection.execute(f"SELECT count(*) FROM {table} AS {name} WHERE {span.condition(key)}").fetchone()[0]
            for name, table, key in zip("sc", self._tables, self._keys, strict=True)
        ]
        if counts[1] != counts[0] - lost:
            missing = f"NOT EXISTS (SELECT 1 FROM {source} AS s WHERE {mine} = {other})"
            phantom = (
                f"SELECT DISTINCT {_block(other, cut)} FROM {copy} AS c WHERE {span.condition(other)} AND {missing}"
            )
            blocks |= {block for (block,) in connection.execute(phantom)}
        return blocks

    def _count(self, connection: sqlite3.Connection, at: int, cut: Ranges, block: Block) -> int:
        """Count the rows of a block on one side."""
        key = self._keys[at]
        kept = _Span(*cut.bounds(block)).condition(key) if isinstance(block, int) else f"typeof({key}) <> 'integer'"
        sql = f"SELECT count(*) FROM {self._tables[at]} AS {'sc'[at]} WHERE {kept}"
        return int(connection.execute(sql).fetchone()[0])

    def _differences(self) -> Iterator[str]:
        """Yield the conditions of which a row meets one that differs from the other side's row with its key."""
        source, copy = self._sides
        # With typeof each row would call the allocator, for which all threads wait.
        yield f"{self._keys[0]} NOT BETWEEN {_LEAST_INTEGER} AND {_LARGEST_INTEGER}"
        for place, (one, other) in enumerate(zip(source.held, copy.held, strict=True)):
            if place in source.key:
                continue
            mine, its = (
                f"{name}.{source.session.quote(held.column.name)}" for name, held in (("s", one), ("c", other))
            )
            kinds = {affinity(each.column.declared) for each in (one, other)}
            yield f"{mine} COLLATE BINARY IS NOT {its}" if kinds == {str(Kind.TEXT)} else f"{mine} IS NOT {its}"
            if kinds == {str(Kind.INTEGER)}:
                yield f"{mine} < {_LEAST_INTEGER}"
            elif kinds not in ({str(Kind.TEXT)}, {str(Kind.REAL)}):
                yield f"typeof({mine}) <> typeof({its})"


def _block(key: str, cut: Cut) -> str:
    assert isinstance(cut, Ranges)  # noqa: S101 - keys of whole numbers are cut so
    return f"CASE WHEN typeof({key}) = 'integer' THEN ({key} - {cut.start}) >> {cut.bits} END"


def _parts(first: int, last: int, *, is_open: bool) -> list[_Span]:
    """Return the keys from one to another, in parts; the outer parts of open ones have no bound."""
    number = min(max((last - first) // _SPAN, 1), _MOST_SPANS)
    number -= number % _connections() if number > _connections() else 0
    size = -(-(last - first + 1) // number)
    spans = [_Span(at, min(at + size - 1, last)) for at in range(first, last + 1, size)]
    if is_open:
        spans[0] = spans[0]._replace(first=None)
        spans[-1] = spans[-1]._replace(last=None)  # which may be the same one
    return spans


def _connections() -> int:
    return min(os.cpu_count() or 1, _MOST_CONNECTIONS)
