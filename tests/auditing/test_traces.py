"""Rows that no sync has read, or none has kept, are not called late where what the copy holds shows it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.audit import audit
from incload.api.load import load
from incload.auditing.traces.placed import Between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOAD: dict[str, Any] = {"table": "t", "key": "id", "cursor": "c", "strategy": "timestamp_watermark"}
SYNCS = ((1, 3), (4, 6), (7, 9))
"""The first and the last cursor that each sync reads; keys are the same numbers."""


class Copied:
    """A source and a copy that incload has loaded, a sync for each of some ranges of cursors."""

    def __init__(
        self,
        folder: Path,
        factor: int = 1,
        syncs: Sequence[tuple[int, int]] = SYNCS,
        strategy: str = "timestamp_watermark",
    ) -> None:
        """Load a row for each number, whose cursor is so many times the number."""
        self._folder = folder
        self.urls = f"sqlite:///{folder}/s.db?table=t", f"sqlite:///{folder}/c.db?table=t"
        self.run("s", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, c INTEGER)")
        for first, last in syncs:
            for number in range(first, last + 1):
                self.run("s", f"INSERT INTO t VALUES ({number}, 'x', {number * factor})")
            load(self.urls[0], f"sqlite:///{folder}/c.db", **LOAD | {"strategy": strategy})

    def run(self, side: str, sql: str) -> None:
        """Run a statement on a side."""
        with closing(sqlite3.connect(self._folder / f"{side}.db")) as opened, opened:
            opened.execute(sql)

    def causes(self, **options: Any) -> dict[str, int]:  # noqa: ANN401 - of an audit
        """Audit the copy."""
        return audit(*self.urls, key="id", cursor="c", **options).causes

    def forget(self) -> None:
        """Remove the state of the load."""
        for table in ("_incload_state", "_incload_state_history"):
            self.run("c", f"DROP TABLE {table}")


@pytest.mark.parametrize(
    ("lost", "causes"),
    [
        ("id BETWEEN 4 AND 6", {"state ahead of the rows": 3}),
        ("id > 6", {"state ahead of the rows": 3}),
        ("id BETWEEN 1 AND 3", {"state ahead of the rows": 3}),
        ("id IN (4, 5)", {"late": 2}),
        ("id IN (4, 6)", {"late": 1, "tie": 1}),
        ("id IN (5, 7, 8, 9)", {"state ahead of the rows": 3, "late": 1}),
    ],
)
def test_a_state_without_the_rows_of_its_sync(tmp_path: Path, lost: str, causes: dict[str, int]) -> None:
    """All rows of a sync are missing, the one from which its watermark came among them; else rows are late, or ties."""
    copied = Copied(tmp_path)
    copied.run("c", f"DELETE FROM t WHERE {lost}")

    assert copied.causes() == causes


def test_a_state_that_is_coarser_than_the_cursor(tmp_path: Path) -> None:
    """What the rounded watermark has passed is not late; a row with a row of the copy behind it is."""
    copied = Copied(tmp_path, factor=10)
    for old, new in ((90, 180), (60, 120), (30, 60)):
        for table in ("_incload_state", "_incload_state_history"):
            copied.run(
                "c",
                f"UPDATE {table} SET value = replace(replace(value, '\"watermark\": {old},', '\"watermark\": {new},'),"
                f" '\"shown\": {old},', '\"shown\": {new},') WHERE value LIKE '%\"watermark\": {old},%'",
            )
    copied.run("s", "INSERT INTO t VALUES (100, 'x', 59), (101, 'x', 45), (102, 'x', 119), (103, 'x', 179)")
    copied.run("c", "UPDATE t SET c = 50 WHERE id = 6")
    copied.run("s", "UPDATE t SET c = 50 WHERE id = 6")

    assert copied.causes() == {"state ahead of the rows": 3, "late": 1}


@pytest.mark.parametrize(
    ("wrong", "is_evidence"),
    [([5], True), ([4], False), ([3, 5], True), ([3, 4], False), ([4, 4], False), ([4, 4, 4], True)],
)
def test_what_shows_that_a_sync_has_gone_by(wrong: list[int], *, is_evidence: bool) -> None:
    """The row from which the watermark came, or so many others that one of them may be it."""
    placed = [(place, f"m{place};") for place in wrong]

    assert Between("m2;", (5, "m5;"), placed).is_evidence is is_evidence


@pytest.mark.parametrize(
    ("options", "causes"),
    [({}, {"state ahead of the rows": 4}), ({"cursor_unit": "s"}, {"late": 4})],
    ids=["numbers", "times"],
)
def test_a_crash_of_a_loader_that_reads_again(tmp_path: Path, options: dict[str, str], causes: dict[str, int]) -> None:
    """The row of the watermark has come back; rows that were late at the sync before, by its clock, show nothing."""
    copied = Copied(tmp_path, syncs=((1, 4), (5, 9), (10, 12)), strategy="timestamp_watermark_inclusive")
    copied.run("c", "DELETE FROM t WHERE id BETWEEN 5 AND 8")

    assert copied.causes(**options) == causes


@pytest.mark.parametrize(
    ("lost", "causes"),
    [
        ("id BETWEEN 24 AND 29", {"in a missing part of a sync": 6}),
        ("id IN (23, 25, 27, 29)", {"late": 4}),
        ("id IN (28, 29)", {"late": 2}),
    ],
    ids=["neighbours", "scattered", "too few"],
)
def test_a_sync_that_was_answered_without_a_part(tmp_path: Path, lost: str, causes: dict[str, int]) -> None:
    """Neighbours by key of which the copy has nothing, so many that late rows would not look so by chance."""
    copied = Copied(tmp_path, syncs=((1, 20), (21, 30), (31, 40)))
    copied.run("c", f"DELETE FROM t WHERE {lost}")

    assert copied.causes() == causes


@pytest.mark.parametrize("keeps_state", [True, False])
def test_rows_that_came_later_are_late(tmp_path: Path, *, keeps_state: bool) -> None:
    """Their keys are those of rows that were inserted after the sync."""
    copied = Copied(tmp_path, factor=10, syncs=((1, 20), (21, 30), (31, 40)))
    copied.run("s", "INSERT INTO t VALUES (41, 'x', 251), (42, 'x', 252), (43, 'x', 253), (44, 'x', 254)")
    if not keeps_state:
        copied.forget()

    assert copied.causes() == {"late": 4}


@pytest.mark.parametrize(
    ("lost", "causes"),
    [
        ("id BETWEEN 14 AND 18", {"never in any window": 5}),
        ("id IN (3, 9, 14, 18, 22)", {"late": 5}),
        ("id IN (3, 14, 15, 16, 17, 18, 30)", {"never in any window": 5, "late": 2}),
        ("id > 3 AND id < 40", {"in a missing part of a sync": 36}),
    ],
    ids=["a stretch", "scattered", "both", "nearly all"],
)
def test_a_stretch_of_which_a_copy_without_a_state_has_nothing(
    tmp_path: Path, lost: str, causes: dict[str, int]
) -> None:
    """Late rows lie among others; where nearly all rows are wrong, their keys show more than their cursors."""
    copied = Copied(tmp_path, syncs=((1, 40),))
    copied.forget()
    copied.run("c", f"DELETE FROM t WHERE {lost}")

    assert copied.causes() == causes


def test_a_cursor_that_rows_went_back_to_makes_no_tie(tmp_path: Path) -> None:
    """It was given again when the watermark had passed it, as the rows show of which the copy has a newer one."""
    copied = Copied(tmp_path, syncs=((1, 40),))
    copied.forget()
    copied.run("s", "INSERT INTO t VALUES (101, 'x', 10), (102, 'x', 20)")

    assert copied.causes() == {"tie": 2}

    copied.run("s", "UPDATE t SET c = 20 WHERE id = 30")

    assert copied.causes() == {"tie": 1, "late": 1, "older over newer": 1}


@pytest.mark.parametrize(
    ("late", "options", "cause"),
    [
        ((55, 58, 115, 118, 178, 179, 238, 239), {"cursor_unit": "s"}, "state ahead of the rows"),
        ((55, 58, 115, 118, 178, 179, 238, 239), {}, "late"),
        ((55, 58, 115, 118, 178, 179, 238, 222), {"cursor_unit": "s"}, "late"),
        ((55, 56, 57, 58, 115, 116, 117, 118), {"cursor_unit": "s"}, "late"),
        ((55, 115, 178, 239), {"cursor_unit": "s"}, "late"),
    ],
    ids=["the last of their minutes", "no times", "one among others", "few minutes", "may be chance"],
)
def test_a_watermark_that_was_rounded_up_without_a_state(
    tmp_path: Path, late: tuple[int, ...], options: dict[str, str], cause: str
) -> None:
    """All late rows are the last of their minutes, which are several, and not alone there."""
    copied = Copied(tmp_path, factor=25, syncs=((1, 24),))
    copied.forget()
    for key, cursor in enumerate(late, start=101):
        copied.run("s", f"INSERT INTO t VALUES ({key}, 'x', {cursor})")

    assert copied.causes(**options) == {cause: len(late)}
