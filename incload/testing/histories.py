"""A scenario's history of a user's table: built under the names that scenarios know, and given the user's names.

Two histories come of it. One is what happens in the source, in the user's types. The other has the cursor as points in
time whatever the user's type, so that lags can be computed and the story of a row can be written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.errors import Unable
from incload.history.synthetic.datasets import (
    CURSOR,
    KEY,
    Dataset,
    Field,
    chance,
    hundredths,
    keys,
    sometimes,
    timestamps,
    whole_numbers,
)  # fmt: skip
from incload.history.synthetic.scenario import Life
from incload.table import Column, Kind
from incload.testing.moulds import WHOLE_KEY, moulded, whole_reals
from incload.testing.values import words_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from incload.history.history import History, Tick
    from incload.history.synthetic.datasets import Maker
    from incload.history.synthetic.scenario import Scenario
    from incload.testing.shape import Table

_STATUS, _ADDED = "status", "channel"
"""The column that a scenario marks as deleted, and the one that a scenario adds."""

_BUILT = {Kind.DECIMAL: Kind.REAL}
"""What a column is built as that is given its own type in the end."""

WITHOUT_TYPES = frozenset({"sqlite"})
"""The engines that have no type for dates and decimals: there they are texts."""

_PRESENT = 0.8
"""The share of rows in which a nullable column has a value."""


@dataclass(frozen=True, slots=True)
class Histories:
    """A history twice.

    Attributes:
        happens: In the types of the user's table.
        timed: With the cursor as points in time.
    """

    happens: History
    timed: History


def histories_of(scenario: Scenario, table: Table | None, rows: int, seed: int, engine: str = "") -> Histories:
    """Return the history of a scenario, of a user's table or of the scenario's own, for a source of an engine.

    Raises:
        Unable: The scenario needs a column that the table does not have.
        Refused: There are too few rows.
    """
    if table is None:
        history = scenario.build(rows, seed)
        return Histories(history, history)
    names = _names(table)
    _require(scenario, table)
    life = scenario.build
    if not isinstance(life, Life):
        raise Unable(f"{scenario.id} has a table of its own, and cannot happen to another.")
    built = life.of(_dataset(table, names))(rows, seed)
    timed = _renamed(built, table, names, texts=engine in WITHOUT_TYPES)
    return Histories(_as_text(timed, table.cursor) if table.kind(table.cursor) is Kind.TEXT else timed, timed)


def _require(scenario: Scenario, table: Table) -> None:
    """Refuse a scenario that needs a column of a type that may change, where there is none."""
    needed = {"soft_deletes": Kind.TEXT, "schema_drift": Kind.INTEGER}.get(scenario.id)
    if needed is not None and not any(table.kind(name) is needed for name in table.changing):
        raise Unable(f"{scenario.id} needs a column of type {needed} that may change, and {table.name!r} has none.")


def _names(table: Table) -> dict[str, str]:
    """Return what scenarios call the columns of a table."""
    names = {name: f"its {name}" for name in table.columns} | {table.cursor: CURSOR}
    names |= {table.keys[0]: KEY} if len(table.keys) == 1 else {}
    texts = sorted((name for name in table.changing if table.kind(name) is Kind.TEXT), key=lambda name: name != _STATUS)
    return names | dict.fromkeys(texts[:1], _STATUS)


def _dataset(table: Table, names: Mapping[str, str]) -> Dataset:
    fields = [
        Field(names[name], _BUILT.get(kind := table.kind(name), kind), _maker(table, name), name in table.changing)
        for name in table.columns
    ]
    fields += [] if len(table.keys) == 1 else [Field(KEY, Kind.INTEGER, keys)]
    made = [
        replace(each, kind=Kind.INTEGER, make=keys) if each.name == KEY
        else replace(each, kind=Kind.TIMESTAMP, make=timestamps) if each.name == CURSOR
        else each
        for each in fields
    ]  # fmt: skip
    return Dataset(table.name, tuple(made))


def _maker(table: Table, name: str) -> Maker:
    kind = table.kind(name)
    plain: Maker = {
        Kind.INTEGER: whole_numbers(0, 99_999),
        Kind.REAL: hundredths(10_000),
        Kind.BOOLEAN: chance(0.5),
        Kind.TIMESTAMP: timestamps,
        Kind.DECIMAL: whole_reals(table.column(name).digits[0]),
    }.get(kind, timestamps)
    if kind is Kind.TEXT or name in table.providers:
        plain = words_by(table, name)
    return sometimes(_PRESENT, plain) if name in table.nullable else plain


def _renamed(history: History, table: Table, names: Mapping[str, str], *, texts: bool) -> History:
    """Give a history the names and the types of a user's table; dates and decimals are texts where that is asked."""
    back = {theirs: ours for ours, theirs in names.items()}
    back.setdefault(KEY, WHOLE_KEY)
    if _ADDED in table.columns:
        back[_ADDED] = next(name for n in range(2, 99) if (name := f"{_ADDED}_{n}") not in table.columns)

    def named(rows: pa.Table) -> pa.Table:
        return moulded(rows.rename_columns([back.get(name, name) for name in rows.column_names]), table, texts=texts)

    def ticked(tick: Tick) -> Tick:
        adds = tuple((replace(each, name=back.get(each.name, each.name)), value) for each, value in tick.adds)
        widens = tuple(replace(each, name=back.get(each.name, each.name)) for each in tick.widens)
        return replace(tick, upserts=named(tick.upserts), deletes=named(tick.deletes), adds=adds, widens=widens)

    columns = tuple(_column(table, name, texts=texts) for name in table.columns)
    shaped = replace(history.table, key=table.keys, cursor=table.cursor, columns=columns)
    return replace(history, table=shaped, base=named(history.base), ticks=tuple(map(ticked, history.ticks)))


def _column(table: Table, name: str, *, texts: bool) -> Column:
    """Return a column as the source has it; the cursor is a point in time for now."""
    found = Column(name, Kind.TIMESTAMP) if name == table.cursor else table.column(name)
    return Column(name, Kind.TEXT) if texts and found.declared else found


def _as_text(history: History, cursor: str) -> History:
    """Write the cursor as ISO text with microseconds, which has the order of the times."""
    import pyarrow.compute as pc

    def written(rows: pa.Table) -> pa.Table:
        place = rows.column_names.index(cursor)
        return rows.set_column(place, cursor, pc.strftime(rows[cursor], "%Y-%m-%d %H:%M:%S"))

    kinds = {cursor: Kind.TEXT}
    columns = tuple(replace(each, kind=kinds.get(each.name, each.kind)) for each in history.table.columns)
    ticks = tuple(replace(tick, upserts=written(tick.upserts)) for tick in history.ticks)
    return replace(history, table=replace(history.table, columns=columns), base=written(history.base), ticks=ticks)
