"""What stands by an embedded server: stops it and deletes its data when the process that started it is no more.

Run by the path of this file, in a process of its own, with the server's folder as its argument. A byte on the standard
input says that the server has been stopped in good order, and ends it. The end of that input, or of the parent, says
that the parent is no more; a process that it has forked may hold the input open, so both are watched.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

_EVERY_SECONDS = 1.0
"""How often to look for the parent."""
_PATIENCE_SECONDS = 20.0
"""How long a server may take to be there, and again to be gone."""
_STEP_SECONDS = 0.05


def stand_by(folder: Path) -> None:
    """Wait for the parent's word, or its end; then stop the server if that is what is left to do."""
    parent = os.getppid()
    while os.getppid() == parent:
        if select.select([0], [], [], _EVERY_SECONDS)[0]:
            if os.read(0, 1):
                return
            break
    _stop(folder)


def _stop(folder: Path) -> None:
    """Stop the server, even if it is about to start, and delete its data."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    while (found := _server(folder)) is None and folder.exists() and time.monotonic() < ends:
        time.sleep(_STEP_SECONDS)
    if found is not None:
        for word in (signal.SIGINT, signal.SIGQUIT):
            with suppress(psutil.NoSuchProcess):
                found.send_signal(word)
                _wait_for(found)
    shutil.rmtree(folder, ignore_errors=True)


def _server(folder: Path) -> psutil.Process | None:
    """Return the server's first process, if that is what the number in its file is of."""
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int((folder / "postmaster.pid").read_text(encoding="ascii").split()[0]))
        if str(folder) in process.cmdline():
            return process
    return None


def _wait_for(process: psutil.Process) -> None:
    """Wait until a process has ended, whether its parent noticed or not."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < ends:
        time.sleep(_STEP_SECONDS)


if __name__ == "__main__":
    stand_by(Path(sys.argv[1]))
