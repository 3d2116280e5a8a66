"""Overwrites its state file in place, and starts over where it cannot be read.

A run that dies while it writes leaves half a file; the next one takes that for a first run, and appends everything
again.
No public thread about a batch loader is known; it is reasoned.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ._kit import APPENDED, INSERT, run

CAUSES = ("X06",)
NEEDS = f"{APPENDED} UNIQUE_CURSOR RUN_COMPLETES ONE_WRITER"


def sync(request: Any) -> int:
    """Append what is above the watermark, if there is one that can be read."""
    file = Path(request.state_dir, "position.json")
    with run(request, keyed=False) as own:
        try:
            state = json.loads(file.read_text())["last"]
        except (OSError, ValueError):
            state = None
        read = own.since(state)
        own.write(read, INSERT)
        text = json.dumps({"last": own.newest(read, state)})
        file.write_text(text[: len(text) // 2])
        own.between()
        file.write_text(text)
        return own.read_rows
