"""How an engine of SQL writes canonical texts, and digests the rows itself: the skeleton that all share.

The texts are those of `canonical`; an engine's folder says what is left open here in the words of its dialect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from incload.engines.digests.canonical import LARGEST_SINGLE, NULL, Digests, Ranges
from incload.engines.sql import Query
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from incload.engines.digests.canonical import Block, Cut, Digest, Held, Within
    from incload.engines.session import Row
    from incload.table import Column


class SqlTexts(ABC):
    """Expressions of canonical texts; each takes and returns SQL, and what an engine says in its own way is abstract.

    Attributes:
        byte_length: The function that returns how many bytes a text has.
        exact: The type of whole numbers beyond those of 64 bits.
    """

    byte_length: ClassVar[str]
    exact: ClassVar[str]

    def written(self, held: Held, value: str) -> str:
        """Return the canonical text of a value that is not null: by the form, and by what the column holds."""
        match held.form.kind:
            case Kind.INTEGER:
                return f"'i' || {self.integer(held.column, value)} || ';'"
            case Kind.BLOB:
                return f"'b' || {self.hexadecimal(value)} || ';'"
            case Kind.REAL:
                return self._real(held, value)
            case Kind.TIMESTAMP:
                return self._time(held, value)
            case Kind.DECIMAL:
                return self.decimal(value, is_text=held.column.kind is Kind.TEXT)
        text = self.floats(held, value) if held.form.listed else self.other(held.column, value)
        return self.text_of(text, trimmed=held.form.trimmed)

    def plain(self, held: Held, value: str) -> tuple[str, str] | None:
        """Return the letter of a value's form and what follows it, for forms that need no more; None for others."""
        if held.form.kind is Kind.INTEGER:
            return "i", self.integer(held.column, value)
        is_text = held.form.kind is held.column.kind is Kind.TEXT
        return ("t", value) if is_text and not (held.form.trimmed or held.form.listed or held.column.shared) else None

    def text_of(self, text: str, *, trimmed: bool = False) -> str:
        """Return the canonical text of a text."""
        value = f"rtrim({text}, ' ')" if trimmed else text
        return f"'t' || {self.byte_length}({value}) || ':' || {value} || ';'"

    def narrowed(self, held: Held, real: str) -> str:
        """Return a float as it is compared: one of 32 bits where the other side holds those."""
        small = f"(CASE WHEN abs({real}) < {LARGEST_SINGLE} THEN {self.single(real)} ELSE {real} END)"
        return small if held.form.single else real

    def _real(self, held: Held, value: str) -> str:
        """Write the bits of the float as a number; a whole number beyond what floats hold stays one."""
        real = self.narrowed(held, self.real(held.column, value))
        nan = "NULL" if held.form.lossy else "'rnan;'"
        written = f"CASE WHEN {self.is_nan(real)} THEN {nan} ELSE 'r' || {self.bits(real)} || ';' END"
        if held.column.kind is Kind.INTEGER:
            return f"CASE WHEN CAST({real} AS {self.exact}) = {value} THEN {written} ELSE 'i' || {value} || ';' END"
        return written

    def _time(self, held: Held, value: str) -> str:
        """Write ticks; a text that is no time stays a text."""
        if held.column.kind is Kind.INTEGER:
            return f"'m' || {self.times(value, held.factor)} || ';'"
        if held.column.kind is Kind.TEXT:
            return self.time_in_text(value)
        finite = f"'m' || {self.times(self.ticks(held.column, value), held.factor)} || ';'"
        return (
            f"CASE WHEN {value} IS NULL THEN NULL WHEN {self.is_finite(value)} THEN {finite}"
            f" ELSE {'NULL' if held.form.lossy else self.endless(value)} END"
        )

    @abstractmethod
    def integer(self, column: Column, value: str) -> str:
        """Return the digits of a whole number, or of a truth value."""

    @abstractmethod
    def hexadecimal(self, value: str) -> str:
        """Return the digits of bytes, in capitals."""

    @abstractmethod
    def real(self, column: Column, value: str) -> str:
        """Return a number as a float of 64 bits."""

    @abstractmethod
    def single(self, real: str) -> str:
        """Return a float of 64 bits rounded to 32."""

    @abstractmethod
    def is_nan(self, real: str) -> str:
        """Return whether a float is NaN."""

    @abstractmethod
    def bits(self, real: str) -> str:
        """Return the bits of a float as a number with a sign, those of 0 where it is -0."""

    @abstractmethod
    def times(self, number: str, factor: int) -> str:
        """Return the digits of a number that is multiplied, without overflow."""

    @abstractmethod
    def ticks(self, column: Column, value: str) -> str:
        """Return the ticks of a timestamp."""

    @abstractmethod
    def is_finite(self, value: str) -> str:
        """Return whether a timestamp is one that has an end."""

    @abstractmethod
    def endless(self, value: str) -> str:
        """Return the canonical text of a timestamp without end."""

    @abstractmethod
    def time_in_text(self, value: str) -> str:
        """Return the canonical text of a text that may be a time."""

    @abstractmethod
    def decimal(self, value: str, *, is_text: bool) -> str:
        """Write the digits without zeros at the end of a fraction; a text that is no number stays a text."""

    @abstractmethod
    def floats(self, held: Held, value: str) -> str:
        """Return the text of a list of floats: their bits."""

    @abstractmethod
    def other(self, column: Column, value: str) -> str:
        """Return the text of a value of a kind without a letter: one that other engines with its type write as well."""


class SqlDigests(Digests):
    """Rows that the engine itself writes, hashes and adds up.

    Attributes:
        texts: How the engine writes values.
    """

    texts: ClassVar[SqlTexts]

    @abstractmethod
    def number(self, text: str) -> str:
        """Return the expression of the first eight bytes of a text's md5, as a number that may have a sign."""

    def written(self, held: Held) -> str:
        """Return the expression of a value's canonical text, null or not."""
        return f"coalesce({self.texts.written(held, self.session.quote(held.column.name))}, '{NULL}')"

    def row(self) -> str:
        """Return the expression of a row's canonical text; an engine may write it in fewer steps."""
        return " || ".join(map(self.written, self.held))

    def joined(self, plain: Callable[[str, str, str, str], list[str]]) -> list[str]:
        """Return the pieces of a row's text, the semicolon of a value taken together with the letter of the next.

        Args:
            plain: Returns the pieces of a value of a plain form, given a semicolon or nothing, its letter, what follows
                the letter, and the column.
        """
        pieces, semicolon = [], ""
        for held in self.held:
            name = self.session.quote(held.column.name)
            found = self.texts.plain(held, name)
            if found:
                pieces += plain(semicolon, *found, name)
                semicolon = ";"
            else:
                pieces += [f"'{semicolon}'"] * bool(semicolon) + [self.written(held)]
                semicolon = ""
        return pieces + [f"'{semicolon}'"] * bool(semicolon)

    def blocks(self, cut: Cut, within: Within | None = None) -> dict[Block, Digest]:
        """Group the digests of the rows in the engine."""
        where = f" WHERE {self._condition(within)}" if within else ""
        number = self.own_number() if self.is_alike else self.number(self.row())
        digests = f"SELECT {self._block(cut)} AS block, {number} AS digest FROM {self.relation}{where}"
        found = self.session.rows(f"SELECT block, count(*), sum(digest) FROM ({digests}) AS d GROUP BY block")
        return {_block(block): (int(str(count)), int(str(total)) % 2**64) for block, count, total in found}

    def own_number(self) -> str:
        """Return the expression of a row's digest by the hash of the engine itself; only where it has one."""
        raise AssertionError(f"{self.session.engine} has no hash of its own for rows")

    def key_ends(self) -> Row:
        """Ask for them alone, which an index answers at once."""
        key = self.quoted_key
        return self.session.rows(f"SELECT min({key}), max({key}) FROM {self.relation}")[0]

    def conditions(self, within: Within) -> Iterator[Query]:
        """Name the blocks."""
        yield Query(self._condition(within))

    def rows(self, within: Within) -> list[tuple[str, ...]]:
        """Let the engine write the values."""
        values = ", ".join(map(self.written, self.held))
        found = self.session.rows(f"SELECT {values} FROM {self.relation} WHERE {self._condition(within)}")
        return [tuple(map(str, row)) for row in found]

    def largest(self, place: int) -> str:
        """Write the largest value alone."""
        held = self.held[place]
        name = self.session.quote(held.column.name)
        ordered = self.session.key_order(held.column)
        query = f"SELECT {self.written(held)} FROM (SELECT max({ordered}) AS {name} FROM {self.relation}) AS m"
        return str(self.session.rows(query)[0][0])

    def holding(self, place: int, texts: Sequence[str]) -> set[str]:
        """Let the engine write the column and look for the texts."""
        written, found = self.written(self.held[place]), set[str]()
        for start in range(0, len(texts), 1_000):
            listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts[start : start + 1_000])
            sql = f"SELECT DISTINCT {written} FROM {self.relation} WHERE {written} IN ({listed})"
            found |= {str(text) for (text,) in self.session.rows(sql)}
        return found

    def shifted(self, number: str, bits: int) -> str:
        """Return the expression of a number without its last bits."""
        return f"{number} >> {bits}"

    def _block(self, cut: Cut) -> str:
        if isinstance(cut, Ranges):
            return self.shifted(f"(CAST({self.quoted_key} AS bigint) - CAST({cut.start} AS bigint))", cut.bits)
        return f"substr(md5({' || '.join(self.written(self.held[place]) for place in self.key)}), 1, {cut.digits})"

    def _condition(self, within: Within) -> str:
        if isinstance(within.cut, Ranges):
            return f"({self.range_condition(within.cut, within.blocks)})"
        names = ", ".join(f"'{block}'" for block in within.blocks)
        return f"{self._block(within.cut)} IN ({names})"


def _block(value: object) -> Block:
    return value if isinstance(value, int | str) else None
