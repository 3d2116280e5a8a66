"""The pytest plugin: tests for scenarios, declared losses, skips, and no cost where it is not used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., pytest.RunResult]

THREE = """
@incload.testing.scenarios("clean, duplicate_timestamps", "hard_deletes", loses={"hard_deletes"})
def test_mine(incload_scenario):
    incload_scenario.check(SYNC)
"""


def test_a_right_sync_passes_and_a_declared_loss_that_does_not_happen_fails(run: Run) -> None:
    """The sync that copies everything loses nothing, so the declaration is out of date."""
    result = run(THREE.replace("SYNC", "right"))

    result.assert_outcomes(passed=2, failed=1)
    said = "*WrongCopy: hard_deletes is declared in loses=, but the copy was right after each of 11 syncs"
    result.stdout.fnmatch_lines([f"{said} (hard_deletes, sqlite-sqlite, 100 rows, seed 1): take it out."])


def test_a_wrong_sync_fails_with_the_witness(run: Run) -> None:
    """The declared loss passes; the other says which row was wrong, since when and how, and names what to do."""
    result = run(THREE.replace("SYNC", "newer"))

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([
        "*WrongCopy: the copy is wrong in duplicate_timestamps, sqlite-sqlite, 100 rows, seed 1: * lost.",
        "E * New rows carry exactly the newest timestamp that was read before, under larger keys.",
        "E * 1. In tick 1, at 2026-01-01T00:05:00, row id = * became visible with modified_at = *",
        "E * 2. Sync 1 was the first that could see it. Its modified_at is the largest modified_at visible at the *",
        "E * 3. It was lost after sync 1 and is still lost after the last, sync 10 (* wrong rows then).",
        "E * A known loss is declared by loses={'duplicate_timestamps'}.",
    ])  # fmt: skip
    assert "incload/testing/checking.py:" not in result.stdout.str().replace("\\", "/")


def test_k_selects_a_scenario(run: Run) -> None:
    """The ids of the tests are those of the scenarios."""
    result = run(THREE.replace("SYNC", "right"), "-k", "clean")

    result.assert_outcomes(passed=1, deselected=2)


def test_xdist_distributes_scenarios(run: Run) -> None:
    """Each worker collects the same tests under the same names."""
    result = run(THREE.replace("SYNC", "newer"), "-n", "2", "-k", "clean or hard_deletes")

    result.assert_outcomes(passed=2)


def test_without_the_plugin_other_tests_run(run: Run) -> None:
    """A decorated test then says which fixture is missing."""
    result = run(THREE.replace("SYNC", "right") + "\ndef test_other():\n    pass\n", "-p", "no:incload")
    if result.ret == pytest.ExitCode.OK:  # pragma: no cover - the plugin was named by -p, and is not blocked by name
        pytest.skip("the plugin is not installed under its name")

    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(["*fixture 'incload_scenario' not found*"])


def test_a_sync_that_raises_fails_with_its_own_error(run: Run) -> None:
    """The traceback ends in the user's code."""
    result = run("""
def broken(request):
    raise LookupError("no such dataset")

@incload.testing.scenarios("clean")
def test_mine(incload_scenario):
    incload_scenario.check(broken)
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * LookupError: no such dataset", "test_mine.py:*: LookupError"])


def test_what_cannot_happen_is_skipped_with_the_reason(run: Run) -> None:
    """A state that is not known cannot be lost; `all` leaves such scenarios out."""
    result = run(
        """
@incload.testing.scenarios("memory_lost")
def test_mine(incload_scenario):
    incload_scenario.check(right)

@incload.testing.scenarios("all")
def test_all(incload_scenario):
    incload_scenario.check(right)
""",
        "-rs",
        "-k",
        "memory_lost or clean",
    )

    result.assert_outcomes(passed=1, skipped=1, deselected=result.parseoutcomes().get("deselected", 0))
    result.stdout.fnmatch_lines(["SKIPPED*lose_state cannot happen to sync: it does not say where it keeps its state."])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('scenarios("cor")', "*unknown scenario 'cor'*"),
        ("scenarios()", "*names no scenario: write core, all, or ids such as late_arrivals."),
        ('scenarios("core", loses={"late"})', "*unknown scenario 'late'*"),
        ('scenarios("clean", loses={"hard_deletes"})', "*loses= names hard_deletes, which is none of the chosen*"),
        ('scenarios("clean", loses="clean")', "*loses='clean' is no set of scenarios: write loses={'hard_deletes'}."),
        ('scenarios("clean", target="oracle")', "*unknown target engine 'oracle'*"),
        ('scenarios("clean", target="sqlite:///a.db?table=b")', "*target= names the table 'b': leave it out*"),
        ('scenarios("clean", rows=10)', "*rows=10 is too few for the scenarios: give at least 100."),
        ('scenarios("clean", tabel=None)', "*tabel*"),
        ('scenarios("clean", copy={"times": "roman"})', "*copy=: times cannot be 'roman'*"),
    ],
)
def test_bad_options_are_refused_when_tests_are_collected(run: Run, call: str, said: str) -> None:
    """In one sentence that names what is wrong."""
    result = run(f"\n@incload.testing.{call}\ndef test_mine(incload_scenario):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E *Refused: {said}"])


def test_an_undecorated_test_learns_to_be_decorated(run: Run) -> None:
    """The fixture has no scenario of its own."""
    result = run("\ndef test_mine(incload_scenario):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*incload_scenario comes from @incload.testing.scenarios(...): decorate the test."])


def test_the_plugin_imports_nothing_heavy() -> None:
    """A test session that does not use it pays for three small modules."""
    program = (
        "import sys, pytest; old = set(sys.modules); import incload.testing.plugin; print(*set(sys.modules) - old)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert set(done.stdout.split()) == {"incload", "incload.testing", "incload.testing.plugin"}
