"""Blocks of keys compared by digests: which rows leave the source, and what becomes of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from incload.errors import Refused
from incload.loading.connections import Connections
from incload.loading.plan import Guards
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.engines.sql import Query
    from incload.table import Table
    from tests.ends import Pair, Row

APART = [
    (one, other)
    for one in ("sqlite", "duckdb", "postgres")
    for other in ("sqlite", "duckdb", "postgres")
    if one != other
]
apart = pytest.mark.parametrize("engines", APART)
NUMBERS = "CREATE TABLE events (id BIGINT PRIMARY KEY, name VARCHAR, price DOUBLE PRECISION)"
TEXTS = "CREATE TABLE events (id VARCHAR PRIMARY KEY, name VARCHAR, price DOUBLE PRECISION)"
TWO = "CREATE TABLE events (shop BIGINT, id VARCHAR, name VARCHAR, PRIMARY KEY (shop, id))"
FREE = Guards(allow_removals=True)
MEANT = Guards(allow_removals=True, allow_mismatch=True)


def filled(create: str, rows: list[str]) -> tuple[str, ...]:
    """Return statements that create a table and fill it."""
    return create, f"INSERT INTO events VALUES {', '.join(rows)}"


def moved(pair: Pair, strategy: str = "digest_blocks", **changes: object) -> tuple[int, list[Row]]:
    """Load once; return how many rows left the source, and the target's rows."""
    counts: list[int] = []
    incoming = Connections.incoming

    def counting(self: Connections, query: Query, table: Table, names: tuple[str, ...] = ()) -> Query:
        counts.append(self.source.count(f"({query.sql}) AS c", query.params))
        return incoming(self, query, table, names)

    with patch.object(Connections, "incoming", counting):
        pair.load(strategy, **changes)
    return sum(counts), pair.rows()


@apart
def test_what_changed_arrives_and_what_is_gone_leaves(pair: Pair) -> None:
    """New, changed and deleted rows, negative keys and nulls among them; a second load finds nothing to do."""
    pair.write(*filled(NUMBERS, ["(-5, 'a', 0.1)", "(1, NULL, NULL)", "(2, 'c', 3)", "(9000000000, 'd', 4)"]))
    pair.load("digest_blocks")
    pair.write(
        "UPDATE events SET name = 'b' WHERE id = 1",
        "DELETE FROM events WHERE id = 2",
        "INSERT INTO events VALUES (7, '', -0.5)",
    )
    summary = pair.load("digest_blocks", guards=FREE)
    again = pair.load("digest_blocks", guards=FREE)

    assert pair.rows() == [(-5, "a", 0.1), (1, "b", None), (7, "", -0.5), (9_000_000_000, "d", 4.0)]
    assert (summary.loaded, summary.removed) == (2, 1)
    assert (again.loaded, again.removed) == (0, 0)


@apart
@pytest.mark.parametrize("create", [TEXTS, TWO], ids=["text", "two columns"])
def test_keys_that_are_no_number_are_cut_by_their_digests(pair: Pair, create: str) -> None:
    """Text keys in any letters and composite keys are compared in blocks as well."""
    if create is TWO:
        pair.write(*filled(TWO, ["(1, 'a', 'x')", "(1, 'B', 'y')", "(2, 'a', 'z')"]))
        edits = "UPDATE events SET name = 'w' WHERE id = 'B'", "DELETE FROM events WHERE shop = 2"
        expected: list[Row] = [(1, "B", "w"), (1, "a", "x")]
    else:
        pair.write(*filled(TEXTS, ["('é', 'x', 1)", "('a;b', 'y', 2)", "('', 'z', 3)"]))
        edits = "UPDATE events SET name = 'w' WHERE id = 'a;b'", "DELETE FROM events WHERE id = ''"
        expected = [("a;b", "w", 2.0), ("é", "x", 1.0)]
    key = ("shop", "id") if create is TWO else ("id",)
    pair.load("digest_blocks", key=key)
    pair.write(*edits)
    summary = pair.load("digest_blocks", key=key, guards=FREE)

    assert sorted(pair.rows(), key=lambda row: row[:2]) == expected  # type: ignore[arg-type,return-value]  # of plain values
    assert (summary.loaded, summary.removed) == (1, 1)


@pytest.mark.parametrize("engines", [("sqlite", "duckdb"), ("duckdb", "sqlite")])
@pytest.mark.parametrize("create", [NUMBERS, TEXTS], ids=["numbers", "texts"])
def test_few_rows_leave_the_source(pair: Pair, create: str) -> None:
    """Of 20,000 rows with one changed, only those of one small block leave the source."""
    key = "{0}" if create is NUMBERS else "'key {0}'"
    pair.write(*filled(create, [f"({key.format(number)}, 'name {number}', {number})" for number in range(20_000)]))
    pair.load("digest_blocks")
    pair.write(f"UPDATE events SET name = 'other' WHERE id = {key.format(777)}")
    first, rows = moved(pair)
    second, _ = moved(pair)

    assert 1 <= first <= 1_000
    assert second == 0
    assert sum(row[1] == "other" for row in rows) == 1


@pytest.mark.parametrize("engines", [("postgres", "duckdb")])
def test_three_per_cent_leave_a_server_for_a_change_in_every_ten_thousandth_row(pair: Pair) -> None:
    """Of 200,000 rows with 20 changed anywhere, at most 3 % leave the source."""
    pair.write(NUMBERS, "INSERT INTO events SELECT n, 'name ' || n, n FROM generate_series(1, 200000) AS s(n)")
    pair.load("digest_blocks")
    changed = range(7, 200_001, 10_000)
    pair.write(f"UPDATE events SET price = -1 WHERE id IN ({', '.join(map(str, changed))})")
    count, _ = moved(pair)

    assert 20 <= count <= 6_000
    assert pair.rows("SELECT id FROM events WHERE price = -1 ORDER BY id") == [(each,) for each in changed]


@pytest.mark.parametrize("engines", [("sqlite", "duckdb"), ("duckdb", "postgres")])
def test_a_row_changed_in_the_copy_is_put_right(pair: Pair) -> None:
    """The copy itself is compared, not a state: what was changed, added or deleted there is found."""
    pair.write(*filled(NUMBERS, ["(1, 'a', 1)", "(2, 'b', 2)"]))
    pair.load("digest_blocks")
    pair.write_target("UPDATE events SET name = 'spoiled' WHERE id = 1", "INSERT INTO events VALUES (3, 'own', 3)")
    pair.load("digest_blocks", guards=FREE)

    assert pair.rows() == [(1, "a", 1.0), (2, "b", 2.0)]


@pytest.mark.parametrize("engines", [("sqlite", "duckdb")])
def test_too_many_removals_are_held_back(pair: Pair) -> None:
    """The guard against mass removal holds for what is gone from blocks as for any other removal."""
    pair.write(*filled(NUMBERS, [f"({number}, 'a', 1)" for number in range(200)]))
    pair.load("digest_blocks")
    pair.write("DELETE FROM events WHERE id >= 10")
    summary = pair.load("digest_blocks")

    assert (summary.removed, summary.held_back) == (0, 190)
    assert len(pair.rows()) == 200


@pytest.mark.parametrize("engines", [("sqlite", "duckdb"), ("sqlite", "sqlite")])
@pytest.mark.parametrize("rule", [WriteRule.REPLACE, WriteRule.MIRROR])
def test_a_rule_that_needs_the_whole_table_loses_what_has_not_changed(pair: Pair, rule: WriteRule) -> None:
    """What differs is all that was read, on one engine and on two; the rest leaves the copy, if it is allowed to."""
    pair.write(*filled(NUMBERS, [f"({number}, 'a', 1)" for number in range(5)]))
    pair.load("digest_blocks", write_rule=rule, guards=MEANT)
    pair.write("UPDATE events SET name = 'b' WHERE id = 4")
    pair.load("digest_blocks", write_rule=rule, guards=MEANT)

    assert pair.rows() == [(4, "b", 1.0)]


@pytest.mark.parametrize("engines", [("sqlite", "duckdb")])
def test_without_digests_every_row_is_compared(pair: Pair) -> None:
    """Where an engine cannot digest as the other does, everything is read, and the copy is right."""
    pair.write("CREATE TABLE events (id INTEGER PRIMARY KEY, raw BLOB)", "INSERT INTO events VALUES (1, x'00ff')")
    pair.load("digest_blocks")
    pair.write("UPDATE events SET raw = x'0100'", "INSERT INTO events VALUES (2, x'')")
    with patch("incload.loading.writing.blocks.can_digest", return_value=False):
        count, rows = moved(pair)

    assert (count, rows) == (2, [(1, b"\x01\x00"), (2, b"")])


@pytest.mark.parametrize("engines", [("sqlite", "duckdb")])
def test_a_key_that_is_not_unique_in_a_block_is_refused(pair: Pair) -> None:
    """A key without a promise of the database is looked at in the rows that were read."""
    pair.write("CREATE TABLE events (id INTEGER, name TEXT)", "INSERT INTO events VALUES (1, 'a')")
    pair.load("digest_blocks")
    pair.write("INSERT INTO events VALUES (1, 'b')")
    with pytest.raises(Refused, match="is not unique in the source: 2 rows have 1"):
        pair.load("digest_blocks")


EVENTS = "CREATE TABLE events (id BIGINT PRIMARY KEY, name VARCHAR, ts BIGINT)"
RECONCILES = "lookback_with_reconciliation:minutes=1,every=1"


@apart
def test_a_reconciliation_moves_the_blocks_that_differ(pair: Pair) -> None:
    """Of 4,000 rows a late, a changed and a deleted one are found, and few others leave the source with them."""
    pair.write(*filled(EVENTS, [f"({number}, 'name {number}', {number})" for number in range(4_000)]))
    pair.load(RECONCILES, cursor="ts", cursor_per_second=1)
    pair.write(
        "UPDATE events SET name = 'other' WHERE id = 7",
        "DELETE FROM events WHERE id = 8",
        "INSERT INTO events VALUES (-1, 'late', 9)",
    )
    left, rows = moved(pair, RECONCILES, cursor="ts", cursor_per_second=1)

    assert 1 <= left <= 1_500
    assert rows[0] == (-1, "late", 9)
    assert [row for row in rows if row[0] in {7, 8, 9}] == [(7, "other", 7), (9, "name 9", 9)]
    assert len(rows) == 4_000


@apart
def test_a_reconciliation_knows_the_largest_cursor_of_rows_that_it_only_compares(pair: Pair) -> None:
    """A state that lies behind what the target holds is set right, though no block differs."""
    pair.write(*filled(EVENTS, ["(1, 'a', 100)", "(2, 'b', 900)"]))
    pair.load(RECONCILES, cursor="ts", cursor_per_second=1)
    pair.write_target("UPDATE _incload_state SET value = REPLACE(value, '\"watermark\": 900', '\"watermark\": 100')")
    summary = pair.load(RECONCILES, cursor="ts", cursor_per_second=1)

    assert (summary.previous_watermark, summary.new_watermark) == (100, 900)
    assert summary.loaded == 0


@pytest.mark.parametrize("engines", [("sqlite", "duckdb")])
@pytest.mark.parametrize(("rule", "left"), [(WriteRule.APPEND, 3), (WriteRule.NEWEST, 3), (WriteRule.MIRROR, 3)])
def test_other_rules_are_given_all_rows(pair: Pair, rule: WriteRule, left: int) -> None:
    """Only merge can do without the rows that are the target's already."""
    pair.write(*filled(EVENTS, ["(1, 'a', 100)", "(2, 'b', 900)"]))
    pair.load(RECONCILES, cursor="ts", cursor_per_second=1, write_rule=rule, guards=MEANT)
    pair.write("INSERT INTO events VALUES (3, 'c', 5)")
    found, _ = moved(pair, RECONCILES, cursor="ts", cursor_per_second=1, write_rule=rule, guards=MEANT)

    assert found == left


@pytest.mark.parametrize("engines", [("sqlite", "duckdb")])
def test_a_target_that_was_emptied_is_filled_by_a_reconciliation(pair: Pair) -> None:
    """It reads everything then, and nothing is reported as missing."""
    pair.write(*filled(EVENTS, ["(1, 'a', 100)", "(2, 'b', 900)"]))
    pair.load(RECONCILES, cursor="ts", cursor_per_second=1)
    pair.write_target("DELETE FROM events")
    summary = pair.load(RECONCILES, cursor="ts", cursor_per_second=1)

    assert (summary.loaded, summary.warnings) == (2, ())
