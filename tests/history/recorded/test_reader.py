"""Folders of snapshots as histories: bases, ticks, grouping, names and refusals."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.errors import Refused
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.read_log import Note, ReadLog
from incload.history.recorded.reader import open_history
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from pathlib import Path

    from incload.history.history import Tick

DAY = 1_540_166_400
"""2018-10-22T00:00:00Z in seconds; the snapshots of these tests are some minutes later."""

Rows = list[tuple[object, ...]]
Moved = tuple[int, Rows, Rows]
"""A tick as minutes after the day began, upserts and deletes."""


def snapshot(folder: Path, minute: int, records: object) -> None:
    """Write a snapshot, named after its time; text is written as it is."""
    text = records if isinstance(records, str) else json.dumps(records)
    (folder / f"2018-10-22T{minute // 60:02d}-{minute % 60:02d}.json").write_text(text, encoding="utf-8")


def rows(table: pa.Table) -> Rows:
    """Return the rows of a table, timestamps as seconds after the day began."""
    columns = [
        column.cast(pa.int64()).to_pylist() if pa.types.is_timestamp(column.type) else column.to_pylist()
        for column in table.columns
    ]
    return [
        tuple(value // 1_000_000 - DAY if isinstance(value, int) else value for value in row)
        for row in zip(*columns, strict=True)
    ]


def said(tick: Tick) -> Moved:
    """Return a tick in a form that a test can spell out."""
    return ((tick.at // 1_000_000 - DAY) // 60, rows(tick.upserts), rows(tick.deletes))


def played(folder: Path, **options: object) -> tuple[Moved, list[Moved], ReadLog]:
    """Return base, ticks and account of a folder, replayed with key `id` and cursor `at`."""
    chosen = {"key": ("id",), "cursor": "at"} | options
    history, account = open_history(folder, ReplayOptions(**chosen))  # type: ignore[arg-type]
    base: Moved = ((history.started // 1_000_000 - DAY) // 60, rows(history.base), [])
    return base, [said(tick) for tick in history.ticks], account


def record(key: object, second: int, **more: object) -> dict[str, object]:
    """Return a record timestamped some seconds after the day began."""
    return {"id": key, "at": DAY + second} | more


def row(key: object, second: int, **more: object) -> tuple[object, ...]:
    """Return the row of such a record whose key is a number."""
    parts = {"at": DAY + second, "id": key} | more
    return (str(key), second, json.dumps(dict(sorted(parts.items())), separators=(",", ":")))


def test_snapshots_become_a_base_and_ticks(tmp_path: Path) -> None:
    """Inserts, updates and deletes of each snapshot, at its time; one without a change is a tick without change."""
    snapshot(tmp_path, 0, [record(1, 0), record(2, 0)])
    snapshot(tmp_path, 5, [record(2, 60, x="a"), record(3, 61)])
    snapshot(tmp_path, 9, [record(3, 61), record(2, 60, x="a")])
    snapshot(tmp_path, 10, [record(3, 61), record(2, 60, x="a"), record(1, 30)])
    base, ticks, account = played(tmp_path)

    assert base == (0, [row(1, 0), row(2, 0)], [])
    assert ticks == [
        (5, [row(2, 60, x="a"), row(3, 61)], [("1",)]),
        (9, [], []),
        (10, [row(1, 30)], []),
    ]
    assert account == ReadLog(
        snapshots=4, usable=4, unchanged=1, records=9, keys=3, versions=5, updates=1, disappearances=1, returns=1,
        cursors_read=5, latest_cursor=(DAY + 61) * 1_000_000,
        cursor_unit="s", ticks=3, ticks_without_change=1, upserts=3, deletes=1, late=1, digest=account.digest,
    )  # fmt: skip


def test_the_table_has_text_keys_a_timestamp_and_the_content(tmp_path: Path) -> None:
    """Columns are named after the last part of their paths, the table after the file or the folder."""
    folder = tmp_path / "fires"
    folder.mkdir()
    snapshot(folder, 0, [{"a": {"id": 1}, "b": {"updated": None}}])
    history, _ = open_history(folder, ReplayOptions(key=("a.id",), cursor="b.updated"))

    assert history.table == Table(
        "fires",
        ("id",),
        "updated",
        (Column("id", Kind.TEXT), Column("updated", Kind.TIMESTAMP), Column("content", Kind.TEXT)),
    )
    assert history.base.schema == pa.schema(
        [("id", pa.string()), ("updated", pa.timestamp("us")), ("content", pa.string())]
    )


@pytest.mark.parametrize(
    ("key", "cursor", "names"),
    [
        (("a.id",), "b.ID", ("id", "b.ID", "content")),
        (("at",), "at", ("at", "at_cursor", "content")),
        (("content",), "at", ("content", "at", "content_json")),
        (("a.id", "b.id"), "c.id", ("id", "b.id", "c.id", "content")),
        (("a.",), "at", ("key", "at", "content")),
    ],
)
def test_names_that_clash_are_made_distinct(
    key: tuple[str, ...], cursor: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    """Databases ignore case in names, so `id` and `ID` clash too."""
    field = {"id": 1, "ID": "2018-10-22", "": 1}
    snapshot(tmp_path, 0, [{"a": field, "b": field, "c": field, "at": "2018-10-22", "content": 1}])
    history, _ = open_history(tmp_path, ReplayOptions(key=key, cursor=cursor))

    assert history.table.names == names
    assert history.base.num_rows == 1


def test_a_composite_key_has_a_column_for_each_part(tmp_path: Path) -> None:
    """Rows are distinguished by all parts together."""
    snapshot(tmp_path, 0, [record(1, 0, part="a"), record(1, 0, part="b")])
    snapshot(tmp_path, 1, [record(1, 0, part="b")])
    history, _ = open_history(tmp_path, ReplayOptions(key=("id", "part"), cursor="at"))
    (tick,) = history.ticks

    assert history.table.key == ("id", "part")
    assert history.base.column("part").to_pylist() == ["a", "b"]
    assert tick.deletes.to_pylist() == [{"id": "1", "part": "a"}]


def test_rows_that_vanish_are_kept_on_request(tmp_path: Path) -> None:
    """The source then holds the last version of every row; a return is counted, and is a change only if it differs."""
    snapshot(tmp_path, 0, [record(1, 0), record(2, 0)])
    snapshot(tmp_path, 1, [record(2, 0)])
    snapshot(tmp_path, 2, [record(1, 0)])
    snapshot(tmp_path, 3, [record(2, 9)])
    _, ticks, account = played(tmp_path, vanished="keep")

    assert ticks == [(1, [], []), (2, [], []), (3, [row(2, 9)], [])]
    assert (account.disappearances, account.returns, account.updates, account.deletes) == (3, 2, 1, 0)


def test_every_nth_usable_snapshot_is_a_tick_and_so_is_the_rest(tmp_path: Path) -> None:
    """Changes between two syncs merge; what came and went between them, or went back, leaves no trace."""
    snapshot(tmp_path, 0, [record(1, 0), record(2, 0), record(3, 0)])
    snapshot(tmp_path, 1, [record(1, 10), record(2, 10), record(4, 10)])
    snapshot(tmp_path, 2, "broken")
    snapshot(tmp_path, 3, [record(1, 20), record(2, 0), record(3, 0)])
    snapshot(tmp_path, 4, [record(1, 20)])
    _, ticks, account = played(tmp_path, every=2)

    assert ticks == [(3, [row(1, 20)], []), (4, [], [("2",), ("3",)])]
    assert (account.versions, account.upserts, account.disappearances, account.deletes) == (9, 1, 4, 2)


def test_syncs_at_whole_intervals_after_the_base(tmp_path: Path) -> None:
    """A snapshot at the time of a sync belongs to it; an interval without a snapshot has no tick."""
    snapshot(tmp_path, 7, [record(1, 0)])
    snapshot(tmp_path, 16, [record(1, 1)])
    snapshot(tmp_path, 17, [record(1, 2)])
    snapshot(tmp_path, 18, [record(1, 3)])
    snapshot(tmp_path, 45, [record(1, 4)])
    _, ticks, _ = played(tmp_path, interval=timedelta(minutes=10))

    assert ticks == [(17, [row(1, 2)], []), (27, [row(1, 3)], []), (47, [row(1, 4)], [])]


def test_a_snapshot_as_old_as_the_base_waits_for_the_first_sync(tmp_path: Path) -> None:
    """No tick is at the time of the base."""
    (tmp_path / "2018-10-22a.json").write_text(json.dumps([record(1, 0)]), encoding="utf-8")
    (tmp_path / "2018-10-22b.json").write_text(json.dumps([record(1, 1)]), encoding="utf-8")
    _, ticks, _ = played(tmp_path, interval=timedelta(hours=1))

    assert ticks == [(60, [row(1, 1)], [])]


def test_time_never_runs_backwards(tmp_path: Path) -> None:
    """A snapshot dated before the one it follows counts as of the same time."""
    for name, second in (("a_2018-10-22T01", 0), ("b_2018-10-22T02-00", 1), ("c_2018-10-22T01-00", 2)):
        (tmp_path / f"{name}.json").write_text(json.dumps([record(1, second)]), encoding="utf-8")
    _, ticks, account = played(tmp_path)

    assert [at for at, _, _ in ticks] == [120, 120]
    assert account.backward_times == 1


def test_snapshots_that_cannot_be_used_are_skipped_and_noted(tmp_path: Path) -> None:
    """What is no state of the table leaves the rows as they are; before the base nothing is a tick."""
    snapshot(tmp_path, 0, "[]")
    snapshot(tmp_path, 1, [record(1, 0)])
    snapshot(tmp_path, 2, "")
    snapshot(tmp_path, 3, "")
    snapshot(tmp_path, 4, '[{"id":1')
    snapshot(tmp_path, 5, '[{"id":1')
    snapshot(tmp_path, 6, [{"at": 1}])
    snapshot(tmp_path, 7, [record(1, 0)])
    base, ticks, account = played(tmp_path)

    assert base == (1, [row(1, 0)], [])
    assert ticks == [(7, [], [])]
    assert (account.snapshots, account.usable, account.unchanged, account.skipped) == (8, 2, 1, 6)
    assert account.notes == [
        Note("2018-10-22T00-00.json", "holds no records"),
        Note("2018-10-22T00-02.json", "is empty", 2),
        Note("2018-10-22T00-04.json", "breaks off: Expecting ',' delimiter at line 1 column 9", 2),
        Note("2018-10-22T00-06.json", "holds 1 records without the key 'id': it has at"),
    ]


def test_formats_may_change_on_the_way(tmp_path: Path) -> None:
    """JSON, packed JSON lines and Parquet of one record are one version."""
    file = io.BytesIO()
    pq.write_table(pa.table({"at": [float(DAY)], "id": [1]}), file)
    snapshot(tmp_path, 0, [record(1, 0)])
    (tmp_path / "2018-10-23.ndjson").write_text(json.dumps(record(1, 0)), encoding="utf-8")
    (tmp_path / "2018-10-24.parquet").write_bytes(file.getvalue())
    _, _, account = played(tmp_path)

    assert (account.usable, account.unchanged, account.versions) == (3, 2, 1)


def test_ticks_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    """Up to the base at opening, then one snapshot for each tick, and progress is reported after each."""
    done: list[tuple[int, int]] = []
    for minute in range(4):
        snapshot(tmp_path, minute, [record(1, minute)])
    history, account = open_history(
        tmp_path, ReplayOptions(key=("id",), cursor="at"), lambda *numbers: done.append(numbers)
    )
    ticks = iter(history.ticks)
    opened = list(done)
    next(ticks)

    assert opened == [(1, 4)]
    assert done == [(1, 4), (2, 4)]
    assert (account.snapshots, account.ticks, account.digest) == (2, 1, "")


def test_equal_histories_have_equal_digests(tmp_path: Path) -> None:
    """Another option, another byte of a file or one more file makes another digest."""
    snapshot(tmp_path, 0, [record(1, 0)])
    once, again, other = played(tmp_path)[2], played(tmp_path)[2], played(tmp_path, every=2)[2]
    snapshot(tmp_path, 0, [record(2, 0)])
    changed = played(tmp_path)[2]
    snapshot(tmp_path, 1, [record(1, 1)])
    later = played(tmp_path)[2]

    assert once.digest == again.digest
    assert (changed.snapshots, changed.versions, changed.ticks) == (once.snapshots, once.versions, once.ticks)
    assert len({once.digest, other.digest, changed.digest, later.digest}) == 4


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"key": ()}, "--key names no column: give the field that identifies a record, or several with commas."),
        ({"key": ("a", "")}, "--key names no column: give the field that identifies a record, or several with commas."),
        ({"every": 0}, "--every 0 is no number of snapshots: give 1 or more."),
        ({"interval": timedelta(0)}, "--interval 0:00:00 is too short: give a second or more."),
        (
            {"interval": timedelta(hours=1), "every": 2},
            "--every and --interval exclude each other: give one of them.",
        ),
        ({"vanished": "hide"}, "--vanished hide is unknown: give delete or keep."),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], sentence: str) -> None:
    """Before anything is read."""
    with pytest.raises(Refused) as refusal:
        ReplayOptions(**({"key": ("id",), "cursor": "at"} | options))  # type: ignore[arg-type]

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"key": ("UniqueID",)}, "holds 1 records without the key 'UniqueID': did you mean UniqueId?"),
        ({"key": ("Name",)}, "holds 1 records whose key is null."),
        ({"cursor": "p.update"}, "holds 1 records without the cursor 'p.update': did you mean p.updated?"),
        ({"cursor": "q"}, "holds 1 records without the cursor 'q': it has UniqueId, Name, p, p.updated."),
        ({"records": "fires"}, "holds no list of records where --records fires says: lists stand under Fires."),
        ({"records": ""}, "holds no list of records at its top and --records names none: lists stand under Fires."),
    ],
)
def test_a_history_without_a_usable_snapshot_is_refused(options: dict[str, str], sentence: str, tmp_path: Path) -> None:
    """The refusal quotes the most telling note and names what is there."""
    snapshot(tmp_path, 0, "")
    snapshot(tmp_path, 1, {"Fires": [{"UniqueId": 1, "Name": None, "p": {"updated": DAY}}]})
    chosen = {"key": ("UniqueId",), "cursor": "p.updated", "records": "Fires"} | options
    with pytest.raises(Refused) as refusal:
        open_history(tmp_path, ReplayOptions(**chosen))  # type: ignore[arg-type]

    assert str(refusal.value) == (
        f"neither of the 2 snapshots of {tmp_path} can be replayed: that of 2018-10-22T00-01.json {sentence}"
    )


@pytest.mark.parametrize("empty", ["[]", " [ ] "])
def test_an_empty_list_is_a_table_that_was_emptied(empty: str, tmp_path: Path) -> None:
    """All its rows are gone at that tick, and what comes back is new."""
    snapshot(tmp_path, 0, [record(1, 0), record(2, 0)])
    snapshot(tmp_path, 1, empty)
    snapshot(tmp_path, 2, empty)
    snapshot(tmp_path, 3, [record(1, 0)])
    _, ticks, account = played(tmp_path)

    assert ticks == [(1, [], [("1",), ("2",)]), (2, [], []), (3, [row(1, 0)], [])]
    assert (account.usable, account.skipped, account.disappearances, account.returns) == (4, 0, 2, 1)


def test_rows_that_are_kept_outlive_an_empty_list(tmp_path: Path) -> None:
    """With --vanished keep the source holds the last version of every row."""
    snapshot(tmp_path, 0, [record(1, 0)])
    snapshot(tmp_path, 1, "[]")
    _, ticks, _ = played(tmp_path, vanished="keep")

    assert ticks == [(1, [], [])]


def test_options_that_fit_no_version_are_refused_before_all_are_read(tmp_path: Path) -> None:
    """The first one, the middle and the newest say; of 40 versions three are read."""
    for minute in range(40):
        snapshot(tmp_path, minute, [record(1, minute)])
    seen: list[int] = []
    with pytest.raises(Refused) as refusal:
        open_history(tmp_path, ReplayOptions(key=("nope",), cursor="at"), lambda done, _: seen.append(done))

    assert seen == [1]
    assert str(refusal.value) == (
        f"neither the first, the middle nor the newest of 40 snapshots of {tmp_path} can be replayed: that of "
        "2018-10-22T00-00.json holds 1 records without the key 'nope': it has id, at."
    )


def test_a_history_needs_no_cursor(tmp_path: Path) -> None:
    """Rows and disappearances are known without one."""
    snapshot(tmp_path, 0, [record(1, 0), record(2, 0)])
    snapshot(tmp_path, 1, [record(1, 5)])
    history, account = open_history(tmp_path, ReplayOptions(key=("id",)))
    (tick,) = history.ticks

    assert (history.table.cursor, history.table.names) == (None, ("id", "content"))
    assert history.base.num_rows == 2
    assert tick.upserts.to_pylist() == [{"id": "1", "content": f'{{"at":{DAY + 5},"id":1}}'}]
    assert tick.deletes.to_pylist() == [{"id": "2"}]
    assert (account.null_cursors, account.updates, account.disappearances) == (0, 1, 1)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('{"1":{"at":%d},"2":{"at":%d}}', {"records": ".", "key_from_name": "id"}),
        ('{"d":{"1":{"at":%d},"2":{"at":%d}}}', {"records": "d", "key_from_name": "id"}),
        ('[{"id":"1","at":%d},{"id":"2","at":%d}]', {}),
        ('\ufeff[{"id":"1","at":%d},{"id":"2","at":%d}]', {}),
    ],
)
def test_records_lie_where_the_options_say(text: str, options: dict[str, str], tmp_path: Path) -> None:
    """An object of objects gives every record its name."""
    snapshot(tmp_path, 0, text % (DAY, DAY))
    history, _ = open_history(tmp_path, ReplayOptions(key=("id",), cursor="at", **options))  # type: ignore[arg-type]

    assert history.base.column("id").to_pylist() == ["1", "2"]


def test_a_cursor_may_stand_around_the_records(tmp_path: Path) -> None:
    """Every record gets the time of the document."""
    snapshot(tmp_path, 0, {"meta": 1, "last": DAY, "rows": [{"id": 1}, {"id": 2}]})
    history, account = open_history(tmp_path, ReplayOptions(key=("id",), cursor="..last", records="rows"))

    assert history.table.cursor == "last"
    assert history.base.column("content").to_pylist() == [f'{{"id":1,"last":{DAY}}}', f'{{"id":2,"last":{DAY}}}']
    assert account.cursors_read == 2


def test_a_cursor_that_comes_later_delays_the_base(tmp_path: Path) -> None:
    """Before the column exists there is nothing to load by; once it was there it may go missing."""
    snapshot(tmp_path, 0, [{"id": 1}])
    snapshot(tmp_path, 1, [record(1, 0)])
    snapshot(tmp_path, 2, [{"id": 1}])
    base, ticks, account = played(tmp_path)

    assert base == (1, [row(1, 0)], [])
    assert ticks == [(2, [("1", None, '{"id":1}')], [])]
    assert (account.skipped, account.null_cursors) == (1, 1)


def test_paths_that_hold_no_history_are_refused(tmp_path: Path) -> None:
    """A gap, a plain file, and a folder asked for a file of a repository."""
    plain = tmp_path / "a.json"
    plain.write_text("[]", encoding="utf-8")
    options = ReplayOptions(key=("id",), cursor="at", file="a.json")
    sentences = []
    for path in (tmp_path / "gap", plain, tmp_path):
        with pytest.raises(Refused) as refusal:
            open_history(path, options)
        sentences.append(str(refusal.value))

    assert sentences == [
        f"{tmp_path / 'gap'} does not exist: name a git repository, a git bundle or a folder of snapshots.",
        f"{plain} is a file but no git bundle: name a git repository, a bundle or a folder of snapshots.",
        (
            f"{tmp_path} is no git repository, so --file a.json names nothing in it: "
            "name the repository's own folder, or leave out --file to replay a folder of snapshots."
        ),
    ]


@settings(max_examples=60)
@given(
    states=st.lists(
        st.dictionaries(st.integers(0, 3), st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=8
    ),
    every=st.integers(1, 4),
    vanished=st.sampled_from(["delete", "keep"]),
)
def test_base_and_ticks_add_up_to_the_last_snapshot(
    states: list[dict[int, int]], every: int, vanished: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However ticks are grouped, applying them gives what the file holds, or ever held when rows are kept."""
    folder = tmp_path_factory.mktemp("states")
    for minute, state in enumerate(states):
        snapshot(folder, minute, [record(key, second) for key, second in state.items()])
    base, ticks, account = played(folder, every=every, vanished=vanished)
    live = {each[0]: each for each in base[1]}
    for _, upserts, deletes in ticks:
        for (gone,) in deletes:
            del live[gone]
        live |= {each[0]: each for each in upserts}
    expected: dict[int, int] = {}
    for state in states:
        expected = (expected if vanished == "keep" else {}) | state

    assert sorted(live.values()) == sorted(row(key, second) for key, second in expected.items())
    assert account.usable == len(states)
    assert account.ticks == -(-(len(states) - 1) // every)
