"""The verdicts of one contender on one pair of engines, as evidence of what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from incload.report.foreign.breaks import parsed_breaks
from incload.report.format import figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from incload.assumptions import Assumption


@dataclass(frozen=True, slots=True)
class Evidence:
    """One cell with a verdict.

    Attributes:
        scenario: The id of the scenario.
        breaks: What it breaks, each with its size if it has one.
        wrong: Whether any row was wrong after any sync.
        duplicated: Whether a row was in the copy more than once.
        phantom: Whether a row was in the copy that had left the source.
    """

    scenario: str
    breaks: Mapping[Assumption, timedelta | None]
    wrong: bool
    duplicated: bool = False
    phantom: bool = False


class Verdict(Protocol):
    """What an outcome has, and a row of a report's frame as well."""

    @property
    def scenario(self) -> str:
        """The id of the scenario."""

    @property
    def outcome(self) -> str:
        """`sound` or `wrong`, or something that is no verdict."""

    @property
    def breaks(self) -> str:
        """What the scenario breaks."""

    @property
    def duplicated_max(self) -> int | None:
        """The most copies too many after any sync."""

    @property
    def phantom_max(self) -> int | None:
        """The most phantom rows after any sync."""


def evidence_of(cells: Iterable[Verdict]) -> tuple[Evidence, ...]:
    """Return the cells that have a verdict; a cell that is unknown or n/a is no evidence."""
    return tuple(
        Evidence(
            each.scenario,
            parsed_breaks(each.breaks),
            each.outcome == "wrong",
            duplicated=(figure(each.duplicated_max) or 0) > 0,
            phantom=(figure(each.phantom_max) or 0) > 0,
        )
        for each in cells
        if each.breaks and each.outcome in {"sound", "wrong"}
    )
