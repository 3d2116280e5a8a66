"""How PostgreSQL writes the canonical text of a value; see `incload.engines.digests.canonical`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.digests.canonical import DECIMAL, ISO, LARGEST_SINGLE, Held, SqlDigests
from incload.engines.postgres.columns import shared_types
from incload.engines.postgres.sql import microseconds
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.session import Session
    from incload.table import Column


class PostgresDigests(SqlDigests):
    """The rows of a table on a PostgreSQL server."""

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
        """Take the digits of the md5, as a number with a sign."""
        return f"('x' || substr(md5({text}), 1, 16))::bit(64)::bigint"

    def text(self, held: Held, value: str) -> str:
        """Write by the form, and by what the column holds."""
        kind = held.column.kind
        match held.form.kind:
            case Kind.INTEGER:
                return f"'i' || {f'{value}::int' if kind is Kind.BOOLEAN else value} || ';'"
            case Kind.BLOB:
                return f"'b' || upper(encode({value}, 'hex')) || ';'"
            case Kind.REAL:
                return _real(held, value)
            case Kind.TIMESTAMP:
                return _time(held, value)
            case Kind.DECIMAL:
                return _decimal(value, is_text=kind is Kind.TEXT)
        text = _floats(held, value) if held.form.listed else _as_text(held.column, value)
        return text_of(text, trimmed=held.form.trimmed)


def _as_text(column: Column, value: str) -> str:
    """Return the text of a value of a kind without a letter: one that other engines with its type write as well."""
    if column.shared.endswith("[]"):
        return f"to_json({value}::text[])::text"
    if column.shared:
        return shared_types.written(value, column)
    return f"to_json({value})::text" if shared_types.is_json_elsewhere(column) else f"{value}::text"


def _floats(held: Held, value: str) -> str:
    """Return the text of a list of floats: their bits. An array of several dimensions is no list, and stays text."""
    real = _bits(_narrowed(held, "u.e::float8"))
    written = f"CASE WHEN u.e IS NULL THEN 'null' WHEN u.e = 'NaN' THEN 'nan' ELSE ({real})::text END"
    items = f"SELECT string_agg({written}, ',' ORDER BY u.n) FROM unnest({value}) WITH ORDINALITY AS u(e, n)"
    listed = f"'[' || coalesce(({items}), '') || ']'"
    deep = shared_types.is_deep(value)
    return f"(CASE WHEN {value} IS NULL THEN NULL WHEN {deep} THEN to_json({value})::text ELSE {listed} END)"


def text_of(text: str, *, trimmed: bool = False) -> str:
    """Return the canonical text of a text."""
    value = f"rtrim({text}, ' ')" if trimmed else text
    return f"'t' || octet_length({value}) || ':' || {value} || ';'"


def _real(held: Held, value: str) -> str:
    """Write the bits of the float as a number; a whole number beyond what floats hold stays one."""
    kind = held.column.kind
    real = _narrowed(held, f"{value}::float8")
    bits = _bits(real)
    nan = "NULL" if held.form.lossy else "'rnan;'"
    written = f"CASE WHEN {real} = 'NaN'::float8 THEN {nan} ELSE 'r' || {bits} || ';' END"
    if kind is Kind.INTEGER:
        return f"CASE WHEN ({real})::numeric = {value} THEN {written} ELSE 'i' || {value} || ';' END"
    return written


def _narrowed(held: Held, real: str) -> str:
    """Return a float as it is compared: one of 32 bits where the other side holds those."""
    return (
        f"(CASE WHEN abs({real}) < {LARGEST_SINGLE} THEN {_single(real)} ELSE {real} END)" if held.form.single else real
    )


def _bits(real: str) -> str:
    return f"('x' || encode(float8send(CASE WHEN {real} = 0 THEN 0 ELSE {real} END), 'hex'))::bit(64)::bigint"


def _single(real: str) -> str:
    """Round to 32 bits; what is too small for them is 0, which the server would refuse to make of it."""
    return f"CASE WHEN abs({real}) <= 7.006492321624085e-46 THEN 0 ELSE {real}::float4::float8 END"


def _time(held: Held, value: str) -> str:
    """Write ticks; a text that is no time stays a text."""
    kind, factor = held.column.kind, f"::numeric * {held.factor}" if held.factor != 1 else ""
    if kind is Kind.INTEGER:
        return f"'m' || ({value}{factor})::text || ';'"
    if kind is Kind.TEXT:
        zoned = f"CASE WHEN {value} ~ '(Z|[T ].*[+-]\\d\\d(:?\\d\\d)?)$' THEN {value} ELSE {value} || 'Z' END"
        time = microseconds(f"({zoned})::timestamptz")
        return f"CASE WHEN {value} ~ '^{ISO}$' THEN 'm' || {time} || ';' ELSE {text_of(value)} END"
    endless = f"'m' || {value}::text || ';'"
    finite = f"'m' || ({microseconds(value)}{factor})::text || ';'"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN isfinite({value}) THEN {finite}"
        f" ELSE {'NULL' if held.form.lossy else endless} END"
    )


def _decimal(value: str, *, is_text: bool) -> str:
    """Write the digits without zeros at the end of a fraction; a text that is no number stays a text."""
    written = f"'d' || trim_scale({value}::numeric)::text || ';'"
    if is_text:
        return f"CASE WHEN {value} ~ '^{DECIMAL}$' THEN {written} ELSE {text_of(value)} END"
    words = f"{value}::text IN ('NaN', 'Infinity', '-Infinity')"
    return f"CASE WHEN {words} THEN {text_of(f'{value}::text')} ELSE {written} END"


DIGESTS = PostgresDigests
