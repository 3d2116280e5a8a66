"""Files that killed loads have left in the folders of tables, where commits are snapshots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from incload.engines.capabilities import AtomicState
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.loading.state.edit import opened
from incload.records import record

if TYPE_CHECKING:
    from incload.engines.abilities.optional import Orphan
    from incload.loading.state.edit import Choice

LEAST_DAYS, USUAL_DAYS = 1, 3
"""How old a file has to be before it may be deleted, as a load may be about to name it: at least, and usually."""
_DAY = 86_400_000_000


@record
class Left:
    """What was left in the folder of one table.

    Attributes:
        table: The table's name.
        files: The files that no snapshot names; None where they cannot be listed.
        old: Those of them that are old enough to be deleted.
        deleted: Whether these were deleted.
    """

    table: str
    files: tuple[Orphan, ...] | None
    old: tuple[Orphan, ...] = ()
    deleted: bool = False


def leaves_files(choice: Choice) -> bool:
    """Return whether a killed load leaves files in such a target."""
    return session_type(choice.target.engine).capabilities.atomic_state is AtomicState.SNAPSHOT


def left_files(choice: Choice, *, days: int = USUAL_DAYS, clean: bool = False) -> list[Left]:
    """Return what was left of one table or of all; with `clean`, delete what is older than so many days.

    Raises:
        Refused: For fewer days than one, and for a target whose loads leave no files.
    """
    if days < LEAST_DAYS:
        raise Refused(
            f"--older-than {days} would delete files that a load is about to commit: give at least {LEAST_DAYS}."
        )
    if not leaves_files(choice):
        raise Refused(f"--clean is for tables of files, and a load leaves none in {choice.target.shown}: leave it out.")
    with opened(choice.target) as session:
        snapshots, found = session.snapshots, list[Left]()
        for table in [choice.table] if choice.table else session.tables("target"):
            files = snapshots.orphans(table)
            before = time.time_ns() // 1_000 - days * _DAY
            old = tuple(each for each in files or () if each.at < before)
            if clean:
                snapshots.delete(table, old)
            found.append(Left(table, None if files is None else tuple(files), old, clean))
        return found
