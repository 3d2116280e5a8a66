"""What advice holds: one load, why, what else would do, what is not known, and what may still go wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another load that was sound, or one that was ruled out.

    Attributes:
        strategy: As `--strategy` takes it.
        write_rule: Its write rule.
        is_sound: Whether it kept the copy right on what was seen.
        why: What speaks for it, or against it.
        cost_ratio: Rows moved, beside those of the cheapest sound load; None where it was not replayed.
        asks: What it asks of the source; empty for nothing.
    """

    strategy: str
    write_rule: str
    is_sound: bool
    why: str
    cost_ratio: float | None = None
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Which load fits a table.

    Attributes:
        source: What was looked at, for readers.
        basis: `history`, or `state` for one state of a table.
        strategy: The recommended strategy, as `--strategy` takes it.
        write_rule: Its write rule.
        command: The command of the load, without passwords.
        because: Why, a sentence each.
        runner_up: The best other load; None without one.
        alternatives: Other loads, the sound ones first, by cost.
        gives_up: What the recommendation does not see or keep, a sentence each.
        unknown: What was not shown, and what would show it, a sentence each.
        decide: The one observation that would decide what is open; empty where nothing is.
        residual_risk: What may still go wrong, in words.
        risk: The numbers behind it.
        cost: Rows read and written a sync, seconds a sync, delay, and what it asks of the source.
        assumptions: Every assumption, held or broken, how often, and by how much.
        other_tools: The same load in the settings of other tools, by their names.
        hidden: What has to be written into the commands before they run, in a sentence; empty for nothing.
    """

    source: str
    basis: str
    strategy: str
    write_rule: str
    command: str
    because: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    gives_up: tuple[str, ...]
    unknown: tuple[str, ...]
    decide: str
    residual_risk: str
    risk: dict[str, object] = field(default_factory=dict)
    cost: dict[str, object] = field(default_factory=dict)
    assumptions: tuple[dict[str, object], ...] = ()
    other_tools: dict[str, str] = field(default_factory=dict)
    hidden: str = ""

    @property
    def runner_up(self) -> Alternative | None:
        """The best other load."""
        return next((each for each in self.alternatives if each.is_sound), None)

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain values."""
        runner_up = self.runner_up
        return {**asdict(self), "runner_up": asdict(runner_up) if runner_up else None}
