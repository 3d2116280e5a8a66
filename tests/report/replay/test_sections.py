"""The report of a replay: who comes first, what the headline says, what is described windows, rows and the history."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.errors import Refused
from incload.history.lag_profile import Forecast, Lateness
from incload.history.recorded.read_log import Note, ReadLog
from incload.report.render.blocks import Fold, Grid, Heading, Paragraph, Picture, Points, Story, Table, Verbatim
from incload.report.render.figure import _lags_figure, draw_lags
from incload.report.render.text import plain
from incload.report.replay.facts import HistoryFacts, TriedWindow, WorstRow, read_facts, write_facts
from incload.report.replay.files import save_replay
from incload.report.replay.history_sections import past_blocks, share, span, window_blocks
from incload.report.replay.record import COLUMNS, SCHEMA_VERSION, Replayed, read_replayed, write_replayed
from incload.report.replay.sections import answer_blocks, headline

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600_000_000
STRICT = Replayed(
    strategy="timestamp_watermark", write_rule="merge", source_engine="sqlite", target_engine="sqlite", outcome="wrong",
    snapshots=20, syncs=19, keys=50, lost_permanently=3, stale_permanently=4, rows_ever_wrong=9, wrong_syncs=12,
    heal_syncs_median=1.5, heal_syncs_max=4, phantom=2, phantom_max=2, duplicated=0, rows_waiting=0, rows_read=60,
    rows_changed=80, rows_read_per_row_changed=0.75, rows_written=60, rows_removed=0, queries=19, state_bytes=40,
    history_digest="00c0ffee", load_seconds=0.5,
)  # fmt: skip
FULL = replace(
    STRICT, strategy="full_refresh", outcome="sound", lost_permanently=0, stale_permanently=0, rows_ever_wrong=0,
    wrong_syncs=0, heal_syncs_median=None, heal_syncs_max=None, phantom=0, phantom_max=0, rows_read=600,
    rows_read_per_row_changed=7.5,
)  # fmt: skip
LOST = replace(FULL, strategy="stubborn", outcome="wrong", stale_permanently=1, rows_ever_wrong=1)
NOT_APPLIED = Replayed(
    strategy="incrementing_id", write_rule="merge", source_engine="sqlite", target_engine="sqlite",
    outcome="not_applicable", reason="keys are texts", snapshots=20, keys=50, history_digest="00c0ffee",
)  # fmt: skip
HOURLY = TriedWindow(forecast=Forecast(3_600.0, 5, 4, 3, 90), strategy="lookback_60", rows_ever_wrong=3, rows_read=90)
FACTS = HistoryFacts(
    name="feed.json", key=("id",), cursor="at", vanished="delete", schedule="a sync after every snapshot",
    account=ReadLog(snapshots=20, usable=19, skipped=1, keys=50, cursors_read=70,
                    notes=[Note("0123456789abcdef", "is empty")]),
    lateness=Lateness(
        syncs=19, base_rows=10, rows_at_end=40, inserts=40, updates=20, deletes=10, ties=2, late=10, behind_inserts=12,
        quantiles=((50, HOUR), (100, 36 * HOUR)), curve=((0, 10), (HOUR, 5), (36 * HOUR, 0)),
    ),
    windows=(HOURLY,),
    worst=(WorstRow("7", 1, 4, ("It changed.", "It was lost.")),),
    environment='{"python": "3.11"}',
    command="incload replay feed",
)  # fmt: skip


def test_the_headline_says_loss_window_and_cure() -> None:
    """What the popular strategy lost, how far the widest window helps, who was right and at what cost."""
    assert headline([STRICT, FULL], FACTS) == (
        "Over 20 snapshots of feed.json, timestamp_watermark on at would have left 7 of 50 rows permanently wrong "
        "(3 lost, 4 stale), 9 wrong at some time and 2 phantoms at the end; even a lookback window of 1 hour would "
        "have had 3 rows wrong; full_refresh was right throughout, at 7.50 rows read for each row changed."
    )


def test_the_headline_names_a_window_that_is_enough() -> None:
    """The smallest that had no row wrong, deletes aside; a window of nothing is an inclusive bound."""
    day = TriedWindow(forecast=Forecast(86_400.0, 0, 0, 0, 200), rows_ever_wrong=0, rows_read=200)
    none = replace(day, forecast=Forecast(0.0, 0, 0, 0, 60))

    assert "; a lookback window of 1 day would have missed nothing but deletes; " in headline(
        [STRICT, FULL], replace(FACTS, windows=(HOURLY, day))
    )
    assert "; an inclusive bound would have missed nothing; " in headline(
        [STRICT, FULL], replace(FACTS, windows=(none,), lateness=Lateness(inserts=3))
    )


def test_the_headline_without_good_news_or_any() -> None:
    """The worst stands for those that ran if the popular one did not; no one right, no one replayed: it says so."""
    assert headline([LOST, NOT_APPLIED], replace(FACTS, windows=())) == (
        "Over 20 snapshots of feed.json, stubborn would have left 1 of 50 rows permanently wrong (0 lost, 1 stale) "
        "and 1 wrong at some time; no strategy was right throughout."
    )
    assert headline([NOT_APPLIED], FACTS) == (
        "Over 20 snapshots of feed.json, no strategy could be replayed to its end."
    )
    assert "full_refresh would have kept all 50 rows right throughout" in headline([FULL], FACTS)


def test_strategies_stand_in_the_order_of_what_they_lost() -> None:
    """Permanently wrong first, whatever it cost; what did not run is excused below, with its reason."""
    _, _, table, excuse, points = answer_blocks([STRICT, LOST, NOT_APPLIED, FULL])

    assert isinstance(table, Table)
    assert table.rows == (
        ("full_refresh", "0", "0", "0", "0", "–", "–", "0", "7.50", "0.50"),  # noqa: RUF001 - nothing healed
        ("stubborn", "0", "1", "1", "0", "–", "–", "0", "7.50", "0.50"),  # noqa: RUF001 - as above
        ("timestamp_watermark", "3", "4", "9", "12", "1.5", "4", "2", "0.75", "0.50"),
    )
    assert excuse == Paragraph("Not replayed:")
    assert points == Points((("incrementing_id, n/a:", "keys are texts"),))


def test_a_copy_that_waits_is_not_called_right() -> None:
    """A strategy that left rows for later is listed apart, below those that did not, and never the cheapest."""
    lazy = replace(FULL, strategy="settling_delay", rows_waiting=50, rows_read=0, rows_read_per_row_changed=0.0)
    _, note, table = answer_blocks([lazy, FULL])

    assert headline([STRICT, lazy, FULL], FACTS).endswith(
        "; full_refresh was right throughout, at 7.50 rows read for each row changed."
    )
    assert "kept all 50 rows right throughout, but for 50 that waited at the end; " in headline([lazy], FACTS)
    assert headline([STRICT, lazy], FACTS).endswith("; no strategy was right throughout.")
    assert isinstance(note, Paragraph)
    assert note.text.endswith(
        "Waiting are rows that the copy lacks or has old and that the strategy has left for later."
    )
    assert isinstance(table, Table)
    assert [(row[0], row[8]) for row in table.rows] == [("full_refresh", "0"), ("settling_delay", "50")]


def test_engines_are_named_where_there_are_several() -> None:
    """One strategy on two pairs of engines is two lines."""
    _, _, table = answer_blocks([STRICT, replace(STRICT, target_engine="duckdb")])

    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [
        "timestamp_watermark (sqlite to sqlite)",
        "timestamp_watermark (sqlite to duckdb)",
    ]


def test_windows_that_agree_and_windows_that_do_not() -> None:
    """The table says yes or no, and below it what differs; a profile, which tried none, says neither."""
    wrong = replace(HOURLY, rows_ever_wrong=4, difference=("lookback_60 had one more.",))
    _, _, table, agreement = window_blocks(FACTS)
    *_, differs, points = window_blocks(replace(FACTS, windows=(HOURLY, wrong)))
    _, _, predicted = window_blocks(replace(FACTS, windows=(TriedWindow(forecast=HOURLY.forecast),)))

    assert isinstance(table, Table)
    assert isinstance(predicted, Table)
    assert table.rows == (("1 hour", "5", "8.3 %", "4", "3", "90", "1.12", "3", "90", "yes"),)
    assert agreement == Paragraph(
        "Prediction and replay agree for the window that was tried, in rows ever wrong and in rows read."
    )
    assert differs == Paragraph("Prediction and replay differ for the windows of 1 hour:")
    assert points == Points((("1 hour:", "lookback_60 had one more."),))
    assert predicted.rows == (("1 hour", "5", "8.3 %", "4", "3", "90", "1.12"),)
    assert window_blocks(replace(FACTS, windows=())) == []


def test_what_the_history_is_like() -> None:
    """Snapshots and why some were skipped, changes, lags; what was looked for and not found in one line."""
    text = plain(past_blocks(FACTS))

    assert "  snapshots: 20; 19 usable, 0 of them like the one before; 1 skipped, 0 without the file\n" in text
    assert "  lag of 0 or more: 12 of 60 inserts and updates (20.0 %); 2 ties with the largest timestamp, 10 " in text
    assert "  1: is empty (first 0123456789ab)\n" in text
    assert "  none of these: timestamps that are null; " in text
    assert (
        "12 of 60 changes (20.0 %) lie at or behind the largest timestamp visible before them, the furthest of them "
        in (text)
    )


def test_a_history_without_lateness_says_so() -> None:
    """No quantiles of nothing; more skipped snapshots than notes are reported."""
    account = replace(FACTS.account, skipped=3)
    text = plain(past_blocks(replace(FACTS, lateness=Lateness(inserts=1), account=account)))

    assert "None of 1 change lies behind the timestamps visible before." in text
    assert "2 more, for other reasons, are not listed" in text
    assert "lag at most" not in text


def test_reasons_that_differ_in_numbers_alone_are_one_line() -> None:
    """Fifty snapshots that break off at fifty places are one point, which says so; each snapshot is counted."""
    account = ReadLog()
    for line in range(1, 51):
        account.skip(f"commit{line:034d}", f"breaks off: at line {line} column {line % 2}")
    account.skip("other", "is empty")

    assert "  50: breaks off: at line 1 column 1 (first commit000000; 49 of the others have other numbers)\n" in (
        text := plain(past_blocks(replace(FACTS, account=account)))
    )
    assert "  1: is empty (first other)\n" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0"), (0.25, "250 ms"), (1, "1 second"), (90, "1.5 minutes"), (3_600, "1 hour"), (5_184_000, "60 days"),
     (86_400_000, "1,000 days")],
)  # fmt: skip
def test_spans_are_reported_in_their_largest_unit(seconds: float, text: str) -> None:
    """With one decimal where it is needed."""
    assert span(seconds) == text


def test_a_share_of_nothing_is_a_dash() -> None:
    """Not a zero."""
    assert (share(1, 8), share(0, 0)) == ("12.5 %", "–")  # noqa: RUF001 - the dash of a missing figure


def test_the_csv_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Every figure, and what there is none of."""
    path = tmp_path / "replay.csv"
    write_replayed([STRICT, NOT_APPLIED], path)

    assert read_replayed(path) == (STRICT, NOT_APPLIED)
    assert path.read_text(encoding="utf-8").partition("\n")[0] == ",".join(COLUMNS)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its columns are none"),
        ("a,b\n", "its columns are a, b"),
        (f"HEAD\n{SCHEMA_VERSION},x\n", f"a line has 2 cells for {len(COLUMNS)} columns"),
        ("HEAD\nLINE\n", "schema_version is 9, not 4, which this incload reads"),
        ("schema_version,questions\n3,1\n", "schema_version is 3, not 4, which this incload reads"),
    ],
)
def test_another_csv_is_refused(text: str, said: str, tmp_path: Path) -> None:
    """With what is wrong about it."""
    path = tmp_path / "replay.csv"
    line = ",".join(["9", *["x"] * 6, *["1"] * (len(COLUMNS) - 8), "1"])
    path.write_text(text.replace("HEAD", ",".join(COLUMNS)).replace("LINE", line), encoding="utf-8")

    with pytest.raises(Refused, match=r"is not the CSV of a replay \(.*\): replay the history again\.$") as refusal:
        read_replayed(path)
    assert said in str(refusal.value)


def test_the_facts_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Everything that the report says besides the strategies."""
    write_facts(FACTS, tmp_path / "replay.json")

    assert read_facts(tmp_path / "replay.json") == FACTS


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 3}', '{"schema_version": 2}'])
def test_other_facts_are_refused(text: str, tmp_path: Path) -> None:
    """Another version, another document, none at all."""
    (tmp_path / "replay.json").write_text(text, encoding="utf-8")

    with pytest.raises(Refused, match=r"is not the JSON of a replay \(.*\): replay the history again\.$"):
        read_facts(tmp_path / "replay.json")


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """Named, with the reason of the system."""
    with pytest.raises(Refused, match=r"replay\.csv cannot be read \(No such file or directory\)"):
        read_replayed(tmp_path / "replay.csv")
    with pytest.raises(Refused, match=r"replay\.json cannot be read \(No such file or directory\)"):
        read_facts(tmp_path / "replay.json")


def test_the_report_is_rendered_again_from_its_files(tmp_path: Path) -> None:
    """`incload report` makes the same pages from CSV and JSON alone, into another folder if asked."""
    first, again = tmp_path / "first", tmp_path / "again"
    written = save_replay([STRICT, FULL], FACTS, first)

    assert main(["report", str(first / "replay.csv"), "--report-dir", str(again)]) == 0
    assert [path.name for path in written] == [
        "replay.csv", "replay.json", "replay.md", "replay.html", "replay-lags.png",
    ]  # fmt: skip
    for name in ("replay.md", "replay.html", "replay-lags.png"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert "data:image/png;base64," in (first / "replay.html").read_text(encoding="utf-8")


def test_without_a_library_for_pictures_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the report is made all the same."""
    monkeypatch.setattr("incload.report.replay.files.find_spec", lambda _: None)

    assert [path.name for path in save_replay([STRICT], FACTS, tmp_path)][2:] == ["replay.md", "replay.html"]
    assert "![" not in (tmp_path / "replay.md").read_text(encoding="utf-8")


def test_lags_are_drawn_as_steps(tmp_path: Path) -> None:
    """From a second on, falling where a lag lies, with the windows as marks."""
    (axes,) = _lags_figure(FACTS.lateness.curve, 60, [(0, "0"), (3_600, "1 hour")]).axes
    steps = axes.lines[0].get_xydata().tolist()

    assert [[x, round(y, 1)] for x, y in steps] == [[1, 16.7], [3_600, 8.3], [129_600, 0], [259_200, 0]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1 second", "1 hour"]
    with pytest.raises(Refused, match=r"^there are no lags to draw"):
        draw_lags((), 60, tmp_path / "lags.png")


def test_plain_text_has_every_kind_of_block(tmp_path: Path) -> None:
    """Headings underlined, tables in columns whose heads wrap, stories numbered; a matrix is not for a terminal."""
    picture = tmp_path / "x.png"
    blocks = (
        Heading(2, "Title"), Paragraph("text", lead="Led:"), Points((("a:", "b"), ("", "c"))),
        Table(("name", "a long head"), (("x", "1"), ("yy", "22")), left=1), Story("Of 1", ("one", "two")),
        Verbatim("run\nthis"), Picture(picture, "Lags"), Fold("More", (Paragraph("inside"),)),
    )  # fmt: skip

    assert plain(blocks) == (
        "Title\n-----\n\nLed: text\n\n  a: b\n  c\n\n           a\n        long\n  name  head\n  ----  ----\n"
        "  x        1\n  yy      22\n\nOf 1\n  1. one\n  2. two\n\n  run\n  this\n\n"
        f"Lags: {picture}\n\nMore\n\ninside\n"
    )
    with pytest.raises(TypeError, match="matrix"):
        plain([Grid((), (), ())])


def test_the_environment_is_reported(tmp_path: Path) -> None:
    """Digest, versions and the command that makes it again stand at the end."""
    save_replay([STRICT], FACTS, tmp_path)
    end = (tmp_path / "replay.md").read_text(encoding="utf-8").partition("## Where this comes from")[2]

    assert "**python:** 3.11" in end
    assert "incload replay feed" in end
    assert json.loads((tmp_path / "replay.json").read_text(encoding="utf-8"))["command"] == "incload replay feed"
