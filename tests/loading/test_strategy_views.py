"""What a strategy gets to see: every query is described as it was asked, and counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from incload.cursor import UNITS, Timestamps
from incload.errors import Refused
from incload.loading.strategy_views import AskedSource
from incload.strategy import AfterKey, Capability, Changed, Differing, Everything, Logged, Since, Vanished

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = Timestamps(1)
ASKED: dict[str, tuple[Callable[[AskedSource], object], object]] = {
    "everything": (lambda source: source.everything(), Everything()),
    "since": (lambda source: source.since(7, inclusive=True), Since(7, inclusive=True)),
    "after": (lambda source: source.after(7, (1,)), Since(7, key=(1,))),
    "after_key": (lambda source: source.after_key((1,)), AfterKey((1,))),
    "changed": (lambda source: source.changed(), Changed()),
    "differing": (lambda source: source.differing(), Differing()),
    "vanished": (lambda source: source.vanished(), Vanished()),
    "settled": (lambda source: source.settled(7), Since(7, settled=True)),
    "changes": (lambda source: source.changes(Capability.TRIGGERS, "9"), Logged(Capability.TRIGGERS, "9")),
    "now": (lambda source: source.now(), 1_800_000_000),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_query_is_described_and_counted_once(name: str) -> None:
    """The log of a load says how many the source answered."""
    ask, answer = ASKED[name]
    source = AskedSource(SECONDS, lambda: 1_800_000_000_500_000)

    assert (ask(source), source.queries) == (answer, 1)
    assert (ask(source), source.queries) == (answer, 2)


def test_a_span_before_a_position_is_no_query() -> None:
    """It is worked out in the cursor's ticks."""
    source = AskedSource(Timestamps(UNITS["ms"]), lambda: 0)

    assert (source.earlier(10_000, timedelta(seconds=3)), source.queries) == (7_000, 0)


@pytest.mark.parametrize("ask", ["now", "earlier"])
def test_a_time_needs_a_cursor(ask: str) -> None:
    """A strategy that goes by one is refused where the table has none."""
    source = AskedSource(None, lambda: 0)

    with pytest.raises(Refused, match=r"^this strategy needs a cursor column: name one with --cursor\.$"):
        source.now() if ask == "now" else source.earlier(1, timedelta(0))
