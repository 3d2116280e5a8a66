"""The contract of a strategy: the queries it may ask, what it returns, what it may remember.

A strategy decides; it never moves a row. It is handed a source that answers a few queries and returns a description
of the rows to load. The load takes those rows, and hands back a summary of what it really read, from which the strategy
says what the next sync starts from. What must stay true: this package is all that a strategy imports, and nothing here
speaks to a database.
"""

from __future__ import annotations

from incload.assumptions import Assumption, Need
from incload.strategy.answers import (
    AfterKey,
    Capability,
    Changed,
    Delta,
    Differing,
    Everything,
    KeyRanges,
    Logged,
    Position,
    Rows,
    Since,
    State,
    Vanished,
    WriteRule,
)
from incload.strategy.asking import Seen, Source
from incload.strategy.base import SHOWN_BY_CURSOR, Learning, Reach, Strategy
from incload.strategy.rules import needs_of

__all__ = [
    "SHOWN_BY_CURSOR",
    "AfterKey",
    "Assumption",
    "Capability",
    "Changed",
    "Delta",
    "Differing",
    "Everything",
    "KeyRanges",
    "Learning",
    "Logged",
    "Need",
    "Position",
    "Reach",
    "Rows",
    "Seen",
    "Since",
    "Source",
    "State",
    "Strategy",
    "Vanished",
    "WriteRule",
    "needs_of",
]
