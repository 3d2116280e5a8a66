"""How the rows of a SQLite table are written and digested: by DuckDB, or here, as they stream out of it.

SQLite has no md5, and its columns hold values of any type. Where all are of their columns' types, DuckDB digests them.
To build the texts in SQL and hash them in a function costs as much as to write them here. A value of another type than
its column's form is written by its own letter.
"""

from __future__ import annotations

import json
import re
import struct
from decimal import Decimal
from functools import cached_property
from hashlib import md5
from itertools import chain, islice
from typing import TYPE_CHECKING

from incload.cursor import UNITS, MixedText
from incload.engines.digests.canonical import (
    DECIMAL,
    ISO,
    LARGEST_SINGLE,
    NULL,
    Block,
    Blocks,
    Buckets,
    Cut,
    Digest,
    Digests,
    Held,
    Ranges,
    Unmatched,
    Within,
)
from incload.engines.sql import Query
from incload.engines.sqlite.compared.places import finds_keys
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from incload.engines.session import Row
    from incload.engines.sqlite.session import SqliteSession

    Writer = Callable[[object], str]

_ISO, _DECIMAL = re.compile(ISO, re.ASCII), re.compile(DECIMAL, re.ASCII)
_KEYS = 1_000
"""How many keys one condition names."""
_NO_NUMBERS = {"NaN", "Infinity", "-Infinity"}
"""The names of floats that JSON has no numbers for."""
_FETCHED = 1_000
"""How many rows are held at a time."""


class SqliteDigests(Digests):
    """The rows of a table in a SQLite file."""

    session: SqliteSession

    @cached_property
    def _can_stream(self) -> bool:
        from incload.engines.sqlite.compared.streamed import can_stream

        return can_stream(self)

    def blocks(self, cut: Cut, within: Within | None = None) -> dict[Block, Digest]:
        """Let DuckDB digest the rows as they stream out, or else do it one by one."""
        if self._can_stream:
            from incload.engines.sqlite.compared.streamed import streamed_blocks

            streamed = streamed_blocks(self, cut, within)
            if streamed is not None:
                return streamed
        if self.is_alike:
            raise Unmatched
        found: dict[Block, list[int]] = {}
        block_of = self._blocks_of(cut)
        for row, texts in self._written(within):
            digest = int.from_bytes(md5("".join(texts).encode(), usedforsecurity=False).digest()[:8], "big")
            sums = found.setdefault(block_of(row, texts), [0, 0])
            sums[0] += 1
            sums[1] += digest
        return {block: (count, total % 2**64) for block, (count, total) in found.items()}

    def conditions(self, within: Within) -> Iterator[Query]:
        """Name the ranges, or the keys themselves: no function of SQLite says in which bucket a key is."""
        if isinstance(within.cut, Ranges):
            yield Query(self.range_condition(within.cut, within.blocks))
            return
        names = ", ".join(self.session.quote(self.held[place].column.name) for place in self.key)
        keys = (tuple(row[place] for place in self.key) for row, _ in self._written(within))
        while some := tuple(islice(keys, _KEYS)):
            listed = ", ".join([f"({', '.join('?' * len(self.key))})"] * len(some))
            yield Query(f"({names}) IN (VALUES {listed})", tuple(chain.from_iterable(some)))

    def rows(self, within: Within) -> list[tuple[str, ...]]:
        """Write the values."""
        return [tuple(texts) for _, texts in self._written(within)]

    def largest(self, place: int) -> str:
        """Write the largest value."""
        held = self.held[place]
        name = self.session.quote(held.column.name)
        ((value,),) = self.session.rows(f"SELECT max({name} COLLATE BINARY) FROM {self.relation}")
        return writer(held)(value)

    def holding(self, place: int, texts: Sequence[str]) -> set[str]:
        """Write the column, value by value."""
        held, wanted = self.held[place], set(texts)
        write = writer(held)
        cursor = self.session.driver.execute(f"SELECT {self.session.quote(held.column.name)} FROM {self.relation}")
        return wanted.intersection(write(value) for (value,) in cursor)

    def can_match(self, other: Digests) -> bool:
        """SQLite looks through both by an index on a key of whole numbers; DuckDB hashes what is streamed into it."""
        if isinstance(other, SqliteDigests):
            from incload.engines.sqlite.compared.merge import can_merge

            return can_merge(self, other)
        return other.session.engine == "duckdb" and self._can_stream

    def reads_both(self, other: Digests, cut: Cut) -> bool:
        """SQLite looks up the row of the other table for each row of one."""
        return self.is_alike and isinstance(other, SqliteDigests) and isinstance(cut, Ranges)

    def beside(self, other: Digests, cut: Cut, within: Within | None) -> tuple[Blocks, Blocks] | None:
        """Let SQLite compare the rows."""
        if not (self.reads_both(other, cut) and isinstance(cut, Ranges)):
            return None
        from incload.engines.sqlite.compared.merge import Merge

        return Merge(self, other).blocks(cut, within)

    def key_span(self) -> Row:
        """Count apart from the ends, which an index may answer at once."""
        return (self.count(), *self.key_ends())

    def key_ends(self) -> Row:
        """Leave out keys that are no whole numbers; an index has none where its ends are some, or few."""
        key = self.quoted_key
        if finds_keys(self):
            ends = (f"(SELECT {each}({key}) FROM {self.relation})" for each in ("min", "max"))
            ((low, high),) = self.session.rows(f"SELECT {', '.join(ends)}")
            if isinstance(low, int) and isinstance(high, int):
                return low, high
        whole = f"CASE WHEN typeof({key}) = 'integer' THEN {key} END"
        return self.session.rows(f"SELECT min({whole}), max({whole}) FROM {self.relation}")[0]

    def keyless(self) -> str:
        """Any value may stand in any column."""
        return f"typeof({self.quoted_key}) <> 'integer'"

    def _blocks_of(self, cut: Cut) -> Callable[[Row, list[str]], Block]:
        if isinstance(cut, Buckets):
            return lambda _, texts: self._bucket(texts, cut)
        place, start, bits = self.key[0], cut.start, cut.bits
        return lambda row, _: (row[place] - start) >> bits if type(row[place]) is int else None  # type: ignore[operator]  # as its type says

    def _bucket(self, texts: list[str], cut: Buckets) -> str:
        key = "".join(texts[place] for place in self.key)
        return md5(key.encode(), usedforsecurity=False).hexdigest()[: cut.digits]

    def _written(self, within: Within | None) -> Iterator[tuple[Row, list[str]]]:
        """Yield rows with the texts of their values."""
        writers = [writer(held) for held in self.held]
        names = ", ".join(self.session.quote(held.column.name) for held in self.held)
        where = ""
        if within and isinstance(within.cut, Ranges):
            where = f" WHERE {self.range_condition(within.cut, within.blocks)}"
        cursor = self.session.driver.execute(f"SELECT {names} FROM {self.relation}{where}")
        cursor.arraysize = _FETCHED
        kept = frozenset(within.blocks) if within and isinstance(within.cut, Buckets) else None
        for row in cursor:
            texts = [write(value) for write, value in zip(writers, row, strict=True)]
            if kept is None or (within and self._bucket(texts, within.cut) in kept):  # type: ignore[arg-type]  # of buckets
                yield row, texts


def writer(held: Held) -> Writer:
    """Return what writes the values of a column."""
    form = held.form
    match form.kind:
        case Kind.INTEGER:
            return _integer
        case Kind.REAL:
            digits = held.column.kind is Kind.DECIMAL
            return lambda value: _real(value, single=form.single, digits=digits)
        case Kind.TIMESTAMP:
            return lambda value: _time(value, held.factor, is_text=held.column.kind is Kind.TEXT)
        case Kind.DECIMAL | Kind.BLOB:
            return _decimal if form.kind is Kind.DECIMAL else as_it_is
    numbers = held.column.kind is Kind.INTEGER
    if not form.listed:
        return lambda value: _text(value, trimmed=form.trimmed, numbers=numbers)
    return lambda value: _floats(value, single=form.single)


def as_it_is(value: object) -> str:
    """Write a value by its own type."""
    match value:
        case None:
            return NULL
        case int():
            return f"i{value};"
        case float():
            return _real(value)
        case bytes():
            return f"b{value.hex().upper()};"
    return _text(str(value))


def _integer(value: object) -> str:
    return f"i{value};" if type(value) is int else as_it_is(value)


def _text(value: object, *, trimmed: bool = False, numbers: bool = False) -> str:
    if type(value) is str:
        text = value.rstrip(" ") if trimmed else value
        return f"t{len(text.encode())}:{text};"
    return _text(str(value)) if numbers and type(value) is int else as_it_is(value)


def _real(value: object, *, single: bool = False, digits: bool = False) -> str:
    """Write the bits of the float as a number; a whole number beyond what floats hold stays one.

    A text is a number only in a column of exact numbers, whose digits it then is.
    """
    is_digits = digits and isinstance(value, str) and bool(_DECIMAL.fullmatch(value))
    if not (is_digits or isinstance(value, int | float)):
        return as_it_is(value)
    real = float(value)  # type: ignore[arg-type]  # a number, or the text of one
    if isinstance(value, int) and int(real) != value:
        return f"i{value};"
    if single and abs(real) < LARGEST_SINGLE:
        (real,) = struct.unpack("f", struct.pack("f", real))
    (bits,) = struct.unpack(">q", struct.pack(">d", real or 0.0))
    return f"r{bits};"


def _floats(value: object, *, single: bool) -> str:
    """Write a list of floats as their bits; what is no such list stays a text."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
        items = [_float_in_list(each, single=single) for each in found] if isinstance(found, list) else None
    except (ValueError, TypeError):
        items = None
    return as_it_is(value) if items is None else _text(f"[{','.join(items)}]")


def _float_in_list(item: object, *, single: bool) -> str:
    if item is None:
        return "null"
    if isinstance(item, bool | list | dict) or (isinstance(item, str) and item not in _NO_NUMBERS):
        raise ValueError(item)
    number = float(item)  # type: ignore[arg-type]  # a number, or the name of one
    return "nan" if number != number else _real(number, single=single)[1:-1]  # noqa: PLR0124 - which only NaN is


def _time(value: object, factor: int, *, is_text: bool) -> str:
    """Write ticks; a text that is no time stays a text."""
    if type(value) is int and not is_text:
        return f"m{value * factor};"
    if type(value) is str and is_text and _ISO.fullmatch(value):
        try:
            shown = re.sub(r"(\.\d{6})0+", r"\1", value)
            return f"m{MixedText(UNITS['us'], zoned=True).position(shown)};"
        except Refused:
            return _text(value)
    return as_it_is(value)


def _decimal(value: object) -> str:
    """Write the digits without zeros at the end of a fraction; a text that is no number stays a text."""
    if type(value) is int:
        return f"d{value};"
    if type(value) is not str or not _DECIMAL.fullmatch(value):
        return as_it_is(value)
    digits = value.rstrip("0").rstrip(".") if "." in value else value
    return "d0;" if not Decimal(digits) else f"d{digits};"


DIGESTS = SqliteDigests
