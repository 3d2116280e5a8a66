"""The catalogue is current, every cause is shown as it says, and its pictures show the fewest rows that still do.

Run as a program, this file looks for the smallest histories of the causes that have none on file, or of all with
`--again`, and writes the page and its pictures.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from incload.cli import main
from incload.contenders.wild import loaders
from incload.harness.catalogue.drawing import timeline_of
from incload.harness.catalogue.false_alarms import FalseAlarms, false_alarms
from incload.harness.catalogue.showing import history_of, is_shown
from incload.harness.catalogue.smallest import keys_of, restricted, smallest
from incload.history.synthetic.scenarios import EVERY_SCENARIO
from incload.report.catalogue.causes import FALSE_ALARMS, Cause, causes
from incload.report.catalogue.page import PICTURES, page
from incload.report.catalogue.timeline import Line, Mark, Timeline

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "catalogue.md"
FILE = Path(__file__).with_name("smallest_histories.json")
"""The keys of the rows in the picture of each cause."""
LOADERS = {each.id: f"bench/wild/{each.id}.py" for each in loaders()}
OF_LOADS = [each for each in causes() if each.shows != FALSE_ALARMS]
MOST_ROWS = 5
every_cause = pytest.mark.parametrize("cause", OF_LOADS, ids=lambda cause: cause.id)


def on_file() -> dict[str, list[int]]:
    """Return the keys of the smallest history of each cause."""
    found: dict[str, list[int]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def pictures() -> dict[str, str]:
    """Draw the picture of each cause."""
    return {each.id: timeline_of(each, on_file()[each.id]).svg() for each in OF_LOADS}


def written() -> str:
    """Return the page as it should be."""
    return page(LOADERS, {name: len(keys) for name, keys in on_file().items()})


def test_there_are_63_causes() -> None:
    """51 that were seen and 12 that were reasoned, in the order of their ids; none is left out."""
    assert [each.id for each in causes()] == [f"C{at:02}" for at in range(1, 52)] + [f"X{at:02}" for at in range(1, 13)]


@every_cause
def test_a_cause_is_shown_as_the_catalogue_says(cause: Cause) -> None:
    """In the fewest rows of its scenario, one is wrong in the way that is stated, and the other is right."""
    assert is_shown(cause, restricted(history_of(cause), on_file()[cause.id]))


@pytest.mark.slow
@every_cause
def test_a_cause_is_shown_in_its_whole_scenario(cause: Cause) -> None:
    """The same holds in the scenario itself."""
    assert is_shown(cause, history_of(cause))


@pytest.mark.slow
@every_cause
def test_no_row_of_a_picture_can_be_left_out(cause: Cause) -> None:
    """Without any one of its rows, the smallest history does not show its cause; it has few."""
    keys = on_file()[cause.id]
    rest = [restricted(history_of(cause), [each for each in keys if each != key]) for key in keys if len(keys) > 1]

    assert [is_shown(cause, history) for history in rest] == [False] * len(rest)
    assert len(keys) <= MOST_ROWS


def test_a_cause_that_is_not_shown_is_found() -> None:
    """A loader that is right shows nothing, and one that is wrong is no example of how to be right."""
    (late,) = (each for each in causes() if each.id == "C22")
    right = Cause(**{**_values(late), "wrong": "lookback_window"})
    no_example = Cause(**{**_values(late), "right": "timestamp_watermark_inclusive"})

    assert [is_shown(each, history_of(late)) for each in (late, right, no_example)] == [True, False, False]


def _values(cause: Cause) -> dict[str, object]:
    return {name: getattr(cause, name) for name in Cause.__slots__}


def test_a_smallest_history_is_what_matters() -> None:
    """Of many rows those are left without which something is not shown."""
    (late,) = (each for each in causes() if each.id == "C22")
    history = history_of(late)
    wanted = {keys_of(history)[3], keys_of(history)[-2]}

    assert set(smallest(history, lambda some: wanted <= set(keys_of(some)))) == wanted


def test_every_loader_and_scenario_of_other_loaders_has_its_cause() -> None:
    """What a file of `bench/wild` and a scenario say of causes is of the catalogue, and both are named by an entry."""
    known = {each.id for each in causes()}
    said = {cause for each in loaders() for cause in each.causes} | {
        cause for each in EVERY_SCENARIO for cause in each.causes
    }

    assert said <= known
    assert [each.id for each in causes() if each.scenario not in {known.id for known in EVERY_SCENARIO}] == []


def test_a_naive_checker_raises_false_alarms() -> None:
    """A right copy differs by text in every row, and at one look in what has just changed; the audit is not misled."""
    assert false_alarms() == FalseAlarms(
        rows=100, by_text=100, by_value=0, audits=10, at_one_look=60, settled=0, in_flight=60, found=2
    )


def test_the_cause_of_false_alarms_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    """`incload explain C51` has both checkers look at copies, and prints what they saw."""
    assert main(["explain", "C51"]) == 0
    said = capsys.readouterr().out

    assert said.startswith("C51: A checker that is wrong\n")
    assert "  100 rows differ by text, 0 for incload audit.\n" in said
    assert "  60 rows differ at one look; 0 are wrong for incload audit --settle,\n" in said
    assert max(map(len, said.splitlines())) <= 100


def test_the_page_is_current() -> None:
    """The committed page is what the catalogue says now (python tests/docs/test_catalogue.py writes it)."""
    assert PAGE.read_text(encoding="utf-8") == written()


def test_the_pictures_are_current() -> None:
    """Each picture is what its history shows now, can be read as XML, and none is left over."""
    folder = PAGE.parent / PICTURES
    found = {each.stem: each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.svg"))}

    assert found == pictures()
    roots = {ET.fromstring(text).tag for text in found.values()}  # noqa: S314 - it is our own
    assert roots == {"{http://www.w3.org/2000/svg}svg"}


def test_a_picture_draws_rows_versions_deletions_and_what_is_wrong() -> None:
    """A row has a point for a version, a cross for a deletion, and red where the copy is wrong."""
    marks = (Mark(0, gone=False, label="12:00"), Mark(2, gone=True, label=""))
    drawn = Timeline("a & b", (Line("id 1", marks, (2, 3), "phantom"),), (0, 1, 2, 3), 3).svg()

    assert (drawn.count("<circle"), drawn.count("l8 8m0"), drawn.count("phantom"), drawn.count(">sync ")) == (
        1,
        1,
        1,
        4,
    )
    assert "<title>a &amp; b</title>" in drawn


def test_a_cause_is_explained_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """`incload explain C17` prints the entry and the command, in lines of a hundred characters."""
    assert main(["explain", "c17"]) == 0
    said = capsys.readouterr().out

    assert said.startswith("C17: A late commit\n")
    assert "incload explain timestamp_watermark late_commit\n" in said
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("C02", "Run it in a checkout of incload:\n  incload explain page_after_cursor batch_timestamps"),
        ("C01", "Run it:\n  incload explain timestamp_watermark duplicate_timestamps\n"),
    ],
)
def test_a_cause_says_where_its_command_can_be_given(
    cause: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installed package has no loaders of `bench/wild`: the command names the contender and where it is found."""
    monkeypatch.setattr("incload.contenders.wild.loaders", tuple)
    assert main(["explain", cause]) == 0
    printed = capsys.readouterr().out

    assert said in printed
    assert ("--contender page_after_cursor\n" in printed) == (cause == "C02")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["explain", "C99"], r"unknown cause 'C99'"),
        (["explain", "timestamp_watermark"], r"timestamp_watermark is to be explained in which scenario\?"),
    ],
    ids=["no_cause", "no_scenario"],
)
def test_what_cannot_be_explained_is_refused(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id that is none, and a strategy without a scenario, are refused in a sentence."""
    assert main(words) == 2
    assert re.search(sentence, capsys.readouterr().err)


@pytest.mark.parametrize("cause", causes(), ids=lambda cause: cause.id)
def test_the_command_of_a_cause_can_be_given(cause: Cause) -> None:
    """It names a strategy or a loader, and a scenario, that exist."""
    words = cause.command().split()

    assert words[:2] in (["incload", "explain"], ["incload", "compare"])
    assert ("--contender" in words) == (cause.wrong in LOADERS)


def write(*, again: bool) -> None:
    """Look for the smallest histories that are not on file, and write the page and the pictures."""
    known = {} if again or not FILE.exists() else on_file()
    for each in OF_LOADS:
        if each.id not in known:
            known[each.id] = list(smallest(history_of(each), lambda some, each=each: is_shown(each, some)))
            sys.stderr.write(f"{each.id}: {len(known[each.id])} rows\n")
    lines = ",\n".join(f'  "{each.id}": {json.dumps(known[each.id])}' for each in OF_LOADS)
    FILE.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    (PAGE.parent / PICTURES).mkdir(exist_ok=True)
    for name, text in pictures().items():
        (PAGE.parent / PICTURES / f"{name}.svg").write_text(text, encoding="utf-8")
    PAGE.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    write(again="--again" in sys.argv)
