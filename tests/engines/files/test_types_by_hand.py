"""Types of columns of a record file that a user has named."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from incload.api.load import load
from incload.commands.options.column_types import named_types
from incload.errors import Refused

if TYPE_CHECKING:
    from tests.ends import Ends

CSV = "id,code,amount\n1,123,1.5\n2,7,\n"


def loaded(into: Ends, text: str = CSV, *, name: str = "e.csv", **types: str) -> list[tuple[object, ...]]:
    """Load a file with types and return the target's rows."""
    file = into.folder / name
    file.write_text(text)
    target = f"{into.engines[1]}:///{into.target.path}"
    load(file, target, table="events", key="id", strategy="full_refresh", types=types)
    return into.rows()


def test_named_types_stand(into: Ends) -> None:
    """Numbers stay texts, and decimals have their places; a second load with the same types sees the same target."""
    amount = "1.50" if into.engines[1] == "sqlite" else Decimal("1.50")
    for _ in range(2):
        rows = loaded(into, code="VARCHAR", amount="decimal(18, 2)")
        assert rows == [(1, "123", amount), (2, "7", None)]


def test_json_has_named_types_too(into: Ends) -> None:
    """A number of JSON that is to be a text, and a text that is to be a number."""
    text = '[{"id": 1, "zip": 123, "n": "42"}]'
    assert loaded(into, text, name="e.json", zip="VARCHAR", n="BIGINT") == [(1, "123", 42)]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"cod": "VARCHAR"}, "unknown column in --types 'cod'"),
        ({"code": "MONEY"}, "--types gives column 'code' the type 'MONEY', which is none of DuckDB's"),
        ({"code": "INTEGER); DROP"}, "which is none of DuckDB's"),
        ({"amount": "BIGINT"}, "column 'amount' of .* holds '1.5', which is no BIGINT as it stands"),
        ({"amount": "DECIMAL(5,0)"}, r"holds '1.5', which is no DECIMAL\(5,0\) as it stands"),
        ({"code": "DATE"}, "holds '(123|7)', which is no DATE as it stands"),
    ],
)
def test_what_does_not_fit_is_refused(into: Ends, types: dict[str, str], said: str) -> None:
    """In one sentence, with nothing loaded."""
    with pytest.raises(Refused, match=said):
        loaded(into, **types)
    assert not into.target.path.exists()


def test_a_database_has_types(sqlite_ends: Ends) -> None:
    """The option is for record files."""
    sqlite_ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    target = f"sqlite:///{sqlite_ends.target.path}"
    with pytest.raises(Refused, match="is a database, whose columns have types"):
        load(
            f"sqlite:///{sqlite_ends.source.path}",
            target,
            table="events",
            key="id",
            strategy="full_refresh",
            types={"id": "BIGINT"},
        )


def test_types_in_one_option() -> None:
    """Commas inside of parentheses belong to the type, and a name may stand in quotes."""
    assert named_types('amount=DECIMAL(18, 2), "a,b=""c"=VARCHAR') == {"amount": "DECIMAL(18, 2)", 'a,b="c': "VARCHAR"}


@pytest.mark.parametrize("text", ["", "a", "a=", "=VARCHAR", "a=INT,a=INT", "a=DECIMAL(18"])
def test_another_form_is_refused(text: str) -> None:
    """The sentence shows how it is written."""
    with pytest.raises(Refused, match=r"^--types .*: write it as in amount=DECIMAL"):
        named_types(text)


def test_parquet_has_types(into: Ends) -> None:
    """Its columns are cast in a view, or not at all."""
    file = into.folder / "e.parquet"
    duckdb.sql("SELECT 1 AS id").write_parquet(str(file))
    with pytest.raises(Refused, match="is Parquet, whose columns have types"):
        load(file, f"sqlite:///{into.folder}/t", table="e", key="id", strategy="full_refresh", types={"id": "VARCHAR"})
