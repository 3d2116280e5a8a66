"""Instances of DuckDB that the sessions of a process hand on to each other: making one costs thirty statements.

A session has its instance for itself, as it has in real life, and the files of the one before are detached. The hard
tests and every process that tests start make an instance for each session.
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from typing import Any

import duckdb

_IDLE: dict[tuple[int, str], list[duckdb.DuckDBPyConnection]] = defaultdict(list)
"""The instances that no session has, by process and configuration."""
_LEFT = "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory'"


class Lent:
    """A connection to an instance that goes to the next session once this one closes it, and ends with this one else.

    Attributes:
        used: The connection.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        """Take an idle instance of this configuration, or make one."""
        self._kind = (os.getpid(), repr(config))
        try:
            self._instance = _IDLE[self._kind].pop()
        except IndexError:
            self._instance = duckdb.connect(config=config)
        self.used = self._instance.cursor()
        self._is_open = True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a connection has
        """Do as the connection does."""
        return getattr(self.used, name)

    def close(self) -> None:
        """Leave nothing behind and let go of the instance; where something cannot be left, the instance ends."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._leave()
        except duckdb.Error:
            self.used.close()
            self._instance.close()
        else:
            self.used.close()
            _IDLE[self._kind].append(self._instance)

    def _leave(self) -> None:
        """Detach all files, whose changes that were not committed are gone, and take back what a load sets."""
        with suppress(duckdb.TransactionException):  # none is open
            self.used.rollback()
        for (name,) in self.used.execute(_LEFT).fetchall():
            self.used.execute(f'DETACH "{name}"')
        self.used.execute("RESET max_vacuum_tasks; RESET memory_limit")


class Driver:
    """The driver as the session's module sees it."""

    connect = Lent

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the driver has
        """Do as the driver does."""
        return getattr(duckdb, name)
