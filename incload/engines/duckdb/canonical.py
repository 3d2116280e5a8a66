"""How DuckDB writes the canonical text of a value; see `incload.engines.digests.in_sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.engines.digests.canonical import DECIMAL, ISO, Alike
from incload.engines.digests.in_sql import SqlDigests, SqlTexts
from incload.engines.duckdb.shared_types import written
from incload.engines.duckdb.sql import is_nested, ticks
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.digests.canonical import Block, Digests, Held, Ranges
    from incload.table import Column


class DuckdbTexts(SqlTexts):
    """What DuckDB says in its own way."""

    byte_length: ClassVar[str] = "strlen"
    exact: ClassVar[str] = "HUGEINT"

    def integer(self, column: Column, value: str) -> str:  # noqa: ARG002 - one cast serves all
        """Cast, which serves truth values too."""
        return f"{value}::BIGINT"

    def hexadecimal(self, value: str) -> str:
        """Call the function."""
        return f"hex({value})"

    def real(self, column: Column, value: str) -> str:
        """Take decimals by their digits."""
        return f"{value}::VARCHAR::DOUBLE" if column.kind is Kind.DECIMAL else f"{value}::DOUBLE"

    def single(self, real: str) -> str:
        """Cast there and back."""
        return f"({real})::FLOAT::DOUBLE"

    def is_nan(self, real: str) -> str:
        """Call the function."""
        return f"isnan({real})"

    def bits(self, real: str) -> str:
        """Cast to bits."""
        return f"((CASE WHEN {real} = 0 THEN 0::DOUBLE ELSE {real} END)::BIT::BIGINT)"

    def times(self, number: str, factor: int) -> str:
        """Multiply in 128 bits."""
        return f"({number}{f' * {factor}::HUGEINT' if factor != 1 else ''})"

    def ticks(self, column: Column, value: str) -> str:
        """Count in the unit of the column's type."""
        return ticks(value, column.declared)

    def is_finite(self, value: str) -> str:
        """Ask of a timestamp, as a date has no such function."""
        return f"isfinite({value}::TIMESTAMP)"

    def endless(self, value: str) -> str:
        """Compare with a time that has an end."""
        return f"CASE WHEN {value}::TIMESTAMP > 'epoch'::TIMESTAMP THEN 'minfinity;' ELSE 'm-infinity;' END"

    def time_in_text(self, value: str) -> str:
        """Read the texts of the form; one that is no time of the calendar is null there."""
        time = f"epoch_us(TRY_CAST({value} AS TIMESTAMPTZ))"
        read = f"CASE WHEN regexp_full_match({value}, '{ISO}') THEN 'm' || {time} || ';' END"
        return f"coalesce({read}, {self.text_of(value)})"

    def decimal(self, value: str, *, is_text: bool) -> str:
        """Take the zeros off the text."""
        digits = f"{value}::VARCHAR"
        short = f"regexp_replace({digits}, '\\.?0*$', '')"
        plain = f"CASE WHEN contains({digits}, '.') THEN {short} ELSE {digits} END"
        number = f"'d' || CASE WHEN {plain} = '-0' THEN '0' ELSE {plain} END || ';'"
        if not is_text:
            return f"CASE WHEN {value} IS NULL THEN NULL ELSE {number} END"
        return f"CASE WHEN regexp_full_match({value}, '{DECIMAL}') THEN {number} ELSE {self.text_of(value)} END"

    def floats(self, held: Held, value: str) -> str:
        """Go through the list."""
        bits = self.bits(self.narrowed(held, "e"))
        item = f"CASE WHEN e IS NULL THEN 'null' WHEN isnan(e) THEN 'nan' ELSE {bits}::VARCHAR END"
        return f"('[' || array_to_string(list_transform({value}::DOUBLE[], lambda e: {item}), ',') || ']')"

    def other(self, column: Column, value: str) -> str:
        """Write what is shared as all do, what is nested as JSON, and all else as DuckDB shows it."""
        if column.shared.endswith("[]"):
            return f"to_json({value}::VARCHAR[])::VARCHAR"
        if column.shared:
            return written(value, column.shared)
        return f"to_json({value})::VARCHAR" if is_nested(column) else f"{value}::VARCHAR"


class DuckdbDigests(SqlDigests):
    """The rows of a table in a DuckDB file, or of a record file that DuckDB has read."""

    texts: ClassVar[SqlTexts] = DuckdbTexts()
    most_ranges: ClassVar[int] = 2_000

    def number(self, text: str) -> str:
        """Take the digits of the md5: `md5_number_upper` reads its bytes in the other order."""
        return f"('0x' || left(md5({text}), 16))::UBIGINT"

    def range_condition(self, cut: Ranges, blocks: Iterable[Block]) -> str:
        """Look the number of a key's block up, which costs the same for one range and for a thousand."""
        numbers = [block for block in blocks if isinstance(block, int)]
        spans = cut.spans(numbers)
        parts = [self.keyless()] if None in blocks else []
        if spans:
            key, listed = self.quoted_key, ", ".join(map(str, numbers))
            some = f" AND {self._block(cut)} IN ({listed})" if len(spans) > 1 else ""
            parts.append(f"({key} >= {spans[0][0]} AND {key} <= {spans[-1][1]}{some})")
        return " OR ".join(parts)

    def row(self) -> str:
        """Write all values in one call: each that is put together by itself costs as much as its md5."""
        return f"concat({', '.join(self.joined(_pieces))})"

    def can_match(self, other: Digests) -> bool:
        """All run in this process, and so hash alike; rows of SQLite may be streamed into one."""
        is_own = other.session.engine == self.session.engine
        return isinstance(other, DuckdbDigests) if is_own else other.can_match(self)

    def own_number(self) -> str:
        """Hash values as they are where their types are the same, and their canonical texts elsewhere.

        The hash of several values is hashed again: rows that exchange their last values would have the same sum.
        """
        assert self.alike is not None  # noqa: S101 - only then
        values = ", ".join(self._hashable(*each) for each in zip(self.held, self.alike, strict=True))
        return f"hash(hash({values}))"

    def _hashable(self, held: Held, alike: Alike) -> str:
        """Return a value of a type that both columns have, or have in common by their form, or else its text."""
        value = self.session.quote(held.column.name)
        if alike is Alike.TYPE and _is_hashed(held):
            return value
        found = self.texts.plain(held, value) if alike >= Alike.FORM else None
        if found is None:
            return self.written(held)
        return found[1] if found[0] == "i" else f"{value}::VARCHAR"


def _pieces(semicolon: str, letter: str, value: str, name: str) -> list[str]:
    """Return what is written of a value, nothing of a null being written as nothing."""
    start = f"if({name} IS NULL, '{semicolon}n', '{semicolon}{letter}')"
    if letter == "i":
        return [start, value]
    return [start, f"strlen({value}::VARCHAR)", f"if({name} IS NULL, '', ':')", f"{value}::VARCHAR"]


def _is_hashed(held: Held) -> bool:
    """Return whether equal hashes of a type's values mean equal canonical texts: not those of an enumeration's places.

    What is equal to the audit and has another hash, as -0.0, is found equal when its rows are fetched.
    """
    return held.column.kind in {Kind.TIMESTAMP, Kind.REAL, Kind.DECIMAL, Kind.BLOB} and not held.form.listed


DIGESTS = DuckdbDigests
