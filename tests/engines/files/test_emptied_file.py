"""A file that holds no record any more: nothing is taken from the target for it, and what stays there is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.loading.plan import Guards

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Ends

FULL = "id,ts,name\n1,100,a\n2,200,b\n"
EMPTY = "id,ts,name\n"


@pytest.mark.parametrize("name", ["full_refresh", "snapshot_diff", "row_hash_cdc"])
def test_rows_that_an_emptied_file_leaves_behind_are_reported(into: Ends, tmp_path: Path, name: str) -> None:
    """A strategy that deletes what is gone has not deleted it, so the copy is not what the file is: that is said."""
    file = tmp_path / "events.csv"
    file.write_text(FULL, encoding="utf-8")
    into.load(name, file=file)
    file.write_text(EMPTY, encoding="utf-8")
    summary = into.load(name, file=file)

    sentence = (
        f"{str(file)!r} holds no record, and the 2 rows of 'events' were kept: "
        "if they are really gone, load with --allow-removals."
    )
    assert summary.warnings == (sentence,)
    assert into.rows() == [(1, 100, "a"), (2, 200, "b")]


@pytest.mark.parametrize("empty", [("events.csv", EMPTY), ("events.json", "[]"), ("events.json", " [ ] ")])
@pytest.mark.parametrize("name", ["full_refresh", "snapshot_diff", "row_hash_cdc"])
def test_the_remedy_is_one(into: Ends, tmp_path: Path, name: str, empty: tuple[str, str]) -> None:
    """With --allow-removals the table is emptied, and the rows that come back later are loaded."""
    file, gone = tmp_path / "events.csv", tmp_path / empty[0]
    allowed = Guards(allow_removals=True, same_source=True)
    file.write_text(FULL, encoding="utf-8")
    into.load(name, file=file)
    gone.write_text(empty[1], encoding="utf-8")
    summary = into.load(name, file=gone, guards=allowed)

    assert (summary.source_records, summary.loaded, summary.removed, summary.total_in_target) == (0, 0, 2, 0)
    assert into.rows() == []
    file.write_text(FULL, encoding="utf-8")
    assert into.load(name, file=file, guards=allowed).loaded == 2
    assert into.rows() == [(1, 100, "a"), (2, 200, "b")]


def test_a_strategy_that_deletes_nothing_empties_nothing(into: Ends, tmp_path: Path) -> None:
    """Whatever is allowed, its rows stay."""
    file = tmp_path / "events.csv"
    file.write_text(FULL, encoding="utf-8")
    into.load("timestamp_watermark", file=file)
    file.write_text(EMPTY, encoding="utf-8")
    into.load("timestamp_watermark", file=file, guards=Guards(allow_removals=True))

    assert into.rows() == [(1, 100, "a"), (2, 200, "b")]


def test_an_empty_file_of_news_is_nothing_to_report(into: Ends, tmp_path: Path) -> None:
    """A strategy that deletes nothing may be given a file that holds only what is new, and today nothing is."""
    file = tmp_path / "events.csv"
    file.write_text(FULL, encoding="utf-8")
    into.load("timestamp_watermark", file=file)
    file.write_text(EMPTY, encoding="utf-8")

    assert into.load("timestamp_watermark", file=file).warnings == ()
