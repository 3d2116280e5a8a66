"""Rules of the protocol that a loader can break, and what it may declare: each with a planted loader."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.contenders import program, worker
from incload.contenders.command import CommandContender
from incload.contenders.declared import Declared
from incload.contenders.peers.clock import ENDS_NOW, moved
from incload.contenders.peers.known import ROOT
from incload.contenders.worker import WorkerContender
from incload.engines.registry import fixture
from incload.harness.trials.matrix import Cell
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.report.outcome import Outcome

CLEAN = (scenario("clean"), ("sqlite", "sqlite"), 100, 1)
PLANTED = Path(__file__).with_name("planted.py")
SHAPED = Declared(table="shaped_{table}", renames=(("id", "order_id"),), current="until", times="iso", booleans="text")


@pytest.fixture(autouse=True)
def _workers() -> Iterator[None]:
    """Let no worker outlive its test."""
    yield
    worker.stop_all()


def planted(what: str, says: Declared | None = None) -> WorkerContender:
    """Return a planted loader, and what it declares."""
    return WorkerContender("mine", f"{PLANTED}:{what}", says=says or Declared())


def outcome(who: WorkerContender, name: str = "clean") -> Outcome:
    """Return what a loader shows in a scenario of a hundred rows."""
    return run_once(Cell(who, scenario(name), ("sqlite", "sqlite"), 100, 1))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("reads_on", "ContenderFailed: the source is still locked when the sync has answered: database is locked"),
        ("adds_index", "ContenderFailed: the sync changed the source, which it may only read"),
    ],
)
def test_the_source_is_left_as_it_was_and_free(monkeypatch: pytest.MonkeyPatch, what: str, said: str) -> None:
    """A query that was left half read keeps writers out; a table of the loader's own is a change."""
    monkeypatch.setattr("incload.engines.sqlite.session.LOCK_SECONDS", 0.1)
    found = outcome(planted(what))

    assert (found.outcome, found.reason) == ("unknown", said)


def test_a_sync_may_say_where_its_rows_are() -> None:
    """The audit reads the file and the table that the answer names."""
    assert outcome(planted("elsewhere"), "hard_deletes").outcome == "sound"


def test_a_representation_is_normalised_when_it_is_declared() -> None:
    """Names, times, booleans and former versions are read as the declaration says; the record lists them."""
    found = outcome(planted("shaped", SHAPED), "hard_deletes")

    assert (found.outcome, found.reason) == ("sound", "")


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ({"times": ""}, ""),
        ({"booleans": ""}, ""),
        ({"current": ""}, ""),
        ({"renames": ()}, "ContenderFailed: the sync left no column id in the target's 'shaped_orders'"),
        ({"table": ""}, "ContenderFailed: the sync left no table 'orders' in the target, which holds shaped_orders"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_nothing_is_normalised_that_is_not_declared(left_out: dict[str, object], reason: str) -> None:
    """Each declaration that is left out shows as wrong rows, or as a name that is not there."""
    found = outcome(planted("shaped", replace(SHAPED, **left_out)))  # type: ignore[arg-type]

    assert (found.outcome, found.reason) == ("unknown" if reason else "wrong", reason)


def test_no_setting_of_ours_reaches_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the harness, with its password, is named in a variable that no contender gets."""
    monkeypatch.setenv("INCLOAD_PG_DSN", "postgresql://me:secret@host/db")

    assert not [value for value in program.environment({}).values() if "secret" in value]


def test_the_modules_beside_the_worker_are_none_of_the_callables(tmp_path: Path) -> None:
    """A callable that imports `native` gets its own, not ours."""
    (tmp_path / "mine.py").write_text(
        "import sys\ndef sync(request):\n    raise RuntimeError(any(p.endswith('contenders') for p in sys.path))\n"
    )
    found = outcome(WorkerContender("mine", f"{tmp_path / 'mine.py'}:sync"))

    assert found.reason == "ContenderFailed: mine raised RuntimeError: False"


@pytest.mark.skipif(sys.platform != "linux", reason="the library moves the clock of Linux")
def test_a_worker_has_the_time_of_the_history() -> None:
    """A tool that asks for the present day gets that of the history."""
    clock = next(filter(lambda each: each.library, map(moved, sorted((ROOT / ".peers").glob("*")))), moved())
    if not clock.library:
        pytest.skip("libfaketime is not installed")

    assert outcome(replace(planted("tells_time"), clock=clock)).reason == (
        "ContenderFailed: mine raised RuntimeError: 2026-01-01"
    )


def test_a_loader_whose_clock_nothing_moves_gets_a_history_that_ends_now(tmp_path: Path) -> None:
    """The last sync of a command is within a minute of the machine's time, and its record says so."""
    seen = tmp_path / "seen"
    copy = (
        "import shutil, sys; shutil.copy(sys.argv[1][10:], sys.argv[2][10:]);"
        " print(sys.argv[3], file=open(sys.argv[4], 'a'))"
    )
    words = [sys.executable, "-c", copy, "{source}", "{target}", "{now}", str(seen)]
    found = run_once(Cell(CommandContender("mine", shlex.join(words), clock=ENDS_NOW), *CLEAN))
    times = [datetime.fromisoformat(each) for each in seen.read_text(encoding="utf-8").split()]

    assert (found.outcome, found.reason) == ("sound", "")
    assert timedelta() <= datetime.now(UTC) - times[-1] < timedelta(minutes=2)
    assert times[-1] - times[0] == timedelta(minutes=50)
    assert "the history is moved to end" in found.environment


def test_a_loader_in_a_local_zone_has_that_zone() -> None:
    """A callable in the same process as before, and a command; the instant is the same."""
    there = outcome(planted("tells_zone"), "loader_in_local_zone")
    again = outcome(planted("tells_zone"))
    tell = f"{shlex.quote(sys.executable)} -c 'import time; raise SystemExit(time.timezone)'"
    command = run_once(
        Cell(CommandContender("mine", tell), scenario("loader_in_local_zone"), ("sqlite", "sqlite"), 100, 1)
    )

    assert there.reason == "ContenderFailed: mine raised RuntimeError: -7200 2026-01-01T02:00:00+02:00"
    assert again.reason == f"ContenderFailed: mine raised RuntimeError: {time.timezone} 2026-01-01T00:00:00+00:00"
    assert command.reason.startswith(f"ContenderFailed: mine ended with exit code {-7200 % 256};")


def test_a_lock_on_a_server_is_named(postgres_url: str) -> None:
    """A session of the loader that is idle in its transaction still holds its locks."""
    import psycopg

    from incload.engines.endpoints import locate
    from incload.engines.registry import session_type

    session = session_type("postgres").open(None, locate(postgres_url))
    name = session.name("target", "orders")
    session.write(f"CREATE TABLE {name} (id integer)")
    before = fixture(session).held("target")
    with psycopg.connect(postgres_url.partition("&schema")[0].partition("?schema")[0]) as other:
        other.execute(f"INSERT INTO {name} VALUES (1)")  # type: ignore[arg-type]
        during = fixture(session).held("target")
        number = other.info.backend_pid
    after = fixture(session).held("target")
    session.close()

    assert (before, after) == ("", "")
    assert during == f"a session (idle in transaction, process {number}) holds a lock on 'orders'"
