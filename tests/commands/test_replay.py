"""`incload replay` on the command line: a repository with every oddity, figures worked out by hand, bad options."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incload.cli import main
from incload.harness.replays.follower import Follower

if TYPE_CHECKING:
    from pathlib import Path

    from incload.auditing.audit import Difference

Row = dict[str, str]
Replayed = Callable[..., dict[str, Row]]
"""From more options to the rows of the CSV, by strategy."""


def item(key: object, at: object, **more: object) -> dict[str, object]:
    """Return a record whose key and timestamp are nested; `at` is minutes and seconds of an hour if possible."""
    timestamp = f"2018-10-22T00:{at}Z" if isinstance(at, str) and at[:1].isdigit() and len(at) < 10 else at
    return {"meta": {"id": key, "at": timestamp}, **more}


def feed(*items: object) -> str:
    """Return a document with the records two levels down."""
    return json.dumps({"result": {"items": items}})


LAST = feed(item("1", "02:00", v="b"), item("2", "2018-10-22T02:00:30.5+02:00"), item(4, "03:00"), item(5, "soon"))
VERSIONS: tuple[str | None, ...] = (
    "",
    feed(item(1, "00:00", v="old"), item(1, "00:00", v="a"), item("2", "2018-10-22T02:00:30.5+02:00"), item(3, None)),
    "{oops",
    feed(item("1", "02:00", v="b"), item(3, None, v="c"), item(4, "00:10")),
    LAST[:40],
    feed(
        item("1", "02:00", v="b"),
        item("2", "2018-10-22T02:00:30.5+02:00"),
        item(3, None, v="c"),
        item(4, "03:00", extra=1),
        item(5, "soon"),
    ),
    LAST,
    None,
    LAST,
)
"""Nine commits, a minute apart: empty; the base, key 1 twice; no JSON; key 1 as a text and row 4 late, row 2 gone; cut
off; row 2 back, a column `extra` for row 4, row 5 with nonsense for a timestamp; `extra` and row 3 gone; no file; the
file back as it was."""

OPTIONS = ("--file", "feed.json", "--records", "result.items", "--key", "meta.id", "--cursor", "meta.at")
ASKED = (
    "timestamp_watermark,timestamp_watermark:inclusive=true,lookback_window:minutes=1,full_refresh,row_hash_cdc,"
    "row_hash_cdc:removes=false"
)
FIGURES = (
    "lost_permanently", "stale_permanently", "rows_ever_wrong", "wrong_syncs",
    "heal_syncs_median", "heal_syncs_max", "phantom", "rows_read", "syncs",
)  # fmt: skip


def figures(row: Row) -> str:
    """Return the figures of one strategy in the order of the report; a dash for what there is none of."""
    return " ".join(row[name] or "-" for name in FIGURES)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository, not bare, with the nine versions of the feed."""
    folder = tmp_path_factory.mktemp("scraped")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a")
        subprocess.run(["git", *who, *arguments], cwd=folder, env=environment, check=True)  # noqa: S607 - as installed

    git("init", "--quiet")
    for minute, text in enumerate(VERSIONS):
        environment["GIT_COMMITTER_DATE"] = environment["GIT_AUTHOR_DATE"] = f"2018-10-22T00:{minute:02d}:00Z"
        (folder / "feed.json").write_text(text or "", encoding="utf-8")
        if text is None:
            (folder / "feed.json").unlink()
        git("add", "--all")
        git("commit", "--quiet", "--message", f"version {minute}")
    git("bundle", "create", "--quiet", "feed.bundle", "HEAD")
    return folder


@pytest.fixture
def replayed(repository: Path, tmp_path: Path) -> Replayed:
    """Return what replays the feed into a folder `out` and reads the CSV."""

    def run(*more: str, path: Path = repository, code: int = 0) -> dict[str, Row]:
        out = tmp_path / "out"
        arguments = ["replay", str(path), *OPTIONS, "--strategies", ASKED, "--report-dir", str(out)]
        arguments += ["--workers", "1", *more]
        assert main(arguments) == code
        with (out / "replay-filtered.csv").open(encoding="utf-8", newline="") as file:
            return {row["strategy"]: row for row in csv.DictReader(file)}

    return run


def test_every_figure_of_a_feed_with_every_oddity(replayed: Replayed) -> None:
    """Lost, stale, ever wrong, syncs wrong, healing, phantoms and rows read are those worked out by hand."""
    assert {name: figures(row) for name, row in replayed().items()} == {
        "timestamp_watermark": "1 2 3 4 1.0 1 1 5 5",
        "timestamp_watermark_inclusive": "1 1 3 4 1.0 1 1 8 5",
        "lookback_window_minutes_1": "1 1 2 4 - - 1 11 5",
        "full_refresh": "0 0 0 0 - - 0 19 5",
        "row_hash_cdc": "0 0 0 0 - - 0 19 5",
        "row_hash_cdc_without_removes": "0 0 0 0 - - 1 19 5",
    }


def test_no_strategy_is_replayed_that_was_not_named(replayed: Replayed) -> None:
    """A name is that strategy with its defaults; its variants are named by their own ids."""
    assert list(replayed("--strategies", "row_hash_cdc,timestamp_watermark_inclusive")) == [
        "row_hash_cdc", "timestamp_watermark_inclusive",
    ]  # fmt: skip


def test_rows_that_vanish_may_stay(replayed: Replayed) -> None:
    """With --vanished keep nothing is deleted: no phantoms, and row 3 is still there, and stale, at the end."""
    rows = replayed("--vanished", "keep")

    assert figures(rows["timestamp_watermark"]) == "1 2 3 4 1.0 1 0 5 5"
    assert figures(rows["row_hash_cdc_without_removes"]) == "0 0 0 0 - - 0 22 5"


@pytest.mark.parametrize("schedule", [("--every", "2"), ("--interval", "4m")])
def test_a_sync_may_take_in_several_snapshots(replayed: Replayed, schedule: tuple[str, str]) -> None:
    """One sync for the commits of minutes 3 and 5, one for those of 6 and 8: row 4 is never lost, stale in the end."""
    assert figures(replayed(*schedule)["timestamp_watermark"]) == "1 2 3 2 - - 1 5 3"


def test_a_bundle_is_as_good_as_its_repository(replayed: Replayed, repository: Path) -> None:
    """The CSV is the same, time aside."""
    one, other = replayed(), replayed(path=repository / "feed.bundle")

    assert [{**row, "load_seconds": ""} for row in one.values()] == [
        {**row, "load_seconds": ""} for row in other.values()
    ]


def without_time(path: Path) -> list[str]:
    """Return the lines of a CSV without their last column, `load_seconds`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(",load_seconds")
    return [line.rpartition(",")[0] for line in lines]


def test_a_second_replay_makes_the_same_csv(replayed: Replayed, tmp_path: Path) -> None:
    """Byte by byte but for time, whether the strategies run in one process or in three."""
    replayed()
    first = without_time(tmp_path / "out" / "replay-filtered.csv")
    replayed("--workers", "3")

    assert without_time(tmp_path / "out" / "replay-filtered.csv") == first


def test_everything_odd_is_counted(replayed: Replayed, tmp_path: Path) -> None:
    """The account of the history holds every oddity, each as often as it was there."""
    replayed()
    account = json.loads((tmp_path / "out" / "replay-filtered.json").read_text(encoding="utf-8"))["account"]
    notes = [note["reason"] for note in account.pop("notes")]

    assert notes == [
        "is empty",
        "is no JSON: Expecting property name enclosed in double quotes at line 1 column 2",
        "breaks off: Unterminated string starting at line 1 column 39",
    ]
    assert {name: value for name, value in account.items() if value and name != "digest"} == {
        "snapshots": 9, "usable": 5, "unchanged": 1, "skipped": 3, "absent": 1, "records": 20, "keys": 5,
        "versions": 10, "updates": 4, "disappearances": 2, "returns": 1, "duplicate_keys": 1, "key_type_changes": 1,
        "null_cursors": 2, "unparsable_cursors": 1, "cursors_read": 7,
        "latest_cursor": 1_540_166_580_000_000, "cursor_examples": ["'soon'"], "updates_without_touch": 1,
        "ticks": 4, "ticks_without_change": 1, "upserts": 7, "deletes": 2, "ties": 1, "late": 2,
    }  # fmt: skip


def test_lags_and_windows(replayed: Replayed, tmp_path: Path) -> None:
    """How the changes lie behind, and what windows of nothing and of a minute make of it, predicted and tried."""
    replayed("--windows", "0,1m")
    facts = json.loads((tmp_path / "out" / "replay-filtered.json").read_text(encoding="utf-8"))

    assert facts["lateness"] == {
        "syncs": 5, "base_rows": 3, "rows_at_end": 4, "base_read": 2, "base_ahead": 0,
        "inserts": 3, "updates": 4, "deletes": 2, "without_timestamp": 2,
        "before_any_timestamp": 0, "ahead_of_clock": 0, "ties": 1, "late": 2,
        "behind_inserts": 2, "behind_untouched": 1, "behind_moved": 0, "untouched": 2, "backwards": 0,
        "quantiles": [[50, 20_500_000], [75, 89_500_000], [90, 89_500_000],
                      [95, 89_500_000], [99, 89_500_000], [100, 89_500_000]],
        "curve": [[0, 2], [20_500_000, 1], [89_500_000, 0]],
    }  # fmt: skip
    assert facts["windows"] == [
        {
            "forecast": {"seconds": seconds, "changes_missed": missed, "keys_missed": keys, "rows_ever_wrong": wrong,
                         "rows_read": read},
            "strategy": strategy, "rows_ever_wrong": wrong, "rows_read": read, "difference": [],
        }
        for seconds, missed, keys, wrong, read, strategy in (
            (0.0, 4, 4, 3, 8, "lookback_window_minutes_0"), (60.0, 3, 3, 2, 11, "lookback_window_minutes_1"),
        )
    ]  # fmt: skip


def test_the_report_says_things_in_their_order(replayed: Replayed, tmp_path: Path) -> None:
    """First what being right costs and what each strategy would have lost, then rows, history, lags and windows."""
    replayed()
    lines = (tmp_path / "out" / "replay-filtered.md").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.startswith(("#", "!"))] == [
        "# Replay of feed.json",
        "## What being right costs",
        "## What each strategy would have lost",
        "## The worst rows",
        "## What the history is like",
        "### How far changes lie behind",
        "![Share of changes that a lookback window of any size would miss](replay-filtered-lags.png)",
        "## What a window would have missed",
        "## Where this comes from",
    ]
    lost = lines[lines.index("## What each strategy would have lost") :]
    assert [line.split("|")[1].strip() for line in lost if line.startswith("| ")][:7] == [
        "strategy", "-----------------------------", "full_refresh", "row_hash_cdc", "row_hash_cdc_without_removes",
        "lookback_window_minutes_1", "timestamp_watermark_inclusive",
    ]  # fmt: skip
    assert (tmp_path / "out" / "replay-filtered-lags.png").read_bytes().startswith(b"\x89PNG")


def test_the_stories_of_the_worst_rows(replayed: Replayed, tmp_path: Path) -> None:
    """The row that was wrong longest comes first; its story says when it changed, what was asked and what became."""
    replayed("--strategies", "timestamp_watermark:inclusive=false")
    worst = json.loads((tmp_path / "out" / "replay-filtered.json").read_text(encoding="utf-8"))["worst"]

    assert [(row["key"], row["strategies"], row["syncs"]) for row in worst] == [("4", 1, 3), ("5", 1, 3), ("3", 1, 2)]
    assert "\n".join(worst[0]["lines"]) == (
        "Sync 3 (2018-10-22T00:06:00) found row id = '4' changed, and still at = 2018-10-22T00:03:00: "
        "the very timestamp that was the largest before.\n"
        "With the watermark 2018-10-22T00:03:00 in the state, timestamp_watermark asked for "
        "the rows later than 2018-10-22T00:03:00 at sync 3.\n"
        "For timestamp_watermark the row was stale after sync 3 and still so after the last, sync 4, "
        "2 syncs and 0:02:00 later."
    )
    assert worst[1]["lines"][0] == (
        "Sync 2 (2018-10-22T00:05:00) found row id = '5' new, with at = null: a null, which no bound shows."
    )
    assert worst[2]["lines"][2] == (
        "For timestamp_watermark the row was stale after sync 1 and still so when it left the source before sync 3, "
        "2 syncs and 0:03:00 later: permanently."
    )


def test_the_headline_is_printed_first(replayed: Replayed, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence says what the popular strategy would have lost, what that rests on, and who was right."""
    replayed()

    assert capsys.readouterr().out.partition("\n")[0] == (
        "Over 9 snapshots of feed.json, timestamp_watermark on meta.at would have left 3 of 5 rows permanently wrong "
        "(1 lost, 2 stale), 3 wrong at some time and 1 phantom at the end; 1 of 10 values of meta.at was not read "
        "('soon'; name their form with --cursor-format, such as %m/%d/%Y) and counts as null; full_refresh and "
        "row_hash_cdc were right throughout, the cheapest at 1.58 rows read for each row changed."
    )


FORMATS: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "json": lambda rows: json.dumps(rows).encode(),
    "ndjson": lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    "csv": lambda rows: "\n".join(["id;at", *(f"{row['id']};{row['at'] or ''}" for row in rows)]).encode(),
    "json.gz": lambda rows: gzip.compress(json.dumps(rows).encode()),
    "parquet": lambda rows: parquet(rows),  # noqa: PLW0108 - it is defined below
}


def parquet(rows: list[dict[str, object]]) -> bytes:
    """Return records as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, pa.schema([("id", pa.int64()), ("at", pa.string())])), sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_folder_of_snapshots_in_any_format(tmp_path: Path, suffix: str) -> None:
    """Row 2 is moved back by an hour, row 3 comes without a timestamp: stale and lost, whatever the files are."""
    early, late = "2018-10-22T09:00:00Z", "2018-10-22T10:00:00+00:00"
    days = [
        [{"id": 1, "at": late}, {"id": 2, "at": late}],
        [{"id": 1, "at": late}, {"id": 2, "at": early}, {"id": 3, "at": None}],
    ]
    folder, out = tmp_path / "days", tmp_path / "out"
    folder.mkdir()
    for number, rows in enumerate(days, start=22):
        (folder / f"2018-10-{number}.{suffix}").write_bytes(FORMATS[suffix](rows))
    options = ["--key", "id", "--cursor", "at", "--strategies", "timestamp_watermark", "--report-dir", str(out)]

    assert main(["replay", str(folder), *options, "--workers", "1"]) == 0
    with (out / "replay-filtered.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["strategy"]: figures(row) for row in csv.DictReader(file)}
    assert rows["timestamp_watermark"] == "1 1 2 1 - - 0 2 2"


def test_a_key_of_two_parts(tmp_path: Path) -> None:
    """Rows are distinguished by both: (1, a) is late and lost, (1, b) is not."""
    folder, out = tmp_path / "days", tmp_path / "out"
    folder.mkdir()
    (folder / "2026-01-02.csv").write_text("shop,id,at\na,2,2026-01-01\nb,1,2026-01-01\n", encoding="utf-8")
    (folder / "2026-01-03.csv").write_text(
        "shop,id,at\na,2,2026-01-01\na,1,2025-12-31\nb,1,2026-01-02\n", encoding="utf-8"
    )
    options = ["--key", "id, shop", "--cursor", "at", "--windows", "0,1d", "--workers", "1", "--report-dir", str(out)]

    assert main(["replay", str(folder), *options, "--strategies", "timestamp_watermark:inclusive=false"]) == 0
    with (out / "replay-filtered.csv").open(encoding="utf-8", newline="") as file:
        assert [figures(row) for row in csv.DictReader(file)] == ["1 0 1 1 - - 0 3 2"]
    worst = json.loads((out / "replay-filtered.json").read_text(encoding="utf-8"))["worst"]
    assert [row["key"] for row in worst] == ["1, a"]
    assert (
        "found row id = '1', shop = 'a' new, with at = 2025-12-31T00:00:00: 1 day, 0:00:00 behind"
        in (worst[0]["lines"][0])
    )


def test_the_audit_of_every_hundredth_sync_reads_both_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 201 syncs it is called three times for each strategy, and once more at the end."""
    calls: list[int] = []
    honest = Follower.full_audit

    def counted(follower: Follower) -> Difference:
        calls.append(follower._syncs - 1)
        return honest(follower)

    monkeypatch.setattr(Follower, "full_audit", counted)
    for number in range(201):
        minute = f"2026-01-01T{number // 60:02d}-{number % 60:02d}"
        (tmp_path / f"{minute}.ndjson").write_text(f'{{"id": {number}, "at": {number}}}', encoding="utf-8")
    options = ["--key", "id", "--cursor", "at", "--windows", "none", "--workers", "1"]

    assert main(["replay", str(tmp_path), *options, "--strategies", "full_refresh", "--report-dir", str(tmp_path)]) == 0
    assert calls == [0, 100, 200, 200]


def test_nothing_that_ran_to_its_end_is_exit_code_1(
    replayed: Replayed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of every load is reported for every strategy, windows included, and never a pass."""

    def broken(*_: object) -> None:
        raise OSError("the disk\nis full")

    monkeypatch.setattr("incload.contenders.native.NativeContender.sync", broken)
    rows = replayed("--windows", "0", code=1)
    out = capsys.readouterr().out

    assert {(row["outcome"], row["reason"], row["rows_read"]) for row in rows.values()} == {
        ("unknown", "OSError('the disk\\nis full')", "")
    }
    assert out.startswith("Over 9 snapshots of feed.json, no strategy could be replayed to its end.\n")
    assert "row_hash_cdc and row_hash_cdc_without_removes, unknown: OSError('the disk\\nis full')\n" in out
    assert "  0: The replay of lookback_window_minutes_0 ended early: OSError('the disk\\nis full')\n" in out


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no such span": (("--interval", "soon"), "--interval 'soon' is no span of time: write a number and s, m, h, d"),
    "span without a unit": (("--windows", "10"), "--windows '10' is no span of time"),
    "endless span": (("--windows", "99999999999999w"), "--windows '99999999999999w' is longer than any history"),
    "every none": (("--every", "0"), "--every 0 is no number of snapshots: give 1 or more."),
    "both schedules": (("--every", "2", "--interval", "1h"), "--every and --interval exclude each other"),
    "no strategy": (("--strategies", "timestamp_watermrk"), "unknown strategy 'timestamp_watermrk': did you mean"),
    "no engine": (("--engines", "sqlit"), "unknown pair of engines 'sqlit': did you mean sqlite?"),
    "engines of nothing": (("--engines", ","), "--engines names no engine: give sqlite, duckdb or a pair"),
    "empty key": (("--key", ""), "--key '' names an empty column"),
    "no such key": (("--key", "meta.idd"), "without the key 'meta.idd': did you mean meta.id?"),
    "no such cursor": (("--cursor", "meta.att"), "without the cursor 'meta.att': did you mean meta.at?"),
    "no such records": (("--records", "result"), "lists stand under result.items"),
    "no such file": (("--file", "fed.json"), "fed.json"),
    "folder is a file": (("--report-dir", "FILE"), "is a file: name a folder."),
    "no workers": (("--workers", "0"), "0 workers leave no process to follow the history: give 1 or more."),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_options_are_refused(
    name: str, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence that names the option, exit code 2, and no report."""
    file = tmp_path / "file"
    file.touch()
    options, said = BAD[name]
    chosen = [str(file) if option == "FILE" else option for option in options]

    code = main(["replay", str(repository), *OPTIONS, "--report-dir", str(tmp_path / "out"), *chosen])

    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert captured.err.startswith("incload: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere", "does not exist"),
        ("n" * 300, "cannot be used (File name too long)"),
        ("file", "is a file but no git bundle"),
    ],
)
def test_a_path_that_holds_no_history_is_refused(
    path: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that is not there, or is something else, is named with what could stand there."""
    (tmp_path / "file").touch()

    assert main(["replay", str(tmp_path / path), *OPTIONS]) == 2
    assert said in capsys.readouterr().err


def test_some_strategies_never_replace_the_report_of_all(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They get files of their own, and one sentence says so; a replay of all strategies says nothing of it."""
    usual = ["replay", str(repository), *OPTIONS, "--report-dir", str(tmp_path), "--workers", "1"]
    assert main(usual) == 0
    assert "stays as it is" not in capsys.readouterr().out
    full = {path: path.read_bytes() for path in tmp_path.glob("replay*")}

    assert main([*usual, "--strategies", "full_refresh"]) == 0
    assert (
        "\nStrategies were chosen: the report is replay-filtered.*, and replay.* stays as it is.\n"
        in capsys.readouterr().out
    )
    assert {path: path.read_bytes() for path in full} == full
    assert sorted(path.name for path in {*tmp_path.glob("replay*")} - {*full}) == [
        "replay-filtered-lags.png", "replay-filtered.csv", "replay-filtered.html", "replay-filtered.json",
        "replay-filtered.md",
    ]  # fmt: skip
