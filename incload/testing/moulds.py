"""The columns of a built history in the types of a user's table: composite keys, keys as text, dates and decimals.

A history is built with one whole number as its key. Several key columns are its digits in a number system, so that they
have the order of the number and none of them is unique alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from incload.history.synthetic.datasets import arrow
from incload.table import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from incload.history.synthetic.datasets import Maker, Span
    from incload.testing.shape import Table

WHOLE_KEY = "its whole key"
"""What the key is called of which several columns are made."""
_BASE = 70
"""The number system of several key columns; seven rows of a new table have the same first part."""
_TEXT_DIGITS = 10
_MOST_EXACT = 9


def whole_reals(digits: int) -> Maker:
    """Make whole numbers of at most so many digits, as reals that hold them exactly: decimals to be."""
    bound = 10 ** min(digits, _MOST_EXACT)

    def make(span: Span, name: str) -> pa.Array:
        return arrow(span.below(name, bound).astype("float64"))

    return make


def moulded(rows: pa.Table, table: Table, *, texts: bool) -> pa.Table:
    """Return rows with the columns of a user's table in its order; columns that a scenario has added come last.

    Args:
        rows: Rows of a built history, under the user's names.
        table: The shape.
        texts: Whether dates and decimals are to be texts.
    """
    columns = {name: rows[name] for name in rows.column_names}
    whole = columns.pop(WHOLE_KEY, None)
    if whole is not None:
        columns |= _parts(whole, table.keys)
    made = {name: _moulded(columns[name], table, name, texts=texts) for name in table.columns if name in columns}
    return rows.__class__.from_pydict(made | {name: each for name, each in columns.items() if name not in made})


def _parts(whole: pa.ChunkedArray, names: tuple[str, ...]) -> dict[str, pa.ChunkedArray]:
    """Return the key columns that a whole number is written in, the most significant first."""
    import pyarrow.compute as pc

    found = {}
    for name in reversed(names[1:]):
        rest = pc.divide(whole, _BASE)
        found[name] = pc.subtract(whole, pc.multiply(rest, _BASE))
        whole = rest
    return {names[0]: whole, **found}


def _moulded(values: pa.ChunkedArray, table: Table, name: str, *, texts: bool) -> pa.ChunkedArray:
    """Return a column in its type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(name)
    if name in table.keys and column.kind is Kind.TEXT:
        return pc.utf8_lpad(values.cast(pa.string()), _TEXT_DIGITS, "0")
    if column.dated:
        days = values.cast(pa.date32(), safe=False)
        return days.cast(pa.string()) if texts else days
    if column.kind is Kind.DECIMAL:
        exact = _decimals(values, *column.digits)
        return exact.cast(pa.string()) if texts else exact
    return values


def _decimals(values: pa.ChunkedArray, precision: int, scale: int) -> pa.ChunkedArray:
    """Return whole numbers as decimals: 1230 with two places is 12.30."""
    import pyarrow as pa

    there = [None if each is None else Decimal(int(each)).scaleb(-scale) for each in values.to_pylist()]
    return pa.chunked_array([pa.array(there, pa.decimal128(precision, scale))])
