"""The columns that the folders of a file name, as `year=2026` does: texts, beside the columns of the file itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.engines.files.column_types import Field
from incload.engines.files.record_files import literal
from incload.engines.files.several.paths import partitions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from incload.engines.session import Session


def beside(path: Path, source: Path, own: Iterable[str]) -> dict[str, str | None]:
    """Return the values that a file's folders name and the file does not have, in any case of the name."""
    there = {name.lower() for name in own}
    return {name: value for name, value in partitions_of(path, source).items() if name.lower() not in there}


def columns_of(session: Session, values: Mapping[str, str | None]) -> str:
    """Return the SQL of columns with these values, each with a comma in front of it."""
    return "".join(
        f", {'NULL' if value is None else literal(value)}::VARCHAR AS {session.quote(name)}"
        for name, value in values.items()
    )


def field(session: Session, name: str) -> Field:
    """Return the field of a column of CSV that folders name: `2026` is a text there, as `01` is."""
    column = session.quote(name)
    return Field(name, column, (), f"CASE WHEN {column} IS NOT NULL THEN 'text' END", (), from_csv=True)


def put_into_csv(session: Session, values: Mapping[str, str | None]) -> None:
    """Give the records of one file columns with these values."""
    for name, value in values.items():
        session.write(f"ALTER TABLE incload_records ADD COLUMN {session.quote(name)} VARCHAR")
        if value is not None:
            session.write(f"UPDATE incload_records SET {session.quote(name)} = {literal(value)}")


def put_into_json(session: Session, values: Mapping[str, str | None]) -> None:
    """Give the records of one file fields with these values, at their ends; the rest of a record stays as it is."""
    if not values:
        return
    end = json.dumps(values)[1:]
    session.write(
        "UPDATE incload_records SET json = left(text, length(text) - 1)"
        " || CASE WHEN len(json_keys(json)) = 0 THEN '' ELSE ', ' END || ?"
        " FROM (SELECT rowid AS line, rtrim(json::VARCHAR, ' ' || chr(9) || chr(10) || chr(13)) AS text"
        " FROM incload_records) WHERE incload_records.rowid = line",
        (end,),
    )
