"""Types of columns of a record file that a user has named, where the values' own forms would choose others.

The names of the types are DuckDB's, which reads the file. A value that its type would change is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.engines.duckdb.sql import INTEGERS, kind_of
from incload.engines.files.column_types import Typed
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.files.column_types import Field
    from incload.engines.session import Session

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NAME = re.compile(r"[\w ]+(\(\d+(, *\d+)?\))?(\[\])*")
"""A type without what would be more SQL than its name."""
_WHOLE = {*INTEGERS, "UBIGINT", "HUGEINT", "UHUGEINT"}


def named_types(session: Session, path: str, given: Mapping[str, str], fields: Mapping[str, Field]) -> dict[str, Typed]:
    """Return the types that a user has named, as DuckDB calls them.

    Raises:
        Refused: For a column that no record has, a type that DuckDB does not have, and a value that is none of it.
    """
    found = {}
    for name, declared in given.items():
        if name not in fields:
            raise unknown("column in --types", name, list(fields))
        found[name] = _named(session, name, declared)
        _check_values(session, path, fields[name], found[name])
    return found


def _named(session: Session, name: str, declared: str) -> Typed:
    refusal = Refused(
        f"--types gives column {name!r} the type {declared!r}, which is none of DuckDB's: name one such as VARCHAR, "
        "BIGINT or DECIMAL(18,2)."
    )
    if not _NAME.fullmatch(declared):
        raise refusal
    try:
        ((kept,),) = session.rows(f"SELECT typeof(NULL::{declared})")
    except session.error as error:
        raise refusal from error
    return Typed(str(kept), kind_of(str(kept)))


def _check_values(session: Session, path: str, field: Field, typed: Typed) -> None:
    """Refuse a value that is none of the type, or that the type would round or cut."""
    text = f"SELECT {field.text} AS text FROM incload_records"
    cast = f"TRY_CAST(text AS {typed.type})"
    lost = f"{cast} IS NULL"
    if typed.type in _WHOLE:
        lost += r" OR NOT regexp_full_match(text, '[+-]?\d+')"
    elif found := _DECIMAL.fullmatch(typed.type):
        lost += rf" OR contains(lower(text), 'e') OR length(rtrim(split_part(text, '.', 2), '0')) > {found[2]}"
    bad = session.rows(f"SELECT text FROM ({text}) WHERE text IS NOT NULL AND ({lost}) LIMIT 1", field.params)
    if bad:
        raise Refused(
            f"column {field.name!r} of {path!r} holds {str(bad[0][0])[:60]!r}, which is no {typed.type} as it stands: "
            "name another type in --types, or leave the column out of it."
        )
