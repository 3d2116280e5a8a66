"""What is found out of loaders that declare nothing: one planted loader for each kind of error, and what it gets."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.assumptions import Assumption, Need
from incload.cli import main
from incload.contenders import worker
from incload.contenders.command import CommandContender
from incload.contenders.function import FunctionContender
from incload.harness.trials.matrix import CORE, Cell, Choice
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario
from incload.report.foreign.evidence import evidence_of
from incload.report.foreign.fingerprint import fingerprint
from incload.report.foreign.needs import infer
from tests.contenders import planted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.report.outcome import Outcome

PLANTED = Path(__file__).with_name("planted.py")
EVIDENCE = (*CORE, "inserts_only")
"""The scenarios that show what a planted loader needs: the best known, and one that breaks nothing."""


@pytest.fixture(autouse=True)
def _workers() -> Iterator[None]:
    """Let no worker outlive its test."""
    yield
    worker.stop_all()


def outcomes(what: str, scenarios: tuple[str, ...] = EVIDENCE) -> list[Outcome]:
    """Return what a planted loader showed in scenarios of a hundred rows."""
    who = FunctionContender("mine", getattr(planted, what))
    return [run_once(Cell(who, scenario(name), ("sqlite", "sqlite"), 100, 1)) for name in scenarios]


def wrong_in(found: list[Outcome]) -> set[str]:
    """Return the scenarios in which the copy was wrong; refuse a cell without a verdict."""
    assert {each.outcome for each in found} <= {"sound", "wrong"}, [each.reason for each in found]
    return {each.scenario for each in found if each.outcome == "wrong"}


@pytest.mark.parametrize(
    ("what", "wrong", "nearest", "differing", "needs", "unexplained"),
    [
        pytest.param(
            "watermark",
            {*CORE} - {"clean"},
            "timestamp_watermark with merge",
            (),
            {"CURSOR_MOVES_ON_UPDATE", "LAG_WITHIN", "NO_HARD_DELETES", "UNIQUE_CURSOR"},
            (),
            id="goes by the largest timestamp of the target",
        ),
        pytest.param(
            "ties",
            {"duplicate_timestamps", "duplicate_timestamps_smaller_id"},
            "full_refresh with replace",
            (("duplicate_timestamps", "sound"), ("duplicate_timestamps_smaller_id", "sound")),
            {"UNIQUE_CURSOR"},
            (),
            id="loses ties",
        ),
        pytest.param(
            "twice",
            {*EVIDENCE},
            "full_refresh with append",
            (),
            {"INSERT_ONLY"},
            ("inserts_only",),
            id="appends twice",
        ),
        pytest.param(
            "resurrects", {"hard_deletes"}, "full_refresh with merge", (), {"NO_HARD_DELETES"}, (), id="resurrects"
        ),
        pytest.param(
            "truncates",
            {*EVIDENCE},
            "timestamp_watermark with replace",
            (),
            {"INSERT_ONLY"},
            ("inserts_only",),
            id="truncates",
        ),
        pytest.param("everything", set(), "full_refresh with replace", (), set(), (), id="is right"),
    ],
)
def test_a_planted_loader_is_found_out(  # noqa: PLR0913, PLR0917 - a loader, and all that is expected of it
    what: str,
    wrong: set[str],
    nearest: str,
    differing: tuple[tuple[str, str], ...],
    needs: set[str],
    unexplained: tuple[str, ...],
) -> None:
    """Its verdicts, its fingerprint with the cells that differ, and what it needs, are what was planted."""
    found = outcomes(what)
    cells = evidence_of(found)
    like, inferred = fingerprint(cells), infer(cells)

    assert wrong_in(found) == wrong
    assert like is not None
    assert (like.nearest[0], like.differing, like.cells) == (nearest, differing, len(EVIDENCE))
    assert [{need.assumption.name for need in each} for each in inferred.alternatives] == [needs]
    assert inferred.unexplained == unexplained


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crashes", "mine died without an answer; its last words: out of cheese"),
        ("sleeps", "mine did not answer within 2 s; its last words: going to sleep"),
        ("edits", "the sync changed the source, which it may only read"),
    ],
)
def test_a_loader_without_a_verdict_is_no_evidence(what: str, said: str) -> None:
    """It is unknown with its reason, and neither a fingerprint nor a need is made of it."""
    who = worker.WorkerContender("mine", f"{PLANTED}:{what}", timeout=2.0)
    found = run_once(Cell(who, scenario("hard_deletes"), ("sqlite", "sqlite"), 100, 1))
    cells = evidence_of([found])

    assert (found.outcome, found.reason) == ("unknown", f"ContenderFailed: {said}")
    assert (cells, fingerprint(cells), infer(cells).alternatives) == ((), None, ())


def test_a_worker_says_what_it_cost() -> None:
    """Its start-up is apart from its syncs, and its peak is that of its own process."""
    who = worker.WorkerContender("mine", f"{PLANTED}:everything")
    found = run_once(Cell(who, scenario("clean"), ("sqlite", "sqlite"), 100, 1))

    assert found.start_up_seconds is not None
    assert found.start_up_seconds > 0
    assert found.peak_memory_bytes is None or 1_000_000 < found.peak_memory_bytes < 100_000_000
    assert found.rows_unchanged is None  # SQLite does not show which rows were written


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no peak")
def test_a_command_is_measured_apart_from_what_starts_it() -> None:
    """Its peak is that of its own processes and not of ours, and its start-up that of a sync with nothing to do."""
    program = f"{shlex.quote(sys.executable)} -S {shlex.quote(str(PLANTED))} everything"
    small = run_once(Cell(CommandContender("mine", program), scenario("clean"), ("sqlite", "sqlite"), 100, 1))
    hungry = f"sh -c '{program} && {shlex.quote(sys.executable)} -S -c \"bytearray(90_000_000)\"'"
    large = run_once(Cell(CommandContender("mine", hungry), scenario("clean"), ("sqlite", "sqlite"), 100, 1))

    assert (small.outcome, large.outcome) == ("sound", "sound")
    assert small.syncs == 11
    assert 1_000_000 < small.peak_memory_bytes < 60_000_000  # type: ignore[operator]
    assert 90_000_000 < large.peak_memory_bytes < 150_000_000  # type: ignore[operator]
    assert 0 < small.start_up_seconds < small.load_seconds_min  # type: ignore[operator]


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Explain a cell of a hundred rows; return the exit code and what was said, on one line."""
    code = main(["explain", *arguments, "--rows", "100"])
    said = capsys.readouterr()
    return code, " ".join((said.out or said.err).split())


def test_a_loader_is_explained_from_the_history(capsys: pytest.CaptureFixture[str]) -> None:
    """The story says what changed, how it stood beside what was visible, and since when the copy is wrong."""
    mine = f"mine={PLANTED}:watermark"
    code, text = explained(
        capsys, "mine", "duplicate_timestamps", "--contender", mine, "--evidence", "clean,hard_deletes"
    )

    assert code == 0
    assert "2. Sync 1 was the first that could see it. Its modified_at is the largest modified_at visible at" in text
    assert re.search(r"3\. It was lost after sync 1 and is still lost after the last, sync 10 \(\d+ wrong rows", text)
    assert "UNIQUE_CURSOR: no change has the cursor value" in text
    assert "From the verdicts in duplicate_timestamps, clean, hard_deletes: Nearest known: timestamp_watermark" in text
    assert "Inferred needs: NO_HARD_DELETES and UNIQUE_CURSOR." in text


def test_a_loader_that_fails_is_explained_by_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1: there is no verdict."""
    mine = f"mine={PLANTED}:crashes"
    code, text = explained(capsys, "mine", "clean", "--contender", mine, "--evidence", "clean")

    assert code == 1
    assert "unknown: ContenderFailed: mine died without an answer; its last words: out of cheese" in text
    assert "Without a verdict there is no fingerprint. No verdict, and so no evidence, in 1 scenario: clean." in text


def test_a_contender_beside_what_is_explained_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It would have been ignored."""
    code, text = explained(capsys, "full_refresh", "clean", "--contender", f"mine={PLANTED}:everything")

    assert code == 2
    assert "--contender names mine, and full_refresh is to be explained: name one of them." in text


@pytest.mark.slow
def test_all_scenarios_distinguish_a_watermark_from_all_others() -> None:
    """Over every source's flaw the plain watermark is found as itself, with the needs that it declares."""
    cells = [each for each in Choice().chosen_scenarios() if not each.faults]
    found = outcomes("watermark", tuple(each.id for each in cells if each.id != "schema_drift"))
    like, inferred = fingerprint(evidence_of(found)), infer(evidence_of(found))

    assert like is not None
    assert (like.nearest, like.differing) == (
        ("timestamp_watermark with merge", "timestamp_watermark with newest"),
        (),
    )
    assert inferred.unexplained == ()
    assert Need(Assumption.NO_HARD_DELETES) in inferred.alternatives[0]
