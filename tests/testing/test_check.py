"""The plain function, and the shapes of tables: any column names, types and keys, on every engine."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload
from incload.errors import Refused, Unable
from incload.history.synthetic.scenarios import SCENARIOS, scenario
from incload.testing import Table, WrongCopy, check
from incload.testing.histories import histories_of

if TYPE_CHECKING:
    from pathlib import Path

    from incload.testing import SyncRequest

USERS = Table(
    "users",
    {
        "user_id": "text", "email": "text", "channel": "text", "visits": "integer", "score": "real",
        "active": "boolean", "joined": "timestamp", "changed": "text",
    },
    key="user_id", cursor="changed", nullable={"score"}, fixed={"joined"}, providers={"channel": "color_name"},
)  # fmt: skip
"""A table with a text key, a text cursor, a column that a scenario would add, and every other type."""


def everything(request: SyncRequest) -> None:
    """Copy everything by a load of ours."""
    strategy, source = "full_refresh", f"{request.source_url}{'&' if '?' in request.source_url else '?'}table="
    incload.load(source + request.table, request.target_url, table=request.table, key=request.key[0], strategy=strategy)


def newer(request: SyncRequest) -> None:
    """Merge what is newer than the watermark, by a load of ours."""
    source = f"{request.source_url}{'&' if '?' in request.source_url else '?'}table={request.table}"
    incload.load(
        source, request.target_url, table=request.table, key=request.key[0], cursor=request.cursor,
        strategy="timestamp_watermark",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite")]
)
def test_a_shaped_table_is_checked_on_every_embedded_pair(source: str, target: str, tmp_path: Path) -> None:
    """A wrong copy has its story in the user's names and in points in time."""
    with pytest.raises(WrongCopy) as failure:
        check(newer, "hard_deletes", tmp_path, table=USERS, source=source, target=target)
    assert f"the copy is wrong in hard_deletes, {source}-{target}, 100 rows, seed 1: 16 rows were" in str(failure.value)
    assert "1. In tick 1, at 2026-01-01T00:05:00, row user_id = '00000" in str(failure.value)


INVOICES = Table(
    "invoices",
    {
        "tenant": "integer", "number": "text", "issued": "date", "total": "decimal(9,2)", "rate": "decimal",
        "note": "text", "changed_at": "timestamp",
    },
    key=("tenant", "number"), cursor="changed_at", nullable={"issued", "rate"},
)  # fmt: skip
"""A table with a key of two columns, a date and decimals."""


def keyed(request: SyncRequest) -> None:
    """Merge what is newer than the watermark on all of the key, by a load of ours."""
    source = f"{request.source_url}{'&' if '?' in request.source_url else '?'}table={request.table}"
    incload.load(
        source, request.target_url, table=request.table, key=list(request.key), cursor=request.cursor,
        strategy="timestamp_watermark",
    )  # fmt: skip


@pytest.mark.parametrize("pair", [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb")], ids="-".join)
def test_a_key_of_two_columns_with_dates_and_decimals(pair: tuple[str, str], tmp_path: Path) -> None:
    """A right copy is right, and the story of a wrong row names all of its key."""
    check(keyed, "clean", tmp_path / "a", table=INVOICES, source=pair[0], target=pair[1])
    with pytest.raises(WrongCopy, match=r"row tenant = \d+, number = '\d{10}' left the source") as failure:
        check(keyed, "hard_deletes", tmp_path / "b", table=INVOICES, source=pair[0], target=pair[1])
    assert "16 rows were wrong" in str(failure.value)


@pytest.mark.parametrize("target", ["postgres", "duckdb"])
@pytest.mark.usefixtures("postgres_server")
def test_postgresql_has_dates_and_decimals_of_its_own(target: str, tmp_path: Path) -> None:
    """Its types are those of the table, and reach the copy with every digit."""
    check(keyed, "clean", tmp_path, table=INVOICES, source="postgres", target=target)


def test_neither_part_of_a_key_is_unique_and_their_order_is_that_of_the_rows() -> None:
    """So that a loader that merges on one of them is found out, and an order of keys stays one."""
    base = histories_of(scenario("clean"), INVOICES, 100, 1, "duckdb").happens.base
    tenants, numbers = base["tenant"].to_pylist(), base["number"].to_pylist()

    assert len(set(tenants)) < 100 > len(set(numbers))
    assert sorted(set(zip(tenants, numbers, strict=True))) == list(zip(tenants, numbers, strict=True))
    assert (tenants[0], numbers[0], tenants[99], numbers[99]) == (0, "0000000010", 14, "0000000020")


def test_dates_and_decimals_have_their_types_where_the_engine_has_them() -> None:
    """In SQLite they are texts, with every place of a decimal written."""
    typed = histories_of(scenario("clean"), INVOICES, 100, 1, "duckdb").happens
    texts = histories_of(scenario("clean"), INVOICES, 100, 1, "sqlite").happens

    assert [str(typed.base.schema.field(name).type) for name in ("issued", "total", "rate")] == [
        "date32[day]", "decimal128(9, 2)", "decimal128(12, 2)",
    ]  # fmt: skip
    assert texts.base["total"].to_pylist() == [str(each) for each in typed.base["total"].to_pylist()]
    assert {len(each.partition(".")[2]) for each in texts.base["total"].to_pylist()} == {2}
    assert {len(each) for each in texts.base["issued"].to_pylist() if each} == {10}
    assert None in texts.base["issued"].to_pylist()


@pytest.mark.parametrize("name", [each.id for each in SCENARIOS if not each.faults])
def test_a_composite_key_goes_through_every_scenario(name: str) -> None:
    """No two rows of a tick have one key, and no row is lost on the way."""
    whole = {**INVOICES.columns, "visits": "integer"}
    table = Table("t", whole, key=INVOICES.key, cursor="changed_at")
    try:
        history = histories_of(scenario(name), table, 100, 1).happens
    except Unable:
        return
    for rows in (history.base, *(tick.upserts for tick in history.ticks), *(tick.deletes for tick in history.ticks)):
        keys = list(zip(rows["tenant"].to_pylist(), rows["number"].to_pylist(), strict=True))
        assert len(set(keys)) == rows.num_rows


@pytest.mark.parametrize("target", ["postgres", "sqlite"])
def test_postgresql_is_checked_in_a_schema_of_its_own(postgres_server: str, target: str, tmp_path: Path) -> None:
    """On the database of a URL, or by the name of the engine; nothing is left there."""
    import psycopg

    def schemas() -> set[str]:
        with psycopg.connect(postgres_server) as connection:
            return {
                name
                for (name,) in connection.execute(
                    "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'incload_lab%'"
                ).fetchall()
            }

    source, before = postgres_server if target == "sqlite" else "postgres", schemas()
    check(everything, "late_arrivals", tmp_path, table=USERS, source=source, target=target)

    assert schemas() <= before


def test_the_source_has_the_shape_of_the_table(tmp_path: Path) -> None:
    """Names, order and forms are the user's: a key of ten digits, a cursor in ISO text, Faker's words, nulls."""
    seen: list[tuple[object, ...]] = []

    def look(request: SyncRequest) -> None:
        everything(request)
        with closing(sqlite3.connect(request.source_path)) as source:
            seen.extend(source.execute("SELECT * FROM users ORDER BY user_id LIMIT 40"))

    check(look, "clean", tmp_path, table=USERS)

    key, email, channel, visits, score, active, joined, changed = seen[0]
    assert key == "0000000010"
    assert "@example." in str(email)
    assert isinstance(channel, str)
    assert (type(visits), type(joined)) == (int, int)
    assert active in {0, 1}
    assert len(str(changed)) == len("2025-12-03 01:02:03.123456")
    assert {type(row[4]) for row in seen} == {float, type(None)}
    del score


def test_updates_keep_what_is_fixed() -> None:
    """A fixed column has one value a row, whatever happens."""
    history = histories_of(scenario("clean"), USERS, 100, 1).happens
    base = dict(zip(history.base["user_id"].to_pylist(), history.base["joined"].to_pylist(), strict=True))
    updated = 0
    for tick in history.ticks:
        for key, joined in zip(tick.upserts["user_id"].to_pylist(), tick.upserts["joined"].to_pylist(), strict=True):
            if key in base:
                updated += 1
                assert joined == base[key]
    assert updated > 10


def test_a_column_of_a_scenario_does_not_clash_with_one_of_the_table() -> None:
    """The column that appears goes by another name then."""
    history = histories_of(scenario("schema_drift"), USERS, 100, 1).happens

    assert [column.name for tick in history.ticks for column, _ in tick.adds] == ["channel_2"]
    assert history.ticks[-1].upserts.column_names[-1] == "channel_2"


def test_a_scenario_that_needs_a_column_is_not_possible_without() -> None:
    """It says which."""
    numbers = Table("n", {"id": "integer", "value": "real", "at": "timestamp"}, cursor="at")
    with pytest.raises(Unable, match="soft_deletes needs a column of type text that may change, and 'n' has none"):
        check(everything, "soft_deletes", table=numbers)


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"id": "integer"}, {}, "table 't' has no column 'updated_at', which cursor names; it has id."),
        (
            {"id": "integer", "updated_at": "real"},
            {},
            "the cursor 'updated_at' cannot be real; it is timestamp or text.",
        ),
        ({"id": "boolean", "updated_at": "text"}, {}, "the key 'id' cannot be boolean; it is integer or text."),
        ({"id": "uuid", "updated_at": "text"}, {}, "column 'id' cannot have the type 'uuid'; it is one of integer, "),
        ({"id": "decimal(2,3)", "updated_at": "text"}, {}, "column 'id' cannot have the type 'decimal(2,3)'"),
        ({"id": "text", "v": "text", "updated_at": "text"}, {"key": ()}, "key= names no column, or one twice: none."),
        ({"id": "text", "v": "text", "updated_at": "text"}, {"key": ("id", "id")}, "or one twice: id, id."),
        ({"id": "integer", "updated_at": "text"}, {}, "no column is left that an update may change"),
        ({"id": "text", "v": "text"}, {"cursor": "id"}, "'id' cannot be both the key and the cursor."),
        ({"id": "text", "v": "text", "updated_at": "text"}, {"fixed": {"w"}}, "has no column 'w', which fixed names"),
        ({"id": "text", "v": "text", "updated_at": "text"}, {"nullable": {"id"}}, "'id' cannot be nullable"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(columns: dict[str, str], options: dict[str, object], said: str) -> None:
    """In one sentence that names the column."""
    with pytest.raises(Refused) as refusal:
        Table("t", columns, **options)  # type: ignore[arg-type]
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "provider", "said"),
    [
        ("text", "no_such_thing", "Faker has no provider 'no_such_thing' for column 'v'."),
        ("integer", "name", "provider 'name' gives "),
        ("text", "_lambda", "Faker has no provider '_lambda'"),
    ],
)
def test_a_provider_that_cannot_be_is_refused(kind: str, provider: str, said: str) -> None:
    """When its values are wanted."""
    table = Table("t", {"id": "integer", "v": kind, "updated_at": "timestamp"}, providers={"v": provider})
    with pytest.raises(Refused) as refusal:
        histories_of(scenario("clean"), table, 100, 1)
    assert said in str(refusal.value)


def test_a_broken_rule_is_a_wrong_copy(tmp_path: Path) -> None:
    """A sync that writes no table, and one that changes the source, fail by the rule that they break."""

    def edits(request: SyncRequest) -> None:
        everything(request)
        with closing(sqlite3.connect(request.source_path)) as source:
            source.execute("DELETE FROM orders WHERE id = 10")
            source.commit()

    with pytest.raises(WrongCopy, match="in clean, sqlite-sqlite, 100 rows, seed 1: the sync left no table 'orders'"):
        check(lambda _: None, "clean", tmp_path / "a")
    with pytest.raises(WrongCopy, match="the sync changed the source, which it may only read"):
        check(edits, "clean", tmp_path / "b", loses=True)


def test_a_file_of_the_user_is_made_and_deleted(tmp_path: Path) -> None:
    """One that is there already is refused: a check would fill and delete it."""
    file = tmp_path / "mine.sqlite"
    seen: list[str] = []

    def look(request: SyncRequest) -> None:
        seen.append(request.source_path)
        everything(request)

    check(look, "clean", tmp_path / "a", source=f"sqlite:///{file}")
    assert (set(seen), file.exists()) == ({str(file)}, False)

    file.write_bytes(b"")
    with pytest.raises(Refused, match="which is there already: name a file that a check may make and delete"):
        check(look, "clean", tmp_path / "b", source=f"sqlite:///{file}")


def test_a_command_is_checked_as_well(tmp_path: Path) -> None:
    """It is given as the command line takes it."""
    with pytest.raises(WrongCopy, match="sync ended with exit code 1"):
        check("false", "clean", tmp_path)
