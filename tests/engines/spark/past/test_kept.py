"""What snapshots of Iceberg keep: the states before, and the names of files that a dead load has not left."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload
from incload.cli import main
from incload.engines.endpoints import locate
from incload.loading.state.edit import Choice, look, reset, roll_back, set_by_hand
from incload.loading.state.orphans import left_files
from tests.engines.spark.small import ON_SPARK
from tests.engines.spark.test_loads import CHANGE, CHANGED, FIRST, Ends

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK


def test_a_state_is_set_and_rolled_back(tmp_path: Path) -> None:
    """By a snapshot without files; the next load goes by it, and the history says who did what."""
    ends = Ends(tmp_path)
    ends.load()
    ends.write(*CHANGE)
    ends.load()
    chosen = Choice(locate(ends.target), "db.events", "timestamp_watermark")
    set_by_hand(chosen, "400", None)
    again = ends.load()
    roll_back(chosen, to=2)
    all_changes = ends.load()
    reset(chosen)
    state = look(chosen, empty=True)
    roll_back(chosen)
    ((kept,),) = [look(chosen)]

    assert (again.loaded, all_changes.loaded, state, ends.rows()) == (1, 2, [], CHANGED)
    said = [(past.run, str(past.by), past.of_run, entry and entry.state.watermark) for past, entry in kept.history]
    assert said == [
        (9, "rollback", 7, 401), (8, "reset", None, None), (7, "sync", None, 401), (6, "rollback", 2, 300),
        (5, "sync", None, 401), (4, "set", None, 400), (3, "sync", None, 401), (2, "sync", None, 300),
    ]  # fmt: skip


def test_files_that_no_snapshot_names_are_shown_and_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are old enough, and none that any snapshot or branch names."""
    ends = Ends(tmp_path)
    ends.load()
    ends.run("ALTER TABLE {} CREATE BRANCH kept")
    ends.run("INSERT OVERWRITE {} VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')")
    folder = tmp_path / "lake" / "db" / "events" / "data"
    old, new = folder / "old.parquet", folder / "new.parquet"
    past = time.time() - 4 * 86_400
    for each in (old, new):
        each.write_bytes(b"12345")
    for each in (old, *(named for named in folder.iterdir() if named != new)):
        os.utime(each, (past, past))
    before = len(list(folder.iterdir()))
    command = ["state", "show", ends.target, "--table", "db.events"]
    main([*command, "--format", "json"])
    (values,) = json.loads(capsys.readouterr().out)
    main([*command, "--clean"])
    said = capsys.readouterr().out

    assert [each["path"] for each in values["orphan_files"]] == [str(new), str(old)]
    assert "db.events: 2 files of 10 bytes that no snapshot names, of which 1 were deleted" in said
    assert (old.exists(), new.exists(), before - len(list(folder.iterdir()))) == (False, True, 1)
    with closing(ends.session()) as session:
        branch = session.places.plain_name("target", "db.events", "kept")
        assert (ends.rows(), session.rows(f"SELECT * FROM {branch} ORDER BY 1")) == (FIRST, FIRST)


def test_a_folder_that_is_reached_through_a_link_loses_no_file(tmp_path: Path) -> None:
    """Its files are named by whichever path the load that wrote them had: none of them is an orphan."""
    ends = Ends(tmp_path)
    ends.load()
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "lake")
    there = ends.target.replace(f"{tmp_path}/lake", str(linked))
    ends.write(*CHANGE)
    incload.load(
        f"sqlite:///{tmp_path}/source.db?table=events",
        target=there,
        table="db.events",
        key="id",
        cursor="ts",
        strategy="timestamp_watermark",
    )
    for each in (tmp_path / "lake").rglob("*"):
        os.utime(each, (0, 0))

    for target in (ends.target, there):
        ((left,),) = [left_files(Choice(locate(target), "db.events"), clean=True)]
        assert (left.files, left.old) == ((), ())

    assert ends.rows() == CHANGED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--clean", "--older-than", "0"], "would delete files that a load is about to commit: give at least 1"),
        (["--older-than", "5"], "--older-than says what --clean may delete: give both"),
    ],
)
def test_files_that_may_be_about_to_be_named_are_not_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """A day is the least."""
    assert main(["state", "show", f"iceberg:///{tmp_path}/lake", *options]) == 2
    assert said in capsys.readouterr().err
