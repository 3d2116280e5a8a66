"""Keeps the watermark in seconds, as a float of 32 bits.

Such a float holds today's seconds to the next 128; a watermark that was rounded up hides up to a minute.
No public thread about a batch loader is known; it is reasoned.
"""

from __future__ import annotations

import struct
from typing import Any

from ._kit import SECOND, run

CAUSES = ("X09",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Upsert what is above the float."""
    with run(request) as own:
        read = own.since(own.state.get("last"))
        own.write(read)
        newest = own.newest(read)
        if newest is not None:
            (short,) = struct.unpack("f", struct.pack("f", newest / SECOND))
            own.save(last=round(short * SECOND))
        return own.read_rows
