"""When DuckDB merges what its transactions have added: at about every sixteenth merge, not at each.

What a transaction adds to a table stands in row groups of its own, and a checkpoint merges those that fit into one:
their rows are rewritten and get new places in the index. Left to itself every sync so moves the last part of the
table again, up to 122,880 rows for however few new ones. Of 33 syncs of 2 % of a million rows in a row, moving what
sixteen have added at once took a fifth to a quarter off the time of all together, those that moved it included, and
left about as many row groups and no larger file. Rows are as durable in many row groups as in one, deleted rows are
left out when the merge comes, and a read finds some sixteen row groups too many at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.engines.session import Session

_EVERY = 16
"""Once in so many additions of one size row groups are merged."""


class DuckdbUpkeep:
    """The part of a DuckDB session that puts off the merging of row groups."""

    def __init__(self, session: Session) -> None:
        """Begin with nothing added."""
        self._session = session
        self._is_due: bool | None = None

    def last_row(self, relation: str) -> int:
        """Return the number of a table's last row, deleted ones counted; -1 of none."""
        ((last,),) = self._session.rows(f"SELECT max(rowid) FROM {relation}")
        return last if isinstance(last, int) else -1

    def note_added(self, last: int, added: int) -> None:
        """Note that a transaction has added rows behind the last one of a table; one that is due is due for all."""
        self._is_due = bool(self._is_due) or is_due(last + 1, added)

    def put_off(self) -> None:
        """Have the transaction that ends, and the closing of the file, merge no row groups, unless that is due."""
        if self._is_due is False:
            self._session.rows("SET max_vacuum_tasks = 0")

    def put_on(self) -> None:
        """Have the next transaction merge row groups, unless it says otherwise."""
        if self._is_due is False:
            self._session.rows("RESET max_vacuum_tasks")
        self._is_due = None


def is_due(held: int, added: int) -> bool:
    """Return whether an addition reaches beyond the next multiple of sixteen of its size, which every sixteenth does.

    The table itself shows it, and nothing has to be kept.
    """
    span = max(added, 1) * _EVERY
    return (held + added) // span > held // span
