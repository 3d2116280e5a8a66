"""What leaves the target, and what is held back because it is too much."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.engines.session import Query
from incload.loading.writing.deletes import shrunk, to_remove

if TYPE_CHECKING:
    from incload.loading.writing.job import WriteJob


def job(present: int, gone: int = 0, *, allowed: int) -> WriteJob:
    """Return as much of a job as is asked: a target of so many rows, which may lose so many."""
    sizes = {"target": present, "gone": gone}
    target = SimpleNamespace(count=sizes.get, is_empty=lambda relation: not sizes[relation], stage=lambda *_: "gone")
    return SimpleNamespace(  # type: ignore[return-value]
        target="target",
        connections=SimpleNamespace(target=target),
        may_remove=lambda lost, total: total == present and lost <= allowed,
    )


@pytest.mark.parametrize(
    ("gone", "allowed", "found"),
    [(0, 0, (None, 0)), (0, 5, (None, 0)), (3, 3, ("gone", 0)), (3, 2, (None, 3))],
)
def test_what_is_removed_and_what_is_held_back(gone: int, allowed: int, found: tuple[str | None, int]) -> None:
    """Where no key has gone, nothing is held back either."""
    assert to_remove(job(10, gone, allowed=allowed), Query("SELECT id FROM keys")) == found


@pytest.mark.parametrize(
    ("coming", "allowed", "lost"), [(10, 0, 0), (12, 0, 0), (7, 3, 0), (7, 2, 3), (0, 9, 10), (0, 10, 0)]
)
def test_a_replacement_by_fewer_rows_costs_some(coming: int, allowed: int, lost: int) -> None:
    """None where so many may leave the target."""
    assert shrunk(job(10, allowed=allowed), coming) == lost
