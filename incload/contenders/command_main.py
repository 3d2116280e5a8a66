"""Between the harness and a command: runs it, and says what its peak was. Nothing of incload is imported.

Run by the path of this file as `python command_main.py DESCRIPTOR PROGRAM ARGUMENT ...`. A process inherits the peak of
the one that starts it, and this one is small, so that what the system says of its children is said of the command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress


def main(report: int, words: list[str]) -> int:
    """Run a command, write into an open file what is to be said of it, and end as it has ended."""
    try:
        process = subprocess.Popen(words)  # noqa: S603 - to run it is what the user asked for
    except OSError as error:
        _write(report, {"error": error.strerror})
        return 127
    code = process.wait()
    _write(report, {"peak_bytes": peak_bytes()})
    if code < 0:
        with suppress(OSError):  # of a signal that nothing can catch
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def peak_bytes() -> int | None:
    """Return the peak of the largest process of the command; None where the system keeps none."""
    if sys.platform != "linux":
        return None
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def _write(report: int, said: dict[str, object]) -> None:
    os.write(report, json.dumps(said).encode())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
