"""The values of a user's columns, from Faker's providers: a pool for each column, drawn once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.history.synthetic.datasets import arrow
from incload.table import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from incload.history.synthetic.datasets import Maker, Span
    from incload.testing.shape import Table

_SIZE = 500
_SEED = 20_260_101
_FALLBACK = "catch_phrase"

_PYTHON: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.REAL: (int, float),
    Kind.BOOLEAN: (bool,),
}
"""The Python types whose values a column of each kind takes."""


def words_by(table: Table, name: str) -> Maker:
    """Return the maker of a column whose values come from Faker.

    Raises:
        Refused: There is no provider of that name, or its values are not of the column's type.
    """
    pool = _pool(table, name)

    def make(span: Span, stream: str) -> pa.Array:
        return pool.take(arrow(span.below(stream, _SIZE)))

    return make


def _pool(table: Table, name: str) -> pa.Array:
    import pyarrow as pa
    from faker import Faker

    faker = Faker("en_US", use_weighting=False)
    faker.seed_instance(_SEED)
    provider = table.providers.get(name) or (name if _gives_text(faker, name) else _FALLBACK)
    make = None if provider.startswith("_") else getattr(faker, provider, None)
    if not callable(make):
        raise Refused(f"table {table.name!r}: Faker has no provider {provider!r} for column {name!r}.")
    kind = table.kind(name)
    values = [make() for _ in range(_SIZE)]
    wrong = next((value for value in values if type(value) not in _PYTHON.get(kind, ())), None)
    if wrong is not None:
        raise Refused(f"table {table.name!r}: provider {provider!r} gives {wrong!r}, and column {name!r} is {kind}.")
    if len(set(values)) == 1 and name in table.changing:
        raise Refused(f"table {table.name!r}: {provider!r} always gives {values[0]!r}; name {name!r} in fixed=.")
    kinds = {Kind.TEXT: pa.string(), Kind.INTEGER: pa.int64(), Kind.REAL: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    return pa.array(values, kinds[kind])


def _gives_text(faker: object, name: str) -> bool:
    """Return whether Faker has a provider of a column's name that gives text without further arguments."""
    make = None if name.startswith(("_", "seed", "add_")) else getattr(faker, name, None)
    try:
        return callable(make) and isinstance(make(), str)
    except Exception:  # noqa: BLE001 - whatever arguments it needs, a column's name does not give them
        return False
