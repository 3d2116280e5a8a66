"""A recording of a watched table as a history: every tick and every count, worked out by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.history.recorded.observed import TABLES, open_recording
from incload.history.recorded.options import ReplayOptions

if TYPE_CHECKING:
    from pathlib import Path

    from incload.history.history import Tick

Looked = tuple[str, int | None, str | None]
"""Key, cursor and content; no content where the row is gone."""
LOOKS: tuple[tuple[Looked, ...], ...] = (
    (('["a"]', 100, "1"), ('["b"]', 90, "1"), ('["c"]', None, "1"), ('["e"]', 70, "1")),
    (('["a"]', 100, "2"), ('["b"]', None, None), ('["d"]', 95, "1")),
    (('["a"]', 80, "3"), ('["b"]', 120, "2")),
    (),
    (('["d"]', None, None), ('["c"]', None, "2")),
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of five looks that succeeded, ten microseconds apart, and of one that failed."""
    path = tmp_path / "watch.db"
    with closing(sqlite3.connect(path)) as file:
        for name, columns in TABLES.items():
            file.execute(f"CREATE TABLE {name} ({columns})")
        meta = [("key", '["id"]'), ("cursor", "at"), ("table", "orders")]
        file.executemany("INSERT INTO incload_watch VALUES (?, ?)", meta)
        for look, rows in enumerate(LOOKS):
            file.execute("INSERT INTO incload_looks VALUES (?, ?, 3, '')", (look, 1_000 + 10 * look))
            file.executemany("INSERT INTO incload_changes VALUES (?, ?, ?, ?)", [(look, *row) for row in rows])
        file.execute("INSERT INTO incload_looks VALUES (5, 1050, 0, 'no such table')")
        file.commit()
    return path


def shown(tick: Tick) -> tuple[int, list[dict[str, object]], list[str]]:
    """Return the time of a tick in microseconds, its upserts without their cursors, and the keys of its deletes."""
    upserts = tick.upserts.drop_columns(["at"]).to_pylist()
    return tick.at, upserts, tick.deletes.column("id").to_pylist()


def test_every_look_is_a_tick(recording: Path) -> None:
    """The first is the base; one without a change is a tick as well, and one that failed is none."""
    history, _ = open_recording(recording, ReplayOptions(key=("id",), cursor="at"))

    assert (history.table.name, history.table.names, history.started) == ("orders", ("id", "at", "content"), 1_000)
    assert history.base.column("id").to_pylist() == ["a", "b", "c", "e"]
    assert [shown(tick) for tick in history.ticks] == [
        (1_010, [{"id": "a", "content": "2"}, {"id": "d", "content": "1"}], ["b"]),
        (1_020, [{"id": "a", "content": "3"}, {"id": "b", "content": "2"}], []),
        (1_030, [], []),
        (1_040, [{"id": "c", "content": "2"}], ["d"]),
    ]


def test_every_count_of_a_recording(recording: Path) -> None:
    """Versions, updates that leave or lower the cursor, rows that went and came back; the rest is nothing."""
    history, account = open_recording(recording, ReplayOptions(key=("id",), cursor="at"))
    list(history.ticks)
    counts = {name: value for name, value in asdict(account).items() if value}

    assert len(counts.pop("digest")) == 16
    assert counts == {
        "snapshots": 5, "usable": 5, "records": 9, "versions": 9, "keys": 5, "updates": 3,
        "disappearances": 2, "returns": 1, "null_cursors": 2, "cursors_read": 7, "latest_cursor": 120,
        "updates_without_touch": 1, "updates_backwards": 1,
        "ticks": 4, "ticks_without_change": 1, "upserts": 5, "deletes": 2,
    }  # fmt: skip


def test_a_look_that_found_other_columns(recording: Path) -> None:
    """Rows that kept their cursor count as unchanged there, and the first look is no change of the columns."""
    with closing(sqlite3.connect(recording)) as file:
        file.execute("INSERT INTO incload_columns VALUES (0, '[]'), (1, '[[\"v\", \"TEXT\"]]')")
        file.commit()
    history, account = open_recording(recording, ReplayOptions(key=("id",), cursor="at"))
    first = next(iter(history.ticks))

    assert shown(first) == (1_010, [{"id": "d", "content": "1"}], ["b"])
    assert (account.column_changes, account.updates, account.updates_without_touch) == (1, 0, 0)


def test_several_looks_are_one_tick_when_asked(recording: Path) -> None:
    """What came and went in between is not seen; the last tick may stand for fewer looks."""
    history, account = open_recording(recording, ReplayOptions(key=("id",), cursor="at", every=3))
    ticks = [shown(tick) for tick in history.ticks]

    assert [(at, [row["id"] for row in rows], gone) for at, rows, gone in ticks] == [
        (1_030, ["a", "b", "d"], []), (1_040, ["c"], ["d"]),
    ]  # fmt: skip
    assert (account.ticks, account.upserts, account.deletes) == (2, 4, 1)


def test_the_content_has_a_name_of_its_own(recording: Path) -> None:
    """A cursor called `content` takes the name, and the next one is used."""
    with closing(sqlite3.connect(recording)) as file:
        file.execute("UPDATE incload_watch SET value = 'content' WHERE name = 'cursor'")
        file.commit()
    history, _ = open_recording(recording, ReplayOptions(key=("id",), cursor="content"))

    assert history.table.names == ("id", "content", "content_of_row")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ReplayOptions(key=("nr",)), r"names rows by id: give that as --key\.$"),
        (ReplayOptions(key=("id",), cursor="v"), r"holds the cursor 'at': give that as --cursor\.$"),
        (ReplayOptions(key=("id",), vanished="keep"), r"^--vanished keep is for the versions of a file"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: ReplayOptions, said: str, recording: Path) -> None:
    """By the name of the option, and with what the recording holds."""
    with pytest.raises(Refused, match=said):
        open_recording(recording, options)


def test_a_recording_without_a_look_is_refused(recording: Path) -> None:
    """It has to go on first."""
    with closing(sqlite3.connect(recording)) as file:
        file.execute("DELETE FROM incload_looks WHERE failure = ''")
        file.commit()

    with pytest.raises(Refused, match=r"holds no look yet: let `incload watch` go on\.$"):
        open_recording(recording, ReplayOptions(key=("id",), cursor="at"))
