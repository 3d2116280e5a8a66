"""Programs of others: started in a group of their own, ended at their limit with all that they started, heard once.

What a program writes goes to a file, never to a pipe that a child left behind could keep open, and its last words are
in the sentence that says how it failed. Its environment is that of the user without what would give a test away.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from incload.contenders.contender import SyncRequest

WORDS_MOST = 400
"""How many characters of what a program wrote last are shown."""

_HIDDEN = ("INCLOAD_", "PYTEST_", "COV_")
"""How the names begin of what the program does not see: our own settings, and which test is running."""


def settings(request: SyncRequest) -> dict[str, str]:
    """Return a request as texts by their names."""
    return {
        "source": request.source_url,
        "target": request.target_url,
        "table": request.table,
        "key": ",".join(request.key),
        "cursor": request.cursor or "",
        "state": str(request.state_dir),
        "now": "" if request.now is None else request.now.isoformat().replace("+00:00", "Z"),
        "sync": str(request.number),
    }


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program: the user's, without ours, and what is given."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)} | dict(extra)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and everything that it has started and left in its group."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_words(output: BinaryIO) -> str:
    """Return the end of what a program wrote, on one line."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 8 * WORDS_MOST))
    text = " ".join(output.read().decode("utf-8", errors="replace").split())
    if not text:
        return "it wrote nothing"
    return f"its last words: {'…' if len(text) > WORDS_MOST else ''}{text[-WORDS_MOST:]}"
