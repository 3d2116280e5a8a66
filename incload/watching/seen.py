"""What a look has shown, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Seen:
    """What the looks so far have shown; a program reads one of these for each look.

    Attributes:
        look: The number of the look.
        at: The source's clock, in microseconds.
        rows: How many rows the table has.
        appeared, changed, vanished: How many rows came, changed and went since the look before.
        untouched: How many of those that changed kept their cursor.
        late: How many came or changed behind the largest cursor of the look before, all looks together.
        lag_seconds: Of those and ties, the quantiles of how far behind they lay, by per cent.
        wrong, wrong_causes, wrong_longest_seconds: How many rows of the copy are wrong, why, and for how long.
        failure: Why the look failed; empty when it did not.
        fetched: How many blocks of rows were fetched.
        failures: How many looks have failed so far.
        columns_changed: Whether the columns are others than at the look before; rows that kept their cursor then count
            as unchanged.
        copy_failure: Why the copy could not be audited at this look; empty when it was.
        metrics_failure, metrics_failures: Why the metrics could not be written, and how often so far.
    """

    look: int
    at: int
    rows: int = 0
    appeared: int = 0
    changed: int = 0
    vanished: int = 0
    untouched: int = 0
    late: int = 0
    lag_seconds: dict[str, float] = field(default_factory=dict)
    wrong: int | None = None
    wrong_causes: dict[str, int] = field(default_factory=dict)
    wrong_longest_seconds: float | None = None
    failure: str = ""
    fetched: int = 0
    failures: int = 0
    columns_changed: bool = False
    copy_failure: str = ""
    metrics_failure: str = ""
    metrics_failures: int = 0
