"""A recording of the source says which rows were there when a sync should have read them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.audit import audit
from incload.api.kept_records import past_watermarks_in
from incload.api.load import load
from incload.api.tables.watch import watch
from incload.auditing.observed import Observed
from incload.auditing.tables import open_copy
from incload.cli import main
from incload.engines.endpoints import locate
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

NOON = "2026-03-01T12:00:"
LOAD: dict[str, Any] = {"table": "t", "key": "id", "cursor": "at", "strategy": "timestamp_watermark"}


class Life:
    """A source that is watched and loaded."""

    def __init__(self, folder: Path) -> None:
        """Make the source."""
        self._folder, self.recording = folder, folder / "watch.db"
        self.urls = f"sqlite:///{folder}/s.db?table=t", f"sqlite:///{folder}/c.db?table=t"
        self.run("s", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, at TEXT)")

    def run(self, side: str, sql: str) -> None:
        """Run a statement on a side."""
        with closing(sqlite3.connect(self._folder / f"{side}.db")) as opened, opened:
            opened.execute(sql)

    def insert(self, *rows: tuple[int, str]) -> None:
        """Insert rows, given as keys and seconds after noon, and look at the table twice."""
        listed = ", ".join(f"({key}, 'x', '{NOON}{second}Z')" for key, second in rows)
        self.run("s", f"INSERT INTO t VALUES {listed}")
        for _ in range(2):
            watch(self.urls[0], key="id", cursor="at", to=self.recording, duration="0s")

    def sync(self) -> None:
        """Load."""
        load(self.urls[0], f"sqlite:///{self._folder}/c.db", **LOAD)


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """Return a copy that lacks a row that was there at its sync, and one that came later with an older cursor."""
    life = Life(tmp_path)
    for rows in ([(1, "01"), (2, "02")], [(3, "04"), (4, "05")], [(5, "03"), (6, "06")]):
        life.insert(*rows)
        life.sync()
    life.run("c", "DELETE FROM t WHERE id = 3")
    return life


def test_rows_that_a_sync_left_out_are_not_late(life: Life) -> None:
    """Without the recording both are called late; with it one is certain to be the loader's."""
    assert audit(*life.urls, key="id", cursor="at").causes == {"late": 2}

    found = audit(*life.urls, key="id", cursor="at", recording=life.recording)

    assert found.causes == {"left out of a sync": 1, "late": 1}
    assert {sample.key: sample.cause for sample in found.samples} == {(3,): "left out of a sync", (5,): "late"}
    assert found.certain == ("left out of a sync",)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ({'["7"]': (15, 100)}, True),
        ({'["7"]': (15, 200)}, True),
        ({'["7"]': (15, 201)}, False),
        ({'["7"]': (14, 100)}, False),
        ({'["7"]': (None, 100)}, False),
        ({}, False),
    ],
)
def test_what_is_shown_of_a_row(visible: dict[str, tuple[int | None, int]], expected: bool) -> None:  # noqa: FBT001 - a case
    """It was there when the sync began that passed its cursor, with that cursor."""
    observed = Observed(visible, (("m10;", 100), ("m20;", 200), ("m30;", 300)), 1_000_000, (0,))

    assert observed.left_out(("i7;",), "m15;") is expected
    assert not observed.left_out(("i7;",), "m5;")


def test_what_a_watermark_set_by_hand_has_passed_is_not_left_out_of_a_sync(life: Life, tmp_path: Path) -> None:
    """No sync has read up to it: the row that it jumps over is no sync's, and the next sync begins behind it."""
    life.insert((7, "07"))
    words = ["state", "set", f"sqlite:///{tmp_path}/c.db", "--table", "t", "--strategy", "timestamp_watermark"]
    assert main([*words, "--watermark", f"{NOON}08Z"]) == 0
    life.insert((8, "09"), (9, "10"))
    life.sync()
    life.run("c", "DELETE FROM t WHERE id = 8")

    found = audit(*life.urls, key="id", cursor="at", recording=life.recording)

    assert {sample.key[0]: sample.cause for sample in found.samples if sample.key[0] in {7, 8}} == {
        7: "late",
        8: "left out of a sync",
    }


def test_only_syncs_have_a_time(tmp_path: Path) -> None:
    """Watermarks that were set, and rolled back to, are kept among the earlier ones without the time of a sync."""
    life = Life(tmp_path)
    for row in ((1, "01"), (2, "02")):
        life.insert(row)
        life.sync()
    words = [f"sqlite:///{tmp_path}/c.db", "--table", "t", "--strategy", "timestamp_watermark"]
    assert main(["state", "set", *words, "--watermark", f"{NOON}09Z"]) == 0
    assert main(["state", "rollback", *words]) == 0
    copy = open_copy(locate(life.urls[1]), None)
    try:
        found = past_watermarks_in(copy, "timestamp_watermark")
    finally:
        copy.session.close()

    assert [(text[-3:], at is None) for text, at in found] == [
        ("01Z", False),
        ("02Z", False),
        ("09Z", True),
        ("02Z", True),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cursor": "at", "recording": "s.db"}, "is no recording: name a file that `incload watch` has written"),
        ({"cursor": "v", "recording": "watch.db"}, "--recording says which rows a sync has left out, and needs"),
        ({"recording": "watch.db"}, "--recording says which rows a sync has left out, and needs"),
    ],
)
def test_recordings_that_are_refused(life: Life, tmp_path: Path, options: dict[str, Any], said: str) -> None:
    """One that is none, and one that says nothing of the copy's syncs."""
    with pytest.raises(Refused, match=said):
        audit(*life.urls, key="id", **{**options, "recording": tmp_path / options["recording"]})


def test_a_recording_by_another_cursor_is_refused(life: Life, tmp_path: Path) -> None:
    """One sentence says by which it was made."""
    other = tmp_path / "other.db"
    watch(life.urls[0], key="id", cursor="v", to=other, duration="0s")
    with pytest.raises(Refused, match="was made with --key id --cursor v: audit by the same"):
        audit(*life.urls, key="id", cursor="at", recording=other)


@pytest.mark.parametrize(
    ("syncs", "seen", "is_left_out"),
    [
        ([("m4;", 50), ("m5;", 120)], 100, True),
        ([("m4;", 50), ("m5;", 120)], 120, True),
        ([("m4;", 50), ("m5;", 120)], 121, False),
        ([("m4;", 50), ("m9;", 120)], 100, True),
        ([("m4;", 50), ("m4;", 120)], 100, False),
        ([("m5;", 120)], 100, False),
        ([("n;", 50), ("m5;", 120)], 100, False),
        ([], 100, False),
    ],
)
def test_the_sync_that_should_have_read_a_row(syncs: list[tuple[str, int]], seen: int, *, is_left_out: bool) -> None:
    """The first whose watermark is the row's cursor or beyond, if the one before it is known to lie below."""
    observed = Observed({'["1"]': (5, seen)}, syncs, 1_000_000, (0,))

    assert observed.left_out(("i1;",), "m5;") is is_left_out
    assert observed.left_out(("i1;",), "m6;") is False
    assert observed.left_out(("i2;",), "m5;") is False
