"""The canonical text of every kind of value is the same in every engine, as docs/audit.md writes it."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from incload.engines.digests.canonical import Buckets, Form, Held, Ranges, Within
from incload.engines.endpoints import locate
from incload.engines.registry import digests, session_type
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.session import Session

ENGINES = ("sqlite", "duckdb", "postgres")
REAL, TIME, TEXT = Form(Kind.REAL), Form(Kind.TIMESTAMP, 1_000_000), Form(Kind.TEXT)
EXACT, WHOLE = Form(Kind.DECIMAL), Form(Kind.INTEGER)

# The engine's type, the form, the value in SQL, the canonical text.
VALUES = [
    ("BIGINT", WHOLE, "-9223372036854775807", "i-9223372036854775807;"),
    ("BIGINT", WHOLE, "NULL", "n;"),
    ("VARCHAR(9)", TEXT, "'Café'", "t5:Café;"),
    ("VARCHAR(9)", TEXT, "''", "t0:;"),
    ("VARCHAR(9)", TEXT, "'i5;n;'", "t5:i5;n;;"),
    ("VARCHAR(9)", TEXT, "'a  '", "t3:a  ;"),
    ("VARCHAR(9)", Form(Kind.TEXT, trimmed=True), "'a  '", "t1:a;"),
    ("VARCHAR(9)", TEXT, "NULL", "n;"),
    ("BIGINT", TEXT, "17", "t2:17;"),
    ("DOUBLE PRECISION", REAL, "1.5", "r4609434218613702656;"),
    ("DOUBLE PRECISION", REAL, "-1.5", "r-4613937818241073152;"),
    ("DOUBLE PRECISION", REAL, "0.1", "r4591870180066957722;"),
    ("DOUBLE PRECISION", REAL, "0.0", "r0;"),
    ("DOUBLE PRECISION", REAL, "-0.0", "r0;"),
    ("DOUBLE PRECISION", REAL, "NULL", "n;"),
    ("DOUBLE PRECISION", Form(Kind.REAL, single=True), "0.1", "r4591870180174331904;"),
    ("DOUBLE PRECISION", Form(Kind.REAL, single=True), "1e300", "r9094988921128908188;"),
    ("BIGINT", REAL, "2", "r4611686018427387904;"),
    ("BIGINT", REAL, "9007199254740993", "i9007199254740993;"),
    ("VARCHAR(40)", TIME, "'2026-03-01T12:00:00Z'", "m1772366400000000;"),
    ("VARCHAR(40)", TIME, "'2026-03-01 12:00:00.000001'", "m1772366400000001;"),
    ("VARCHAR(40)", TIME, "'2026-03-01T14:00:00+02:00'", "m1772366400000000;"),
    ("VARCHAR(40)", TIME, "'2026-03-01'", "m1772323200000000;"),
    ("VARCHAR(40)", TIME, "'2026-03-01T12:00:00.1234567'", "t27:2026-03-01T12:00:00.1234567;"),
    ("VARCHAR(40)", TIME, "'soon'", "t4:soon;"),
    ("VARCHAR(40)", EXACT, "'10.50'", "d10.5;"),
    ("VARCHAR(40)", EXACT, "'-0.00'", "d0;"),
    ("VARCHAR(40)", EXACT, "'100'", "d100;"),
    ("VARCHAR(40)", EXACT, "'ten'", "t3:ten;"),
    ("BIGINT", EXACT, "100", "d100;"),
]
TYPED = [
    ("TIMESTAMP", TIME, "TIMESTAMP '2026-03-01 12:00:00.000001'", "m1772366400000001;"),
    ("TIMESTAMP", TIME, "TIMESTAMP '1969-12-31 23:59:59.999999'", "m-1;"),
    ("TIMESTAMP WITH TIME ZONE", TIME, "TIMESTAMP WITH TIME ZONE '2026-03-01 12:00:00+02:00'", "m1772359200000000;"),
    ("DATE", TIME, "DATE '2026-03-01'", "m1772323200000000;"),
    ("TIMESTAMP", TIME, "CAST('infinity' AS TIMESTAMP)", "minfinity;"),
    ("TIMESTAMP", TIME, "CAST('-infinity' AS TIMESTAMP)", "m-infinity;"),
    ("TIMESTAMP", Form(Kind.TIMESTAMP, 1_000_000, lossy=True), "CAST('infinity' AS TIMESTAMP)", "n;"),
    ("TIMESTAMP", Form(Kind.TIMESTAMP, 1_000_000_000), "TIMESTAMP '2026-03-01 12:00:00'", "m1772366400000000000;"),
    ("TIMESTAMP", TIME, "NULL", "n;"),
    ("BOOLEAN", WHOLE, "TRUE", "i1;"),
    ("BOOLEAN", WHOLE, "NULL", "n;"),
    ("DECIMAL(10,4)", EXACT, "10.5", "d10.5;"),
    ("DECIMAL(10,4)", EXACT, "100", "d100;"),
    ("DECIMAL(10,4)", EXACT, "0", "d0;"),
    ("DECIMAL(10,4)", EXACT, "-0.0001", "d-0.0001;"),
    ("DECIMAL(10,4)", EXACT, "NULL", "n;"),
    ("DECIMAL(10,4)", REAL, "0.1", "r4591870180066957722;"),
    ("DOUBLE PRECISION", REAL, "CAST('NaN' AS DOUBLE PRECISION)", "rnan;"),
    ("DOUBLE PRECISION", Form(Kind.REAL, lossy=True), "CAST('NaN' AS DOUBLE PRECISION)", "n;"),
    ("DOUBLE PRECISION", REAL, "CAST('infinity' AS DOUBLE PRECISION)", "r9218868437227405312;"),
    ("DOUBLE PRECISION", Form(Kind.REAL, single=True), "1e-60", "r0;"),
]


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Session]]:
    """Return a session on a source of each engine that is there."""
    from incload.engines.postgres import server

    folder = tmp_path_factory.mktemp("canonical")
    made: dict[str, Session] = {}
    for engine in ENGINES[:2]:
        end = locate(f"{engine}:///{folder}/s.{engine}")
        session_type(engine).open(None, end).close()
        made[engine] = session_type(engine).open(None, end)
    if server.missing():
        yield made
    else:
        with server.schema() as url:
            made["postgres"] = session_type("postgres").open(None, locate(url))
            yield made
            made["postgres"].close()
    for engine in ENGINES[:2]:
        made[engine].close()


def written(session: Session, declared: str, form: Form, value: str) -> str:
    """Return the canonical text that an engine writes for one value of a new table."""
    name = session.name("target", "values_of_one")
    session.write(f"DROP TABLE IF EXISTS {name}")
    session.write(f"CREATE TABLE {name} (v {declared})")
    session.write(f"INSERT INTO {name} VALUES ({value})")
    (column,) = session.columns("target", "values_of_one") or ()
    side = digests(session, name, [Held(column, form)], [0])
    ((text,),) = side.rows(Within(Buckets(1), tuple("0123456789abcdef")))
    digest = md5(text.encode(), usedforsecurity=False)
    assert side.blocks(Buckets(1)) == {digest.hexdigest()[0]: (1, int.from_bytes(digest.digest()[:8], "big"))}
    return text


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_writes_the_same_text(sessions: dict[str, Session], engine: str) -> None:
    """Values of kinds that every engine has are written byte by byte alike, and digested alike."""
    session = sessions[engine]

    assert [written(session, *each[:3]) for each in VALUES] == [each[3] for each in VALUES]


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_with_types_write_the_same_text(sessions: dict[str, Session], engine: str) -> None:
    """Values of kinds that SQLite does not have are written byte by byte alike, and digested alike."""
    session = sessions[engine]

    assert [written(session, *each[:3]) for each in TYPED] == [each[3] for each in TYPED]


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_are_ranges_of_keys(sessions: dict[str, Session], engine: str) -> None:
    """Keys are cut into the same ranges in every engine, negative ones too, and null keys are a block of their own."""
    session = sessions[engine]
    name = session.name("target", "ranges")
    session.write(f"DROP TABLE IF EXISTS {name}")
    session.write(f"CREATE TABLE {name} (id INTEGER)")
    session.write(f"INSERT INTO {name} VALUES (-5), (-1), (3), (100), (NULL)")
    side = digests(session, name, [Held(Column("id", Kind.INTEGER), WHOLE)], [0])
    cut = Ranges(-5, 2)

    assert {block: count for block, (count, _) in side.blocks(cut).items()} == {0: 1, 1: 1, 2: 1, 26: 1, None: 1}
    assert sorted(side.rows(Within(cut, (0, 1, None)))) == [("i-1;",), ("i-5;",), ("n;",)]
