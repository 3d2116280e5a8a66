"""The table of a replayed file, and its rows as Arrow: names that every database takes, keys and content as text."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from incload.engines.files.layout import column_of, ending_of
from incload.errors import on_one_line
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from incload.history.recorded.options import ReplayOptions
    from incload.history.recorded.row_versions import Key, Version


def table_of(path: Path, options: ReplayOptions) -> Table:
    """Return the table of a replayed file: named after it, its columns after the last part of their paths."""
    name = on_one_line(Path(options.file or path.absolute()).name)
    suffix = ending_of(name) if options.file else None
    stem = name.lower().rfind(suffix) if suffix else len(name)
    wanted: list[Sequence[str]] = [(_last(part), part) for part in options.key]
    cursor_path = column_of(options.cursor)
    wanted += [(_last(cursor_path), cursor_path, f"{cursor_path}_cursor")] if cursor_path else []
    names = _distinct([*wanted, ("content", "content_json")])
    key, cursor = tuple(names[: len(options.key)]), names[-2] if cursor_path else None
    kinds = [Kind.TEXT] * len(key) + [Kind.TIMESTAMP] * bool(cursor_path) + [Kind.TEXT]
    return Table(name[:stem] or "history", key, cursor, tuple(map(Column, names, kinds)))


def _last(path: str) -> str:
    return path.rpartition(".")[2] or "key"


def _distinct(wanted: Sequence[Sequence[str]]) -> list[str]:
    """Return one name for each list of wishes, all different even to a database that ignores case."""
    taken: list[str] = []
    for wishes in wanted:
        folded = {name.casefold() for name in taken}
        numbered = (f"{wishes[-1]}_{number}" for number in count(2))
        taken.append(next(name for name in chain(wishes, numbered) if name.casefold() not in folded))
    return taken


def upserts_of(table: Table, rows: Sequence[tuple[Key, Version]]) -> pa.Table:
    """Return rows that are new or changed, in the columns of the table."""
    keys = zip(*(key for key, _ in rows), strict=True) if rows else [()] * len(table.key)
    cursors = [[row.cursor for _, row in rows]] if table.cursor else []
    return _arrow(table, table.names, [*keys, *cursors, [row.content for _, row in rows]])


def keys_of(table: Table, keys: Sequence[Key]) -> pa.Table:
    """Return keys whose rows are gone, in the key columns of the table."""
    return _arrow(table, table.key, list(zip(*keys, strict=True)) if keys else [()] * len(table.key))


def _arrow(table: Table, names: Sequence[str], columns: Sequence[Sequence[object]]) -> pa.Table:
    """Return an Arrow table of some of a table's columns."""
    import pyarrow as pa

    kinds = [table.column(name).kind for name in names]
    types = [pa.timestamp("us") if kind is Kind.TIMESTAMP else pa.string() for kind in kinds]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(names))
