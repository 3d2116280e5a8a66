"""What a load copies of its source: which columns, and which rows.

A condition is the source's own SQL and speaks of one row: it holds no subquery, no comment and nothing that writes, so
that it means the same wherever the load puts it. Its rows are all that the load ever sees of the table, cursor, clock
and counts included; nothing else knows that there are more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.engines.driver_errors import reason
from incload.errors import Refused, unknown
from incload.loading.plan import Choice
from incload.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.table import Column

_TOKEN = re.compile(r"""[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--|/\*|\w+|\S""", re.DOTALL)
"""Texts, quoted names, the beginnings of comments, words, and every other sign by itself."""
_WRITES = frozenset(
    [
        "insert",
        "update",
        "delete",
        "merge",
        "drop",
        "alter",
        "create",
        "truncate",
        "grant",
        "revoke",
        "attach",
        "detach",
        "pragma",
        "vacuum",
    ]
)
_DOUBLED = "double a quote that is part of a text, as in 'it''s'"
_PARAMETER = "the sign {} outside of quotes, where databases expect a parameter: write the value itself"
_SIGNS = {
    **dict.fromkeys("'\"`", f"a quote that does not end: {_DOUBLED}"),
    **dict.fromkeys(("--", "/*"), "a comment: leave it out"),
    **{sign: _PARAMETER.format(sign) for sign in "?$"},
    ";": "a semicolon outside of quotes: give one condition, as it would stand after WHERE",
}
"""What does not stand in a condition, and what to do."""
_QUERIES = frozenset({"select", "with", "values", "union", "intersect", "except"})
_NO_COLUMN = (r"no such column: (\S+)", r'[Cc]olumn "([^"]+)"[^\n]* not (?:exist|found)')
"""How engines say that there is no column of a name."""


def choose(connections: Connections, plan: Plan) -> Connections:
    """Have the source show the chosen rows alone; refuse a choice of columns or rows that it does not have."""
    if plan.choice == Choice():
        return connections
    found = connections.source.columns("source", connections.table)
    if found is None:
        return connections  # which is refused where the table is described
    names = [column.name for column in found]
    _check_columns(plan, names)
    where = plan.choice.where
    if where is None:
        return connections
    check_condition(where, names)
    _try(connections, where, names)
    source, table = connections.source, connections.table
    source.show(table, "rows", lambda rows: source.limited(table, rows, where))
    if connections.records is None:
        return connections
    return replace(connections, records=connections.source.count(connections.relation))


def chosen(columns: Iterable[Column], plan: Plan) -> tuple[Column, ...]:
    """Return the columns that are copied, in the source's order."""
    wanted, unwanted = plan.choice.columns, plan.choice.exclude
    if wanted is None and not unwanted:
        return tuple(columns)
    needed = {*plan.key, plan.cursor}
    return tuple(
        column
        for column in columns
        if column.name in needed or (column.name not in unwanted and (wanted is None or column.name in wanted))
    )


def with_row_number(connections: Connections, plan: Plan, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Put the number of a row in front of the columns, where the key names it and an engine has it."""
    if {*plan.key} <= {column.name for column in columns}:
        return columns
    number = connections.source.row_number(connections.table)
    return (number, *columns) if number and number.name in plan.key else columns


def _check_columns(plan: Plan, names: Sequence[str]) -> None:
    check_choice(plan)
    choice = plan.choice
    for option, given in (("--columns", choice.columns or ()), ("--exclude", choice.exclude)):
        for name in given:
            if name not in names:
                raise unknown(f"column in {option}", name, names)


def check_choice(plan: Plan) -> None:
    """Refuse a choice of columns that says two things, or leaves out what every load needs."""
    choice = plan.choice
    if choice.columns is not None and choice.exclude:
        raise Refused("--columns and --exclude were both given: name either what is copied or what is not.")
    for name in choice.exclude:
        if name in {*plan.key, plan.cursor}:
            role = "key" if name in plan.key else "cursor"
            raise Refused(f"--exclude names {name!r}, the {role} column, which every load needs: leave it out of it.")


def check_signs(where: str | None) -> None:
    """Refuse a condition that holds what none may, whatever the columns are."""
    if where is not None:
        check_condition(where, None)


def check_condition(where: str, names: Sequence[str] | None, option: str = "--where") -> None:
    """Refuse what is no condition on one row, of columns that are known unless None; name what is wrong with it."""
    if not where.strip():
        raise Refused(f"{option} is empty: give a condition, or leave it out.")
    depth = 0
    for token in _TOKEN.findall(where):
        if why := _wrong(token):
            raise Refused(f"{option} {where!r} holds {why}.")
        if (
            names is not None
            and token[0] in '"`'
            and (name := token[1:-1].replace(token[0] * 2, token[0])) not in names
        ):
            raise unknown(f"column in {option}", name, names)
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0:
            break
    if depth:
        raise Refused(f"{option} {where!r} has a parenthesis without its other one: close each that it opens.")


def _wrong(token: str) -> str:
    """Say what is wrong with a piece of a condition, and what to do; empty for what may stand there."""
    if token[:1] in "eE" and "\\'" in token:
        return f"a quote behind a backslash: {_DOUBLED}"
    if token.lower() in _WRITES:
        return (
            f"the word {token.upper()}, and a load only reads its source: give what would stand after WHERE, and quote "
            "a column of that name"
        )
    if token.lower() in _QUERIES:
        return f"the word {token.upper()}, and a condition is about one row: load from a view of it instead"
    return _SIGNS.get(token, "")


def _try(connections: Connections, where: str, names: Sequence[str]) -> None:
    """Have the source's engine read the condition, without a row; refuse what it does not understand."""
    source = connections.source
    source.begin_read()
    try:
        rows = source.limited(connections.table, source.name("source", connections.table), where)
        source.rows(f"SELECT 1 FROM {rows} AS r LIMIT 0")
        changing = source.volatile(re.findall(r"(\w+)\s*\(", where))
    except source.error as error:
        raise _not_understood(where, str(error), names) from error
    finally:
        source.rollback()
    if changing:
        raise Refused(
            f"--where {where!r} calls {changing[0]}, which may change the source or answers otherwise every time: "
            "use what depends on the row alone."
        )


def _not_understood(where: str, said: str, names: Sequence[str]) -> Refused:
    """Name the column that does not exist where that is what an engine says, else pass on what it says."""
    for pattern in _NO_COLUMN:
        found = re.search(pattern, said)
        if found and found[1] not in names:
            return unknown("column in --where", found[1].removeprefix("r."), names)
    return Refused(f"--where {where!r} cannot be read by the source: {reason(Exception(said))}")
