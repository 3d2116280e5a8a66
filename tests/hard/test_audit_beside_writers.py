"""Audits of a right copy beside writers and the load that follows them: no false alarm, and planted rows are found."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.audit import run_audit
from incload.api.load import load
from incload.engines.abilities.trials import application
from incload.harness.concurrency import writers
from incload.harness.concurrency.workload import TABLE, _keep, _reading
from incload.strategy import Capability

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tally

PLANTED = 5
LOAD: dict[str, Any] = {"table": TABLE, "key": "id", "cursor": "modified_at", "strategy": "trigger_cdc"}
SECONDS_AN_AUDIT = 10.0
"""How long the writers go on for each audit at most: longer than one takes."""


def following(source: str, target: str, stop: Event, errors: list[BaseException]) -> None:
    """Load again and again, until it is stopped."""
    try:
        while not stop.is_set():
            load(source, target, **LOAD)
            time.sleep(0.2)
    except BaseException as error:  # noqa: BLE001 - the test says what it was
        errors.append(error)


@pytest.mark.slow
def test_no_false_alarm_and_no_missed_row(postgres_url: str, tmp_path: Path, tally: Tally, *, hard: bool) -> None:
    """A right copy has no wrong row at any audit; rows planted in the copy alone are found at every one."""
    audits = 20 if hard else 2
    copy = f"sqlite:///{tmp_path}/copy.db"
    source = f"{postgres_url}{'&' if '?' in postgres_url else '?'}table={TABLE}"
    asked: Any = {"key": "id", "cursor": "modified_at", "settle": "2s", "rechecks": 4}
    stop, errors = Event(), list[BaseException]()
    with ExitStack() as closing_all:
        owner = _reading(postgres_url, closing_all)
        with closing(application(writers.ENGINE, postgres_url)) as client:
            client.create(2_000)
        _keep(owner, Capability.TRIGGERS, closing_all)
        load(source, copy, **LOAD)
        work = writers.Work(seconds=(audits + 1) * SECONDS_AN_AUDIT, writers=2, rate=40.0, slow=1, rows=2_000)
        processes, _done = writers.start(work, postgres_url, time.time() + 2.0)
        follower = Thread(target=following, args=(source, copy, stop, errors))
        follower.start()
        try:
            time.sleep(6.0)
            found = [run_audit(source, f"{copy}?table={TABLE}", asked) for _ in range(audits)]
            with closing(sqlite3.connect(tmp_path / "copy.db", timeout=30)) as connection, connection:
                connection.executemany(
                    f"INSERT INTO {TABLE} SELECT ?, edition, note, modified_at FROM {TABLE} LIMIT 1",
                    [(-number,) for number in range(1, PLANTED + 1)],
                )
            planted = run_audit(source, f"{copy}?table={TABLE}", asked)
        finally:
            stop.set()
            follower.join()
            for process in processes:  # what it has not committed, the server rolls back
                process.terminate()
                process.join()
    assert errors == []
    assert [each.wrong for each in found] == [0] * audits
    assert (planted.phantom, planted.wrong) == (PLANTED, PLANTED)
    tally("audit: audits of a right copy beside writers, without a wrong row", audits)
    tally("audit: rows in flight that were seen and were no false alarm", sum(each.in_flight for each in found))
