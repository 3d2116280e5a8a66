"""Tables and columns of any name: the target is the source after each sync, or a sentence says why nothing was done."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bases import Base, created, quoted
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from offering import check_sentence

from incload.engines.postgres import server
from incload.engines.postgres.sql import stored_name
from incload.engines.temporary.tables import ARRIVED, DIFFERING, DIGEST, GONE, KNOWN, LEFT, STAGE
from incload.errors import Refused
from incload.loading.plan import Guards, Plan
from incload.loading.run import load
from incload.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Tally

FILE_PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite")]
SERVER_PAIRS = [("postgres", "postgres"), ("sqlite", "postgres"), ("postgres", "duckdb"), ("postgres", "sqlite")]
STRATEGIES = ("timestamp_watermark", "row_hash_cdc", "snapshot_diff")
TYPES = ("BIGINT", "VARCHAR", "DOUBLE PRECISION")

# What names are made of

OURS = (
    *(STAGE, ARRIVED, KNOWN, GONE, LEFT, DIFFERING, DIGEST, "incload_stream", "incload_put", "incload_records"),
    *("_incload_state", "_incload_state_history", "_incload_digests_t_row_hash_cdc", "_INCLOAD_MEMORY", "t rebuilt"),
    *("incoming", "given", "source", "target", "temp", "main", "excluded", "q", "s", "t", "k", "o", "d"),
)  # fmt: skip
RESERVED = (
    *("select", "from", "order", "group", "table", "NULL", "default", "user", "true", "FALSE", "rowid", "oid"),
    *("ctid", "xmin", "tableoid", "public", "pg_temp", "sqlite_master", "duckdb_tables", "count(*)", "value"),
)  # fmt: skip
PIECES = (
    *('"', "'", "`", ";", "--", "/*", "*/", "; DROP TABLE victims; --", "\\", "%", "%s", "?", "$1", ":a", "{x}", "["),
    *("\n", "\r", "\t", "\x01", "\x7f", "\0", " ", "\u00a0", "\u200b", "\ufeff", "\u202e", "e\u0301", "\u00e9"),
    *("i", "I", "\u0130", "\u0131", "\u00df", "ss", "\u212a", "k", "K", "A", "a", "\u01c5", "\u03c2", "\u03c3"),
    *("\U0001f389", ".", ",", "]", "\uffff", "\U0010ffff", "n" * 62, "n" * 298, "\u00e9" * 40),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(["id", "ts", "v"]), st.sampled_from(OURS), st.sampled_from(RESERVED),
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join), st.text(max_size=5),
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What a table and its columns are called."""

    table: str
    key: tuple[str, ...]
    cursor: str
    payload: tuple[str, ...]
    other: str

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in order."""
        return (*self.key, self.cursor, *self.payload)


@st.composite
def names(draw: st.DrawFn) -> Names:
    """Draw names that all differ, though perhaps not to a database; some of them are twins of others."""
    drawn = draw(st.lists(NAMES, min_size=5, max_size=6, unique=True))
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(1, 3))
        drawn[at] = draw(st.sampled_from([str.upper, str.lower, str.swapcase, str.title, str.casefold]))(drawn[at - 1])
    table, key, cursor, other, *payload = drawn
    two = len(payload) > 1 and draw(st.booleans())
    found = Names(table, (key, payload.pop()) if two else (key,), cursor, tuple(payload), other)
    assume(len(set(found.columns)) == len(found.columns))
    assume(found.other != found.table)
    return found


def lived(names: Names, at: int) -> list[str]:
    """Return the statements that bring the source to its state at the first or the second sync."""
    table, width = quoted(names.table), len(names.key)
    columns = [(name, "BIGINT") for name in (*names.key, names.cursor)]
    columns += [(name, TYPES[number % 3]) for number, name in enumerate(names.payload)]

    def row(key: int, timestamp: int) -> str:
        texts = (f"'{timestamp}'" for _ in names.payload)
        return f"({', '.join(map(str, [key] * width + [timestamp]))}{''.join(f', {text}' for text in texts)})"

    if at == 0:
        return [created(names.table, columns, names.key), f"INSERT INTO {table} VALUES {row(1, 1)}, {row(2, 2)}"]
    return [
        f"DELETE FROM {table} WHERE {quoted(names.key[0])} = 1",
        f"INSERT INTO {table} VALUES {row(1, 3)}, {row(3, 4)}",
    ]


def can(base: Base, statements: list[str]) -> bool:
    """Run statements; say whether the database could: not every name is one to every database."""
    try:
        base.run(*statements)
    except Exception:  # noqa: BLE001 - three drivers, and a text that is none to each of them
        return False
    return True


def attempt(source: Base, target: Base, names: Names, by: str) -> str:
    """Load twice; return what came of it: loaded, refused, or unthinkable where a database takes no such names."""
    bystander = created(names.other, [("id", "BIGINT")], ["id"]), f"INSERT INTO {quoted(names.other)} VALUES (7)"
    if not can(source, lived(names, 0)):
        return "unthinkable"
    can(source, list(bystander))
    if names.other.casefold() != names.table.casefold() and not names.other.lower().startswith("_incload_"):
        can(target, list(bystander))
    beside = target.content()
    plan = Plan(names.table, names.key, names.cursor, strategy(by), guards=Guards(allow_removals=True))
    for at in range(2):
        if at:
            source.run(*lived(names, 1))
        before = source.content()
        refusal = loaded(source, target, plan)
        assert source.content() == before
        held = target.content()
        if refusal:
            assert (at, held) == (0, beside), refusal
            return "refused"
        assert held[names.table if target.engine != "postgres" else stored_name(names.table)] == before[names.table]
        assert {name: rows for name, rows in held.items() if name in beside} == beside
    return "loaded"


def loaded(source: Base, target: Base, plan: Plan) -> str:
    """Load; return the sentence of a refusal, or nothing."""
    try:
        load(source.end(), target.end(), plan)
    except Refused as refusal:
        check_sentence(f"incload: {refusal}\n")
        return str(refusal)
    return ""


def try_names(bases: Callable[[Path], tuple[Base, Base]], count: int, tally: Tally) -> float:
    """Try so many names on a pair, each as `attempt` checks it; return the share of those that were loaded."""
    came = dict.fromkeys(("loaded", "refused", "unthinkable"), 0)

    @settings(max_examples=count, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(names(), st.sampled_from(STRATEGIES))
    def try_one(names: Names, by: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source, target = bases(Path(folder))
            source.clear()
            target.clear()
            came[attempt(source, target, names, by)] += 1

    try_one()
    for what, number in came.items():
        tally(f"garbage: sets of names that were {what}", number)
    return came["loaded"] / count


@pytest.mark.slow
@pytest.mark.parametrize("pair", FILE_PAIRS, ids="-".join)
def test_tables_of_any_name_in_files(pair: tuple[str, str], tally: Tally, *, hard: bool) -> None:
    """By strategies that go by the cursor, by digests and by comparison; no other table is touched."""
    count = 3_000 if hard else 60 if pair == ("sqlite", "sqlite") else 10

    def bases(folder: Path) -> tuple[Base, Base]:
        return Base(pair[0], folder / "source"), Base(pair[1], folder / "target")

    assert try_names(bases, count, tally) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("pair", SERVER_PAIRS, ids="-".join)
def test_tables_of_any_name_on_a_server(pair: tuple[str, str], tally: Tally, *, hard: bool) -> None:
    """As in files; PostgreSQL cuts names off at 63 bytes."""
    with server.schema() as one, server.schema() as other:

        def bases(folder: Path) -> tuple[Base, Base]:
            ends = zip(pair, ("source", "target"), (one, other), strict=True)
            source, target = (
                Base(engine, url if engine == "postgres" else folder / name) for engine, name, url in ends
            )
            return source, target

        assert try_names(bases, 1_000 if hard else 8, tally) > 0.1


@pytest.mark.parametrize("pair", [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("duckdb", "sqlite")], ids="-".join)
@pytest.mark.parametrize("table", ["excluded", "EXCLUDED"])
def test_a_table_called_as_the_new_rows_of_an_upsert_is_updated(
    table: str, pair: tuple[str, str], tmp_path: Path
) -> None:
    """SQLite would take its old rows for the new ones, and change nothing."""
    source, target = Base(pair[0], tmp_path / "source"), Base(pair[1], tmp_path / "target")

    assert attempt(source, target, Names(table, ("id",), "ts", ("v",), "o"), "timestamp_watermark") == "loaded"


@pytest.mark.parametrize("by", STRATEGIES)
def test_a_column_called_as_the_digest_is_refused_at_once(by: str, tmp_path: Path) -> None:
    """And not when the first digests are compared."""
    source, target = Base("sqlite", tmp_path / "source"), Base("sqlite", tmp_path / "target")

    assert attempt(source, target, Names("t", ("id",), "ts", ("INCLOAD_DIGEST",), "o"), by) == "refused"
