"""Rows and their versions: what is one row, what is a change, and what is counted."""

from __future__ import annotations

import pytest

from incload.engines.files.layout import Unusable
from incload.history.recorded.read_log import NOTES_KEPT, ReadLog
from incload.history.recorded.row_versions import Changes, Rows


def _rows(*key: str, keep: bool = False) -> tuple[Rows, ReadLog]:
    account = ReadLog()
    return Rows(key or ("id",), "at", account, keep=keep), account


def _shown(changes: Changes) -> tuple[list[tuple[str, int | None]], list[str]]:
    upserts = [(key[0], version.cursor) for key, version in changes.upserts]
    return upserts, [key[0] for key in changes.deletes]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "1"),
        ("01", "01"),
        (1.5, "1.5"),
        (True, "true"),
        ("\u00e4", "\u00e4"),
        ("\ud800", "\\ud800"),
        ("", ""),
        ({"$oid": "a"}, '{"$oid":"a"}'),
    ],
)
def test_a_key_is_text(key: object, text: str) -> None:
    """A number is its digits; what is nested is its canonical text."""
    rows, _ = _rows()
    rows.take([{"id": key, "at": "2018-10-22Z", "x": 1}])

    assert [row[0] for row in rows.flush().upserts] == [(text,)]


def test_a_key_that_changes_its_type_stays_one_row() -> None:
    """The number 1 and the text "1" are one key; the change of the record is an update, and is counted."""
    rows, account = _rows()
    rows.take([{"id": 1, "at": 5}, {"id": 2, "at": 5}])
    rows.flush()
    rows.take([{"id": "1", "at": 5}, {"id": 2, "at": 6}])

    assert _shown(rows.flush()) == ([("1", 5_000_000), ("2", 6_000_000)], [])
    assert (account.keys, account.updates, account.key_type_changes) == (2, 2, 1)


def test_the_last_of_several_records_with_one_key_counts() -> None:
    """Also when one key is a number and the other text."""
    rows, account = _rows()
    rows.take([{"id": 1, "at": 5}, {"id": 2, "at": 7}, {"id": "1", "at": 6}])

    assert _shown(rows.flush()) == ([("1", 6_000_000), ("2", 7_000_000)], [])
    assert (account.records, account.keys, account.duplicate_keys) == (3, 2, 1)


def test_records_without_a_key_are_left_out_and_counted() -> None:
    """A gap, a null, and what is no record at all."""
    rows, account = _rows("id", "part")
    rows.take([{"id": 1, "part": 1, "at": 1}, {"id": 1}, {"id": 1, "part": None}, None, [1], "x"])

    assert len(rows.flush().upserts) == 1
    assert (account.records, account.missing_keys) == (6, 5)


def test_a_snapshot_without_any_key_changes_nothing() -> None:
    """It cannot be used, and leaves rows and counters as they were."""
    rows, account = _rows()
    rows.take([{"id": 1, "at": 1}])
    rows.flush()
    with pytest.raises(Unusable, match=r"holds 1 records without the key 'id': did you mean ID\?"):
        rows.take([{"ID": 1}])

    assert _shown(rows.flush()) == ([], [])
    assert (account.records, account.disappearances) == (1, 0)


def test_updates_are_distinguished_by_what_the_cursor_did() -> None:
    """Raised, left alone, lowered; from or to null is none of the three."""
    rows, account = _rows()
    rows.take([{"id": key, "at": 10} for key in range(4)] + [{"id": 4, "at": None}])
    rows.flush()
    rows.take(
        [
            {"id": 0, "at": 11},
            {"id": 1, "at": 10, "x": 1},
            {"id": 2, "at": 9},
            {"id": 3, "at": None},
            {"id": 4, "x": 1},
        ]
    )

    assert (account.updates, account.updates_without_touch, account.updates_backwards) == (5, 1, 1)
    assert account.null_cursors == 3


def test_ties_and_late_rows_are_measured_against_the_syncs_before() -> None:
    """The watermark is the largest cursor any sync has seen, also of a row that is gone since."""
    rows, account = _rows()
    rows.take([{"id": 1, "at": 10}, {"id": 2, "at": 20}])
    rows.flush()
    rows.take([{"id": 3, "at": 20}, {"id": 4, "at": 15}, {"id": 5, "at": 30}, {"id": 6, "at": 25}, {"id": 7}])
    rows.flush()

    assert (account.ties, account.late) == (1, 1)

    rows.take([{"id": 8, "at": 25}])
    rows.take([{"id": 8, "at": 25}, {"id": 9, "at": 30}])
    rows.flush()

    assert (account.ties, account.late) == (2, 2)


def test_a_row_returns_once() -> None:
    """Each time it was gone, not in each snapshot after that."""
    rows, account = _rows()
    both = [{"id": 1, "at": 1}, {"id": 2, "at": 1}]
    for records in (both, both[:1], both, both, both[:1], both[:1], both):
        rows.take(records)
    rows.flush()

    assert (account.disappearances, account.returns, account.keys, account.versions) == (2, 2, 2, 4)


def test_a_row_that_no_sync_saw_is_no_key() -> None:
    """What came and went between two syncs is counted apart, until a sync sees it."""
    rows, account = _rows()
    counts = []
    rows.take([{"id": 1, "at": 1}])
    rows.flush()
    for records in ([{"id": 1, "at": 1}, {"id": 2, "at": 2}], [{"id": 1, "at": 1}, {"id": 3, "at": 2}]):
        rows.take(records)
    rows.flush()
    counts.append((account.keys, account.unseen_keys))
    rows.take([{"id": 2, "at": 2}])
    rows.flush()

    assert [*counts, (account.keys, account.unseen_keys)] == [(2, 1), (3, 0)]


def test_a_row_that_stands_is_not_counted_again() -> None:
    """Counters on cursors count versions, not sightings."""
    rows, account = _rows()
    for x in (1, 1, 1, 2):
        rows.take([{"id": 1, "at": "2018-10-22 12:00:00.1234567", "x": x}, {"id": 2, "at": "soon"}])

    assert (account.versions, account.naive_timestamps, account.finer_timestamps, account.unparsable_cursors) == (
        3,
        2,
        2,
        1,
    )
    assert (account.records, account.unchanged) == (8, 2)


def test_bytes_that_repeat_are_counted_as_if_they_were_read() -> None:
    """Whether a snapshot is read again or known already makes no difference to the account."""
    known, one = _rows()
    read, other = _rows()
    records = [{"id": 1, "at": 1}, {"id": 1, "at": 1}, {"at": 1}]
    known.take(records)
    known.repeat()
    read.take(records)
    read.take(records)

    assert one == other
    assert (one.records, one.duplicate_keys, one.missing_keys, one.unchanged) == (6, 2, 2, 1)


def test_only_so_many_notes_are_kept() -> None:
    """All are counted."""
    account = ReadLog()
    for number in range(NOTES_KEPT + 5):
        account.skip(str(number), f"holds no {'x' * number}")

    assert account.skipped == 105
    assert len(account.notes) == 100
