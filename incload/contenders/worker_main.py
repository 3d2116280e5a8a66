"""The process of a Python callable: JSON lines in, JSON lines out. Nothing of incload is imported: it may not be there.

Run by the path of this file as `python worker_main.py MODULE:FUNCTION`, or `FILE.py:FUNCTION`, in the folder of the
user. Whatever the callable prints goes to the standard error; the protocol has a descriptor of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS_MOST = 500
FIRST_ZONE = os.environ.get("TZ")
"""The zone in which this process was started."""


def nothing() -> None:
    """Do nothing: the harness does not act between the steps of a callable in another process."""


@dataclass(frozen=True)
class SyncRequest:
    """What the callable gets, as `incload.contenders.contender.SyncRequest` says."""

    source_url: str
    target_url: str
    table: str
    key: tuple[str, ...]
    cursor: str | None
    state_dir: Path
    now: datetime | None
    number: int
    between: Callable[[], None] = nothing

    @property
    def source_path(self) -> str:
        """The file of the source; empty for a database on a server."""
        return file_of(self.source_url)

    @property
    def target_path(self) -> str:
        """The file of the target; empty for a database on a server."""
        return file_of(self.target_url)


def file_of(url: str) -> str:
    """Return the file that the URL of a SQLite or DuckDB database names; empty for any other URL."""
    engine, _, rest = url.partition(":///")
    return unquote(rest.partition("?")[0]) if engine in {"sqlite", "duckdb"} else ""


def main(place: str) -> None:
    """Import the callable, say that it is there, and perform one sync a line."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.path.pop(0)  # the folder of this file, whose modules are none of the callable's business
    try:
        sync = found(place)
    except BaseException as error:  # noqa: BLE001 - whatever an import raises is the answer
        say(answers, {"ok": False, "error": words(error)})
        return
    say(answers, {"ok": True})
    for line in sys.stdin:
        say(answers, answer(sync, request(json.loads(line))))


def found(place: str) -> Callable[[SyncRequest], Any]:
    """Import the callable that is named."""
    name, _, function = place.rpartition(":")
    sys.path.insert(0, str(Path.cwd()))
    if name.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(name).stem, name)
        if spec is None or spec.loader is None:
            raise ImportError(f"{name} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(name)
    found: Callable[[SyncRequest], Any] = getattr(module, function)
    return found


def request(given: dict[str, Any]) -> SyncRequest:
    """Return a request that came as JSON."""
    now = None if given["now"] is None else datetime.fromisoformat(given["now"])
    return SyncRequest(**{**given, "key": tuple(given["key"]), "state_dir": Path(given["state_dir"]), "now": now})


def answer(sync: Callable[[SyncRequest], Any], asked: SyncRequest) -> dict[str, Any]:
    """Perform a sync and return what is to be said of it.

    The callable may return how many rows it wrote, or a mapping with `written`, and `url` and `table` of the copy.
    """
    set_clock(asked.now)
    started = time.perf_counter()
    try:
        said = sync(asked)
    except BaseException as error:  # noqa: BLE001 - whatever is raised is what the sync showed
        return {"ok": False, "error": words(error)}
    seconds = time.perf_counter() - started
    named = said if isinstance(said, dict) else {"written": said}
    written = named.get("written")
    counted = written if isinstance(written, int) and not isinstance(written, bool) else None
    texts = {name: named[name] for name in ("url", "table") if isinstance(named.get(name), str)}
    return {"ok": True, "seconds": seconds, "written": counted, "peak_bytes": peak_bytes(), **texts}


def set_clock(now: datetime | None) -> None:
    """Give this process a zone, and let its clock go on from a time where the library that can do it is loaded."""
    if now is None:
        return
    if "FAKETIME" in os.environ:
        os.environ |= clock_setting(now)
    own = zone(now) if now.utcoffset() else FIRST_ZONE
    if os.environ.get("TZ") != own and hasattr(time, "tzset"):
        os.environ.pop("TZ") if own is None else os.environ.update(TZ=own)
        time.tzset()


def clock_setting(now: datetime) -> dict[str, str]:
    """Return what makes libfaketime go on from a time, which it takes to be in the zone of its process."""
    # The library comes out some microseconds early, which would be the day before at midnight.
    return {"FAKETIME": f"@{now + timedelta(milliseconds=1):%Y-%m-%d %H:%M:%S.%f}"}


def zone(now: datetime) -> str:
    """Return the zone of a time as POSIX writes it, where what is east of UTC is negative."""
    minutes = (now.utcoffset() or timedelta()) // timedelta(minutes=1)
    sign, other = ("-", "+") if minutes < 0 else ("+", "-")
    hours, rest = divmod(abs(minutes), 60)
    return f"<{sign}{hours:02}{rest:02}>{other}{hours}:{rest:02}"


def peak_bytes() -> int | None:
    """Return the most memory that this process has had, or a program that it ran; None where the system keeps none.

    A process inherits the peak of the one that starts it, so the count of this process is that of its own pages.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    import resource

    (line,) = (each for each in status.read_text(encoding="ascii").splitlines() if each.startswith("VmHWM"))
    return 1024 * max(int(line.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def words(error: BaseException) -> str:
    """Return an error in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:WORDS_MOST]}"


def say(answers: TextIO, said: dict[str, Any]) -> None:
    """Send one answer."""
    answers.write(json.dumps(said) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
