"""Which rows of a target a sync has touched, so that an audit need not look at the others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.auditing.audit import Key
    from incload.engines.contract import WriteIntent
    from incload.engines.session import Session


class Watch:
    """Says which keys the latest sync of one table wrote or deleted.

    Attributes:
        touched: The keys; None when any row may have been written, as by a load into an empty target.
        seconds: How long the latest sync was held up by the watching.
    """

    def __init__(self, session: Session, key: tuple[str, ...]) -> None:
        """Watch what a session commits to the table with these key columns."""
        self._session, self._key = session, key
        self.touched: frozenset[Key] | None = None
        self.seconds = 0.0
        session.watch = self.note

    def note(self, intent: WriteIntent) -> None:
        """Take in the keys of what is about to be written and deleted; where rows are many, any may be."""
        started = time.perf_counter()
        if intent.placed is not None or intent.clear or (intent.adds and intent.rows):
            self.touched = None
        else:
            self.touched = frozenset().union(*map(self.keys, filter(None, (intent.rows, intent.removals))))
        self.seconds = time.perf_counter() - started

    def keys(self, relation: str) -> frozenset[Key]:
        """Return the keys of a relation."""
        return frozenset(self._session.rows(f"SELECT {self._session.listed(self._key)} FROM {relation} AS w"))
