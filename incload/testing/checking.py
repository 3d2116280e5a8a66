"""One check: a scenario happens to a real database, the user's sync runs after each change, and the copy is audited."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from incload.api.options import check_names
from incload.contenders.contender import ContenderFailed
from incload.contenders.declared import declared
from incload.contenders.function import FunctionContender
from incload.errors import Refused, Unable
from incload.extras import require_extra
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import pair_name
from incload.harness.trials.error_timeline import counts
from incload.harness.trials.trial import Trial
from incload.harness.trials.witness import story
from incload.history.synthetic.scenarios import scenario as scenario_of
from incload.report.format import listed
from incload.testing.histories import histories_of
from incload.testing.places import Place, made, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from incload.contenders.contender import Contender, SyncRequest
    from incload.harness.trials.trial import Observed
    from incload.history.synthetic.scenario import Scenario
    from incload.testing.histories import Histories
    from incload.testing.shape import Table

FEW_ROWS = 100
"""How many rows a table has at the start: enough for every scenario, and few enough for a test."""

_KINDS = ("lost", "stale", "phantom", "duplicated")


class WrongCopy(AssertionError):  # noqa: N818 - an assertion that fails, as pytest shows it
    """A copy was wrong, or a sync broke a rule, or a loss that was declared did not happen."""


class CheckOptions(TypedDict, total=False):
    """The named options of `check` and `scenarios`.

    Attributes:
        loses: The scenarios in which the sync is known to get the copy wrong; `check` takes whether it is.
        table: The shape of the table; the table `orders` of the scenarios by default.
        source: `sqlite` (the default), `duckdb` or `postgres`, or the URL of a database.
        target: Likewise.
        rows: How many rows the table has at the start; 100 by default.
        seed: What the history is drawn from; 1 by default.
        copy: How the copy differs from the source's table by intention, as a declaration of docs/contenders.md: `url`,
            `table`, `adds`, `renames`, `current`, `times`, `booleans`.
    """

    loses: bool | set[str] | frozenset[str]
    table: Table | None
    source: str
    target: str
    rows: int
    seed: int
    copy: Mapping[str, object]


@dataclass(frozen=True, slots=True, repr=False)
class ScenarioCheck:
    """A scenario, ready to happen to a user's sync.

    Attributes:
        scenario: Which.
        folder: Where the databases and the state folder are made; None for a temporary folder.
        ends: Source and target.
        table: The shape of the table; None for that of the scenario.
        loses: Whether the sync is known to get the copy wrong.
        rows: How many rows the table has at the start.
        seed: What the history is drawn from.
        copy: What is declared of the copy.
        cannot: Is called with the reason when the check cannot run; None to raise `Unable`.
    """

    scenario: Scenario
    folder: Path | None = None
    ends: tuple[Place, Place] = (Place("sqlite"), Place("sqlite"))
    table: Table | None = None
    loses: bool = False
    rows: int = FEW_ROWS
    seed: int = 1
    copy: tuple[tuple[str, object], ...] = ()
    cannot: Callable[[str], object] | None = None

    def __repr__(self) -> str:
        """Show the scenario alone, as pytest prints it with a failure."""
        return f"<scenario {self.id}>"

    @property
    def id(self) -> str:
        """The id of the scenario."""
        return self.scenario.id

    def check(self, sync: Callable[[SyncRequest], object] | str) -> None:
        """Let the scenario happen, call a sync after each change, and see whether the copy is right each time.

        Args:
            sync: A callable that gets a `SyncRequest`, or a command as `incload compare --contender` takes it.

        Raises:
            WrongCopy: The copy was wrong after a sync, the sync broke a rule, or a declared loss did not happen.
            Unable: The scenario cannot happen here; under pytest the test is skipped with the reason.
            Exception: Whatever the sync raises.
        """
        __tracebackhide__ = True
        try:
            histories = histories_of(self.scenario, self.table, self.rows, self.seed, self.ends[0].engine)
            observed = self._observed(sync, histories)
        except Unable as reason:
            if self.cannot is None:
                raise
            self.cannot(str(reason))
            return
        except ContenderFailed as failure:
            raise WrongCopy(f"in {self._where}: {failure}") from None
        self._judge(histories, observed)

    @property
    def _where(self) -> str:
        pair = self.ends[0].engine, self.ends[1].engine
        return f"{self.id}, {pair_name(pair)}, {self.rows} rows, seed {self.seed}"

    def _observed(self, sync: Callable[[SyncRequest], object] | str, histories: Histories) -> Observed:
        """Run the trial in the folder, or in a temporary one."""
        pair = self.ends[0].engine, self.ends[1].engine
        with ExitStack() as closing:
            folder = self._own_folder(closing)
            source, target = (closing.enter_context(made(end)) for end in self.ends)
            trial = Trial(histories.happens, self._contender(sync), pair, self.scenario.faults, urls=(source, target))
            return trial.run(folder, LoadClock())

    def _own_folder(self, closing: ExitStack) -> Path:
        """Make a folder for this check alone; one that is in none of the user's is deleted with it."""
        if self.folder is None:
            return Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="incload-")))
        self.folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="check-", dir=self.folder))

    def _contender(self, sync: Callable[[SyncRequest], object] | str) -> Contender:
        says = declared(dict(self.copy), "copy=")
        if not isinstance(sync, str):
            return FunctionContender("sync", _ignoring(sync), says=says)
        from incload.contenders.named import named
        from incload.contenders.wild import WildContender

        (found,) = named([f"sync={sync}"], 60.0, "", ())
        assert not isinstance(found, WildContender)  # noqa: S101 - those are named without an equals sign
        return replace(found, says=says)

    def _judge(self, histories: Histories, observed: Observed) -> None:
        """Raise `WrongCopy` unless the copy is as it was declared to be."""
        __tracebackhide__ = True
        timeline = observed.timeline
        if not timeline.ever_wrong:
            if self.loses:
                syncs = len(observed.syncs)
                raise WrongCopy(
                    f"{self.id} is declared in loses=, but the copy was right after each of {syncs} syncs "
                    f"({self._where}): take it out."
                )
            return
        if not self.loses:
            raise WrongCopy(self._witness(histories, observed))

    def _witness(self, histories: Histories, observed: Observed) -> str:
        """Return the story of the first wrong row, and what to do."""
        timeline = observed.timeline
        kinds = zip(counts(timeline.last) if timeline.last else (), _KINDS, strict=False)
        at_end = listed([f"{number} {kind}" for number, kind in kinds if number])
        number = len(timeline.ever_wrong)
        rows = "rows were" if number > 1 else "row was"
        lines = (
            f"the copy is wrong in {self._where}: {number} {rows} wrong after some sync; at the end: {at_end}.",
            self.scenario.sentence,
            story(histories.timed, observed),
            f"A known loss is declared by loses={{{self.id!r}}}.",
        )
        return "\n".join(lines)


def _ignoring(sync: Callable[[SyncRequest], object]) -> Callable[[SyncRequest], None]:
    """Return a sync whose result is not looked at: tools return all sorts of things."""

    def call(request: SyncRequest) -> None:
        sync(request)

    return call


def check(
    sync: Callable[[SyncRequest], object] | str,
    scenario: str,
    folder: Path | None = None,
    **options: Unpack[CheckOptions],
) -> None:
    """Check a sync in one scenario; return when the copy was right after every sync.

    Args:
        sync: A callable that gets a `SyncRequest`, or a command as `incload compare --contender` takes it.
        scenario: The id of a scenario, such as `late_arrivals`.
        folder: Where the databases are made, such as `tmp_path`; a temporary folder by default.
        **options: See `CheckOptions`.

    Raises:
        WrongCopy: See `ScenarioCheck.check`.
        Unable: The scenario cannot happen here.
        Refused: An option cannot be.
    """
    __tracebackhide__ = True
    check_names("incload.testing.checking", options, CheckOptions)
    prepared(scenario_of(scenario), options, folder).check(sync)


def prepared(scenario: Scenario, options: CheckOptions, folder: Path | None = None) -> ScenarioCheck:
    """Return a check with its options; refuse those that cannot be."""
    require_extra("harness", "a check of a sync")
    loses = options.get("loses", False)
    rows = options.get("rows", FEW_ROWS)
    if rows < FEW_ROWS:
        raise Refused(f"rows={rows} is too few for the scenarios: give at least {FEW_ROWS}.")
    copy = dict(options.get("copy", {}))
    declared(copy, "copy=")
    return ScenarioCheck(
        scenario=scenario,
        folder=folder,
        ends=(place(options.get("source", "sqlite"), "source"), place(options.get("target", "sqlite"), "target")),
        table=options.get("table"),
        loses=loses if isinstance(loses, bool) else scenario.id in loses,
        rows=rows,
        seed=options.get("seed", 1),
        copy=tuple(copy.items()),
    )
