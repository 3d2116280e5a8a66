"""What the load asks of an engine that may leave most values of a cursor column unlooked at.

What a cursor's values mean is decided before a strategy has said what it asks for. An engine that would have to look at
every value for it may, where the column `seems` to hold what it held at the sync before, put that off and look at what
the order of the rows asked for hangs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.cursor import Scale
    from incload.engines.session import Place
    from incload.strategy import Rows
    from incload.table import Column


class LooksAtCursors:
    """What a session says of a cursor column seen before; most engines always look at all values, or at the type."""

    def seems(self, place: Place, table: str, column: Column, scale: Scale) -> bool:  # noqa: ARG002 - see above
        """Tell whether a column seems to hold values of a scale still, so that `confirm` is to be asked about it."""
        return False

    def confirm(self, place: Place, table: str, column: Column, scale: Scale, asked: Sequence[Rows]) -> None:
        """Refuse values without a certain place beside what is asked, in a column that `seems` to hold none."""

    def version(self, place: Place) -> int:  # noqa: ARG002 - as above
        """Return a number that another one takes the place of when somebody else writes, if `confirm` has to know."""
        return 0
