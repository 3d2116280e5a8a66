"""What an audit costs: beside the engine's own full scan of both tables, and beside reladiff; whole processes by turns.

`pytest bench -k audit --benchmark-only --scale 10000000 --rounds 3`; reladiff after `make peers PEERS=reladiff`.
The tables have five columns, and 100 rows differ, or none. Each test prints what it measured.
"""

from __future__ import annotations

import compileall
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

import incload
from incload.engines.abilities.trials import databases
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.harness.load_timer import CLOCK
from incload.harness.perf.subprocess_timer import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from incload.harness.perf.subprocess_timer import Whole

RELADIFF = Path(__file__).parent.parent / ".peers" / "reladiff" / "bin" / "reladiff"
WRONG = 100
DIFFER = {
    "audit": re.compile(rf"Wrong: {WRONG} rows of "),
    "audit of sqlite": re.compile(rf"Wrong: {WRONG} rows of "),
    "reladiff": re.compile(rf"(?:[^\n]+\n){{{2 * WRONG}}}"),
}
"""Who ends with 1 where rows differ, and how what each writes begins then: reladiff writes both sides of each row."""
ROWS = {
    "sqlite": "WITH RECURSIVE g (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {rows}) SELECT {values}"
    " FROM g",
    "duckdb": "SELECT {values} FROM range(1, {rows} + 1) AS g (i)",
    "postgres": "SELECT {values} FROM generate_series(1::bigint, {rows}) AS g (i)",
}
VALUES = "i, i * 7919 % 100003, 'order ' || (i % 1000), i * 31 % 1000000, 1767225600000000 + i * 1000"
COLUMNS = "id BIGINT PRIMARY KEY, customer BIGINT, status VARCHAR(20), amount BIGINT, modified_at BIGINT"
SCAN = "SELECT count(*), sum(id), max(customer), max(status), max(amount), max(modified_at) FROM {table}"

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


class Places:
    """Databases for one test."""

    def __init__(self, folder: Path, rows: int, closing_all: ExitStack) -> None:
        """Make none yet."""
        self._folder, self._rows, self._closing = folder, rows, closing_all
        self._urls: dict[str, str] = {}

    def url(self, engine: str) -> str:
        """Return the URL of a database of an engine."""
        if engine not in self._urls:
            made = f"{engine}:///{self._folder}/{engine}.db"
            own = engine == "postgres"
            self._urls[engine] = databases(engine).url(self._folder, "bench", self._closing) if own else made
        return self._urls[engine]

    def table(self, engine: str, name: str, *, wrong: bool) -> str:
        """Make a table and return its URL; in a wrong one some rows differ."""
        rows = ROWS[engine].format(values=VALUES, rows=self._rows)
        end = locate(self.url(engine))
        with closing(session_type(engine).open(None, end)) as session:
            relation = session.name("target", name)
            session.write(f"CREATE TABLE {relation} ({COLUMNS})")
            session.write(f"INSERT INTO {relation} {rows}")
            if wrong:
                every = self._rows // WRONG
                chosen = f"id % {every} = 7 AND id <= {every * WRONG}"
                session.write(f"UPDATE {relation} SET amount = amount + 1 WHERE {chosen}")  # noqa: S608 - our own names
            if engine == "postgres":
                session.write(f"ANALYZE {relation}")
        return f"{self.url(engine)}{'&' if engine == 'postgres' else '?'}table={name}"


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Leave out of what is measured that Python compiles our modules, which it may be kept from keeping."""
    compileall.compile_dir(Path(incload.__file__).parent, quiet=2)


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Return databases, which are gone afterwards."""
    with ExitStack() as ending:
        yield Places(tmp_path, request.config.option.scale, ending)


def by_turns(commands: dict[str, list[str]], rounds: int, written: Path) -> dict[str, list[Whole]]:
    """Run whole processes by turns, each of which writes the file; who is to find the rows that differ has found all.

    Only of those an exit code of 1 says that rows differ: it is that of a program that breaks, too.
    """
    found: dict[str, list[Whole]] = {who: [] for who in commands}
    for number in range(rounds):
        for who in sorted(commands, reverse=bool(number % 2)):
            program = f"{shlex.join(commands[who])} > {shlex.quote(str(written))}"
            found[who].append(whole(["/bin/sh", "-c", f"{program} || test $? -eq 1" if who in DIFFER else program]))
            text = written.read_text(encoding="utf-8")
            assert text, f"{who} wrote nothing"
            assert who not in DIFFER or DIFFER[who].match(text), f"{who} did not find the {WRONG} rows: {text[:500]}"
    return found


def said(what: str, found: dict[str, list[Whole]]) -> dict[str, float]:
    """Print the medians and the peaks of all, and return the medians."""
    seconds = {who: median(each.seconds for each in runs) for who, runs in found.items()}
    peaks = {who: max(each.peak_bytes for each in runs) / 1e6 for who, runs in found.items()}
    parts = [f"{who} {seconds[who]:.2f} s, {peaks[who]:.0f} MB" for who in found]
    sys.stdout.write(f"\n{what}: {'; '.join(parts)}\n")
    return seconds


def audit(source: str, copy: str) -> list[str]:
    """Return the command of an audit."""
    return [sys.executable, "-m", "incload", "audit", source, copy, "--key", "id"]


def scan(urls: Sequence[str]) -> list[str]:
    """Return the command that reads all values of both tables in their engine."""
    program = (
        "import sys\n"
        "from incload.engines.endpoints import locate\n"
        "from incload.engines.registry import session_type\n"
        "for url in sys.argv[1:]:\n"
        "    end = locate(url)\n"
        "    session = session_type(end.engine).open(end, None)\n"
        f"    print(session.rows({SCAN!r}.format(table=session.relation('source', end.table))))\n"
        "    session.close()\n"
    )
    return [sys.executable, "-c", program, *urls]


@pytest.mark.parametrize("pair", ["sqlite-sqlite", "duckdb-duckdb", "postgres-postgres", "sqlite-duckdb"])
def test_audit_beside_a_full_scan(
    pair: str,
    places: Places,
    request: pytest.FixtureRequest,
    record_rounds: Callable[[Sequence[float]], None],
    tmp_path: Path,
) -> None:
    """Equal tables, which end with 0, and tables that differ in a few rows, on one engine or two."""
    source, _, copy = pair.partition("-")
    urls = places.table(source, "orders", wrong=False), places.table(copy, "copied", wrong=False)
    other = places.table(copy, "bent", wrong=True)

    commands = {"scan": scan(urls), "equal": audit(*urls), "audit": audit(urls[0], other)}
    found = by_turns(commands, request.config.option.rounds, tmp_path / "written")

    seconds = said(f"{pair}, an audit beside a full scan of both", found)
    for who in ("equal", "audit"):
        sys.stdout.write(f"{pair}: {who} {seconds[who] / seconds['scan']:.2f} times the scan\n")
    record_rounds([each.seconds for each in found["audit"]])
    assert {who: len(runs) for who, runs in found.items()} == dict.fromkeys(found, request.config.option.rounds)


@pytest.mark.skipif(not RELADIFF.exists(), reason="reladiff is not installed: run `make peers PEERS=reladiff`")
def test_audit_beside_reladiff(
    places: Places,
    request: pytest.FixtureRequest,
    record_rounds: Callable[[Sequence[float]], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The same two tables, PostgreSQL to DuckDB, key by key and value by value.

    reladiff reads no SQLite: the audit of the same rows there is measured beside what it takes for PostgreSQL.
    """
    urls = places.table("postgres", "orders", wrong=False), places.table("duckdb", "orders", wrong=True)
    lite = places.table("sqlite", "orders", wrong=False)
    # It takes no socket from a URL, and ends with 0 where it cannot connect: what it finds is checked before.
    for variable, option in (("PGHOST", "host"), ("PGUSER", "user")):
        monkeypatch.setenv(variable, parse_qs(urlsplit(urls[0]).query)[option][0])
    other = [str(RELADIFF), *reladiff_place(urls[0]), *reladiff_place(urls[1]), "-k", "id"]
    other += [word for name in ("customer", "status", "amount", "modified_at") for word in ("-c", name)]

    stats = subprocess.run([*other, "--stats"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own
    assert f"{WRONG} rows updated" in stats

    commands = {"reladiff": other, "audit": audit(*urls), "audit of sqlite": audit(lite, urls[1])}
    found = by_turns(commands, request.config.option.rounds, tmp_path / "written")

    seconds = said("postgres and sqlite to duckdb, an audit beside reladiff from postgres", found)
    for who in ("audit", "audit of sqlite"):
        sys.stdout.write(f"reladiff takes {seconds['reladiff'] / seconds[who]:.2f} times as long as the {who}\n")
    record_rounds([each.seconds for each in found["audit"]])


def reladiff_place(url: str) -> list[str]:
    """Return a table as reladiff is given one: a database and a name."""
    end = locate(url)
    if end.engine == "postgres":
        base, _, rest = url.partition("&schema=")
        return [base.partition("?")[0], rest.replace("&table=", ".")]
    return [f"duckdb://{url.partition('?')[0].removeprefix('duckdb:///')}", str(end.table)]
