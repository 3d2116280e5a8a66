"""Loaders that go wrong in every way that was thought of: each is one cell with one sentence, and the run goes on."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.contenders.command import CommandContender
from incload.contenders.function import FunctionContender
from incload.harness.trials.matrix import Cell
from incload.harness.trials.runner import run_cells, run_once
from incload.history.synthetic.scenarios import scenario
from tests.contenders.planted import everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.contenders.contender import Contender, SyncRequest

SQLITE = ("sqlite", "sqlite")
UNREADABLE = "ContenderFailed: the target cannot be opened when the sync has answered: "
CHANGED = "ContenderFailed: the sync changed the source, which it may only read"
ANOTHER = "ContenderFailed: the sync put another file in the place of the source, or none: it may only read it"


def reason(who: Contender, pair: tuple[str, str] = SQLITE) -> str:
    """Return why a cell is unknown; it has to be."""
    found = run_once(Cell(who, scenario("clean"), pair, 100, 1))
    assert found.outcome == "unknown"
    return found.reason


def second(harm: Callable[[SyncRequest], object]) -> Contender:
    """Return a loader that is right at first and does harm at the second sync."""

    def sync(request: SyncRequest) -> None:
        everything(request)
        if request.number == 1:
            harm(request)

    return FunctionContender("mine", sync)


def execute(statement: str) -> Callable[[SyncRequest], None]:
    """Return what runs a statement in the source."""

    def harm(request: SyncRequest) -> None:
        with closing(sqlite3.connect(request.source_path)) as source, source:
            source.execute(statement)

    return harm


def replace(request: SyncRequest) -> None:
    """Put an equal file in the place of the source."""
    file = Path(request.source_path)
    held = file.read_bytes()
    file.unlink()
    file.write_bytes(held)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param(execute("DELETE FROM orders WHERE id = 10"), CHANGED, id="deletes"),
        pytest.param(execute("DROP TABLE orders"), CHANGED, id="drops"),
        pytest.param(execute("ALTER TABLE orders ADD COLUMN x"), CHANGED, id="adds a column"),
        pytest.param(execute("CREATE TABLE state (x)"), CHANGED, id="adds a table"),
        pytest.param(lambda request: Path(request.source_path).write_bytes(b""), CHANGED, id="truncates"),
        pytest.param(lambda request: Path(request.source_path).unlink(), ANOTHER, id="removes"),
        pytest.param(replace, ANOTHER, id="replaces"),
    ],
)
def test_whatever_is_done_to_the_source_is_found(harm: Callable[[SyncRequest], object], said: str) -> None:
    """It is an error of its own, never a wrong row and never a failure of the harness."""
    assert reason(second(harm)) == said


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_target_that_is_no_database_is_named(engine: str) -> None:
    """A file of something else, and a folder."""
    garbage = FunctionContender("mine", lambda request: Path(request.target_path).write_text("x" * 9_000) and None)
    folder = FunctionContender("mine", lambda request: Path(request.target_path).mkdir())

    assert reason(garbage, ("sqlite", engine)).startswith(UNREADABLE)
    assert reason(folder, ("sqlite", engine)).startswith(UNREADABLE)


def test_a_target_that_is_taken_away_has_no_table() -> None:
    """What was there at the sync before does not count."""
    said = reason(second(lambda request: Path(request.target_path).unlink()))

    assert said == ("ContenderFailed: the sync left no table 'orders' in the target, which holds no table at all")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "mine ended with signal 9; it wrote nothing"),
        ("raise SystemExit(7)", "mine ended with exit code 7; it wrote nothing"),
        ("print('half'); raise SystemExit(7)", "mine ended with exit code 7; its last words: half"),
        ("pass", "the sync left no table 'orders' in the target, which holds no table at all"),
    ],
    ids=["killed", "silent", "says something", "does nothing"],
)
def test_how_a_command_ended_is_in_the_cell(program: str, said: str) -> None:
    """With its last words, if there are any."""
    assert reason(CommandContender("mine", f'{sys.executable} -S -c "{program}"')) == f"ContenderFailed: {said}"


def test_a_command_that_cannot_be_started_is_a_cell(tmp_path: Path) -> None:
    """Its program was there when names were checked: it is no program, or is gone by now."""
    file = tmp_path / "sync.sh"
    file.write_text("#!/is/not/there\n", encoding="utf-8")
    file.chmod(0o755)
    who = CommandContender("mine", str(file))
    who.check()

    assert reason(who) == "ContenderFailed: mine could not be started: No such file or directory"
    file.unlink()
    assert reason(who) == "ContenderFailed: mine could not be started: No such file or directory"


def test_what_a_command_leaves_running_is_ended_with_it() -> None:
    """A child that goes on would keep its hold on the target; the command itself has answered."""
    fork = "import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])"
    said = reason(CommandContender("mine", f'{sys.executable} -S -c "{fork}"', timeout=30.0))

    assert said == "ContenderFailed: the sync left no table 'orders' in the target, which holds no table at all"


def test_the_run_goes_on() -> None:
    """A loader that fails has its cell, and those after it have theirs."""
    bad = CommandContender("bad", "false")
    good = FunctionContender("good", everything)
    cells = [Cell(who, scenario("clean"), SQLITE, 100, 1) for who in (bad, good)]

    assert [each.outcome for each in run_cells(cells, 1, lambda _: None, 1)] == ["unknown", "sound"]
