"""What an engine can do, as one record that a load reads instead of asking for an engine's name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from incload.records import record

if TYPE_CHECKING:
    from incload.strategy import Capability


class AtomicState(StrEnum):
    """How a target commits rows and state at once."""

    TRANSACTION = "transaction"
    SNAPSHOT = "snapshot"
    NONE = "none"


@record
class Capabilities:
    """What one engine can do; what it cannot becomes another path or a refusal that says so.

    Attributes:
        transactional_ddl: Whether a table is created, changed and dropped in the transaction of the rows. Without it,
            creating a table commits, and is done before a sync has written anything.
        atomic_state: How the engine commits rows and state at once: by a transaction over several tables, or by one
            snapshot of the table that carries the state.
        enforces_key: Whether a table can have a primary key that the engine keeps.
        temp_tables: Whether a session can make tables of its own, so that rows can be staged.
        row_counts: Whether making a temporary table says how many rows it was given.
        counts_at_once: Whether counting the rows of a whole table looks at none of them.
        steady_streams: Whether what is streamed is what the transaction of the session sees, so that two streams agree.
        indexes_digests: Whether a key on the table of remembered digests helps more than it costs.
        casts_to_compare: Whether values of two types have to be cast to be compared or digested alike.
        one_writer: Whether a database takes one writer at a time, so that loads into it take turns.
        folds_names: Whether two names that differ in case alone are one table.
        names_namespaces: Whether a dot in the name of a table ends that of the namespace that holds it.
        holds_any: Whether a column of numbers may hold texts.
        serves_threads: Whether another thread than the one that opened it may use a session.
        row_id: The hidden column that distinguishes rows of a table within one transaction.
        hides_kinds: Whether columns that count different things may have one type.
        follows: What a source of the engine can keep for strategies that ask for more than its rows: a log, triggers,
            a horizon.
    """

    transactional_ddl: bool = True
    atomic_state: AtomicState = AtomicState.TRANSACTION
    enforces_key: bool = True
    temp_tables: bool = True
    row_counts: bool = False
    counts_at_once: bool = False
    steady_streams: bool = False
    indexes_digests: bool = True
    casts_to_compare: bool = False
    one_writer: bool = False
    folds_names: bool = False
    names_namespaces: bool = False
    holds_any: bool = False
    serves_threads: bool = False
    row_id: str = "rowid"
    hides_kinds: bool = False
    follows: frozenset[Capability] = frozenset()
