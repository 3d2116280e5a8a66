"""The folder that reports go to: refused before any work is done where it can be known, and in one sentence."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_folder(folder: Path) -> None:
    """Refuse a folder for reports that is a file or is seen to take none, before anything is done."""
    present = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not present.is_dir():
        which = "is" if present == folder else f"lies below {str(present)!r}, which is"
        raise Refused(f"--report-dir {str(folder)!r} {which} a file: name a folder.")
    if not os.access(present, os.W_OK):
        raise Refused(f"--report-dir {str(folder)!r} cannot be written: make it writable, or name another.")


@contextmanager
def reports_into(folder: Path) -> Iterator[None]:
    """Refuse a folder that turns out to take no report when one is written."""
    try:
        yield
    except OSError as error:
        raise Refused(f"--report-dir {str(folder)!r} cannot be written ({error.strerror}): name another.") from error
