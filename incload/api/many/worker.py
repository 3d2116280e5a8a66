"""The process that loads tables for another: a JSON line with a table in, a JSON line with what became of it out.

URLs come on the standard input and so stand in no list of processes. What a library prints goes to the standard error;
the answers have a descriptor of their own. A process whose asker is gone ends when its load has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from incload.api.many.one import load_one
from incload.api.many.records import Status, TableLoad

if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Load what is asked for until nothing more is."""
    signal.signal(signal.SIGTERM, _stop)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    if "--verbose" in sys.argv:
        from incload.terminal import logs

        logs.show_on_stderr()
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            done = load_one(asked["source"], asked["target"], asked["options"], sys.stderr.write)
            answers.write(json.dumps(done.to_dict(), ensure_ascii=True) + "\n")
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(1)  # the load has been undone, and a driver's threads may not hold up the end


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def read_answer(line: bytes) -> TableLoad:
    """Return the record that a line holds."""
    from incload.loading.run import LoadSummary

    said: dict[str, Any] = json.loads(line)
    given = said.pop("summary")
    lists = ("warnings", "held_columns")
    summary = LoadSummary(**given | {name: tuple(given[name]) for name in lists}) if given else None
    return TableLoad(**said | {"status": Status(said["status"]), "summary": summary})


if __name__ == "__main__":
    main()
