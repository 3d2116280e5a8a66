"""What a commit leaves of a table besides its own snapshot, and what it does when its state would be lost."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.failures import SparkFailed
from incload.engines.spark.past.commits import PREFIX, Commit
from incload.errors import Refused
from tests.engines.spark.small import ON_SPARK
from tests.engines.spark.test_loads import CHANGE, CHANGED, FIRST, Ends

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    """Return a source with three rows and a warehouse that was loaded and then changed by another writer."""
    ends = Ends(tmp_path)
    ends.load()
    ends.run("UPDATE {} SET name = 'a' WHERE id = 1")
    return ends


def _numbers(ends: Ends) -> list[int]:
    """Return the numbers of all snapshots of the table, those that lead to nothing as well."""
    with closing(ends.session()) as session:
        name = session.places.plain_name("target", "db.events.snapshots")
        return sorted(int(number) for (number,) in session.rows(f"SELECT snapshot_id FROM {name}"))


def _broken(*_: object) -> None:
    raise OSError("no room")


def test_a_load_that_fails_expires_its_own_snapshot_alone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older ones stay, although the table lets them expire after a millisecond."""
    ends.run("ALTER TABLE {} SET TBLPROPERTIES ('history.expire.max-snapshot-age-ms'='1')")
    before = _numbers(ends)
    ends.write(*CHANGE)
    monkeypatch.setattr(Commit, "_finish", _broken)
    with pytest.raises(OSError, match="no room"):
        ends.load()

    assert len(before) > 1
    assert _numbers(ends) == before


def test_a_dead_branch_goes_and_the_history_behind_it_stays(ends: Ends) -> None:
    """Its snapshot is one that the main branch has come from since."""
    with closing(ends.session()) as session:
        known = session.places.known("target", "db.events")
        old = f"{PREFIX}{int(time.time()) - 90_000}_dead"
        known.table.manageSnapshots().createBranch(old, known.snapshot).commit()
    before = _numbers(ends)
    ends.run("INSERT INTO {} VALUES (9, 50, 'other')")
    ends.write(*CHANGE)
    ends.load()

    assert ends.branches() == 0
    assert set(before) <= set(_numbers(ends))


def test_a_commit_that_has_lost_its_state_is_undone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that calls in another thread of Java loses the properties, and rows would be read again."""
    before = _numbers(ends)
    ends.write(*CHANGE)
    with monkeypatch.context() as planted:
        planted.setattr(Commit, "_with_properties", lambda _, write, __: write())
        with pytest.raises(Refused, match=r"has not put incload.*.state.timestamp_watermark into the snapshot"):
            ends.load()
    between = ends.rows(), _numbers(ends)
    ends.load()

    assert (*between, ends.rows()) == (FIRST, before, CHANGED)


def test_a_branch_that_another_writer_forbids_is_tried_again(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict at the making of the branch is one as at the end."""
    ends.write(*CHANGE)
    begin, late = Commit._begin, [True]

    def conflicting(commit: Commit) -> None:
        if late and late.pop():
            error = SparkFailed("the branch was not made")
            error.conflict = True
            raise error
        begin(commit)

    monkeypatch.setattr(Commit, "_begin", conflicting)
    ends.load()

    assert ends.rows() == CHANGED
