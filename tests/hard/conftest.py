"""What the hard tests share: a tally of what was tried, shown at the end, and the switch to the long settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

TRIED = pytest.StashKey[Counter[str]]()
"""How many of what was tried, by what it is called."""

Tally = Callable[[str, int], None]
"""Adds a number of things that were tried to those of the same name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch."""
    parser.addoption("--hard", action="store_true", help="try everything, however long it takes (make hard)")


@pytest.fixture(scope="session")
def hard(request: pytest.FixtureRequest) -> bool:
    """Tell whether to try everything; the switch is only known when this folder is named on the command line."""
    return bool(request.config.getoption("--hard", default=False))


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Return what counts."""
    tried = request.config.stash.setdefault(TRIED, Counter())

    def add(what: str, number: int) -> None:
        tried[what] += number

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the tally."""
    tried = config.stash.get(TRIED, Counter())
    if tried:
        terminalreporter.section("what was tried")
        for what, number in sorted(tried.items()):
            terminalreporter.line(f"{what}: {number:,}")
