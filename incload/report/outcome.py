"""The record of one trial: a frozen row, to and from one line of the CSV report.

The CSV and the JSON beside it are the only things that a report is rendered from, so every fact that a reader is shown
has a column here. None is what was not measured: it is an empty cell, never a zero.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 2
"""Raised when a column changes its name or meaning; reports of different versions are not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one trial showed.

    Attributes:
        schema_version: The meaning of these columns.
        suite: `matrix` (verdicts), `throughput` (cost at scale), `tutorial` (beside hand-written loaders), `replay`.
        strategy: The id of the strategy, parameters included; a reference copy is `reference_copy`.
        write_rule: The write rule, or empty for a contender that has none.
        scenario: The id of the scenario; in the cost suites the phase: `initial_load`, `change_2_percent`, `no_change`.
        meaning: What happens in the scenario, in one sentence; empty where there is none.
        source_engine: `sqlite` or `duckdb`.
        target_engine: As above.
        rows: How many rows the base of the history was asked to have; None where no table takes part.
        seed: What the history was drawn from.
        history_digest: Of the history, so that two reports are known to speak of the same rows.
        outcome: `sound`, `wrong`, `unknown` (something raised), `not_applicable` (refused when it was set up) or
            `measured` (what time and memory it took; no audit).
        reason: Why, when the outcome is `unknown` or `not_applicable`; otherwise empty.
        lost, stale, phantom, duplicated: Wrong rows at the end; None, as below, where no audit took place.
        lost_max, stale_max, phantom_max, duplicated_max: The largest counts after any sync.
        syncs: How many syncs ran.
        wrong_syncs: After how many of them source and target differed.
        rows_ever_wrong: How many keys were wrong after any sync.
        rows_never_healed: How many of them were still wrong when last looked at, or left the source while wrong.
        heal_syncs_median, heal_syncs_max: For those that healed, after how many syncs; None when none healed.
        rows_waiting: Rows that the copy still lacks or has old at the end, and that the strategy has left for a later
            sync by its own delay or horizon; they are neither wrong nor read.
        rows_read, rows_written: Over all syncs; None, as below, for what a contender does not count.
        rows_unchanged: Rows written over an equal row.
        rows_removed: Rows deleted from the target.
        queries: How many queries the source answered.
        state_bytes: The largest size of the state after any sync, digests included.
        load_seconds_min, load_seconds_median: Over the rounds: seconds spent in loads alone.
        rounds: How many rounds were timed.
        table_rows_per_second: Rows of the source at the end, moved or not, for each second of the fastest round.
        times_reference: The fastest round as a multiple of the fastest reference copy of the same run; None without.
        peak_memory_bytes: Where it was measured.
        predicted: `sound` or `wrong`, as needs and breaks say; empty where nothing predicts.
        rows_ever_wrong_predicted: From the lags; None where nothing predicts it.
        assumption: The needed assumptions that the scenario breaks, separated by a space.
        breaks: For a contender that claims nothing: what the scenario breaks, as `incload.report.foreign.breaks` writes
            it; otherwise empty.
        start_up_seconds: Until the contender could be asked for a sync, or of a command a sync with nothing to do; None
            where neither is known.
        witness: The story of the first wrong row, its lines separated by a line feed; empty when sound.
        environment: Versions and machine, as JSON; in the file beside the CSV.
        command: What reproduces the run; in the file beside the CSV.
    """

    schema_version: int = SCHEMA_VERSION
    suite: str
    strategy: str
    write_rule: str
    scenario: str
    meaning: str = ""
    source_engine: str
    target_engine: str
    rows: int | None
    seed: int
    history_digest: str
    outcome: str
    reason: str = ""
    lost: int | None = None
    stale: int | None = None
    phantom: int | None = None
    duplicated: int | None = None
    lost_max: int | None = None
    stale_max: int | None = None
    phantom_max: int | None = None
    duplicated_max: int | None = None
    syncs: int | None = None
    wrong_syncs: int | None = None
    rows_ever_wrong: int | None = None
    rows_never_healed: int | None = None
    heal_syncs_median: float | None = None
    heal_syncs_max: int | None = None
    rows_waiting: int | None = None
    rows_read: int | None = None
    rows_written: int | None = None
    rows_unchanged: int | None = None
    rows_removed: int | None = None
    queries: int | None = None
    state_bytes: int | None = None
    load_seconds_min: float | None = None
    load_seconds_median: float | None = None
    rounds: int | None = None
    table_rows_per_second: float | None = None
    times_reference: float | None = None
    peak_memory_bytes: int | None = None
    predicted: str = ""
    rows_ever_wrong_predicted: int | None = None
    assumption: str = ""
    breaks: str = ""
    start_up_seconds: float | None = None
    witness: str = ""
    environment: str = ""
    command: str = ""

    @property
    def trial(self) -> tuple[str, str, str, str, str, str]:
        """The identity of the trial: what two reports are joined on."""
        return (self.suite, self.strategy, self.write_rule, self.scenario, self.source_engine, self.target_engine)
