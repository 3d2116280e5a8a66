"""Several loads of one table at the same moment, in processes of their own, and what dead ones leave behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from offering import check_sentence, offer
from places import Place, fetch, run

if TYPE_CHECKING:
    from conftest import Tally

PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"), ("file", "sqlite")]
ROWS = 500


def started(place: Place, *options: str) -> subprocess.Popen[str]:
    """Start a load in a process of its own."""
    command = [sys.executable, "-m", "incload", *place.command("timestamp_watermark", *options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--write-rule", "append"), ()], ids=["append", "merge"])
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_several_at_once_leave_one_copy(
    pair: tuple[str, str], options: tuple[str, ...], tmp_path: Path, tally: Tally, *, hard: bool
) -> None:
    """Each ends well or leaves with a sentence, at least one ends well, and every row is there once.

    On every pair but the first by one write rule, in turn, unless everything is to be tried.
    """
    if not hard and pair != PAIRS[0] and PAIRS.index(pair) % 2 == bool(options):
        pytest.skip("the other write rule is tried on this pair by make hard")
    place = Place(tmp_path, pair)
    for round_, rows in enumerate((ROWS, 2 * ROWS)):
        place.grow(rows)
        loads = [started(place, *options) for _ in range(3)]
        said = [load.communicate(timeout=120)[1] for load in loads]
        codes = [load.returncode for load in loads]
        tally("two at once: processes that loaded one table at the same moment", len(loads))

        assert 0 in codes, said
        assert set(codes) <= {0, 2}, said
        for code, text in zip(codes, said, strict=True):
            if code:
                check_sentence(text)
        assert place.rows() == list(range(1, rows + 1)), round_


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS[:4], ids="-".join)
def test_a_dead_process_holds_nothing(pair: tuple[str, str], tmp_path: Path, tally: Tally) -> None:
    """Killed while it holds the target, with a journal or log beside it: the next load does not wait."""
    place = Place(tmp_path, pair)
    place.grow(3)
    offer(place.command("timestamp_watermark"))
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import os, signal\nfrom dying import Tape, taped, Death\nfrom incload.cli import main\n"
        "def hold():\n    print('held', flush=True)\n    signal.pause()\n"
        "class Holding(Tape):\n"
        "    def cross(self, statement):\n"
        "        if statement.startswith('finish'):\n            hold()\n"
        "        super().cross(statement)\n"
        f"with taped(Holding()):\n    main({place.command('timestamp_watermark')!r})\n"
    )
    place.grow(6)
    holding = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holding.stdout is not None
    assert holding.stdout.readline() == "held\n"
    holding.send_signal(signal.SIGKILL)
    holding.wait(30)
    holding.stdout.close()
    before = time.monotonic()
    offer(place.command("timestamp_watermark"))
    tally("two at once: loads after one that was killed holding the target", 1)

    assert place.rows() == [1, 2, 3, 4, 5, 6]
    assert time.monotonic() - before < 20


def test_a_stale_journal_is_rolled_back(tmp_path: Path, tally: Tally) -> None:
    """A hot journal of half a transaction on the disk is undone before anything is read."""
    place = Place(tmp_path, ("sqlite", "sqlite"))
    place.grow(3)
    offer(place.command("timestamp_watermark"))
    code = (
        "import os, sqlite3\n"
        f"c = sqlite3.connect({str(place.target)!r}, isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1')\nc.execute('PRAGMA cache_spill = 1')\nc.execute('BEGIN IMMEDIATE')\n"
        "c.execute('WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)'\n"
        "          ' INSERT INTO events SELECT i, i, hex(randomblob(50)) FROM n')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert place.target.with_name(f"{place.target.name}-journal").stat().st_size > 0
    place.grow(4)
    offer(place.command("timestamp_watermark"))
    tally("two at once: loads after one that was killed holding the target", 1)

    assert place.rows() == [1, 2, 3, 4]


def test_the_writer_of_a_source_is_waited_for(tmp_path: Path, tally: Tally) -> None:
    """Another process holds the source for writing and has not committed: the load reads what was there before."""
    place = Place(tmp_path, ("sqlite", "sqlite"))
    place.grow(3)
    run(place.source, "sqlite", "PRAGMA journal_mode = WAL")
    code = (
        "import sqlite3, sys\n"
        f"c = sqlite3.connect({str(place.source)!r}, isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\nc.execute(\"INSERT INTO events VALUES (4, 4, 'late')\")\n"
        "print('held', flush=True)\nsys.stdin.readline()\nc.execute('COMMIT')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        offer(place.command("timestamp_watermark"))
        assert place.rows() == [1, 2, 3]
        other.communicate("\n")
    offer(place.command("timestamp_watermark"))
    tally("two at once: loads beside a writer of the source", 2)

    assert fetch(place.target, "sqlite", "SELECT name FROM events WHERE id = 4") == [("late",)]
