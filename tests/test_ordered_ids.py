"""ULIDs and UUIDs of version 7 are cursors: their order is that of time, and windows of time mean what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.ordered_ids import OrderedIds, ids_of, scale_of_tag

if TYPE_CHECKING:
    from every_pair import Ends

ULIDS = ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ", "01BX5ZZKBKACTAV9WEVGEMMVS0")
UUIDS = (
    "0190163d-8694-739b-aea5-966c26f8ad91",
    "0190163d-8695-739b-8000-000000000000",
    "0191163d-8694-739b-aea5-966c26f8ad91",
)
SOME = ["sqlite-sqlite", "duckdb-sqlite", "duckdb-duckdb", "postgres-duckdb", "postgres-postgres", "csv-postgres"]


@pytest.mark.parametrize("everywhere", SOME, indirect=True)
@pytest.mark.parametrize(("ids", "declared"), [(ULIDS, "VARCHAR"), (UUIDS, "VARCHAR"), (UUIDS, "UUID")])
@pytest.mark.parametrize("strategy", ["timestamp_watermark", "lookback_window:minutes=30"])
def test_ids_are_followed(strategy: str, ids: tuple[str, ...], declared: str, everywhere: Ends) -> None:
    """Rows behind the watermark are not read again, but for those within the window, and new ones are."""
    everywhere.fill(("id", "at"), (1, ids[0]), (2, ids[1]), types=declared)
    assert everywhere.load(strategy, "--cursor", "at")[0] == 0
    everywhere.fill(("id", "at"), (1, ids[0]), (2, ids[1]), (3, ids[2]), types=declared)

    code, out, error = everywhere.load(strategy, "--cursor", "at", "--allow-ahead")

    # Both UUIDs lie within a millisecond, and the ULIDs a year apart.
    again = 0 if strategy == "timestamp_watermark" else 1 if ids == ULIDS else 2
    assert (code, error) == (0, "")
    assert f"  loaded: {1 + again}\n" in out
    assert f"  new_watermark: {ids[2]}\n" in out
    assert [str(at) for _, at in everywhere.rows()] == list(ids)


@pytest.mark.parametrize("everywhere", ["sqlite-duckdb", "duckdb-sqlite", "postgres-sqlite"], indirect=True)
@pytest.mark.parametrize("other", ["7f3c1c1e-1111-4111-8111-111111111111", UUIDS[0].upper(), ULIDS[0], "none"])
def test_other_texts_among_ids_are_refused(other: str, everywhere: Ends) -> None:
    """A UUID of another version, other letters or another form have no place in the order."""
    everywhere.fill(("id", "at"), (1, UUIDS[0]), (2, other))

    code, _, error = everywhere.load("timestamp_watermark", "--cursor", "at")

    assert code == 2
    assert error.startswith("incload: cursor column 'at' holds '")
    assert UUIDS[0] in error
    assert other in error


@given(st.integers(0, 2**128 - 1), st.sampled_from(["ulid", "uuid7"]), st.booleans())
def test_positions_and_ids_are_in_one_order(number: int, form: str, small: bool) -> None:  # noqa: FBT001 - a case
    """A larger position is a later text, and the tag brings back the scale."""
    ids = OrderedIds(1_000 << 80, form, small)

    assert str(ids.stored(number)) < str(ids.stored(number + (1 << 90))) or number + (1 << 90) >= 1 << 128
    assert scale_of_tag(ids.tag) == ids


def test_an_id_counts_milliseconds() -> None:
    """The published example of a ULID is of 2016-07-30T23:54:10.259Z."""
    ids = ids_of(ULIDS[0])

    assert ids is not None
    assert ids.position(ULIDS[0]) >> 80 == 1_469_922_850_259  # type: ignore[operator]  # ids have whole positions
    assert ids.stored(ids.position(ULIDS[0])) == ULIDS[0]
    assert ids.ticks(timedelta(milliseconds=1)) == 1 << 80
