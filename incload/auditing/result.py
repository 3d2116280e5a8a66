"""What an audit has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One wrong row.

    Attributes:
        kind: What is wrong with it first: lost, stale, phantom or duplicated.
        key: Its key, a value for each key column.
        cause: Why it is wrong, where that is known.
        late_by: How late it was, in seconds or in the cursor's own numbers; None unless it was late.
        columns: The columns in which a stale row differs.
        source, copy: The values of those columns on both sides, by their names; None unless values are to be shown.
    """

    kind: str
    key: tuple[object, ...]
    cause: str
    late_by: float | None
    columns: tuple[str, ...]
    source: dict[str, object] | None = None
    copy: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The verdict on a copy.

    Attributes:
        source, copy: What was compared, for readers.
        key: The key columns.
        cursor: The cursor column, or None.
        source_rows, copy_rows: How many rows each side had when the audit began.
        compared: How many rows were compared, by digest or value by value: the rows of the larger side.
        fetched: How many blocks differed, of which the rows were fetched.
        lost, stale, phantom: How many keys.
        duplicated: How many rows of the copy are too many for their keys.
        in_flight: How many rows differed at one look and had changed at the next.
        undecided: How many of those were still changing at the last look.
        causes: Causes of wrong rows, each with its number of keys.
        certain: Those of the causes that nothing else leaves the traces of; the others are likely.
        inferred: Whether causes rest on the copy's largest cursor alone, and not on a watermark that is known.
        watermark: The watermark that causes were judged by; None without one.
        watermark_from: How it is known.
        late: The median and largest lateness of late rows, in `late_unit`; None without any.
        late_unit: `seconds`, or `cursor` for plain numbers.
        columns: The columns that were compared.
        not_compared: The columns of the copy that the source does not have, or that were left out.
        differing: The columns in which stale rows differ, each with its number of rows.
        samples: Some wrong rows of each kind.
        rules: By which rule columns were compared that both sides do not hold alike, by their names.
        sampled: The share of the blocks that was compared, how many, and an estimate of the wrong rows; None for all.
        notes: What else is to be known, a sentence each.
    """

    source: str
    copy: str
    key: tuple[str, ...]
    cursor: str | None
    source_rows: int
    copy_rows: int
    compared: int
    fetched: int
    lost: int
    stale: int
    phantom: int
    duplicated: int
    in_flight: int
    undecided: int
    causes: dict[str, int]
    certain: tuple[str, ...]
    inferred: bool
    watermark: object
    watermark_from: str | None
    late: dict[str, float] | None
    late_unit: str
    columns: tuple[str, ...]
    not_compared: tuple[str, ...]
    differing: dict[str, int]
    samples: tuple[Sample, ...]
    rules: dict[str, str]
    sampled: dict[str, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def wrong(self) -> int:
        """How many keys are wrong."""
        return sum(self.causes.values())

    @property
    def exit_code(self) -> int:
        """0 for a right copy, 1 for wrong rows, 3 where only rows differ that change all the time."""
        return 1 if self.wrong else 3 if self.undecided else 0

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain values."""
        return {"wrong": self.wrong, **asdict(self)}
