"""Ctrl-C, or a request to end, at any moment: a finished sync, one sentence, and nothing left behind."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped
from offering import check_sentence, offer
from places import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Tally

PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"), ("file", "sqlite")]
SIGNALS = {"interrupt": (signal.SIGINT, 130), "end": (signal.SIGTERM, 143)}
ENOUGH = 40
"""Moments at which a real process is stopped."""


def stopping(number: int) -> Tape:
    """Return a tape on which the process sends itself a signal, once, at the boundary that it is set to."""
    sent: list[int] = []

    def send() -> None:
        if not sent:
            sent.append(number)
            os.kill(os.getpid(), number)

    return Tape(die=send)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let an interrupt arrive, in this process and those that it starts: a job in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def place_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[str, str]], Place]:
    """Return the maker of a place whose scratch files stand in a folder of their own."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return lambda pair: Place(tmp_path, pair)


@pytest.mark.slow
@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_stopped_at_any_boundary(
    pair: tuple[str, str], how: str, place_of: Callable[[tuple[str, str]], Place], tally: Tally, *, hard: bool
) -> None:
    """Before each statement of a second load: nothing of it is there, or all; the next load does the rest."""
    if not hard and pair != PAIRS[0] and how != min(SIGNALS):
        pytest.skip("the other signal is tried on this pair by make hard")
    number, code = SIGNALS[how]
    place = place_of(pair)
    scratch = place.folder / "scratch"
    place.grow(3)
    offer(place.command("row_hash_cdc"))
    place.grow(6)
    stopped = 0
    # Otherwise each pair is stopped at others, so that together they are stopped at all.
    for at in count(0) if hard else count(PAIRS.index(pair), len(PAIRS)):
        place.keep()
        before = place.rows()
        with taped(stopping(number)) as tape:
            tape.at = at
            answer = offer(place.command("row_hash_cdc"), codes=(0, code))
        if not tape.dead:
            break
        gc.collect()  # a session that was stopped before it closed its file ends here, not with its process
        if answer.code == code:
            check_sentence(answer.err)
            assert "run the command again" in answer.err
        else:  # a driver kept the interrupt to itself, and the load ended well
            assert place.rows() == [1, 2, 3, 4, 5, 6]
        stopped += answer.code == code
        assert place.rows() in (before, [1, 2, 3, 4, 5, 6])
        assert list(scratch.iterdir()) == []
        offer(place.command("row_hash_cdc"))
        assert place.rows() == [1, 2, 3, 4, 5, 6]
        place.restore()
        tally("stopped: boundaries at which a load was interrupted or asked to end", 1)
    assert stopped > (6 if hard else 2)
    assert at > (20 if hard else 15)


def test_what_was_ignored_stays_ignored(tmp_path: Path) -> None:
    """A process that was started to outlive its terminal does."""
    place = Place(tmp_path, ("sqlite", "sqlite"))
    place.grow(3)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with taped(stopping(signal.SIGINT)) as tape:
            tape.at = 9
            answer = offer(place.command("row_hash_cdc"))
    finally:
        signal.signal(signal.SIGINT, before)

    assert (tape.dead, answer.code, place.rows()) == (True, 0, [1, 2, 3])
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
@pytest.mark.parametrize("pair", [("sqlite", "duckdb"), ("duckdb", "sqlite"), ("file", "duckdb")], ids="-".join)
def test_a_process_stopped_at_any_moment(pair: tuple[str, str], tmp_path: Path, tally: Tally, *, hard: bool) -> None:
    """Wherever a signal finds it, in Python or in a driver, the same holds."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    place = Place(tmp_path, pair)
    place.grow(200_000)
    command = [sys.executable, "-m", "incload", *place.command("row_hash_cdc")]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    started = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    whole = time.monotonic() - started
    place.forget()
    drawn = random.Random(7)  # noqa: S311 - moments, not secrets
    codes = []
    for _ in range(ENOUGH if hard else 3):
        loading = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(drawn.uniform(0.3, 1.0) * whole)
        loading.send_signal(drawn.choice([signal.SIGINT, signal.SIGTERM]))
        _, said = loading.communicate(timeout=60)
        codes.append(loading.returncode)
        if loading.returncode > 0:
            check_sentence(said)
        elif loading.returncode < 0:  # it came before the handler was set, or after it was closed
            assert "incload/loading/" not in said
        assert len(place.rows()) in (0, 200_000)
        assert list(scratch.iterdir()) == []
        place.forget()
        tally("stopped: processes interrupted or asked to end at a random moment", 1)

    assert set(codes) <= {0, 130, 143, -signal.SIGINT, -signal.SIGTERM}
