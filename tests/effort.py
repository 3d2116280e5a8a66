"""How much a test tries: little in `make test`, everything in `make hard`.

The switch is --hard. It stands in the environment as well, where the decorators of a test and the processes of a run
find it.
"""

from __future__ import annotations

import os

SWITCH = "INCLOAD_TESTS_HARD"


def is_hard() -> bool:
    """Return whether everything is to be tried."""
    return bool(os.environ.get(SWITCH))


def effort(few: int, many: int) -> int:
    """Return how many of something to try."""
    return many if is_hard() else few
