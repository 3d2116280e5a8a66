"""`incload.compare`: strategies on histories whose flaws are known, audited after every sync."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from incload.api.options import check_names, names_of, user_path
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from incload.contenders.contender import Contender
    from incload.harness.trials.matrix import Cell, Choice
    from incload.report.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison showed.

    Attributes:
        outcomes: One record for each trial.
        failures: Trials that raised an error or were not as predicted, a sentence each.
        written: The files of the report, the CSV first; none where no folder was named.
    """

    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...]
    written: tuple[Path, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the outcomes as plain values, a list of records under `outcomes`."""
        return {
            "outcomes": [asdict(each) for each in self.outcomes],
            "failures": list(self.failures),
            "written": [str(path) for path in self.written],
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each trial, with the columns of the report's CSV."""
        from incload.report.frame import frame_of

        return frame_of(self.outcomes)


class CompareOptions(TypedDict, total=False):
    """The named options of `incload.compare`; each is the option of `incload compare` with that name.

    Attributes:
        strategies: Names or ids of strategies; all by default.
        scenarios: Ids of scenarios, `core` for the best known six; all by default.
        engines: Pairs such as `sqlite-duckdb`, or engines for the pairs that start there; the embedded ones by default.
        rows: Rows of each history's base; 1,000 by default.
        seed: What histories are drawn from; 1 by default.
        rounds: How often each trial is timed; 1 by default.
        workers: How many processes; 1 by default, as more need the guard `if __name__ == "__main__":` in a script.
        report_dir: A folder for the report; none is written by default.
        contenders: Loaders of yours, each as `NAME=COMMAND`, `NAME=MODULE:FUNCTION` or `NAME=FILE.toml`, and names of
            known peers; they run beside the strategies that are named, or alone.
        timeout: Seconds for a sync of such a loader; 60 by default.
        python: The interpreter of `MODULE:FUNCTION`; this one by default.
    """

    strategies: str | Sequence[str]
    scenarios: str | Sequence[str]
    engines: str | Sequence[str]
    rows: int
    seed: int
    rounds: int
    workers: int
    report_dir: str | Path | None
    contenders: Sequence[str]
    timeout: float
    python: str


def compare(**options: Unpack[CompareOptions]) -> Comparison:
    """Run strategies against scenarios on pairs of engines, audit after every sync, and return what each got wrong.

    Args:
        **options: See `CompareOptions`.

    Raises:
        Refused: For a strategy, scenario or pair that does not exist, and a folder that cannot be written.
    """
    from incload.harness.trials.matrix import Choice

    check_names("compare", options, CompareOptions)
    scenarios = names_of(options.get("scenarios", ()))
    chosen = Choice(
        strategies=names_of(options.get("strategies", ())),
        scenarios=() if scenarios == ("all",) else scenarios,
        pairs=names_of(options.get("engines", ())),
        rows=options.get("rows", 1_000),
        seed=options.get("seed", 1),
        contenders=contenders_of(
            options.get("contenders", ()), options.get("timeout", 60.0), options.get("python", "")
        ),
    )
    said = ", ".join(f"{name}={value!r}" for name, value in options.items() if name not in {"report_dir", "workers"})
    cells = cells_of(chosen, f"incload.compare({said})")
    folder = options.get("report_dir")
    report = None if folder is None else Report(user_path(folder), part=is_part(chosen))
    return run_comparison(cells, options.get("rounds", 1), options.get("workers", 1), report)


def _foreign(options: CompareOptions) -> tuple[Contender, ...]:
    return contenders_of(options.get("contenders", ()), options.get("timeout", 60.0), options.get("python", ""))


def contenders_of(texts: Sequence[str], timeout: float, python: str) -> tuple[Contender, ...]:
    """Return the loaders that texts name; refuse what could not be started, or has the name of a strategy."""
    if not texts:
        return ()
    from incload.contenders.named import named
    from incload.engines.endpoints import with_home
    from incload.registry import strategy_classes

    return named(texts, timeout, with_home(python), {"reference_copy", *strategy_classes()})


def cells_of(chosen: Choice, command: str) -> list[Cell]:
    """Return the trials of a choice; where neither scenarios nor engines were chosen, those of the write rules too."""
    cells = chosen.cells(command)
    return cells if chosen.scenarios or chosen.pairs or chosen.contenders else [*cells, *chosen.rule_cells(command)]


@dataclass(frozen=True, slots=True)
class Report:
    """Where the report of a comparison goes.

    Attributes:
        folder: The folder.
        part: Whether trials were chosen or changed: the report of all of them, as they are, is kept then.
    """

    folder: Path
    part: bool = False


def is_part(chosen: Choice) -> bool:
    """Return whether a choice has other trials than a comparison without any option: fewer, more, or other rows."""
    from incload.harness.trials.matrix import Choice

    return chosen != Choice()


def run_comparison(
    cells: Sequence[Cell],
    rounds: int,
    workers: int | None,
    report: Report | None,
    starting: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Run trials and write the report, if a folder is given for it.

    Args:
        cells: The trials.
        rounds: How often each is timed.
        workers: How many processes; None for one a processor.
        report: Where the report goes, if one is written.
        starting: Is called with the name of each trial as its turn comes.
    """
    from incload.api.folders import check_folder, reports_into
    from incload.extras import require_extra

    require_extra("harness", "a comparison")
    from incload.harness.trials.prediction import disagreement
    from incload.harness.trials.runner import run_cells
    from incload.report.comparison.files import write_reports

    if workers is not None and workers < 1:
        raise Refused(f"{workers} workers leave no process to run a trial: give 1 or more.")
    if report is not None:
        check_folder(report.folder)
    outcomes = run_cells(cells, rounds, starting, workers)
    written: list[Path] = []
    if report is not None:
        with reports_into(report.folder):
            written = write_reports(outcomes, report.folder, part=report.part)
    failures = [f"{each.strategy} on {each.scenario}: {each.reason}" for each in outcomes if each.outcome == "unknown"]
    return Comparison(tuple(outcomes), (*failures, *filter(None, map(disagreement, outcomes))), tuple(written))
