"""Runs a sample of mutants and prints how many the quick tests kill: `make mutants`, or by hand with other numbers.

    python tests/mutation/run.py --seed 1 --count 300 --jobs 2 [--only incload/history/lag.py] [--list]

Mutants live in copies of the tree, never in the tree itself. The quick tests that tests_of.py names, but for those of
DuckDB and of servers, are run once without any mutant, and it is recorded which functions each enters (reach.py). A
mutant is tried in a process of its own, which runs the tests that enter its function until one fails, the likeliest
and quickest first, and no more than `--budget` seconds of them; with `--wide` those of DuckDB and of servers come after
them. The score is a lower bound. A kill counts when the test passes without the mutant; one that does not is named and
left out. A mutant that takes too long counts as killed. One that no test can kill, because the program does the same
with it, stands in equivalents.toml with the reason, and is not counted.

Every mutant is reported when it is decided. With `--results FILE` it is also written there, and a later run with the
same file takes over what was killed and tries the rest. `--reach FILE` keeps the record of the tests likewise; the test
files that have changed since are recorded again. Both outlast changes of the code, as mutants and functions are known
by their names; a sample then changes where its lines do.

The exit code is 0 when enough are killed, 1 when fewer are or when a test fails without any mutant, 2 for a request
that makes no sense.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reach
from tests_of import modules, quick_tests
from trials import Trial, equivalents, every_trial, keep, results, sampled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENOUGH = 97.0
"""The least share of mutants, in per cent, that the tests must kill."""
COPIED = ("incload", "strategies", "tests", "bench", "docs", "reports")
FILES = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile", "CHANGELOG.md", "LICENSE")
HEAVY = (
    "pyarrow", "pyarrow.compute", "pyarrow.parquet", "duckdb", "numpy", "pandas", "psycopg", "sqlite3",
    "adbc_driver_sqlite", "adbc_driver_manager.dbapi", "pytest", "hypothesis.strategies", "hypothesis.stateful",
)  # fmt: skip
"""Imported once, before any process is forked, so that a mutant does not pay for it."""
_CALM = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""What is imported before pytest begins is not rewritten, and pytest is not to mind."""
PATIENCE = 60
"""How often the time of one test all those of a mutant may take by the clock: one that waits uses no processor."""
SLACK = 20
"""How often the time that a test takes without a mutant it may take with one."""
QUICKEST = "not duckdb and not postgres"
FIRST = (3, 8)
"""So many files are asked first, then so many more, then the rest: most mutants die soon, and files cost time."""


@dataclass(slots=True)
class Slot:
    """A copy of the tree, and the mutant that is tried in it."""

    tree: Path
    trial: Trial | None = None
    process: int = 0
    until: float = 0.0
    since: float = 0.0
    steps: list[list[str]] = field(default_factory=list)
    others: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Score:
    """What became of the mutants so far.

    Attributes:
        killed: The mutants that a test noticed, each with the test; with none where the process ended or had to be.
        survivors: Those that none did.
        equivalent: Those that are known to change nothing.
        before: Those that were killed in an earlier run.
    """

    killed: dict[Trial, str] = field(default_factory=dict)
    survivors: list[Trial] = field(default_factory=list)
    equivalent: list[Trial] = field(default_factory=list)
    before: set[Trial] = field(default_factory=set)

    @property
    def tried(self) -> int:
        """How many count."""
        return len(self.killed) + len(self.survivors)

    @property
    def share(self) -> float:
        """How many of them were killed, in per cent."""
        return 100.0 * len(self.killed) / self.tried if self.tried else 100.0

    def withdraw(self, failing: Iterable[str]) -> list[Trial]:
        """Take back what was killed by tests that fail without a mutant as well; return it, to be tried again."""
        fails = set(failing)
        again = [trial for trial, test in self.killed.items() if test in fails]
        for trial in again:
            del self.killed[trial]
        return again


def copied(root: Path, into: Path) -> Path:
    """Copy what tests need of a tree; the strategies stand where they are imported from."""
    for name in COPIED:
        if (root / name).exists():
            shutil.copytree(root / name, into / name, ignore=shutil.ignore_patterns(".git", "latest*.*"))
    for name in FILES:
        if (root / name).exists():
            shutil.copy2(root / name, into / name)
    (into / "incload" / "strategies").symlink_to(Path("..") / "strategies")
    return into


def steps(tests: Iterable[str], killers: Counter[str], most: int | None = None) -> list[list[str]]:
    """Return what pytest is asked one after the other: what killed most so far first, what needs a server last.

    SQLite opens a database in a tenth of the time that DuckDB takes, so tests of DuckDB wait. With `most`, only so many
    files are asked, and no server.
    """
    ordered = sorted(tests, key=lambda each: -killers[each])[:most]
    first, second = FIRST
    parts = [ordered[:first], ordered[first : first + second], ordered[first + second :]]
    asked = [*(["-k", QUICKEST, *part] for part in parts if part), ["-k", "duckdb and not postgres", *ordered]]
    return asked if most is not None else [*asked, ["-k", "postgres", *ordered]]


class Report:
    """A plugin of pytest that notes which tests fail."""

    def __init__(self, path: Path, seconds: float, chosen: Mapping[str, float] | None = None) -> None:
        """Note them in a file, and with them a test that takes more processor time; 0 for any.

        Of tests that are chosen, with the time that each takes, no others run, in their order.
        """
        self._path = path
        self._seconds = seconds
        self._chosen = chosen

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave the chosen tests, by file, in the order in which they were chosen."""
        if self._chosen is not None:
            places = {name: place for place, name in enumerate(self._chosen)}
            kept = [each for each in items if each.nodeid in places]
            files: dict[str, int] = {}
            for each in sorted(kept, key=lambda each: places[each.nodeid]):
                files.setdefault(each.nodeid.partition("::")[0], len(files))
            items[:] = sorted(kept, key=lambda each: (files[each.nodeid.partition("::")[0]], places[each.nodeid]))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Start the clock of a test; a busy machine does not make it run faster."""
        seconds = self._seconds
        if self._chosen and nodeid in self._chosen:
            seconds = min(seconds, max(2.0, SLACK * self._chosen[nodeid]))
        signal.signal(signal.SIGPROF, lambda *_: self._out_of_time(nodeid))
        signal.setitimer(signal.ITIMER_PROF, seconds)

    def _out_of_time(self, name: str) -> None:
        self.note(name)
        _end(97)

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        """Note a test that failed, or what was to be done before or after it."""
        if report.failed:
            self.note(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        """Note a file that cannot be read."""
        if report.failed:
            self.note(report.nodeid)

    def note(self, name: str) -> None:
        """Write it down, to be read by the process that waits."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def started(tree: Path, arguments: Sequence[str], *plugins: object) -> int:
    """Fork a process that runs pytest in a tree with plugins, and return its id."""
    process = os.fork()
    if process:
        return process
    code = 99
    try:
        code = _tested(tree, arguments, plugins)
    except BaseException:  # noqa: BLE001 - whatever it is, this process ends here
        (tree / "failed").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        _end(code)
    raise AssertionError


def _tested(tree: Path, arguments: Sequence[str], plugins: Sequence[object]) -> int:
    """Run pytest in this process, with the tree's modules and none of another's."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(98))  # so that what the tests have started is ended
    with (tree / "output").open("w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.chdir(tree)
    del sys.modules["__main__"].__file__  # or the processes that tests start would run this file
    sys.argv = ["pytest"]
    sys.path[:] = [str(tree), *(each for each in sys.path if Path(each).resolve() not in {ROOT, HERE})]
    os.environ["PYTHONPATH"] = str(tree)
    found = find_spec("incload")
    if found is None or Path(found.origin or "").parent != tree / "incload":
        raise RuntimeError(f"{found} is no module of {tree}")
    import pytest

    return int(pytest.main([*_CALM, *arguments], plugins=[*plugins]))


def _end(code: int) -> None:
    import atexit

    atexit._run_exitfuncs()  # a server is stopped there
    sys.stdout.flush()
    os._exit(code)


def ended(process: int, until: float) -> int | None:
    """Return the exit code of a process; -1 for one that had to be stopped, None for one that still runs."""
    done, status = os.waitpid(process, os.WNOHANG)
    if done:
        return os.waitstatus_to_exitcode(status)
    if time.monotonic() < until:
        return None
    os.killpg(process, signal.SIGTERM)
    for _ in range(50):
        time.sleep(0.1)
        if os.waitpid(process, os.WNOHANG)[0]:
            return -1
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return -1


class Run:
    """Tries mutants in some copies of the tree at once."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        """Make the copies in a folder."""
        self.score = Score()
        self.failing: list[str] = []
        self._options = options
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)
        self._known = equivalents(HERE / "equivalents.toml")
        self._killed_before = results(Path(options.results) if options.results else None)
        self._reach = reach.Reach()
        self._sources = {each: (ROOT / each).read_text(encoding="utf-8") for each in modules(ROOT)}
        first = copied(ROOT, _new(folder / "0"))
        subprocess.run([sys.executable, "-m", "compileall", "-qq", "incload", "strategies"], cwd=first, check=False)
        self._slots = [Slot(first)]
        for number in range(1, options.jobs):
            self._slots.append(Slot(Path(shutil.copytree(first, folder / str(number), symlinks=True))))

    def record(self, trials: Iterable[Trial]) -> None:
        """Record which functions the tests enter that are to notice some mutants, where it is not known yet."""
        tree = self._slots[0].tree
        path = Path(self._options.reach) if self._options.reach else tree / "reach.json"
        known = reach.read(path) if path.exists() else reach.Reach()
        changed = sorted({each.module for each in trials})
        asked = known.outdated(tree, dict.fromkeys(name for each in changed for name in quick_tests(tree, each)))
        known.forget([*asked, *(name for name in known.files if not (tree / name).exists())])
        if asked:
            known.add(self._recorded(tree, asked))
            known.save(path)
        self._reach, self.failing = known, sorted(known.failing)

    def _recorded(self, tree: Path, files: Sequence[str]) -> reach.Reach:
        path = tree / "recorded.json"
        words = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "-k", QUICKEST, *files]
        os.waitpid(started(tree, words, reach.Recorder(tree, self._sources, path, files)), 0)
        if not path.exists():
            raise RuntimeError("\n".join([*_lines(tree / "failed"), *_lines(tree / "output")]))
        return reach.read(path)

    def all(self, trials: Iterable[Trial]) -> None:
        """Try mutants until each that was killed was killed by a test that passes without it."""
        waiting = [each for each in trials if not self._is_known(each)]
        while waiting:
            self._try(waiting)
            failing = self._failing({each for each in self.score.killed.values() if each})
            self.failing += failing
            waiting = self.score.withdraw(failing)

    def _try(self, trials: Sequence[Trial]) -> None:
        """Try mutants, as many at once as there are copies."""
        waiting = [*reversed(trials)]
        while waiting or any(slot.process for slot in self._slots):
            for slot in self._slots:
                if not slot.process and waiting:
                    self._begin(slot, waiting.pop())
                elif slot.process and (code := ended(slot.process, slot.until)) is not None:
                    self._go_on(slot, code)
            time.sleep(0.02)

    def _failing(self, tests: Iterable[str]) -> list[str]:
        """Run tests without a mutant; return those that fail."""
        chosen = sorted(tests)
        if not chosen:
            return []
        tree = self._slots[0].tree
        (tree / "failed").unlink(missing_ok=True)
        process = started(tree, ["-q", "-p", "no:cacheprovider", *chosen], Report(tree / "failed", 0))
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if code not in {0, 1}:
            raise RuntimeError("\n".join(_lines(tree / "output")))
        return _lines(tree / "failed")

    def _is_known(self, trial: Trial) -> bool:
        if trial.name.alike in self._known:
            self.score.equivalent.append(trial)
            return True
        killer = self._killed_before.get(trial.name)
        if killer is None or (killer and killer not in self._reach.tests):  # the test may have gone
            return False
        self.score.killed[trial] = killer
        self.score.before.add(trial)
        return True

    def _begin(self, slot: Slot, trial: Trial) -> None:
        _put(slot.tree / trial.module, trial.mutant.applied(self._sources[trial.module]))
        slot.trial, slot.since = trial, time.monotonic()
        killers = self._killers[trial.module]
        names = self._reach.of(trial.module, trial.name.function) - {*self.failing}
        likely = sorted(quick_tests(slot.tree, trial.module), key=lambda name: -killers[name])  # its own come first
        slot.steps = self._reach.steps(names, likely, self._options.budget)
        if self._options.wide or not names:
            slot.others = steps(likely, killers, self._options.files)
            slot.others = slot.others[-2 if names else 0 :]
        self._start(slot)

    def _start(self, slot: Slot) -> None:
        (slot.tree / "failed").unlink(missing_ok=True)
        left_out = [f"--deselect={each}" for each in self.failing]
        timed = None
        asked = slot.steps.pop(0) if (chosen := bool(slot.steps)) else slot.others.pop(0)
        if chosen:
            timed = {name: self._reach.tests[name].seconds for name in asked}
            asked = [*dict.fromkeys(name.partition("::")[0] for name in asked)]
        words = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *left_out, *asked]
        slot.process = started(slot.tree, words, Report(slot.tree / "failed", self._options.timeout, timed))
        taken = SLACK * sum(timed.values()) + 60 if timed else PATIENCE * self._options.timeout
        slot.until = time.monotonic() + taken

    def _go_on(self, slot: Slot, code: int) -> None:
        trial = slot.trial
        assert trial
        slot.process = 0
        if code in {0, 5} and (slot.steps or slot.others):  # 5: no test was chosen
            self._start(slot)
            return
        self._enter(slot, trial, code)
        _put(slot.tree / trial.module, self._sources[trial.module])
        slot.trial = None

    def _enter(self, slot: Slot, trial: Trial, code: int) -> None:
        """Count a mutant and say what became of it."""
        failed = _lines(slot.tree / "failed")
        if code in {4, 99}:
            raise RuntimeError("\n".join([*failed, *_lines(slot.tree / "output")]))
        if code in {0, 5}:
            self.score.survivors.append(trial)
            word = f"survived\n{trial.mutant.diff(self._sources[trial.module], trial.module)}"
        else:
            self.score.killed[trial] = failed[0] if failed and "::" in failed[0] else ""
            word = f"killed by {failed[0]}" if failed else f"ended with {code}"
            self._killers[trial.module].update(each.partition("::")[0] for each in failed[:1])
        seconds = time.monotonic() - slot.since
        sys.stdout.write(
            f"{self.score.tried}: {self._place(trial)} {trial.mutant.operator}: {word} ({seconds:.0f} s)\n"
        )
        sys.stdout.flush()
        if self._options.results:
            keep(Path(self._options.results), trial.name, self.score.killed.get(trial))

    def _line(self, trial: Trial) -> int:
        return self._sources[trial.module].encode()[: trial.mutant.start].count(10) + 1

    def _place(self, trial: Trial) -> str:
        return f"{trial.module}:{self._line(trial)}"

    def said(self) -> Iterator[str]:
        """Yield the survivors, the tests that could not be used, and the score."""
        for trial in self.score.survivors:
            yield f"\n{trial.mutant.operator}\n{trial.mutant.diff(self._sources[trial.module], trial.module)}"
        yield from (f"fails without any mutant, and was left out: {each}" for each in self.failing)
        score = self.score
        unnamed = sum(not each for each in score.killed.values())
        share = f"{score.share:.1f} % (at least {ENOUGH:.0f} % asked)"
        yield f"\n{len(score.killed)} of {score.tried} mutants killed: {share}"
        yield (
            f"{unnamed} of the killed by no single test: they took too long, or let no test begin; "
            f"{len(score.equivalent)} more are known to change nothing"
        )
        if before := len(score.before & score.killed.keys()):
            yield f"{before} of the killed were so in an earlier run"


def _put(path: Path, text: str) -> None:
    """Write a module; nothing that was compiled from another text may stand in for it."""
    path.write_text(text, encoding="utf-8")
    for old in path.parent.glob(f"__pycache__/{path.stem}.*"):
        old.unlink()


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tests/mutation/run.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="which sample; the same seed gives the same (default: 1)")
    parser.add_argument("--count", type=int, default=300, help="how many mutants (default: 300)")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first so many of the sample (default: 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once (default: processors)")
    parser.add_argument("--timeout", type=int, default=60, help="processor seconds that a test may take (default: 60)")
    parser.add_argument("--files", type=int, help="ask only so many test files: a lower bound of the score, sooner")
    parser.add_argument("--budget", type=float, default=120, help="seconds of tests for a mutant (default: 120)")
    parser.add_argument("--wide", action="store_true", help="ask the tests of DuckDB and of servers as well")
    parser.add_argument("--reach", help="a file that keeps which tests enter which functions")
    parser.add_argument("--results", help="a file that keeps what became of each mutant, to go on from")
    parser.add_argument("--only", nargs="*", default=(), help="only modules whose path begins so")
    parser.add_argument("--list", action="store_true", help="show the sample and try nothing")
    options = parser.parse_args(words)
    if options.count < 1 or options.jobs < 1 or options.timeout <= 0:
        parser.error("--count, --jobs and --timeout must be above 0")
    return options


def main(words: Sequence[str]) -> int:
    """Choose, try, and say what came of it."""
    options = read_options(words)
    known = every_trial(ROOT, options.only)
    chosen = sampled(ROOT, known, options.seed, options.skip + options.count)[options.skip :]
    if not chosen:
        sys.stderr.write("no module that is mutated begins so: tests_of.py names them\n")
        return 2
    sys.stdout.write(f"{len(chosen)} of at most {len(known)} mutants, seed {options.seed}\n")
    if options.list:
        for each in chosen:
            sys.stdout.write(each.mutant.diff((ROOT / each.module).read_text(encoding="utf-8"), each.module) + "\n")
        return 0
    for name in HEAVY:
        __import__(name)
    folder = tempfile.mkdtemp(prefix="mutants-")  # no TemporaryDirectory: a forked process would remove it at its end
    try:
        return _scored(Run(Path(folder).resolve(), options), chosen)
    finally:
        shutil.rmtree(folder)


def _scored(run: Run, chosen: Sequence[Trial]) -> int:
    """Try mutants, print what came of it, and return the exit code."""
    run.record(chosen)
    run.all(chosen)
    sys.stdout.write("\n".join(run.said()) + "\n")
    return 0 if run.score.share >= ENOUGH and not run.failing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
