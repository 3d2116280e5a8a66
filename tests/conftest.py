"""What every test shares: a Hypothesis profile, where the repository stands, what must not be imported at the start."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from incload.engines.duckdb import session as duckdb_session
from incload.engines.postgres import server
from tests.duckdb_instances import Driver
from tests.effort import SWITCH, is_hard
from tests.ends import between, ends, engines, everywhere, into, into_any, pair, sqlite_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["between", "ends", "engines", "everywhere", "into", "into_any", "pair", "sqlite_ends"]

pytest_plugins = ["pytester"]  # only the first conftest may name plugins

TRIED = pytest.StashKey[Counter[str]]()
"""How many of what the hard tests tried, by what it is called."""

Tally = Callable[[str, int], None]
"""Adds a number of things that were tried to those of the same name."""

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def heavy() -> frozenset[str]:
    """Return the top-level names of what is slow to import, so that only what uses it may import it."""
    return frozenset(
        {
            "adbc_driver_manager",
            "adbc_driver_sqlite",
            "duckdb",
            "faker",
            "matplotlib",
            "numpy",
            "pandas",
            "psycopg",
            "pyarrow",
        }
    )


@pytest.fixture(scope="session", autouse=True)
def _instances_are_handed_on() -> Iterator[None]:
    """Let the sessions of DuckDB in this process use few instances, unless everything is to be tried."""
    with pytest.MonkeyPatch.context() as patch:
        if not is_hard():
            patch.setattr(duckdb_session, "duckdb", Driver())
        yield


FOLDER, ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108 - a folder of a random name is made in it
"""A file system in memory, and how many bytes have to be free in it: a whole run leaves one thousand million."""
OURS = "incload-tests-"


def _avoid_the_disk() -> None:
    """Put temporary files where no commit waits for a disk, until the run ends; unless the caller says where to."""
    named = any(name in os.environ for name in ("TMPDIR", "TEMP", "TMP", "PYTEST_DEBUG_TEMPROOT"))
    if named or not os.access(FOLDER, os.W_OK):
        return
    for left in FOLDER.glob(f"{OURS}*"):  # by a run that was killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(FOLDER).free < ENOUGH:
        return
    os.environ["TMPDIR"] = tempfile.mkdtemp(prefix=f"{OURS}{os.getpid()}-", dir=FOLDER)
    tempfile.tempdir = None  # asked again when it is needed
    atexit.register(_clear, Path(os.environ["TMPDIR"]), os.getpid())


def _clear(folder: Path, owner: int) -> None:
    """Remove the folder of a run when its own process ends, and not with a process that was forked from it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """Let everything that a run starts know how much to try."""
    _avoid_the_disk()
    config.addinivalue_line("markers", "hard: runs with --hard alone (make hard)")
    if config.getoption("--hard"):
        os.environ[SWITCH] = "1"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - those of a plugin
    """Give each file to one process, and all proofs to one: they share what their lives did."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # by the number of tests; the files that take long are the first already

    class Rooms(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "proofs" if nodeid.startswith("tests/proof/") else super()._split_scope(nodeid)

    return Rooms(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long; skip what is for --hard alone, and PostgreSQL where there is no server."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items if not is_hard() else ():
        if item.get_closest_marker("hard"):
            item.add_marker(pytest.mark.skip(reason="tried by make hard"))
    reason = server.missing()
    for item in items if reason else ():
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any("postgres" in value for value in params if isinstance(value, tuple | str)):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Return the URL of a PostgreSQL database, or skip with the reason why there is none."""
    reason = server.missing()
    if reason:
        pytest.skip(reason)
    return server.url()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:  # noqa: ARG001 - a schema is made on it
    """Return the URL of a schema of its own."""
    with server.schema() as url:
        yield url


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch to the long settings of the hard tests."""
    parser.addoption("--hard", action="store_true", help="try everything, however long it takes (make hard)")


@pytest.fixture(scope="session")
def hard() -> bool:
    """Return whether to try everything."""
    return is_hard()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Return what counts what was tried, to be shown at the end."""
    tried = _tried(request.config)

    def add(what: str, number: int) -> None:
        tried[what] += number

    return add


def _tried(config: pytest.Config) -> Counter[str]:
    return config.stash.setdefault(TRIED, Counter())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the tally of one of several processes to the one that started it."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tried"] = dict(_tried(session.config))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - its type is that of a package that may not be there
    """Take the tally of another process."""
    _tried(node.config).update(getattr(node, "workeroutput", {}).get("tried", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the tally."""
    tried = _tried(config)
    if tried:
        terminalreporter.section("what was tried")
        for what, number in sorted(tried.items()):
            terminalreporter.line(f"{what}: {number:,}")
