"""Files that a command is to write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


def check_output(path: Path, option: str = "--output") -> None:
    """Refuse a file of an option that could not be written, before anything is loaded."""
    if path.is_dir():
        raise Refused(f"{option} {str(path)!r} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise Refused(f"the folder of {option} {str(path)!r} does not exist: create it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refused(f"{option} {str(path)!r} cannot be written: make it writable, or name another.")
