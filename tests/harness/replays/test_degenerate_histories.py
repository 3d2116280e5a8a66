"""Histories that are no evidence, or poor evidence: each claim of a replay is withheld, or right by a reference.

The reference is brute force. It knows when each row was really changed, and never reads what was written of it: it
holds one dictionary for the copy, and compares it with the source row by row after every sync.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from incload.harness.replays.replay import ReplayPlan, replay
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.reader import open_history
from incload.registry import strategy
from incload.report.render.text import plain
from incload.report.replay.facts import HistoryFacts
from incload.report.replay.history_sections import past_blocks, window_blocks
from incload.report.replay.sections import answer_blocks, headline, profile_headline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from incload.harness.replays.replay import Replay

Row = tuple[datetime | None, str]
"""When a row was changed last, and its value."""
Snapshot = dict[str, Row]

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = ("timestamp_watermark", "timestamp_watermark_inclusive", "lookback_window:minutes=2880", "full_refresh")


def day(number: int) -> datetime:
    """Return the midnight before the noon of a snapshot."""
    return NOON.replace(hour=0) + number * DAY


LIFE: tuple[Snapshot, ...] = (
    {"a": (day(-1), "1"), "b": (day(-1), "1")},
    {"a": (day(-1), "1"), "b": (day(-1), "1"), "c": (day(1), "1")},
    {"a": (day(-1), "1"), "b": (day(-1), "2"), "c": (day(1), "1"), "d": (day(-3), "1")},
    {"a": (day(3), "2"), "b": (day(-1), "2"), "c": (day(1), "1"), "d": (day(-3), "1")},
    {"a": (day(3), "2"), "b": (day(-1), "2"), "c": (day(1), "1"), "d": (day(-3), "1"), "e": (day(3), "1")},
)
"""A row is inserted; one changes and keeps its time while another comes late; one changes; one comes with the time that
was the latest before."""


@dataclass
class Wrong:
    """What the reference finds of one strategy: rows ever wrong, and those wrong at the end."""

    ever: set[str]
    at_end: set[str]


def reference(name: str, snapshots: Sequence[Snapshot]) -> Wrong:
    """Load by one strategy and compare everything after every sync."""
    copy: Snapshot = {}
    mark: datetime | None = None
    ever: set[str] = set()
    wrong: set[str] = set()
    for rows in snapshots:
        for key, row in rows.items():
            at = row[0]
            if name == "full_refresh" or mark is None or (at is not None and _reads(name, at, mark)):
                copy[key] = row
        times = [at for at, _ in rows.values() if at is not None]
        mark = max([*times, *([mark] if mark else [])], default=None)
        wrong = {key for key, row in rows.items() if copy.get(key) != row}
        ever |= wrong
    return Wrong(ever, wrong)


def _reads(name: str, at: datetime, mark: datetime) -> bool:
    if name == "timestamp_watermark":
        return at > mark
    return at >= mark - (2 * DAY if name.startswith("lookback") else timedelta(0))


def played(
    folder: Path, snapshots: Sequence[Snapshot], write: Callable[[datetime], object], form: str = "", every: int = 1
) -> tuple[Replay, HistoryFacts]:
    """Write the snapshots into a folder, replay it, and return what was found."""
    for number, rows in enumerate(snapshots):
        records = [
            {"id": key, "at": None if at is None else write(at), "v": value} for key, (at, value) in rows.items()
        ]
        (folder / f"{NOON + number * DAY:%Y-%m-%dT%H-%M}.json").write_text(json.dumps(records), encoding="utf-8")
    options = ReplayOptions(key=("id",), cursor="at", cursor_format=form, every=every)
    history, account = open_history(folder, options)
    found = replay(history, account, [strategy(name) for name in NAMES], ReplayPlan(windows=(2 * DAY,)))
    facts = HistoryFacts(
        name="feed", key=("id",), cursor="at", vanished="delete", schedule="", account=account,
        lateness=found.lateness, windows=found.windows, worst=found.worst,
    )  # fmt: skip
    return found, facts


def check(found: Replay, facts: HistoryFacts, snapshots: Sequence[Snapshot], *, read: bool) -> None:
    """Hold every claim against the reference; without having read the times, none may be made that rests on them."""
    truth = {name.replace(":minutes=", "_minutes_"): reference(name, snapshots) for name in NAMES}
    changed = any(before != after for before, after in pairwise(snapshots))
    said = headline(found.rows, facts)
    for row in found.rows:
        wrong, uses_cursor = truth[row.strategy], row.strategy != "full_refresh"
        if row.outcome == "sound":
            assert changed
            assert read or not uses_cursor
            assert not wrong.ever
        if row.outcome == "wrong":
            assert read
            assert (row.rows_ever_wrong, (row.lost_permanently or 0) + (row.stale_permanently or 0)) == (
                len(wrong.ever), len(wrong.at_end),
            )  # fmt: skip
        named = re.search(rf"[,;] ?[^;]*\b{row.strategy}\b[^;]* right throughout", said)
        assert not named or row.outcome == "sound", said
    if "right throughout" in said:
        assert changed
    if "would have missed nothing" in said:
        assert read
        assert not truth["lookback_window_minutes_2880"].ever
    if not (read and changed):
        assert "No window is judged: " in plain(window_blocks(facts))
        assert "None of" not in profile_headline(facts)


EPOCH: Mapping[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
READ: dict[str, Callable[[datetime], object]] = {
    "iso with Z": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "iso with an offset": lambda at: (at + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30"),
    "iso day": lambda at: f"{at:%Y-%m-%d}",
    "mail": lambda at: f"{at:%a, %d %b %Y %H:%M:%S +0000}",
    "digits of a day": lambda at: f"{at:%Y%m%d}",
    "digits of a day as a number": lambda at: int(f"{at:%Y%m%d}"),
    "digits of a minute": lambda at: f"{at:%Y%m%d%H%M}",
    "digits of a second as a number": lambda at: int(f"{at:%Y%m%d%H%M%S}"),
    "digits of a millisecond": lambda at: f"{at:%Y%m%d%H%M%S}000",
    "iso and numbers mixed": lambda at: f"{at:%Y-%m-%d}" if at.day % 2 else int(at.timestamp()),
    **{f"{unit} as a number": lambda at, n=n: int(at.timestamp()) * n for unit, n in EPOCH.items()},  # type: ignore[misc]
    **{f"{unit} as a text": lambda at, n=n: str(int(at.timestamp()) * n) for unit, n in EPOCH.items()},  # type: ignore[misc]
    "leap second": lambda at: f"{at - timedelta(seconds=1):%Y-%m-%dT%H:%M}:60Z",
}


@pytest.mark.parametrize("form", READ)
def test_times_that_say_what_they_are_are_read(form: str, tmp_path: Path) -> None:
    """Every figure is that of the reference, and the headline says what it proves."""
    found, facts = played(tmp_path, LIFE, READ[form])

    check(found, facts, LIFE, read=True)
    assert [row.outcome for row in found.rows] == ["wrong", "wrong", "wrong", "sound"]
    assert (facts.account.unparsable_cursors, facts.account.odd_magnitudes) == (0, 0)


NAMED = {
    "%m/%d/%Y": "%m/%d/%Y",
    "%d/%m/%Y": "%d/%m/%Y",
    "%d.%m.%y": "%d.%m.%y",
    "%d %b %Y %I:%M %p": "%d %b %Y %I:%M %p",
    "%Y%m%d%H": "%Y%m%d%H",
}


@pytest.mark.parametrize("form", NAMED)
def test_other_forms_are_read_when_they_are_named_and_never_guessed(form: str, tmp_path: Path) -> None:
    """With --cursor-format the figures are right; without it nothing is claimed that rests on them."""
    named, guessed = tmp_path / "named", tmp_path / "guessed"
    for folder in (named, guessed):
        folder.mkdir()
    write = lambda at: at.strftime(form)  # noqa: E731 - as the others above

    check(*played(named, LIFE, write, form), LIFE, read=True)
    found, facts = played(guessed, LIFE, write)
    if form == "%Y%m%d%H":  # seconds until 2034, for all that the digits say
        assert "every timestamp of at that was read is later than its sync" in headline(found.rows, facts)
        return
    check(found, facts, LIFE, read=False)
    assert [row.outcome for row in found.rows][:3] == ["unproven"] * 3


@pytest.mark.parametrize("text", ["09/14/2024", "24-09-14", "14.09.24", "Sep 14", "last week", "2024-W37-6"])
def test_a_cursor_without_a_single_time_claims_nothing(text: str, tmp_path: Path) -> None:
    """There are no figures for strategies that go by it, no window, and the value is shown with what to do."""
    found, facts = played(tmp_path, LIFE, lambda _: text)
    said = headline(found.rows, facts)

    check(found, facts, LIFE, read=False)
    assert [(row.outcome, row.rows_read) for row in found.rows][:3] == [("unproven", None)] * 3
    assert said.startswith("Over 5 snapshots of feed, none of 7 values of at was read as a time (" + repr(text))
    assert said.endswith("; full_refresh was right throughout, at 2.57 rows read for each row changed.")
    history = plain(past_blocks(facts))
    assert "cursor values read as a time: 0 of 7" in history
    assert "zone" not in history
    assert "clock;" not in history
    assert "touch of the timestamp" not in history
    assert plain(answer_blocks(found.rows)).count("none of 7 values of at was read as a time") == 1


UNTIMED: dict[str, tuple[Callable[[datetime], object], str]] = {
    "a counter": (lambda at: (at - day(-9)).days, "the numbers of at are too small for times after March 1973"),
    "six digits": (lambda at: int(f"{at:%y%m%d}"), "the numbers of at are too small for times after March 1973"),
    "ahead of the clock": (lambda at: f"{at + 400 * DAY:%Y-%m-%d}", "every timestamp of at that was read is later"),
    "ten digits": (lambda at: int(f"{at:%Y%m%d}09") + 70_000_000, "every timestamp of at that was read is later"),
    "a typing error": (
        lambda at: f"{at:%Y-%m-%d}" if at > day(-3) else "2026-02-31", "1 of 7 values of at was not read ('2026-02-31'"
    ),
    "another unit": (
        lambda at: int(at.timestamp()) * (1 if at > day(-3) else 1_000), "1 of 7 values of at was not read"
    ),
    "another unit, smaller": (
        lambda at: int(at.timestamp()) * (1_000 if at > day(-3) else 1), "1 numbers of at were read as milliseconds"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTIMED)
def test_doubtful_times_are_said_and_prove_nothing(name: str, tmp_path: Path) -> None:
    """Whatever was read, no strategy that goes by the cursor is called right, and no window enough."""
    write, said = UNTIMED[name]
    found, facts = played(tmp_path, LIFE, write)

    assert said in headline(found.rows, facts)
    assert "would have missed nothing" not in headline(found.rows, facts)
    assert [row.outcome for row in found.rows if row.outcome == "sound"] == ["sound"]


def shifted(rows: Snapshot, by: Callable[[datetime], datetime | None]) -> Snapshot:
    """Return rows with other times."""
    return {key: (by(at) if at else None, value) for key, (at, value) in rows.items()}


ODD: dict[str, tuple[Snapshot, ...]] = {
    "null": tuple(shifted(rows, lambda _: None) for rows in LIFE),
    "null in the base": (shifted(LIFE[0], lambda _: None), *LIFE[1:]),
    "constant": tuple(shifted(rows, lambda _: day(-5)) for rows in LIFE),
    "backwards": tuple(shifted(rows, lambda at: day(-20) - (at - day(-9))) for rows in LIFE),
    "one row that changes": tuple({"a": (day(number), str(number))} for number in range(3)),
    "a row that comes back": ({"a": (day(-1), "1")}, {"b": (day(-2), "1")}, {"a": (day(-1), "1"), "b": (day(-2), "1")}),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_cursors_are_judged_as_they_are(name: str, tmp_path: Path) -> None:
    """What was read is what was written, and the figures are those of the reference."""
    found, facts = played(tmp_path, ODD[name], lambda at: f"{at:%Y-%m-%d}")

    check(found, facts, ODD[name], read=facts.account.cursors_read > 0)
    assert (facts.account.cursors_read == 0) is (name == "null")


STILL: dict[str, tuple[tuple[Snapshot, ...], str]] = {
    "one snapshot": (LIFE[:1], "there was one sync, of one state of the table"),
    "two equal ones": ((LIFE[0], LIFE[0]), "no row changed between the 2 syncs"),
    "three in another order": (
        (LIFE[0], dict(reversed(LIFE[0].items())), LIFE[0]), "no row changed between the 3 syncs"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STILL)
def test_a_history_in_which_nothing_changes_claims_nothing(name: str, tmp_path: Path) -> None:
    """Of no strategy, one that reads everything among them, and of no window."""
    snapshots, said = STILL[name]
    found, facts = played(tmp_path, snapshots, READ["iso day"])

    check(found, facts, snapshots, read=True)
    assert said in headline(found.rows, facts)
    assert said in profile_headline(facts)
    assert {row.outcome for row in found.rows} == {"unproven"}
    assert f"No window is judged: {said}" in plain(window_blocks(facts))


def test_rows_that_no_sync_saw_are_said_and_not_called_right(tmp_path: Path) -> None:
    """A row that was there for one snapshot between two syncs is in no figure but its own."""
    snapshots = (LIFE[0], LIFE[0] | {"x": (day(1), "1")}, LIFE[1], LIFE[1])
    found, facts = played(tmp_path, snapshots, READ["iso day"], every=2)
    said = headline(found.rows, facts)

    assert (facts.account.keys, facts.account.unseen_keys) == (3, 1)
    assert "kept all 3 rows right after every sync; " in said
    assert said.endswith("; 1 of 4 rows was never seen by any sync.")
    assert "throughout" not in said
    assert profile_headline(facts).endswith("; 1 of 4 rows was never seen by any sync.")
