"""How Spark writes the canonical text of a value; see `incload.engines.digests.in_sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.engines.digests.canonical import DECIMAL, ISO
from incload.engines.digests.in_sql import SqlDigests, SqlTexts
from incload.engines.spark.sql import is_nested, microseconds
from incload.errors import Refused

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Held
    from incload.table import Column


class SparkTexts(SqlTexts):
    """What Spark says in its own way."""

    byte_length: ClassVar[str] = "octet_length"
    exact: ClassVar[str] = "DECIMAL(38,0)"

    def text_of(self, text: str, *, trimmed: bool = False) -> str:
        """Trim in words, as the function takes what it trims first."""
        return super().text_of(f"TRIM(TRAILING ' ' FROM {text})" if trimmed else text)

    def integer(self, column: Column, value: str) -> str:  # noqa: ARG002 - one cast serves all
        """Cast, which serves truth values too."""
        return f"CAST({value} AS BIGINT)"

    def hexadecimal(self, value: str) -> str:
        """Call the function."""
        return f"hex({value})"

    def real(self, column: Column, value: str) -> str:  # noqa: ARG002 - one cast serves all
        """Cast."""
        return f"CAST({value} AS DOUBLE)"

    def single(self, real: str) -> str:
        """Cast there and back."""
        return f"CAST(CAST({real} AS FLOAT) AS DOUBLE)"

    def is_nan(self, real: str) -> str:
        """Call the function, which takes a null for none."""
        return f"isnan({real})"

    def bits(self, real: str) -> str:
        """Ask Java, as Spark has no function for them."""
        plain = f"CASE WHEN {real} = 0 THEN CAST(0 AS DOUBLE) ELSE {real} END"
        return f"(CASE WHEN {real} IS NOT NULL THEN reflect('java.lang.Double', 'doubleToLongBits', {plain}) END)"

    def times(self, number: str, factor: int) -> str:
        """Multiply decimals."""
        return f"({number}{f' * CAST({factor} AS DECIMAL(18,0))' if factor != 1 else ''})"

    def ticks(self, column: Column, value: str) -> str:  # noqa: ARG002 - there are microseconds alone
        """Count microseconds."""
        return microseconds(value)

    def is_finite(self, value: str) -> str:
        """Every one is."""
        return f"{value} IS NOT NULL"

    def endless(self, value: str) -> str:  # noqa: ARG002 - there is none
        """There is none."""
        return "CAST(NULL AS STRING)"

    def time_in_text(self, value: str) -> str:
        """Read the texts of the form; one that is no time of the calendar is null there."""
        time = microseconds(f"try_to_timestamp({value})")
        read = f"CASE WHEN {value} RLIKE '^({ISO})$' THEN 'm' || {time} || ';' END"
        return f"coalesce({read}, {self.text_of(value)})"

    def decimal(self, value: str, *, is_text: bool) -> str:
        """Take the zeros off the text."""
        digits = f"CAST({value} AS STRING)"
        short = rf"regexp_replace({digits}, '\.?0*$', '')"
        plain = f"CASE WHEN {digits} LIKE '%.%' THEN {short} ELSE {digits} END"
        number = f"'d' || CASE WHEN {plain} = '-0' THEN '0' ELSE {plain} END || ';'"
        return (
            f"CASE WHEN {value} RLIKE '^({DECIMAL})$' THEN {number} ELSE {self.text_of(value)} END"
            if is_text
            else number
        )

    def floats(self, held: Held, value: str) -> str:  # noqa: ARG002 - none is written
        """Refuse, as nothing here goes through a list as other engines do."""
        raise Refused(
            f"column {held.column.name!r} is a list of floats, which Spark does not write as other engines do: "
            "leave it out with --exclude."
        )

    def other(self, column: Column, value: str) -> str:
        """Write what is nested as JSON, and all else as Spark shows it."""
        return f"to_json({value})" if is_nested(column) else f"CAST({value} AS STRING)"


class SparkDigests(SqlDigests):
    """The rows of an Iceberg table."""

    texts: ClassVar[SqlTexts] = SparkTexts()

    def number(self, text: str) -> str:
        """Take the digits of the md5, which no integer of Spark holds without a sign."""
        return f"CAST(conv(substr(md5({text}), 1, 16), 16, 10) AS DECIMAL(20,0))"

    def shifted(self, number: str, bits: int) -> str:
        """Call the function: Spark has no operator for it."""
        return f"shiftright({number}, {bits})"


DIGESTS = SparkDigests
