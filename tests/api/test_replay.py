"""`replay` and `profile` as another program calls them: plain values in, frozen records out."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.profile import Profile, profile
from incload.api.replay import Replay, replay
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Return a folder of three snapshots; row 3 appears late, behind row 2."""
    rows = [(1, "2026-03-01T10:00:00Z"), (2, "2026-03-01T10:10:00Z"), (3, "2026-03-01T10:05:00Z")]
    folder = tmp_path / "feed"
    folder.mkdir()
    for number in (1, 2, 3):
        records = [{"id": key, "at": at} for key, at in rows[:number]]
        (folder / f"2026-03-01T11-0{number}.json").write_text(json.dumps(records), encoding="utf-8")
    return folder


def replayed(feed: Path, **options: Any) -> Replay:  # noqa: ANN401 - wrong options are passed on purpose
    """Replay the feed with two strategies, with some options changed."""
    usual = {"key": "id", "cursor": "at", "strategies": ["timestamp_watermark", "full_refresh"], "windows": ["1h"]}
    return replay(feed, **{**usual, **options})


def test_what_a_replay_returns(feed: Path) -> None:
    """A record for each strategy, and what is known of the history."""
    found = replayed(feed)

    assert [(row.strategy, row.outcome, row.rows_ever_wrong) for row in found.rows] == [
        ("timestamp_watermark", "wrong", 1),
        ("full_refresh", "sound", 0),
    ]
    assert (found.facts.account.snapshots, found.facts.schedule) == (3, "a sync after every snapshot")
    assert [window.forecast.seconds for window in found.facts.windows] == [3600.0]
    assert found.written == ()


def test_a_replay_as_a_frame_and_as_plain_values(feed: Path) -> None:
    """A row or a record for each strategy."""
    found = replayed(feed)

    assert found.to_pandas()["rows_ever_wrong"].tolist() == [1, 0]
    assert [row["outcome"] for row in found.to_dict()["rows"]] == ["wrong", "sound"]


def test_a_replay_writes_its_report_where_a_folder_is_named(feed: Path, tmp_path: Path) -> None:
    """The CSV first; the call makes it again."""
    found = replayed(feed, strategies="full_refresh", windows=(), report_dir=tmp_path / "out")

    assert found.written[0] == tmp_path / "out" / "replay-filtered.csv"
    assert found.facts.command == (
        f"incload.replay('{feed}', key='id', cursor='at', strategies='full_refresh', windows=())"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"strategie": "id"}, r"unknown option of incload\.replay 'strategie': did you mean strategies\?"),
        ({"strategies": "full_refrsh"}, r"unknown strategy 'full_refrsh': did you mean full_refresh\?"),
        ({"engines": "sqlit"}, r"unknown pair of engines 'sqlit': did you mean sqlite"),
        ({"workers": 0}, r"0 workers leave no process to follow the history: give 1 or more\."),
        ({"vanished": "kept"}, r"unknown vanished 'kept': did you mean keep\?"),
        ({"interval": "soon"}, r"--interval 'soon' is no span of time"),
    ],
)
def test_wrong_options_of_a_replay_are_refused(feed: Path, options: dict[str, object], sentence: str) -> None:
    """In one sentence."""
    with pytest.raises(Refused, match=sentence):
        replayed(feed, **options)


def test_the_profile_of_a_history(feed: Path) -> None:
    """How its changes lie, and nothing of a table."""
    found = profile(feed, key="id", cursor="at")

    assert found.history is not None
    assert (found.history.lateness.changes, found.table) == (2, None)
    assert isinstance(found, Profile)
    assert set(found.to_dict()) == {"history", "table", "written"}


def test_the_profile_of_a_table(tmp_path: Path) -> None:
    """What one state shows, and nothing of a history."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, at INTEGER)")
        connection.execute("INSERT INTO orders VALUES (1, 1767225600), (2, 1767225600), (3, NULL)")
    found = profile(f"sqlite:///{tmp_path}/shop.db?table=orders", key="id", cursor="at", cursor_unit="s")

    assert found.history is None
    assert found.table is not None
    assert (found.table.rows, found.table.null_timestamps) == (3, 1)


@pytest.mark.parametrize("options", [{"every": 2}, {"file": "x.json"}, {"interval": "1h"}, {"follow": True}])
def test_a_table_has_no_versions(options: dict[str, Any]) -> None:
    """Options of a history are refused for a table."""
    with pytest.raises(Refused, match="is for the versions of a file"):
        profile("sqlite:///shop.db?table=orders", key="id", cursor="at", **options)
