"""`incload.state`: what strategies keep between syncs, as the target holds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from incload.api.options import database

if TYPE_CHECKING:
    from incload.loading.state.edit import Remembered


@dataclass(frozen=True, slots=True)
class KeptState:
    """The state of one strategy for one table; None where nothing is kept of a kind.

    Attributes:
        table: The table's name in the target.
        strategy: The strategy's name.
        table_is_there: Whether the target holds the table; a load that does not find it reads everything.
        source: The source that the state belongs to.
        watermark: The largest cursor value, as the source writes it.
        key: The key of the last row, for strategies that keep one.
        digests: Of how many rows a digest is kept.
        position: The position in the source's change log.
    """

    table: str
    strategy: str
    table_is_there: bool
    source: str | None
    watermark: object
    key: str | None
    digests: int
    position: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the state as plain values."""
        return asdict(self)


def state(target: str, table: str | None = None, strategy: str | None = None) -> tuple[KeptState, ...]:
    """Return what strategies keep of a table, or of every table.

    Args:
        target: The URL of the database that was loaded into, such as `sqlite:///copy.db`.
        table: The table's name; all by default.
        strategy: The strategy's name; all by default.

    Raises:
        Refused: For a target that is no database, and a table or strategy of which nothing is kept.
    """
    from incload.loading.state.edit import Choice, look

    return tuple(_kept(found) for found in look(Choice(database(target), table, strategy)))


def _kept(found: Remembered) -> KeptState:
    entry = found.entry
    return KeptState(
        found.table,
        found.strategy,
        found.table_is_there,
        entry.source if entry else None,
        entry.shown if entry and entry.scale else None,
        entry.shown_key if entry else None,
        found.digests,
        entry.state.position if entry else None,
    )
