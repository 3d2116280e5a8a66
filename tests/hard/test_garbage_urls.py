"""Paths and URLs of anything, as source and as target: a load, or one sentence that keeps every password to itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import chdir, closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from offering import check_sentence, files, offer
from places import fetch, run

from incload.engines.endpoints import Location, locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Tally
    from offering import Answer

SECRET = "Tr0ub4dor"  # noqa: S105 - of no account
"""What stands where a password would, and is to be read nowhere else."""
ODD_FILES = {
    "a?b.db": "sqlite", "a#b.db": "sqlite", "a%41b.db": "sqlite", "a?b.duckdb": "duckdb", "a?mode=ro.duckdb": "duckdb",
    "file:x.duckdb": "duckdb", "md:x.duckdb": "duckdb", "s3:x.duckdb": "duckdb", "sqlite:x.duckdb": "duckdb",
    "[1]*.duckdb": "duckdb", "it's\n.duckdb": "duckdb", "it's\n.db": "sqlite", "\u0130\u202e.db": "sqlite",
}  # fmt: skip
"""Names of databases that a driver may take for something else, and whose each is."""

# A grammar of what people and their programs write

SCHEMES = st.sampled_from([
    "sqlite", "duckdb", "postgres", "postgresql", "SQLite", "DUCKDB", "PostgreSQL", "sqlite3", "mysql", "file", "http",
    "s3", "md", "sqlite+pysqlite", "", " sqlite", "jdbc:sqlite", "\u017fqlite", "%73qlite", "sqlite:sqlite",
])  # fmt: skip
BETWEEN = st.sampled_from(["://", ":///", ":////", "://///", ":", ":/", "//", ":\\\\", "://\0", "", "://./", "://~/"])
WORDS = st.sampled_from([
    *("source.db", "source.duckdb", "good.json", "copy.db", "copy.duckdb", "new.db", "x.csv", "x.JSON", "folder"),
    *("..", ".", "~", "", "-", "--help", ":memory:", "nul", "a b", "a\nb", "it's", 'a"b', "%", "%4", "%zz", "%00"),
    *("%2e%2e%2f", "%2Fdev%2Fnull", "%ff", "%C3%A9", "%3F", "%23", "\0", "\u202e", "e\u0301", "\U0001f389", "\udcff"),
    *("n" * 300, "n" * 5_000, "/".join(["n"] * 3_000), "link", "loop", "pipe", "socket", "closed.db", "a?b.duckdb"),
    *("dev/null", "dev/zero", "dev/full", "proc/version", "journal-db"),
])  # fmt: skip
PLACES = st.lists(WORDS | st.text(max_size=4), max_size=4).map("/".join)
USERS = st.sampled_from(
    ["", "", "u@", f"u:{SECRET}@", f":{SECRET}@", f"u:{SECRET}@@", f"u:/{SECRET}@", f"u:%zz{SECRET}@"]
)
HOSTS = st.sampled_from([
    *("localhost", "127.0.0.1", "[::1]", "[::1", "::1", "[]", "[fe80::1%25lo]", "999.1.1.1", "", ",", "localhost,"),
    *("%2Ftmp", "%00", "a b", "no host", "\U0001f389", "h" * 300, "-", "*"),
])  # fmt: skip
PORTS = st.sampled_from(
    ["", ":", ":1", ":0", ":-1", ":65536", ":99999999999", ":http", ":1e3", ":\u0661", ":1:2", ":%31"]
)
OPTIONS = st.one_of(
    st.sampled_from([
        *("", "table=t", "table=", "table", "table=t&table=t", "table=no", "TABLE=t", "table=t%00", "&", "="),
        *("table=%zz", "schema=public", "schema=", "mode=ro", "?table=t", "table=t?", "table=t#x", "table=\U0001f389"),
        *("schema=s", "schema=MAIN&table=t"),
        *(f"password={SECRET}", f"PASSWORD={SECRET}", f"passwd={SECRET}", f"table=t&password={SECRET}", "sslmode=no"),
        *("connect_timeout=0", "connect_timeout=x", "connect_timeout=-1", "port=0", "host=localhost", "service=no"),
        "options=-c%20x=y",
    ]),
    st.text(alphabet="table=&?#%; \0\u00e9/", max_size=12),
)  # fmt: skip
FRAGMENTS = st.sampled_from(["", "", "", "#", "#table=t", "#?table=t", "#@"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Write the parts of a URL one after the other, some of them left out or where they do not belong."""
    queries = draw(st.lists(OPTIONS, max_size=2).map("&".join))
    server = f"{draw(USERS)}{draw(HOSTS)}{draw(PORTS)}" if draw(st.booleans()) else ""
    scheme = draw(SCHEMES) + draw(BETWEEN) if draw(st.integers(0, 4)) else ""
    root = draw(st.sampled_from(["", "", "/", "{here}/"])) if draw(st.booleans()) else "/"
    return f"{scheme}{server}{root}{draw(PLACES)}{'?' if queries else ''}{queries}{draw(FRAGMENTS)}"


PLAUSIBLE = st.builds(
    lambda scheme, root, place, query: f"{scheme}:///{root}{place}{query}",
    st.sampled_from(["sqlite", "duckdb"]), st.sampled_from(["", "", "{here}/"]),
    st.sampled_from(["source.db", "source.duckdb", "copy.db", "copy.duckdb", "folder/../source.db"]) | WORDS | PLACES,
    st.sampled_from(["", "?table=t", "?table=no", "?", "?table=t&schema=s", "?schema=S", "?schema=no"]),
)  # fmt: skip
"""Most of what is written at random is refused at the first look; these get further."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files that every attempt begins with: sources, and targets that were loaded before."""
    folder = tmp_path_factory.mktemp("urls")
    for name, engine in {"source.db": "sqlite", "source.duckdb": "duckdb"}.items():
        run(folder / name, engine, "CREATE TABLE t (id BIGINT PRIMARY KEY, ts BIGINT)", "INSERT INTO t VALUES (1, 1)")
    run(folder / "source.duckdb", "duckdb", "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT 2::BIGINT AS id, 2 AS ts")
    (folder / "good.json").write_text('[{"id": 1, "ts": 1}]', encoding="utf-8")
    for name, engine in {"copy.db": "sqlite", "copy.duckdb": "duckdb"}.items():
        assert offer(command(f"sqlite:///{folder}/source.db", f"{engine}:///{folder}/{name}")).code == 0
    run(folder / "copy.duckdb", "duckdb", "CREATE SCHEMA s")
    return files(folder)


def command(source: str, target: str) -> list[str]:
    """Return a load; texts that begin with a dash are kept apart from options as a careful program does."""
    options = ["--table", "t", "--key", "id", "--cursor", "ts", "--strategy", "timestamp_watermark", "--same-source"]
    return ["load", f"--target={target}", *options, "--", source]


def stays(text: str) -> bool:
    """Return whether a path leads to nothing that an attempt could create outside of its folder."""
    try:
        end = locate(text.replace("{here}", ""))
    except Exception:  # noqa: BLE001 - whatever it raises, it is raised again where it counts
        return True
    return (
        not isinstance(end, Location)
        or "{here}" in text
        or not end.path.is_absolute()
        or end.path.parts[1:2] in {("dev",), ("proc",)}
    )


def furnish(folder: Path, original: dict[str, bytes]) -> Path:
    """Lay out everything that a path may lead to, two folders deep, so that `..` stays inside; return the deepest."""
    here = folder / "outer" / "here"
    here.mkdir(parents=True)
    for name, content in original.items():
        (here / name).write_bytes(content)
    (here / "folder").mkdir()
    (here / "link").symlink_to("nowhere")
    (here / "loop").symlink_to("loop")
    os.mkfifo(here / "pipe")
    (here / "closed.db").write_bytes(original["copy.db"])
    (here / "closed.db").chmod(0o444)
    (here / "journal-db").write_bytes(original["source.db"])
    (here / "journal-db-journal").write_bytes(b"\0" * 600)
    return here


def attempt(source: str, target: str, original: dict[str, bytes]) -> Answer:
    """Offer a load and look at what it says and leaves."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here = furnish(folder, original)
        before = files(folder)
        with chdir(here):
            answer = offer(command(*(each.replace("{here}", str(here)) for each in (source, target))), seconds=20)
        assert SECRET not in answer.out + answer.err
        if answer.code:
            assert files(folder) == before
        return answer


@pytest.mark.slow
@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("kind", ["anything", "plausible"])
def test_a_url_of_anything_is_loaded_or_refused(
    kind: str, side: str, original: dict[str, bytes], tally: Tally, *, hard: bool
) -> None:
    """In one sentence without a password, and a refusal changes and creates nothing."""
    tried = loaded = 0
    others = st.sampled_from(
        ["sqlite:///new.db", "duckdb:///new.duckdb", "sqlite:///copy.db", "duckdb:///copy.duckdb"]
        if side == "source"
        else ["sqlite:///source.db", "duckdb:///source.duckdb", "good.json"]
    )

    @settings(max_examples=20_000 if hard else 120, suppress_health_check=[HealthCheck.too_slow])
    @given(urls() if kind == "anything" else PLAUSIBLE, others)
    def offer_one(text: str, other: str) -> None:
        nonlocal tried, loaded
        assume(stays(text))
        tried += 1
        loaded += attempt(*((text, other) if side == "source" else (other, text)), original).code == 0

    offer_one()
    tally("garbage: paths and URLs of sources and targets", tried)

    assert kind == "anything" or loaded > tried / 100


ASKING = {
    "profile": ["profile", "--key", "id", "--cursor", "ts", "--"],
    "state show": ["state", "show", "--table", "t", "--"],
    "state reset": ["state", "reset", "--table", "t", "--strategy", "no", "--"],
    "capture list": ["capture", "list", "--"],
}
"""The other commands that take a URL, none of which has anything to change here."""


@pytest.mark.slow
@pytest.mark.parametrize("what", ASKING)
def test_the_other_commands_answer_or_refuse(
    what: str, original: dict[str, bytes], tally: Tally, *, hard: bool
) -> None:
    """As a load does, and change nothing whatever they answer."""
    tried = 0

    @settings(max_examples=5_000 if hard else 30, suppress_health_check=[HealthCheck.too_slow])
    @given(urls() | PLAUSIBLE)
    def offer_one(text: str) -> None:
        nonlocal tried
        assume(stays(text))
        tried += 1
        with tempfile.TemporaryDirectory() as name:
            here = furnish(Path(name), original)
            before = files(Path(name))
            with chdir(here):
                answer = offer([*ASKING[what], text.replace("{here}", str(here))], seconds=20)
            assert SECRET not in answer.out + answer.err
            assert files(Path(name)) == before

    offer_one()
    tally("garbage: paths and URLs of sources and targets", tried)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("name", ODD_FILES)
def test_a_name_that_a_driver_reads_something_into_is_a_name(
    name: str, side: str, tmp_path: Path, original: dict[str, bytes], tally: Tally
) -> None:
    """Percent-encoded in a URL, relative to the working folder and absolute; no file of another name appears."""
    engine = ODD_FILES[name]
    good = "sqlite:///source.db" if engine == "sqlite" else "duckdb:///source.duckdb"
    (tmp_path / "source.db").write_bytes(original["source.db"])
    (tmp_path / "source.duckdb").write_bytes(original["source.duckdb"])
    for number, root in enumerate(("", f"{tmp_path}/")):
        url = f"{engine}:///{root}{quote(name)}"
        with chdir(tmp_path):
            if side == "source":
                Path(name).write_bytes(original[good.rpartition("/")[2]])
            assert offer(command(*((url, f"{engine}:///new {number}") if side == "source" else (good, url)))).code == 0
    tally("garbage: paths and URLs of sources and targets", 2)

    made = {"new 0", "new 1"} if side == "source" else set()
    assert set(files(tmp_path)) == {name, "source.db", "source.duckdb", *made}


PATTERNS = {
    "a*": ["ab", "a"], "a?": ["ab"], "a[b]": ["ab"], "a**": ["ab"], "~": [], "file:a": ["a"], "s3:a": ["a"],
    "{a,b}": ["a"], "a\\b": ["a"], "id=7/a": [], "ts=2/id=3/a": [], "-": [], "it's": [],
}  # fmt: skip
"""Names of files of records that may be taken for a pattern, a URL or a value, and files that are then read as well."""


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
@pytest.mark.parametrize("name", PATTERNS)
def test_a_file_of_records_is_the_one_that_was_named(name: str, ending: str, tmp_path: Path, tally: Tally) -> None:
    """No other file is read with it or in its place, and the names of its folders are no columns."""
    for number, each in enumerate((name, *PATTERNS[name])):
        path = tmp_path / f"{each}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        match ending:
            case "json":
                path.write_text(json.dumps([{"id": number, "ts": 1}]), encoding="utf-8")
            case "csv":
                path.write_text(f"id,ts\n{number},1\n", encoding="utf-8")
            case _:
                pyarrow.parquet.write_table(pa.table({"id": [number], "ts": [1]}), path)
    for number, root in enumerate(("", f"{tmp_path}/")):
        with chdir(tmp_path):
            assert offer(command(f"{root}{name}.{ending}", f"sqlite:///{number}.db")).code == 0
        assert fetch(tmp_path / f"{number}.db", "sqlite", "SELECT * FROM t") == [(0, 1)]
    tally("garbage: paths and URLs of sources and targets", 2)


def test_a_file_that_no_pattern_can_name_is_refused(tmp_path: Path, tally: Tally) -> None:
    """DuckDB takes a backslash for the end of a folder wherever it looks for a pattern."""
    (tmp_path / "a\\*.json").write_text('[{"id": 0, "ts": 1}]', encoding="utf-8")
    answer = offer(command(f"{tmp_path}/a\\*.json", f"sqlite:///{tmp_path}/x.db"))
    tally("garbage: paths and URLs of sources and targets", 1)

    assert "a backslash beside" in answer.err
    assert not (tmp_path / "x.db").exists()


@pytest.fixture
def silent() -> Iterator[int]:
    """Return the port of a server that lets everybody in and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch, *, hard: bool) -> tuple[float, float]:
    """Return how long is waited for a server at least and at most; three seconds are set unless everything is tried."""
    from incload.engines.postgres import endpoint

    assert endpoint.CONNECT_SECONDS == 10
    monkeypatch.setattr(endpoint, "CONNECT_SECONDS", 10 if hard else 3)
    return (9, 20) if hard else (2.5, 15)


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("psycopg"), reason="psycopg is not installed")
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_server_that_says_nothing_is_not_waited_for(
    side: str, silent: int, tmp_path: Path, tally: Tally, seconds: tuple[float, float]
) -> None:
    """Ten seconds, then a sentence, without anybody's having asked for it; and as long as the URL says, if it says.

    The ten are waited for by `--hard` alone; otherwise the setting is three.
    """
    other = f"sqlite:///{tmp_path}/x.db"
    if side == "target":
        run(tmp_path / "x.db", "sqlite", "CREATE TABLE t (id INTEGER PRIMARY KEY, ts INTEGER)")
    for option, (least, most) in (("", seconds), ("?connect_timeout=2", (1.5, 9))):
        url = f"postgresql://u:{SECRET}@127.0.0.1:{silent}/d{option}"
        began = time.monotonic()
        answer = offer(command(*((url, other) if side == "source" else (other, url))))
        taken = time.monotonic() - began

        assert answer.code == 2
        assert "timeout" in answer.err
        assert SECRET not in answer.err
        assert least < taken < most
    tally("garbage: paths and URLs of sources and targets", 2)
    assert (tmp_path / "x.db").exists() is (side == "target")


WHOLE = {
    "bytes that are no text": (b"sqlite:///\xff.db", b"sqlite:///new.db"),
    "such a target": (b"good.json", b"duckdb:///\xff.duckdb"),
    "a terminal's escapes": (b"sqlite:///\x1b[2J", b"sqlite:///new.db"),
    "a password": (f"mysql://u:{SECRET}@h/d".encode(), b"sqlite:///new.db"),
    "a password with everything": (f"postgresql://u:{SECRET}@x:/?#{SECRET}@h/d".encode(), b"sqlite:///new.db"),
    "no one's host": (f"postgresql://u:{SECRET}@127.0.0.1:1/d".encode(), b"sqlite:///new.db"),
    "a device": (b"good.json", b"sqlite:////dev/full"),
    "a pipe": (b"sqlite:///pipe", b"duckdb:///pipe"),
}
"""Sources and targets as the system hands them to a process."""


@pytest.mark.parametrize("what", WHOLE)
def test_a_whole_process_refuses_as_well(what: str, original: dict[str, bytes], tmp_path: Path, tally: Tally) -> None:
    """With exit code 2 and one line of text, whatever the encoding of the terminal."""
    here = furnish(tmp_path, original)
    before = files(tmp_path)
    source, target = WHOLE[what]
    given = command("SOURCE", "TARGET")
    arguments = [{"SOURCE": source, "--target=TARGET": b"--target=" + target}.get(each, each) for each in given]
    done = subprocess.run(
        [sys.executable, "-m", "incload", *arguments], cwd=here, capture_output=True, timeout=60, check=False,
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"},
    )  # fmt: skip
    tally("garbage: paths and URLs of sources and targets", 1)

    assert done.returncode == 2
    check_sentence(done.stderr.decode("ascii"))
    assert done.stdout == b""
    assert SECRET.encode() not in done.stderr
    assert b"\x1b" not in done.stderr
    assert files(tmp_path) == before
