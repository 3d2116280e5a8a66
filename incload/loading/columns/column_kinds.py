"""What a target's columns hold, as their source declares it: kind, unit and scale, which the target's type may hide.

SQLite stores timestamps of any unit, truth values and numbers as INTEGER, decimals of any scale as TEXT. What a column
counts is therefore kept beside the state, one record for each table, written in the transaction that changes it.
Between tables of one engine the declared types say it all. A target that was filled before there were records is taken
as it is, and recorded from then on.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.records import record
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from incload.engines.session import Session
    from incload.loading.connections import Connections
    from incload.table import Column, Table

OWNER = "(columns)"
"""Under this name the record stands among the states of a table; no strategy can have it."""
UNDECIDED = "nothing yet"
"""What a column of a record file holds that had no value when the target's table was made."""
_VERSION = 1
_DATE = "date"


@record
class ColumnKind:
    """What one column of a target holds.

    Attributes:
        kind: Its kind with unit or scale, as `kind_of` writes it.
        declared: What the source calls its type.
        stored: What the target calls its type; where that has changed, it distinguishes the values itself.
    """

    kind: str
    declared: str
    stored: str


Kinds = dict[str, ColumnKind]
"""The record of a table: its columns by name."""


def kind_of(column: Column) -> str:
    """Return the kind of a column with all that its values need to be understood."""
    match column.kind:
        case Kind.TIMESTAMP:
            return _DATE if column.dated else f"timestamp {column.per_second}/s{' UTC' if column.zoned else ''}"
        case Kind.DECIMAL:
            return f"decimal {column.digits[1]}"
        case Kind.OTHER:
            return str(Kind.TEXT)
    return str(column.kind)


def text_of(kinds: Kinds) -> str:
    """Return a record as the text that is kept."""
    columns = {name: asdict(each) for name, each in kinds.items()}
    return json.dumps({"version": _VERSION, "columns": columns}, ensure_ascii=False)


def read_kinds(text: str | None) -> Kinds:
    """Read a record; one that cannot be read knows nothing, and is replaced by the sync."""
    if not text:
        return {}
    try:
        found = json.loads(text)
        return {str(name): ColumnKind(**each) for name, each in found["columns"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def held_kinds(kinds: Kinds) -> dict[str, str]:
    """Return what each column of a record holds."""
    return {name: each.kind for name, each in kinds.items()}


def kinds_now(table: Table, types: Mapping[str, str], before: Kinds, undecided: Iterable[str]) -> Kinds:
    """Return the record of a table as it is after a sync.

    Args:
        table: The source's table.
        types: What the target calls the types of its columns.
        before: The record before.
        undecided: The columns of a record file without any value.
    """
    now = {column.name: ColumnKind(kind_of(column), column.declared, types[column.name]) for column in table.columns}
    for name in undecided:
        if name in now and (name not in before or before[name].kind == UNDECIDED):
            now[name] = ColumnKind(UNDECIDED, now[name].declared, now[name].stored)
    return now


def changed_kinds(table: Table, types: Mapping[str, str], before: Kinds) -> dict[str, tuple[str, str]]:
    """Return, for columns whose type in the target has stayed, the recorded kind and today's where they differ."""
    found = {}
    for column in table.columns:
        then, now = before.get(column.name), kind_of(column)
        if then and then.stored == types.get(column.name) and then.kind not in {now, UNDECIDED}:
            found[column.name] = (then.kind, now)
    return found


@record
class SettledKinds:
    """What a target's columns are known to hold, once they can take the source's.

    Attributes:
        now: The record to keep; as it was where the declared types say it all.
        sentences: What is to be reported.
    """

    now: Kinds
    sentences: tuple[str, ...]


def settle_kinds(connections: Connections, table: Table, before: Kinds, *, evolve: bool) -> SettledKinds:
    """Convert columns whose kind has changed and their type has not, if the target is to evolve; refuse them if not.

    Between two tables of one engine the declared types say it all, and nothing is recorded, but for columns of a record
    file without any value.
    """
    target, source, origin = connections.target, connections.source, connections.origin
    types = {column.name: target.type_name(column, origin) for column in table.columns}
    if target.capabilities.hides_kinds and origin != target.engine:
        changed = changed_kinds(table, types, before)
        if source.file_values.from_text:
            changed = {name: kinds for name, kinds in changed.items() if not _as_written(kinds)}
        _settle_changed(target, table, changed, evolve=evolve)
    is_kept = before or source.file_values.undecided or origin != target.engine
    now = kinds_now(table, types, before, source.file_values.undecided) if is_kept else before
    texts = about_texts(table, before, target.engine) if origin != target.engine else ()
    return SettledKinds(now, (*about_undecided(table, before, source.file_values.kept_as_text), *texts))


def _as_written(kinds: tuple[str, str]) -> bool:
    """Return whether values of both kinds are kept as a file of text writes them: decimals of any scale, and texts."""
    return all(kind == Kind.TEXT or kind.startswith("decimal ") for kind in kinds)


def _settle_changed(target: Session, table: Table, changed: Mapping[str, tuple[str, str]], *, evolve: bool) -> None:
    if changed and not evolve:
        name, (then, now) = next(iter(changed.items()))
        raise Refused(
            f"column {name!r} of target table {table.name!r} holds {then} values, and the source has {now} values now, "
            "which its type there does not distinguish: change one, load with --evolve, or load into a new table."
        )
    convert(target, table, changed)


def convert(target: Session, table: Table, changed: Mapping[str, tuple[str, str]]) -> None:
    """Bring the values of columns to the kind that the source has now; refuse those that would be other values."""
    for name, (then, now) in changed.items():
        value = target.quote(name)
        lost, new = _conversion(value, then, now)
        relation = target.name("target", table.name)
        if lost and target.rows(f"SELECT 1 FROM {relation} WHERE {value} IS NOT NULL AND ({lost}) LIMIT 1"):
            raise Refused(
                f"column {name!r} of target table {table.name!r} holds {then} values that are no {now} values of the "
                "same meaning: load into a new table."
            )
        if new != value:
            target.write(f"UPDATE {relation} SET {value} = {new} WHERE {value} IS NOT NULL")


def _conversion(value: str, then: str, now: str) -> tuple[str, str]:
    """Return when a value is lost, and the expression of the new one."""
    if _is_time(then) and _is_time(now):
        return _of_time(value, then, now)
    if then.startswith("decimal") and now.startswith("decimal"):
        return _of_decimal(value, int(then.split()[1]), int(now.split()[1]))
    if (then, now) == ("boolean", "integer") or (then.startswith("decimal") and now == "text"):
        return "", value
    if (then, now) == ("integer", "boolean"):
        return f"{value} NOT IN (0, 1)", value
    return "true", value


def _is_time(kind: str) -> bool:
    return kind == _DATE or kind.startswith("timestamp")


def _ticks(kind: str) -> int:
    """Return in how many ticks per second the values of a kind of time are stored."""
    return 1_000_000 if kind == _DATE else int(kind.split()[1].partition("/")[0])


def _of_time(value: str, then: str, now: str) -> tuple[str, str]:
    """Count in another unit; a time that the new unit or a whole day does not hold is lost."""
    before, after = _ticks(then), _ticks(now)
    lost = [f"{value} % {86_400 * before} <> 0"] if now == _DATE and then != _DATE else []
    if after < before:
        factor = before // after
        return " OR ".join([*lost, f"{value} % {factor} <> 0"]), f"{value} / {factor}"
    factor = after // before
    if factor == 1:
        return " OR ".join(lost), value
    most = (2**63 - 1) // factor
    return " OR ".join([*lost, f"{value} NOT BETWEEN -{most} AND {most}"]), f"{value} * {factor}"


def _of_decimal(value: str, then: int, now: int) -> tuple[str, str]:
    """Write another number of digits behind the point; a digit that is not 0 is not cut off."""
    if now >= then:
        point = "." if then == 0 and now else ""
        return "", f"{value} || '{point}{'0' * (now - then)}'"
    cut = then - now
    behind = cut if now else cut + 1  # the point goes with the last digit behind it
    return f"substr({value}, -{cut}) <> '{'0' * cut}'", f"substr({value}, 1, length({value}) - {behind})"


def about_undecided(table: Table, before: Kinds, kept_as_text: Iterable[str]) -> tuple[str, ...]:
    """Say of columns that had no value when the table was made, and are text for it, that their numbers are text."""
    late = {name for name in kept_as_text if name in before and before[name].kind == UNDECIDED}
    names = ", ".join(repr(name) for name in table.names if name in late)
    said = f"column {names} of {table.name!r} had no value when the table was made, and is text there: numbers are kept"
    return (f"{said} as text; change the type in the target, or load into a new table.",) if names else ()


def about_texts(table: Table, before: Kinds, engine: str) -> tuple[str, ...]:
    """Say of columns that are new to the record and of a type of their source's engine alone that they are text."""
    texts = [column for column in table.columns if column.kind is Kind.OTHER and not column.shared]
    new = [column for column in texts if column.name not in before]
    names = ", ".join(f"{column.name!r} ({column.declared})" for column in new)
    said = f"column {names} of {table.name!r} is kept as text in {engine}, and what is nested as JSON"
    return (f"{said}, because incload knows no type there that holds the same values.",) if new else ()
