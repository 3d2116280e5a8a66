"""The type of each column of a file of records, from the form that its values have in the file.

No library guesses: every value is looked at as the text that stands in the file. A column gets a type of numbers only
where that type gives every value back as it is; where none does it becomes text, and a sentence says why. Every value
belongs to one family:

- `integer`, `long`: whole numbers of 64 bits; of a long one a float would lose digits
- `real`: a fraction that a float writes as the file does
- `padded`: a fraction that a float writes with fewer zeros, as 1.10
- `digits`: a fraction of which a float would change digits
- `huge`: a number that is beyond 64 bits, or beyond every float
- `infinite`: NaN and Infinity, which JSON of some programs holds
- `boolean`, `nested`, `text`
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from incload.engines.files.layout import PLAIN, Layout
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.session import Session
    from incload.table import Column

INTEGERS = frozenset({"integer", "long"})
FLOATS = frozenset({"integer", "long", "real", "infinite"})
NUMBERS = frozenset({"integer", "long", "real", "padded", "digits"})
"""Families whose values are numbers with an end, none of them huge."""
_MOST_DIGITS = 38
"""How many digits DuckDB's and PostgreSQL's decimals both hold."""
_TYPES = {Kind.INTEGER: "BIGINT", Kind.REAL: "DOUBLE", Kind.BOOLEAN: "BOOLEAN"}

_LONG = "CAST(CAST(CAST({0} AS BIGINT) AS DOUBLE) AS HUGEINT) <> CAST({0} AS BIGINT)"
"""The SQL of whether a float would lose digits of a whole number."""
_WHOLE = "CASE WHEN TRY_CAST({0} AS BIGINT) IS NULL THEN 'huge' WHEN " + _LONG + " THEN 'long' ELSE 'integer' END"
JSON_FAMILY = (
    "CASE WHEN text IS NULL THEN NULL ELSE"
    " CASE json_type(json, ?) WHEN 'VARCHAR' THEN 'text' WHEN 'BOOLEAN' THEN 'boolean'"
    " WHEN 'OBJECT' THEN 'nested' WHEN 'ARRAY' THEN 'nested' WHEN 'DOUBLE' THEN"
    " CASE WHEN text IN ('NaN', 'Infinity', '-Infinity') THEN 'infinite'"
    " WHEN regexp_full_match(text, '-?\\d+') OR NOT isfinite(text::DOUBLE) THEN 'huge' ELSE 'real' END"
    f" ELSE {_WHOLE.format('text')} END END"
)
"""The SQL of the family of a JSON value, which is also there as a text."""
MARKED_FAMILY = (
    "CASE WHEN regexp_full_match({0}, '-?\\d+') THEN " + _WHOLE + " WHEN NOT isfinite(TRY_CAST({0} AS DOUBLE))"
    " THEN 'huge' WHEN CAST(TRY_CAST({0} AS DOUBLE) AS VARCHAR) = {0} THEN 'real' ELSE 'digits' END"
)
"""The SQL of the family of a number that stands as it does in the file; `digits` may turn out to be none."""
CSV_FAMILY = (
    "CASE WHEN {0} IS NULL THEN NULL"
    " WHEN regexp_full_match({0}, '0|-?[1-9]\\d*') THEN " + _WHOLE + " WHEN regexp_full_match({0},"
    " '-?(0|[1-9]\\d*)\\.\\d+') THEN CASE WHEN length({0}) <= 16 AND ({0} NOT LIKE '%0' OR {0} LIKE '%.0') THEN 'real'"
    " WHEN CAST(TRY_CAST({0} AS DOUBLE) AS VARCHAR) = {0} THEN 'real'"
    " WHEN {0} LIKE '-%' AND TRY_CAST({0} AS DOUBLE) = 0 THEN 'text'"
    " WHEN length(rtrim({0}, '0')) <= 16 THEN 'padded' ELSE 'digits' END"
    " WHEN {0} IN ('true', 'false') THEN 'boolean' ELSE 'text' END"
)
"""The SQL of the family of a CSV field; a fraction of 15 digits at most is certain to come back out of a float."""

_WORDS = {
    "integer": "whole numbers",
    "long": "whole numbers",
    "real": "fractions",
    "padded": "fractions",
    "digits": "fractions",
    "huge": "numbers beyond 64 bits",
    "infinite": "NaN or Infinity",
    "boolean": "true and false",
    "nested": "nested values",
    "text": "texts",
}
"""What the values of a family are called."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the load wants of a file.

    Attributes:
        key: The key columns.
        cursor: The cursor column, or None.
        known: The columns that the target has already; empty before the first load.
        own: Those of them that the target fills itself where no record has them.
        layout: Where the records are in the file.
        types: The types that the user has named, by column.
    """

    key: tuple[str, ...]
    cursor: str | None
    known: Mapping[str, Column]
    own: frozenset[str] = frozenset()
    layout: Layout = PLAIN
    types: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which there is no load."""
        return (*self.key, *filter(None, [self.cursor]))


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a file.

    Attributes:
        name: Its name.
        text: The SQL of its values as text, over the records.
        params: What that SQL binds.
        family: The SQL of the family of a value.
        family_params: What that SQL binds.
        families: The families that its values have.
        has_nulls: Whether some record has no value.
        from_csv: Whether its numbers have a form that counts: 1.10 is not 1.1.
    """

    name: str
    text: str = "NULL"
    params: tuple[str, ...] = ()
    family: str = "NULL"
    family_params: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()
    has_nulls: bool = False
    from_csv: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """The type of a column in DuckDB's words, its kind, and the sentence that the type is worth; empty for none."""

    type: str
    kind: Kind
    note: str = ""


_TEXT = Typed("VARCHAR", Kind.TEXT)
_REAL = Typed("DOUBLE", Kind.REAL)


def column_type(session: Session, path: str, field: Field, wanted: Wanted) -> Typed:
    """Return the narrowest type that gives all values back; where the values leave it open, the target's own."""
    families, known = field.families, wanted.known.get(field.name)
    if not families or (known and known.kind is Kind.TEXT and field.name != wanted.cursor):
        return _as_known(known)
    if known and known.kind is Kind.DECIMAL and families <= NUMBERS and _fits(session, field, known):
        return _as_known(known)
    return (
        _by_values(field, wanted)
        or _numbers_in_quotes(session, path, field, wanted)
        or _fractions(session, path, field, wanted)
        or _as_text(session, path, field)
    )


def _by_values(field: Field, wanted: Wanted) -> Typed | None:
    """Return the type that gives all values back without a look at their forms; None where there is none."""
    families, known = field.families, wanted.known.get(field.name)
    if families <= INTEGERS and not (known and known.kind is Kind.REAL):
        return Typed("BIGINT", Kind.INTEGER)
    if families == {"boolean"}:
        return Typed("BOOLEAN", Kind.BOOLEAN)
    if families <= FLOATS - {"long"} and not _keys_would_meet(field, wanted):
        return _REAL
    return None


def _numbers_in_quotes(session: Session, path: str, field: Field, wanted: Wanted) -> Typed | None:
    """Return the type of a new cursor of JSON whose texts are all numbers, which texts would not order; else None."""
    if field.families != {"text"} or field.name != wanted.cursor or field.name in wanted.known or field.from_csv:
        return None
    kinds = session.rows(
        "SELECT DISTINCT CASE WHEN TRY_CAST(text AS BIGINT) IS NOT NULL AND regexp_full_match(text, '0|-?[1-9]\\d*')"
        " THEN 'BIGINT' WHEN length(text) <= 16 AND regexp_full_match(text, '-?(0|[1-9]\\d*)\\.\\d+') THEN 'DOUBLE'"
        f" ELSE '' END FROM (SELECT {field.text} AS text FROM incload_records) WHERE text IS NOT NULL",
        field.params,
    )
    types = {str(kind) for (kind,) in kinds}
    if "" in types:
        return None
    said = (
        f"column {field.name!r} of {path!r} holds numbers in quotes, and is kept as numbers: texts have another order."
    )
    return Typed("DOUBLE", Kind.REAL, said) if "DOUBLE" in types else Typed("BIGINT", Kind.INTEGER, said)


def _as_known(known: Column | None) -> Typed:
    """Return the type of a column that the target has: one that its kind has in every engine."""
    if known is None:
        return _TEXT
    if known.kind is Kind.DECIMAL:
        return Typed("DECIMAL({},{})".format(*known.digits), Kind.DECIMAL)
    return Typed(_TYPES.get(known.kind, "VARCHAR"), known.kind)


def _keys_would_meet(field: Field, wanted: Wanted) -> bool:
    """Return whether two keys of a CSV file, such as 1 and 1.0, could be one number."""
    return field.from_csv and field.name in wanted.key and len(field.families) > 1


def _fractions(session: Session, path: str, field: Field, wanted: Wanted) -> Typed | None:
    """Return the type of a column of fractions of which a float changes the form or more; None if it has to be text."""
    known = wanted.known.get(field.name)
    if not field.families <= NUMBERS or "long" in field.families or _keys_would_meet(field, wanted):
        return None
    if "digits" not in field.families and (field.name == wanted.cursor or (known and known.kind is Kind.REAL)):
        said = f"column {field.name!r} of {path!r} holds floats, which write {_example(session, field, 'padded')} short"
        return Typed("DOUBLE", Kind.REAL, f"{said}: the number is the same, its zeros at the end are not kept.")
    return _decimal(session, field) if field.from_csv and "integer" not in field.families else None


def _decimal(session: Session, field: Field) -> Typed | None:
    """Return the decimal type that writes every value as the file does; None where they have different places."""
    ((least, places, digits),) = session.rows(
        f"SELECT min(places), max(places), max(digits) FROM (SELECT length(split_part(text, '.', 2)) AS places,"
        f" length(ltrim(split_part(text, '.', 1), '-')) AS digits FROM (SELECT {field.text} AS text"
        " FROM incload_records))",
        field.params,
    )
    if least != places or int(str(places)) + int(str(digits)) > _MOST_DIGITS:
        return None
    return Typed(f"DECIMAL({_MOST_DIGITS},{places})", Kind.DECIMAL)


def _fits(session: Session, field: Field, known: Column) -> bool:
    """Return whether the decimal that the target has holds every value."""
    precision, scale = known.digits
    return not session.rows(
        f"SELECT 1 FROM (SELECT {field.text} AS text FROM incload_records) WHERE"
        f" length(rtrim(split_part(text, '.', 2), '0')) > {scale} OR contains(lower(text), 'e')"
        f" OR length(ltrim(split_part(text, '.', 1), '-')) > {precision - scale} LIMIT 1",
        field.params,
    )


def _as_text(session: Session, path: str, field: Field) -> Typed:
    """Return text, with the sentence that says why it is not numbers or truth values."""
    families = field.families
    if len(families) == 1 and families <= {"text", "nested"}:
        return _TEXT
    said = f"column {field.name!r} of {path!r} is kept as text"
    odd = next((family for family in ("digits", "padded", "long", "huge") if family in families), "")
    if odd and families <= NUMBERS | {"huge", "infinite"}:
        why = "is beyond 64 bits" if odd == "huge" else "would change as a float"
        return Typed("VARCHAR", Kind.TEXT, f"{said}: {_example(session, field, odd)} {why}.")
    words = sorted({_WORDS[family] for family in families})
    if len(words) == 1:
        return Typed("VARCHAR", Kind.TEXT, f"{said}: its numbers are written in several ways, and 1 is not 1.0 there.")
    return Typed("VARCHAR", Kind.TEXT, f"{said}: it holds {', '.join(words[:-1])} and {words[-1]}.")


def _example(session: Session, field: Field, family: str) -> str:
    """Return a value of a family, as the file writes it."""
    found = session.rows(
        f"SELECT value FROM (SELECT {field.text} AS value, {field.family} AS family FROM"
        f" {_with_text(field)}) WHERE family IN (?, 'digits') LIMIT 1",
        (*field.params, *field.family_params, *_text_params(field), family),
    )
    return str(found[0][0])[:60] if found else "a value"


def _with_text(field: Field) -> str:
    """Return the records, with a column `text` beside each if the family of a value asks for it."""
    return "incload_records" if field.from_csv else f"(SELECT json, {field.text} AS text FROM incload_records)"


def _text_params(field: Field) -> tuple[str, ...]:
    return () if field.from_csv else field.params


def looked_through(session: Session, field: Field) -> Field:
    """Return a field with the families that its values have, and whether some record has none."""
    found = session.rows(
        f"SELECT DISTINCT {field.family} FROM {_with_text(field)}", (*field.family_params, *_text_params(field))
    )
    families = frozenset(str(family) for (family,) in found if family)
    if "digits" in families and not field.from_csv and _all_come_back(session, field):
        families = families - {"digits"} | {"real"}
    return dataclasses.replace(field, families=families, has_nulls=(None,) in found)


def _all_come_back(session: Session, field: Field) -> bool:
    """Return whether a float gives back every number of a field of JSON that it writes in another way."""
    found = session.rows(
        f"SELECT DISTINCT text FROM (SELECT text, {field.family} AS family FROM {_with_text(field)})"
        " WHERE family = 'digits'",
        (*field.family_params, *_text_params(field)),
    )
    return all(Decimal(repr(float(str(text)))) == Decimal(str(text)) for (text,) in found)
