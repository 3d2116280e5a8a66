"""What an audit reads: rows since a cursor value, a sample of blocks, a large table without an index; and the sum."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from incload.api import audited_rows
from incload.api.audit import audit
from incload.api.load import load
from incload.auditing.sampling import Share, _bounds
from incload.errors import Refused
from incload.report.audit.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path


def table(folder: Path, side: str, rows: list[tuple[Any, ...]], columns: str = "k INTEGER PRIMARY KEY, at TEXT") -> str:
    """Make a table, and return its URL."""
    with closing(sqlite3.connect(folder / f"{side}.db")) as connection, connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return f"sqlite:///{folder}/{side}.db?table=t"


def day(number: int) -> str:
    """Return noon of a day."""
    return f"2026-03-{number:02}T12:00:00Z"


def test_since(tmp_path: Path) -> None:
    """Rows with an older cursor are not compared, on either side."""
    urls = (
        table(tmp_path, "s", [(number, day(number)) for number in range(1, 9)]),
        table(tmp_path, "c", [(number, day(number)) for number in (3, 5, 6, 8)]),
    )

    found = audit(*urls, key="k", cursor="at", since=day(5))

    assert (found.compared, found.lost) == (4, 1)
    assert audit(*urls, key="k", cursor="at", since=day(5), where="k > 7").wrong == 0


def test_since_between_engines(tmp_path: Path) -> None:
    """Each side is asked in its own form of the value."""
    import duckdb

    source = table(tmp_path, "s", [(1, 1_772_366_400_000_000), (2, 1_772_452_800_000_000)], "k INTEGER, at INTEGER")
    with duckdb.connect(f"{tmp_path}/c.duckdb") as connection:
        connection.execute('CREATE TABLE t (k BIGINT, "at" TIMESTAMP)')

    found = audit(source, f"duckdb:///{tmp_path}/c.duckdb?table=t", key="k", cursor="at", since="2026-03-02T12:00:00Z")

    assert (found.source_rows, found.lost) == (1, 1)


def test_a_sample_says_how_sure_it_is(tmp_path: Path) -> None:
    """A share of the blocks is compared; what it finds stands for the whole, or bounds it."""
    rows = [(number, "x") for number in range(20_000)]
    source = table(tmp_path, "s", rows)
    right, wrong = table(tmp_path, "c", rows), table(tmp_path, "w", [(number, "y") for number in range(20_000)])

    found = audit(source, right, key="k", sample="25%")
    assert found.sampled is not None
    assert (found.wrong, found.sampled["blocks"] / found.sampled["of_blocks"]) == (0, found.sampled["share"])
    assert "and none differs: at 95 % confidence fewer than" in found.notes[0]

    found = audit(source, wrong, key="k", sample="25%")
    assert found.sampled is not None
    assert 3_000 < found.stale < 7_000
    assert 15_000 < found.sampled["wrong_estimated"] < 26_000


def test_a_sample_of_many_blocks_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 400 blocks a hundred are compared: the true number of wrong rows lies between the bounds that are said."""
    monkeypatch.setattr("incload.engines.digests.blocks.BLOCK_ROWS", 50)
    rows = [(number, "x") for number in range(20_000)]
    wrong = [(number, "y" if number % 300 < 40 else "x") for number in range(20_000)]
    true = sum(text == "y" for _, text in wrong)

    found = audit(table(tmp_path, "s", rows), table(tmp_path, "w", wrong), key="k", sample="25%")

    assert found.sampled is not None
    low, high = found.sampled["wrong_low"], found.sampled["wrong_high"]
    assert found.wrong < low < true < high < 2 * true
    assert f"{round(low):,} to {round(high):,} at 95 % confidence" in found.notes[0]


def test_bounds_of_a_sample_hold_as_often_as_they_say() -> None:
    """Drawn five hundred times from blocks with wrong rows in one of four, about 95 of a hundred hold the truth."""
    draws = Random(7)  # noqa: S311 - a simulation
    blocks = [draws.choice((0, 0, 0, draws.randint(1, 30))) for _ in range(1_000)]

    held = 0
    for _ in range(500):
        low, high = _bounds(Share(200, 1_000), [each for each in draws.sample(blocks, 200) if each])
        held += low <= sum(blocks) <= high

    assert 0.92 <= held / 500 <= 0.98


def test_a_sample_of_other_keys(tmp_path: Path) -> None:
    """Blocks of texts are drawn as well, and all of them are everything."""
    rows = [(f"k{number}", "x") for number in range(3_000)]
    urls = table(tmp_path, "s", rows, "k TEXT PRIMARY KEY, at TEXT"), table(tmp_path, "c", rows[:-1], "k TEXT, at TEXT")

    assert audit(*urls, key="k", sample="100%").lost == 1
    assert audit(*urls, key="k", sample="10%").compared < 3_000


@pytest.mark.parametrize("share", ["0%", "101%", "1", "some"])
def test_what_is_no_share_is_refused(tmp_path: Path, share: str) -> None:
    """One sentence."""
    urls = table(tmp_path, "s", [(1, "x")]), table(tmp_path, "c", [(1, "x")])
    with pytest.raises(Refused, match="is no share of a table: write per cent, as in 1%"):
        audit(*urls, key="k", sample=share)


def test_since_needs_a_cursor(tmp_path: Path) -> None:
    """And a value that the cursor can have."""
    urls = (
        table(tmp_path, "s", [(1, 5)], "k INTEGER, at INTEGER"),
        table(tmp_path, "c", [(1, 5)], "k INTEGER, at INTEGER"),
    )
    with pytest.raises(Refused, match="--since is a value of the cursor: name the column with --cursor"):
        audit(*urls, key="k", since="5")
    with pytest.raises(Refused, match="--since 'x' is no value of the cursor column 'at'"):
        audit(*urls, key="k", cursor="at", since="x")


def test_a_large_table_without_an_index_asks_for_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what that costs; an index or --scan lets it pass."""
    monkeypatch.setattr(audited_rows, "LARGE", 3)
    rows = [(number, "x") for number in range(5)]
    keyed = table(tmp_path, "s", rows)
    bare = table(tmp_path, "c", rows, "k INTEGER, at TEXT")

    with pytest.raises(Refused, match="has 5 rows and no index on k: where rows differ, all of it is read once"):
        audit(keyed, bare, key="k")
    assert audit(keyed, bare, key="k", scan=True).wrong == 0
    assert audit(keyed, table(tmp_path, "d", rows), key="k").wrong == 0


def test_earlier_watermarks_tell_ties_from_late_rows(tmp_path: Path) -> None:
    """A row with the cursor of a watermark that has moved on is a tie, with the state and without it."""
    source = table(tmp_path, "s", [(1, day(1)), (2, day(2))])
    target, given = f"sqlite:///{tmp_path}/c.db", {"table": "t", "key": "k", "cursor": "at"}
    load(source, target, **given, strategy="timestamp_watermark")  # type: ignore[typeddict-item]  # names of options
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("INSERT INTO t VALUES (3, ?), (4, ?), (5, ?)", (day(2), day(3), day(1)[:-9] + "11:00:00Z"))
    load(source, target, **given, strategy="timestamp_watermark")  # type: ignore[typeddict-item]  # likewise

    exact = audit(source, f"{target}?table=t", key="k", cursor="at")
    assert (exact.inferred, exact.causes) == (False, {"tie": 1, "late": 1})
    assert exact.certain == ("tie",)

    with closing(sqlite3.connect(tmp_path / "c.db")) as connection, connection:
        connection.executescript("DROP TABLE _incload_state; DROP TABLE _incload_state_history")
    inferred = audit(source, f"{target}?table=t", key="k", cursor="at")
    assert (inferred.inferred, inferred.causes) == (True, {"tie": 1, "late": 1})
    assert sorted((each.key, each.cause) for each in inferred.samples) == [((3,), "tie"), ((5,), "late")]


def test_the_sum_of_the_causes(tmp_path: Path) -> None:
    """One sentence says what was late, which lookback would have read it, and what no cursor load sees."""
    source = table(tmp_path, "s", [(1, day(9)), (2, day(8)), (3, None), (4, day(3))])
    copy = table(tmp_path, "c", [(1, day(9)), (5, day(1))])

    page = blocks(audit(source, copy, key="k", cursor="at", cursor_unit="us").to_dict())

    assert (
        "Of 4 rows that are wrong, 2 were late (median 3.5 d, most 6 d), 1 has no cursor, 1 was deleted in the "
        "source: no cursor strategy sees these; a lookback of 7 d would have read 100% of the late ones."
    ) in [getattr(each, "text", "") for each in page]
