"""Progress is shown on standard error alone: a bar on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.terminal.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable


class Terminal(io.StringIO):
    """A text file that claims to be a terminal."""

    def isatty(self) -> bool:
        """Claim it."""
        return True


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Return what puts a terminal in the place of standard error; pytest puts its own there before each test."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    def watch() -> Terminal:
        shown = Terminal()
        monkeypatch.setattr(sys, "stderr", shown)
        return shown

    return watch


def texts(shown: Terminal) -> str:
    """Return what a terminal was shown, without colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())


def test_a_short_run_writes_nothing_to_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is over soon, nothing is written, neither on standard error nor on standard output."""
    with Progress("trials", 2) as progress:
        progress.step("one")
        progress.at(1, 2)
        progress.step("two")

    assert capsys.readouterr() == ("", "")


def test_a_long_run_writes_a_line_to_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After half a minute without one, and not before; standard output stays clean."""
    clock = iter((0.0, 29.0, 30.0, 30.0, 31.0))
    monkeypatch.setattr("incload.terminal.progress.monotonic", lambda: next(clock))
    with Progress("snapshots") as progress:
        for done in (1, 1_200, 1_201):
            progress.at(done, 6_102)

    assert capsys.readouterr() == ("", "incload: 1,200 of 6,102 snapshots\n")


def test_a_pipe_needs_no_library() -> None:
    """Where no terminal watches, the library that draws the bar is not even imported."""
    program = (
        "import sys\nfrom incload.terminal.progress import Progress\n"
        "with Progress('trials', 1) as progress: progress.step('one')\nprint('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_terminal_shows_how_far(watched: Callable[[], Terminal], capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal sees what is counted, which step is under way, and how many are done: those before it."""
    terminal = watched()
    with Progress("trials", 3) as progress:
        progress.step("first")
        progress.step("second")
        progress._bar.refresh()  # type: ignore[union-attr]  # drawn now, not at the next beat

    shown = texts(terminal)
    assert "1/3" in shown
    assert "trials" in shown
    assert "second" in shown
    assert capsys.readouterr().out == ""


def test_the_first_step_is_not_done_when_it_starts(watched: Callable[[], Terminal]) -> None:
    """While the first step runs, nothing is done."""
    terminal = watched()
    with Progress("trials", 3) as progress:
        progress.step("first")
        progress._bar.refresh()  # type: ignore[union-attr]  # drawn now

    assert "0/3" in texts(terminal)
    assert "1/3" not in texts(terminal)


def test_how_far_may_be_reported_at_once(watched: Callable[[], Terminal]) -> None:
    """Who knows how far it is says so, and how far it will go."""
    terminal = watched()
    with Progress("commits") as progress:
        progress.at(7, 12)
        progress._bar.refresh()  # type: ignore[union-attr]  # drawn now

    assert "7/12" in texts(terminal)


def test_a_count_without_an_end(watched: Callable[[], Terminal]) -> None:
    """While their number is unknown, the total is a question mark."""
    terminal = watched()
    with Progress("rows") as progress:
        progress.step("first")
        progress._bar.refresh()  # type: ignore[union-attr]  # drawn now

    assert "0/?" in texts(terminal)


def test_the_bar_goes_when_it_is_done(watched: Callable[[], Terminal]) -> None:
    """At the end the cursor is back in an empty line, as if nothing had been there."""
    terminal = watched()
    with Progress("trials", 1) as progress:
        progress.step("first")

    assert terminal.getvalue().endswith("\x1b[2K")
    assert "\x1b[?25h" in terminal.getvalue()


def test_the_bar_goes_when_something_raises(watched: Callable[[], Terminal]) -> None:
    """An error takes the bar away, shows the cursor again, and goes on."""
    terminal = watched()

    def fail() -> None:
        with Progress("trials", 1) as progress:
            progress.step("first")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()

    assert "\x1b[?25h" in terminal.getvalue()
