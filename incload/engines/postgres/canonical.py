"""How PostgreSQL writes the canonical text of a value; see `incload.engines.digests.in_sql`."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from incload.engines.digests.canonical import DECIMAL, ISO, Alike, Held
from incload.engines.digests.in_sql import SqlDigests, SqlTexts
from incload.engines.postgres.columns import shared_types
from incload.engines.postgres.sql import microseconds
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.digests.canonical import Digest, Digests, Within
    from incload.engines.session import Session
    from incload.table import Column


_CASTS_BYTES = 180_000
"""The version of the first server that casts bytes to numbers."""
_SHORT = {"smallint", "integer", "boolean"}
"""The types of whole numbers that are not folded before they are hashed."""


class PostgresTexts(SqlTexts):
    """What PostgreSQL says in its own way."""

    byte_length: ClassVar[str] = "octet_length"
    exact: ClassVar[str] = "numeric"

    def integer(self, column: Column, value: str) -> str:
        """Make truth values 0 and 1."""
        return f"{value}::int" if column.kind is Kind.BOOLEAN else value

    def hexadecimal(self, value: str) -> str:
        """Encode."""
        return f"upper(encode({value}, 'hex'))"

    def real(self, column: Column, value: str) -> str:  # noqa: ARG002 - one cast serves all
        """Cast."""
        return f"{value}::float8"

    def single(self, real: str) -> str:
        """Round to 32 bits; what is too small for them is 0, which the server would refuse to make of it."""
        return f"CASE WHEN abs({real}) <= 7.006492321624085e-46 THEN 0 ELSE {real}::float4::float8 END"

    def is_nan(self, real: str) -> str:
        """Compare, as here NaN is equal to itself."""
        return f"{real} = 'NaN'::float8"

    def bits(self, real: str) -> str:
        """Take the bytes that the server would send."""
        return f"('x' || encode(float8send(CASE WHEN {real} = 0 THEN 0 ELSE {real} END), 'hex'))::bit(64)::bigint"

    def times(self, number: str, factor: int) -> str:
        """Multiply as a number of any size."""
        return f"({number}{f'::numeric * {factor}' if factor != 1 else ''})::text"

    def ticks(self, column: Column, value: str) -> str:  # noqa: ARG002 - all count alike
        """Count microseconds."""
        return microseconds(value)

    def is_finite(self, value: str) -> str:
        """Call the function."""
        return f"isfinite({value})"

    def endless(self, value: str) -> str:
        """Take the server's own words."""
        return f"'m' || {value}::text || ';'"

    def time_in_text(self, value: str) -> str:
        """Read the texts of the form, those without a zone as UTC."""
        zoned = f"CASE WHEN {value} ~ '(Z|[T ].*[+-]\\d\\d(:?\\d\\d)?)$' THEN {value} ELSE {value} || 'Z' END"
        time = microseconds(f"({zoned})::timestamptz")
        return f"CASE WHEN {value} ~ '^{ISO}$' THEN 'm' || {time} || ';' ELSE {self.text_of(value)} END"

    def decimal(self, value: str, *, is_text: bool) -> str:
        """Trim the number; NaN and infinity, which are none elsewhere, are texts."""
        written = f"'d' || trim_scale({value}::numeric)::text || ';'"
        if is_text:
            return f"CASE WHEN {value} ~ '^{DECIMAL}$' THEN {written} ELSE {self.text_of(value)} END"
        words = f"{value}::text IN ('NaN', 'Infinity', '-Infinity')"
        return f"CASE WHEN {words} THEN {self.text_of(f'{value}::text')} ELSE {written} END"

    def floats(self, held: Held, value: str) -> str:
        """Go through the list. An array of several dimensions is no list, and stays text."""
        bits = self.bits(self.narrowed(held, "u.e::float8"))
        item = f"CASE WHEN u.e IS NULL THEN 'null' WHEN u.e = 'NaN' THEN 'nan' ELSE ({bits})::text END"
        items = f"SELECT string_agg({item}, ',' ORDER BY u.n) FROM unnest({value}) WITH ORDINALITY AS u(e, n)"
        listed = f"'[' || coalesce(({items}), '') || ']'"
        deep = shared_types.is_deep(value)
        return f"(CASE WHEN {value} IS NULL THEN NULL WHEN {deep} THEN to_json({value})::text ELSE {listed} END)"

    def other(self, column: Column, value: str) -> str:
        """Write what is shared as all do, what is JSON elsewhere as JSON, and all else as the server shows it."""
        if column.shared.endswith("[]"):
            return f"to_json({value}::text[])::text"
        if column.shared:
            return shared_types.written(value, column)
        return f"to_json({value})::text" if shared_types.is_json_elsewhere(column) else f"{value}::text"


class PostgresDigests(SqlDigests):
    """The rows of a table on a PostgreSQL server."""

    texts: ClassVar[SqlTexts] = PostgresTexts()

    def __init__(self, session: Session, relation: str, held: Sequence[Held], key: Sequence[int]) -> None:
        """Refuse a database whose texts have other bytes than those of the other side."""
        super().__init__(session, relation, held, key)
        ((encoding,),) = session.rows("SHOW server_encoding")
        if encoding != "UTF8":
            raise Refused(
                f"the PostgreSQL database is encoded in {encoding}, in which the same text has other bytes: load the "
                "table into a database in UTF8 and audit that."
            )

    def number(self, text: str) -> str:
        """Take the digits of the md5, as a number with a sign; from version 18 on bytes can be cast to one."""
        if self._version >= _CASTS_BYTES:
            return f"substr(decode(md5({text}), 'hex'), 1, 8)::bigint"
        return f"('x' || substr(md5({text}), 1, 16))::bit(64)::bigint"

    @property
    def _version(self) -> int:
        return int(self.session.driver.info.server_version)  # type: ignore[attr-defined]  # of this engine

    def row(self) -> str:
        """Write a value together with the end of the one before it: each step costs as much as a number's digits."""
        return " || ".join(self.joined(_pieces))

    def can_match(self, other: Digests) -> bool:
        """Servers of one build hash alike; others may not."""
        if not isinstance(other, PostgresDigests):
            return False
        versions = [side.session.rows("SELECT version()") for side in (self, other)]
        return versions[0] == versions[1]

    def own_number(self) -> str:
        """Combine the hashes of the values, each with a seed that no other value has: of the column and of the key.

        The server's hash of a whole row is a sum, so that rows which exchange a value would have the same sum. Keys of
        other types than whole numbers are in no seed; there the row's hash is hashed again.
        """
        assert self.alike is not None  # noqa: S101 - only then
        key = self.held[self.key[0]]
        is_seed = len(self.key) == 1 and key.column.kind is Kind.INTEGER
        hashes = []
        for place, (held, alike) in enumerate(zip(self.held, self.alike, strict=True)):
            number = int.from_bytes(sha256(str(place).encode()).digest()[:7], "big")
            seed = f"({self.quoted_key}::bigint # {number})" if is_seed and place not in self.key else str(number)
            hashes.append(f"coalesce({self._hashed(held, seed, alike)}, {number})")
        combined = " # ".join(hashes)
        return f"({combined})" if is_seed else f"hashtextextended(({combined})::text, 0)"

    def total(self, within: Within | None) -> Digest | None:
        """Add up all rows: of each, the server takes as long to look up its block as to hash it."""
        if not self.is_alike:
            return None
        where = f" WHERE {self._condition(within)}" if within else ""
        ((count, total),) = self.session.rows(f"SELECT count(*), sum({self.own_number()}) FROM {self.relation}{where}")
        return int(str(count)), int(str(total or 0)) % 2**64

    def _hashed(self, held: Held, seed: str, alike: Alike) -> str:
        """Return the expression of a value's hash; of what has none without collisions, that of its canonical text.

        The server folds numbers of 64 bits to 32 before it hashes them, so that their upper halves are hashed first.
        """
        value = self.session.quote(held.column.name)
        found = self.texts.plain(held, value) if alike >= Alike.FORM else None
        if found and found[0] == "i":
            number = f"{found[1]}::bigint"
            if alike is Alike.TYPE and held.column.declared in _SHORT:
                return f"hashint8extended({number}, {seed})"
            return f"hashint8extended({number}, hashint8extended({number} >> 32, {seed}))"
        if alike is Alike.TYPE and held.column.kind is Kind.REAL and not held.form.listed:
            return f"hashfloat8extended({value}::float8, {seed})"
        is_text = found or (alike is Alike.TYPE and held.column.kind is Kind.TIMESTAMP)
        text = f"{value}::text" if is_text else f"({self.written(held)})"
        return f'hashtextextended({text} COLLATE "C", {seed})'


def _pieces(semicolon: str, letter: str, value: str, name: str) -> list[str]:  # noqa: ARG001 - a null makes all null
    """Return what is written of a value."""
    start = f"'{semicolon}{letter}'"
    text = f"octet_length({value}::text) || ':' || {value}::text"
    return [f"coalesce({start} || {value if letter == 'i' else text}, '{semicolon}n')"]


DIGESTS = PostgresDigests
