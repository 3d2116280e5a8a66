"""Log lines of a load: under one name, silent by default, on standard error with `-v`."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.api.load import load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Return a file of two records."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([{"id": 1, "at": 10}, {"id": 2, "at": 20}]), encoding="utf-8")
    return path


def run(events: Path, *options: str) -> str:
    """Load by the command, in a process of its own, with some options in front; return its standard error."""
    plan = ["--table", "events", "--key", "id", "--cursor", "at", "--strategy", "timestamp_watermark"]
    command = [sys.executable, "-m", "incload", *options, "load", str(events)]
    command += ["--target", f"sqlite:///{events.parent}/copy.db", *plan]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_what_a_load_logs(events: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is loaded, what was asked for, how many rows, and how long it took."""
    with caplog.at_level(logging.INFO, logger="incload"):
        load(events, f"sqlite:///{events.parent}/copy.db", table="events", key="id", strategy="full_refresh")
    lines = [re.sub(r"in \d+\.\d+ s$", "in N s", record.getMessage()) for record in caplog.records]

    assert {record.name for record in caplog.records} == {"incload"}
    assert lines == [
        f"events: full_refresh from '{events}' into '{events.parent}/copy.db'",
        "events: asked for Everything(); read 2 rows in 1 queries, wrote 2, removed 0, in N s",
    ]


def test_a_load_is_silent(events: Path) -> None:
    """Without the option nothing is written to standard error."""
    assert run(events) == ""


def test_the_option_shows_the_log(events: Path) -> None:
    """Each line says who wrote it."""
    lines = run(events, "-v").splitlines()

    assert [line.partition(" ")[0] for line in lines] == ["incload:", "incload:"]
    assert "timestamp_watermark from" in lines[0]


def test_a_load_without_a_listener_imports_no_logging() -> None:
    """The import takes longer than a load that finds nothing new."""
    program = "import sys; from incload.terminal.logs import log; log('x'); print('logging' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
