"""How DuckDB writes the canonical text of a value; see `incload.engines.digests.canonical`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.digests.canonical import DECIMAL, ISO, LARGEST_SINGLE, Held, SqlDigests
from incload.engines.duckdb.shared_types import written
from incload.engines.duckdb.sql import is_nested, ticks
from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column


class DuckdbDigests(SqlDigests):
    """The rows of a table in a DuckDB file, or of a record file that DuckDB has read."""

    def number(self, text: str) -> str:
        """Take the digits of the md5: `md5_number_upper` reads its bytes in the other order."""
        return f"('0x' || md5({text})[1:16])::UBIGINT"

    def text(self, held: Held, value: str) -> str:
        """Write by the form, and by what the column holds."""
        kind = held.column.kind
        match held.form.kind:
            case Kind.INTEGER:
                return f"'i' || {value}::BIGINT || ';'"
            case Kind.BLOB:
                return f"'b' || hex({value}) || ';'"
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
        return f"to_json({value}::VARCHAR[])::VARCHAR"
    if column.shared:
        return written(value, column.shared)
    return f"to_json({value})::VARCHAR" if is_nested(column) else f"{value}::VARCHAR"


def _floats(held: Held, value: str) -> str:
    """Return the text of a list of floats: their bits."""
    real = _narrowed(held, "e")
    written = f"CASE WHEN e IS NULL THEN 'null' WHEN isnan(e) THEN 'nan' ELSE ({_bits(real)})::VARCHAR END"
    return f"('[' || array_to_string(list_transform({value}::DOUBLE[], lambda e: {written}), ',') || ']')"


def text_of(text: str, *, trimmed: bool = False) -> str:
    """Return the canonical text of a text."""
    value = f"rtrim({text}, ' ')" if trimmed else text
    return f"'t' || strlen({value}) || ':' || {value} || ';'"


def _real(held: Held, value: str) -> str:
    """Write the bits of the float as a number; a whole number beyond what floats hold stays one."""
    kind = held.column.kind
    real = f"{value}::VARCHAR::DOUBLE" if kind is Kind.DECIMAL else f"{value}::DOUBLE"
    real = _narrowed(held, real)
    bits = _bits(real)
    nan = "NULL" if held.form.lossy else "'rnan;'"
    bits_or_nan = f"CASE WHEN isnan({real}) THEN {nan} ELSE 'r' || ({bits}) || ';' END"
    if kind is Kind.INTEGER:
        return f"CASE WHEN ({real})::HUGEINT = {value} THEN {bits_or_nan} ELSE 'i' || {value} || ';' END"
    return bits_or_nan


def _narrowed(held: Held, real: str) -> str:
    """Return a float as it is compared: one of 32 bits where the other side holds those."""
    small = f"(CASE WHEN abs({real}) < {LARGEST_SINGLE} THEN ({real})::FLOAT::DOUBLE ELSE {real} END)"
    return small if held.form.single else real


def _bits(real: str) -> str:
    return f"(CASE WHEN {real} = 0 THEN 0::DOUBLE ELSE {real} END)::BIT::BIGINT"


def _time(held: Held, value: str) -> str:
    """Write ticks; a text that is no time stays a text."""
    kind, factor = held.column.kind, f" * {held.factor}::HUGEINT" if held.factor != 1 else ""
    if kind is Kind.INTEGER:
        return f"'m' || ({value}{factor}) || ';'"
    if kind is Kind.TEXT:
        time = f"epoch_us(TRY_CAST({value} AS TIMESTAMPTZ))"
        read = f"CASE WHEN regexp_full_match({value}, '{ISO}') THEN 'm' || {time} || ';' END"
        return f"coalesce({read}, {text_of(value)})"
    plain = f"{value}::TIMESTAMP"
    endless = f"CASE WHEN {plain} > 'epoch'::TIMESTAMP THEN 'minfinity;' ELSE 'm-infinity;' END"
    finite = f"'m' || ({ticks(value, held.column.declared)}{factor}) || ';'"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN isfinite({plain}) THEN {finite}"
        f" ELSE {'NULL' if held.form.lossy else endless} END"
    )


def _decimal(value: str, *, is_text: bool) -> str:
    """Write the digits without zeros at the end of a fraction; a text that is no number stays a text."""
    digits = f"{value}::VARCHAR"
    short = f"regexp_replace({digits}, '\\.?0*$', '')"
    plain = f"CASE WHEN contains({digits}, '.') THEN {short} ELSE {digits} END"
    number = f"'d' || CASE WHEN {plain} = '-0' THEN '0' ELSE {plain} END || ';'"
    if not is_text:
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE {number} END"
    return f"CASE WHEN regexp_full_match({value}, '{DECIMAL}') THEN {number} ELSE {text_of(value)} END"


DIGESTS = DuckdbDigests
