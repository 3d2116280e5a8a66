"""Why a row is wrong: every cause from what the row's cursor says on both sides, beside the watermark."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from incload.auditing.causes import Cause, Causes
from incload.auditing.watermark import Mark, Window
from incload.auditing.wrong_rows import DUPLICATED, LOST, PHANTOM, STALE, WrongRow
from incload.report.audit.pages import meaning_of

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Digests

KEY = "i1;"


def lost(cursor: str) -> WrongRow:
    """Return a row that the copy does not have."""
    return WrongRow((KEY,), (LOST,), (KEY, cursor, "ta;"), ())


def stale(cursor: str, held: str) -> WrongRow:
    """Return a row of which the copy has another version."""
    return WrongRow((KEY,), (STALE,), (KEY, cursor, "ta;"), ((KEY, held, "tb;"),))


def mark(text: str = "i100;", *, clock: int | None = None, per_second: int = 0) -> Mark:
    """Return a watermark."""
    return Mark(text, "as said", is_exact=True, clock=clock, per_second=per_second)


PHANTOM_ROW = WrongRow((KEY,), (PHANTOM,), None, ((KEY, "i90;", "ta;"),))
READ_TWICE = WrongRow((KEY,), (DUPLICATED,), (KEY, "i90;", "ta;"), ((KEY, "i90;", "ta;"),) * 2)


@pytest.mark.parametrize(
    ("row", "watermark", "cause", "late_by"),
    [
        (lost("i90;"), mark(), Cause.LATE, 10),
        (lost("i100;"), mark(), Cause.TIE, None),
        (lost("i101;"), mark(), Cause.UNREAD, None),
        (lost("n;"), mark(), Cause.NULL_CURSOR, None),
        (lost("i90;"), mark("n;"), Cause.UNREAD, None),
        (lost("i90;"), None, Cause.UNKNOWN, None),
        (lost("t3:abc;"), mark("t3:abd;"), Cause.LATE, None),
        (lost("t3:abd;"), mark("t3:abd;"), Cause.TIE, None),
        (lost("t3:abe;"), mark("t3:abd;"), Cause.UNREAD, None),
        (lost("t3:abc;"), mark(), Cause.UNKNOWN, None),
        (lost("i90;"), mark("t3:abd;"), Cause.UNKNOWN, None),
        (lost("m90;"), mark("m100;", clock=200, per_second=1_000_000), Cause.LATE, 10),
        (lost("m201;"), mark("m100;", clock=200, per_second=1_000_000), Cause.FUTURE, None),
        (lost("m90;"), mark("m201;", clock=200, per_second=1_000_000), Cause.FUTURE, None),
        (lost("m200;"), mark("m200;", clock=200, per_second=1_000_000), Cause.TIE, None),
        (stale("i90;", "i90;"), mark(), Cause.UNTOUCHED, None),
        (stale("i90;", "i95;"), mark(), Cause.OLDER, None),
        (stale("i90;", "i80;"), mark(), Cause.LATE, 10),
        (PHANTOM_ROW, mark(), Cause.DELETED, None),
        (READ_TWICE, mark(), Cause.REREAD, None),
    ],
)
def test_every_cause(row: WrongRow, watermark: Mark | None, cause: Cause, late_by: float | None) -> None:
    """The cause is counted, and by how much a late row was late is kept."""
    causes = Causes(1 if watermark else None, watermark)

    assert causes.add(row) == (cause, late_by)
    assert dict(causes.counts) == {cause: 1}
    assert causes.lags == ([] if late_by is None else [late_by])


def test_lateness_is_the_median_and_the_most() -> None:
    """In seconds where the cursor counts time, with a lookback; in its own numbers elsewhere; nothing without one."""
    timed, plain, none = (Causes(1, each) for each in (mark("m9000000;", per_second=1_000_000), mark(), mark()))
    for ticks in (8_500_000, 8_000_000, 5_000_000):
        timed.add(lost(f"m{ticks};"))
    for number in (90, 99):
        plain.add(lost(f"i{number};"))

    assert timed.lateness() == {"median": 1.0, "most": 4.0, "lookback": 60, "share": 1.0}
    assert plain.lateness() == {"median": 5.5, "most": 10}
    assert none.lateness() is None


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_its_evidence_on_the_page(cause: Cause) -> None:
    """A page that lists a cause says what it rests on."""
    assert meaning_of(str(cause))


@pytest.mark.parametrize(
    ("cursor", "cause", "late_by"),
    [
        ("m890;", Cause.NO_WINDOW, None),
        ("m895;", Cause.LATE, 65),
        ("m840;", Cause.LATE, 120),
        ("m960;", Cause.LATE, None),
        ("m985;", Cause.NO_WINDOW, None),
        ("m990;", Cause.UNREAD, None),
    ],
    ids=[
        "between windows",
        "in a window",
        "before the first sync",
        "at the watermark",
        "behind the next",
        "in the next",
    ],
)
def test_windows_that_count_from_the_clock(cursor: str, cause: Cause, late_by: float | None) -> None:
    """A row is late where a window has covered its cursor, and not read yet in that of a sync that begins now."""
    syncs = tuple((f"m{each};", each) for each in (850, 905, 960))
    kept = Mark("m960;", "", True, 1_000, 1_000_000, frozenset({"m960;"}), syncs=syncs, window=Window(from_clock=10))  # noqa: FBT003 - of a record
    causes = Causes(1, kept)
    row = lost(cursor)
    verdict = causes.verdict(row, causes.add(row)[0])

    causes.settle(cast("Digests", None))

    assert verdict.cause is cause
    assert causes.lags == ([] if late_by is None else [late_by])


def test_a_loader_by_the_clock_has_no_ties() -> None:
    """A row that has changed under its cursor is an untouched update, whatever the watermark."""
    kept = Mark("m960;", "", True, 1_000, 1_000_000, window=Window(from_clock=10))  # noqa: FBT003 - of a record

    assert Causes(1, kept).add(stale("m960;", "m960;")) == (Cause.UNTOUCHED, None)


def test_a_row_that_no_known_window_covered_is_not_certain() -> None:
    """A sync that found nothing leaves no trace, and may have covered the cursor of a late row."""
    syncs = tuple((f"m{each};", each) for each in (850, 960))
    causes = Causes(1, Mark("m960;", "", True, 1_000, 1_000_000, syncs=syncs, window=Window(from_clock=10)))  # noqa: FBT003 - of a record

    causes.add(lost("m890;"))

    assert (dict(causes.counts), causes.certain) == ({Cause.NO_WINDOW: 1}, ())
