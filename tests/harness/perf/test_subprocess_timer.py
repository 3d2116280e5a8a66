"""Whole processes: their own time and memory, not those of the starting process."""

from __future__ import annotations

import sys

import pytest

from incload.harness.perf.subprocess_timer import whole

MEGABYTE = 1 << 20


def test_the_peak_is_that_of_the_process_itself() -> None:
    """This process holds 200 MB; what a bare interpreter needs is far less, and one that takes 300 MB shows them."""
    held = bytearray(200 * MEGABYTE)
    bare = whole([sys.executable, "-c", "pass"])
    filled = whole([sys.executable, "-c", f"bytearray({300 * MEGABYTE})"])

    assert len(held) == 200 * MEGABYTE
    assert bare.peak_bytes < 100 * MEGABYTE
    assert filled.peak_bytes > 300 * MEGABYTE


def test_the_time_is_that_of_the_process() -> None:
    """A program that waits a while takes at least that while."""
    assert whole([sys.executable, "-c", "import time; time.sleep(0.2)"]).seconds >= 0.2


def test_a_program_that_fails_is_not_measured() -> None:
    """What it wrote is said."""
    with pytest.raises(RuntimeError, match="no luck today"):
        whole([sys.executable, "-c", "raise SystemExit('no luck today')"])
