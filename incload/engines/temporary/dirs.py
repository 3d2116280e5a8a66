"""Folders for rows that wait on their way, among the system's temporary files.

A process that is killed outright leaves its folder behind. So a lock, which ends with the process, says of each folder
that it is in use, and the creator of a folder removes those no longer in use. Where there are no such locks, as
on Windows, nothing is removed.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX, _HELD = "incload-", "incload.lock"
"""How such a folder is called, and the file in it that is locked."""


class Scratch:
    """A new folder of its own, until it is removed."""

    def __init__(self, where: str | None = None) -> None:
        """Remove what dead processes have left, and make a folder; raises `OSError` where there is no room for one.

        `where` is the folder in which it is made, instead of the system's for temporary files.
        """
        sweep(where)
        self.folder = Path(tempfile.mkdtemp(prefix=_prefix(where), dir=where))
        self._lock: int | None = None
        try:
            self._lock = _hold(self.folder)
        except OSError:
            self.remove()
            raise

    def remove(self) -> None:
        """Delete the folder and let go of it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep(where: str | None = None) -> None:
    """Remove the folders of this user's processes that are no more, among temporary files or in another folder."""
    for held in Path(where or tempfile.gettempdir()).glob(f"{_prefix(where)}*/{_HELD}"):
        with suppress(OSError):  # another process's, or gone by now
            if held.parent.lstat().st_uid == os.getuid() and not held.parent.is_symlink():
                _remove_unless_held(held)


def _prefix(where: str | None) -> str:
    """Return how folders of this machine are called: a folder that is named may be shared with other machines."""
    if where is None:
        return _PREFIX
    import platform

    return f"{_PREFIX}{re.sub(r'[^0-9A-Za-z.-]', '_', platform.node())}@"


def _remove_unless_held(held: Path) -> None:
    """Remove a folder if its lock can be had."""
    lock = os.open(held, os.O_RDWR | os.O_NOFOLLOW)
    try:
        if _take(lock):
            shutil.rmtree(held.parent)
    finally:
        os.close(lock)


def _hold(folder: Path) -> int | None:
    """Lock a new folder; return the lock's descriptor, or None where there are no locks.

    The file gets its name when it is locked: before that, a cleanup must not find it.
    """
    new = folder / f"{_HELD}.new"
    lock = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if _take(lock):
        new.rename(folder / _HELD)
        return lock
    os.close(lock)
    return None


def _take(lock: int) -> bool:
    """Lock a file that is open, without waiting; say whether that went."""
    if sys.platform == "win32":
        return False
    import fcntl

    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
