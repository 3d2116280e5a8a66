"""How Spark writes the canonical text of a value; see `incload.engines.digests.canonical`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.digests.canonical import DECIMAL, ISO, LARGEST_SINGLE, Cut, Held, Ranges, SqlDigests
from incload.engines.spark.sql import is_nested, microseconds
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column


class SparkDigests(SqlDigests):
    """The rows of an Iceberg table."""

    def number(self, text: str) -> str:
        """Take the digits of the md5, which no integer of Spark holds without a sign."""
        return f"CAST(conv(substr(md5({text}), 1, 16), 16, 10) AS DECIMAL(20,0))"

    def _block(self, cut: Cut) -> str:
        """Shift by a function: Spark has no operator for it."""
        if isinstance(cut, Ranges):
            return f"shiftright(CAST({self.quoted_key} AS BIGINT) - CAST('{cut.start}' AS BIGINT), {cut.bits})"
        return super()._block(cut)

    def text(self, held: Held, value: str) -> str:
        """Write by the form, and by what the column holds."""
        kind = held.column.kind
        match held.form.kind:
            case Kind.INTEGER:
                number = f"CAST({value} AS INT)" if kind is Kind.BOOLEAN else value
                return f"'i' || CAST({number} AS STRING) || ';'"
            case Kind.BLOB:
                return f"'b' || hex({value}) || ';'"
            case Kind.REAL:
                return _real(held, value)
            case Kind.TIMESTAMP:
                return _time(held, value)
            case Kind.DECIMAL:
                return _decimal(value, is_text=kind is Kind.TEXT)
        if held.form.listed:
            raise Refused(
                f"column {held.column.name!r} is a list of floats, which Spark does not write as other engines do: "
                "leave it out with --exclude."
            )
        return text_of(_as_text(held.column, value), trimmed=held.form.trimmed)


def _as_text(column: Column, value: str) -> str:
    return f"to_json({value})" if is_nested(column) else f"CAST({value} AS STRING)"


def text_of(text: str, *, trimmed: bool = False) -> str:
    """Return the canonical text of a text."""
    value = f"TRIM(TRAILING ' ' FROM {text})" if trimmed else text
    return f"'t' || CAST(octet_length({value}) AS STRING) || ':' || {value} || ';'"


def _real(held: Held, value: str) -> str:
    """Write the bits of the float as a number; a whole number beyond what floats hold stays one."""
    kind = held.column.kind
    real = _narrowed(held, f"CAST({value} AS DOUBLE)")
    bits = (
        f"reflect('java.lang.Double', 'doubleToLongBits', CASE WHEN {real} = 0 THEN CAST(0 AS DOUBLE) ELSE {real} END)"
    )
    nan = "NULL" if held.form.lossy else "'rnan;'"
    written = f"CASE WHEN isnan({real}) THEN {nan} ELSE 'r' || {bits} || ';' END"
    if kind is Kind.INTEGER:
        is_held = f"CAST({real} AS DECIMAL(38,0)) = CAST({value} AS DECIMAL(38,0))"
        written = f"CASE WHEN {is_held} THEN {written} ELSE 'i' || CAST({value} AS STRING) || ';' END"
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE {written} END"


def _narrowed(held: Held, real: str) -> str:
    """Return a float as it is compared: one of 32 bits where the other side holds those."""
    small = f"(CASE WHEN abs({real}) < {LARGEST_SINGLE}D THEN CAST(CAST({real} AS FLOAT) AS DOUBLE) ELSE {real} END)"
    return small if held.form.single else real


def _time(held: Held, value: str) -> str:
    """Write ticks; a text that is no time stays a text."""
    kind = held.column.kind
    factor = f" * CAST('{held.factor}' AS DECIMAL(19,0))" if held.factor != 1 else ""
    if kind is Kind.INTEGER:
        return f"'m' || CAST({value}{factor} AS STRING) || ';'"
    if kind is Kind.TEXT:
        time = f"'m' || CAST({microseconds(f'try_to_timestamp({value})')} AS STRING) || ';'"
        return f"coalesce(CASE WHEN {value} RLIKE '^{ISO}$' THEN {time} END, {text_of(value)})"
    return f"'m' || CAST({microseconds(value)}{factor} AS STRING) || ';'"


def _decimal(value: str, *, is_text: bool) -> str:
    """Write the digits without zeros at the end of a fraction; a text that is no number stays a text."""
    digits = f"CAST({value} AS STRING)"
    short = rf"regexp_replace({digits}, '\.?0*$', '')"
    plain = f"CASE WHEN {digits} LIKE '%.%' THEN {short} ELSE {digits} END"
    number = f"'d' || CASE WHEN {plain} = '-0' THEN '0' ELSE {plain} END || ';'"
    if not is_text:
        return number
    return f"CASE WHEN {value} RLIKE '^{DECIMAL}$' THEN {number} ELSE {text_of(value)} END"


DIGESTS = SparkDigests
