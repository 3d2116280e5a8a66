"""The audit of two real tables: planted faults of every kind on every pair of engines, and nothing else is found."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.api.audit import audit, run_audit
from incload.auditing.compare_tables import Hooks
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.auditing.result import AuditResult

ENGINES = ("sqlite", "duckdb", "postgres")
PAIRS = [(one, other) for one in ENGINES for other in ENGINES]
TYPES = {
    "sqlite": "id INTEGER, name TEXT, price REAL, at INTEGER, data BLOB, total TEXT",
    "duckdb": 'id BIGINT, name VARCHAR, price DOUBLE, "at" TIMESTAMP, data BLOB, total DECIMAL(20,4)',
    "postgres": 'id BIGINT, name TEXT, price FLOAT8, "at" TIMESTAMP, data BYTEA, total NUMERIC(20,2)',
}
NOON = 1_772_366_400_000_000
"""2026-03-01 12:00 UTC in microseconds."""


class Places:
    """Two databases of any engines, each named by a URL, in which statements are run."""

    def __init__(self, folder: Path, server: str | None) -> None:
        """Make databases in a folder and on a server."""
        self._folder, self._server = folder, server

    def url(self, engine: str, side: str) -> str:
        """Return the URL of a table that is called by its side."""
        if engine == "postgres":
            return f"{self._server}{'&' if '?' in str(self._server) else '?'}table={side}"
        return f"{engine}:///{self._folder}/{side}.{engine}?table={side}"

    def run(self, engine: str, side: str, *statements: str) -> None:
        """Run statements in the database of a side, in which the table is called {t}."""
        end = locate(self.url(engine, side).replace(f"?table={side}", "").replace(f"&table={side}", ""))
        with closing(session_type(engine).open(None, end)) as session:
            for sql in statements:
                session.write(sql.replace("{t}", session.name("target", side)))


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Places]:
    """Return places for the engines of a test."""
    engines = str(getattr(request.node, "callspec", None) and request.node.callspec.params)
    server = request.getfixturevalue("postgres_url") if "postgres" in engines else None
    return Places(tmp_path, server)


def value(engine: str, number: int, **bent: Any) -> str:  # noqa: ANN401 - texts and a number
    """Return one row in the SQL of an engine."""
    name, price, total = bent.get("name", "Ada"), bent.get("price", "0.1"), bent.get("total", "1.50")
    moment = NOON + bent.get("at", 0)
    time = {
        "sqlite": str(moment),
        "duckdb": f"make_timestamp({moment})",
        "postgres": f"'epoch'::timestamp + '{moment} us'::interval",
    }[engine]
    data = "'\\x00ff'::bytea" if engine == "postgres" else "'\\x00\\xff'::BLOB" if engine == "duckdb" else "x'00ff'"
    return f"({number}, '{name}', {price}, {time}, {data}, {repr(total) if engine == 'sqlite' else total})"


def filled(places: Places, engine: str, side: str, rows: list[str]) -> None:
    """Make and fill the table of a side."""
    places.run(engine, side, f"CREATE TABLE {{t}} ({TYPES[engine]})", f"INSERT INTO {{t}} VALUES {', '.join(rows)}")


def found(result: AuditResult) -> dict[str, list[tuple[object, ...]]]:
    """Return the keys of the samples, by what is wrong with them."""
    kinds: dict[str, list[tuple[object, ...]]] = {}
    for sample in result.samples:
        kinds.setdefault(sample.kind, []).append(sample.key)
    return kinds


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
def test_every_planted_fault_is_found_and_nothing_else(places: Places, engines: tuple[str, str]) -> None:
    """A lost, two phantom, a duplicated row and a stale one for each kind of value, in every pair of engines."""
    source, copy = engines
    filled(places, source, "s", [value(source, number, at=number) for number in range(1, 21)])
    bent = {
        3: value(copy, 3, name="ada", at=3),
        5: value(copy, 5, at=6),
        7: value(copy, 7, at=7, price="0.10000000000000002"),
        9: value(copy, 9, at=9, total="1.51"),
        11: value(copy, 11, name="Ada ", at=11),
    }
    kept = [bent.get(number) or value(copy, number, at=number) for number in range(1, 21) if number != 13]
    filled(places, copy, "c", [*kept, value(copy, 21), value(copy, -4), kept[0]])

    result = audit(places.url(source, "s"), places.url(copy, "c"), key="id", cursor="at")

    assert found(result) == {
        "lost": [(13,)],
        "stale": [(11,), (3,), (5,), (7,), (9,)],
        "phantom": [(-4,), (21,)],
        "duplicated": [(1,)],
    }
    assert (result.lost, result.stale, result.phantom, result.duplicated) == (1, 5, 2, 1)
    assert result.differing == {"name": 2, "at": 1, "price": 1, "total": 1}
    assert result.exit_code == 1


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
def test_equal_tables_are_equal(places: Places, engines: tuple[str, str]) -> None:
    """Tables that hold the same values in their own types have no wrong row, and no block of them is fetched."""
    for engine, side in zip(engines, "sc", strict=True):
        filled(places, engine, side, [value(engine, number, at=number) for number in range(-5, 5)])

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="id", cursor="at")

    assert (result.wrong, result.fetched, result.exit_code, result.source_rows) == (0, 0, 0, 10)
    assert ("at" in result.rules) == (engines.count("sqlite") == 1)


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
def test_keys_of_texts_and_of_several_columns(places: Places, engines: tuple[str, str]) -> None:
    """Keys that are no single number are cut by their digests: case, spaces, quotes and order make no difference."""
    rows = "('a', 1, 'x'), ('A', 1, 'x'), ('a ', 1, 'x'), ('é', 1, 'x'), ('it''s', 2, 'x'), ('', 3, 'x')"
    for engine, side in zip(engines, "sc", strict=True):
        places.run(
            engine, side, "CREATE TABLE {t} (k VARCHAR(9), n BIGINT, v VARCHAR(9))", f"INSERT INTO {{t}} VALUES {rows}"
        )
    places.run(
        engines[1],
        "c",
        "UPDATE {t} SET v = 'y' WHERE k = 'A'",
        "DELETE FROM {t} WHERE k = ''",
        "INSERT INTO {t} VALUES ('a', 2, 'x')",
    )

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key=["k", "n"])

    assert found(result) == {"lost": [("", 3)], "stale": [("A", 1)], "phantom": [("a", 2)]}


NAMES = ["", "a", "A", "é", "e\u0301", "a ", " a", ";n;", "t1:a;", "'", "n;", "\u00a0"]
"""Texts that some comparison takes for another, or for a part of a canonical row."""
NUMBERS = [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 0.1, 0.30000000000000004, 0.3, 5e-324, -1.7976931348623157e308]
ROWS = st.dictionaries(
    st.integers(-3, 60),
    st.tuples(
        *(st.sampled_from(each) | st.none() for each in (NAMES, NUMBERS, FLOATS)),
    ),
    max_size=12,
)


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
@settings(max_examples=effort(12, 200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=ROWS, copy=ROWS, again=st.lists(st.integers(-3, 60), max_size=3))
def test_the_audit_agrees_with_a_comparison_by_hand(
    places: Places,
    engines: tuple[str, str],
    source: dict[int, tuple[str | int | float | None, ...]],
    copy: dict[int, tuple[str | int | float | None, ...]],
    again: list[int],
) -> None:
    """Random tables, some keys of the copy twice: counts and keys are those of two dictionaries that are compared."""
    twice = [key for key in dict.fromkeys(again) if key in copy]
    for engine, side, rows in (
        (engines[0], "s", list(source.items())),
        (engines[1], "c", [*copy.items(), *((key, copy[key]) for key in twice)]),
    ):
        written = ", ".join(f"({', '.join(map(literal, (key, *row)))})" for key, row in rows)
        places.run(
            engine,
            side,
            "DROP TABLE IF EXISTS {t}",
            f"CREATE TABLE {{t}} (id BIGINT, name VARCHAR, n BIGINT, f {'REAL' if engine == 'sqlite' else 'FLOAT8'})",
            *([f"INSERT INTO {{t}} VALUES {written}"] if rows else []),
        )

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="id", limit=100)

    wrong = {
        "lost": {(key,) for key in source if key not in copy},
        "phantom": {(key,) for key in copy if key not in source},
        "stale": {(key,) for key in source if key in copy and source[key] != copy[key]},
    }
    assert {kind: {sample.key for sample in result.samples if sample.kind == kind} for kind in wrong} == wrong
    assert result.duplicated == len(twice)


def literal(given: object) -> str:
    """Return a value in SQL."""
    return "NULL" if given is None else "'" + given.replace("'", "''") + "'" if isinstance(given, str) else str(given)


def sqlite_pair(
    places: Places, source: str, copy: str, types: str = "id INTEGER, v TEXT, c INTEGER"
) -> tuple[str, str]:
    """Fill two SQLite tables with rows in SQL; return their URLs."""
    for side, rows in (("s", source), ("c", copy)):
        statements = [f"CREATE TABLE {{t}} ({types})", *([f"INSERT INTO {{t}} VALUES {rows}"] if rows else [])]
        places.run("sqlite", side, *statements)
    return places.url("sqlite", "s"), places.url("sqlite", "c")


@pytest.mark.parametrize(
    ("source", "copy", "cause", "late"),
    [
        ("(1, 'x', 5), (2, 'x', 9)", "(2, 'x', 9)", "late", 4.0),
        ("(1, 'x', 9), (2, 'x', 9)", "(2, 'x', 9)", "tie", None),
        ("(1, 'x', NULL), (2, 'x', 9)", "(2, 'x', 9)", "null cursor", None),
        ("(1, 'x', 99), (2, 'x', 9)", "(2, 'x', 9)", "not read yet", None),
        ("(1, 'y', 5), (2, 'x', 9)", "(1, 'x', 5), (2, 'x', 9)", "updated without touching the cursor", None),
        ("(1, 'y', 6), (2, 'x', 9)", "(1, 'x', 5), (2, 'x', 9)", "late", 3.0),
        ("(1, 'y', 4), (2, 'x', 9)", "(1, 'x', 5), (2, 'x', 9)", "older over newer", None),
        ("(2, 'x', 9)", "(1, 'x', 5), (2, 'x', 9)", "hard delete", None),
        ("(1, 'x', 5), (2, 'x', 9)", "(1, 'x', 5), (1, 'x', 5), (2, 'x', 9)", "read again", None),
        ("(1, 'y', 6), (2, 'x', 9)", "(1, 'x', 5), (1, 'y', 6), (2, 'x', 9)", "read again", None),
    ],
)
def test_causes(places: Places, source: str, copy: str, cause: str, late: float | None) -> None:
    """The cause of a wrong row follows from its cursor on both sides and the copy's largest cursor."""
    result = audit(*sqlite_pair(places, source, copy), key="id", cursor="c")

    assert result.causes == {cause: 1}
    assert result.samples[0].late_by == late
    assert result.inferred


def test_a_watermark_makes_causes_exact(places: Places) -> None:
    """A row beyond the copy's largest cursor was late all the same, where a later sync had read farther."""
    urls = sqlite_pair(places, "(1, 'x', 15), (2, 'x', 9)", "(2, 'x', 9)")

    result = audit(*urls, key="id", cursor="c", watermark="20")

    assert (result.causes, result.inferred, result.watermark_from) == ({"late": 1}, False, "--watermark")


def test_a_future_timestamp_is_one(places: Places) -> None:
    """A copy whose largest cursor is ahead of the source's clock has lost rows to it."""
    urls = sqlite_pair(
        places,
        "(1, 'x', '2026-01-01T00:00:00Z'), (2, 'x', '2999-01-01T00:00:00Z')",
        "(2, 'x', '2999-01-01T00:00:00Z')",
        "id INTEGER, v TEXT, c TEXT",
    )

    assert audit(*urls, key="id", cursor="c").causes == {"future timestamp": 1}


def test_what_changes_between_two_looks_is_in_flight(places: Places) -> None:
    """At the second look one row is right, one is as wrong as before, and one has changed and stays wrong."""
    urls = sqlite_pair(places, "(1, 'y', 1), (2, 'y', 1), (3, 'y', 1)", "(1, 'x', 1), (2, 'x', 1), (3, 'x', 1)")
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        places.run("sqlite", "c", "UPDATE {t} SET v = 'y' WHERE id = 1")
        places.run("sqlite", "s", f"UPDATE {{t}} SET v = 'z{len(waited)}' WHERE id = 3")

    result = run_audit(*urls, {"key": "id", "settle": "30s", "rechecks": 2}, Hooks(wait))

    assert (result.stale, result.in_flight, result.undecided, result.exit_code) == (1, 2, 1, 1)
    assert result.samples[0].key == (2,)
    assert waited == [30.0, 30.0]


def test_a_source_that_changes_all_the_time_is_undecided(places: Places) -> None:
    """Where only rows differ that change at every look, the audit does not say that the copy is wrong, nor right."""
    urls = sqlite_pair(places, "(1, 'y', 1)", "(1, 'x', 1)")

    def wait(_: float) -> None:
        places.run("sqlite", "s", "UPDATE {t} SET v = v || 'y'")

    result = run_audit(*urls, {"key": "id", "settle": "1s", "rechecks": 3}, Hooks(wait))

    assert (result.wrong, result.in_flight, result.exit_code) == (0, 1, 3)


def test_no_look_again_at_equal_tables(places: Places) -> None:
    """Where nothing differs, nothing is waited for."""
    urls = sqlite_pair(places, "(1, 'y', 1)", "(1, 'y', 1)")

    assert run_audit(*urls, {"key": "id", "settle": "1h"}, Hooks(pytest.fail)).exit_code == 0


@pytest.mark.parametrize(
    ("options", "stale"),
    [
        ({}, 2),
        ({"columns": "c"}, 1),
        ({"exclude": ["v"]}, 1),
        ({"where": "id > 1"}, 1),
        ({"limit": 0}, 2),
    ],
)
def test_what_is_compared_can_be_chosen(places: Places, options: dict[str, Any], stale: int) -> None:
    """Columns and rows that are not asked for do not count."""
    urls = sqlite_pair(places, "(1, 'x', 1), (2, 'x', 1)", "(1, 'y', 1), (2, 'x', 2)")

    assert audit(*urls, key="id", **options).stale == stale


def test_columns_may_have_other_names(places: Places) -> None:
    """A renamed column is compared with the one of its name there, and what only the copy has is reported."""
    places.run("sqlite", "s", "CREATE TABLE {t} (id INTEGER, v TEXT)", "INSERT INTO {t} VALUES (1, 'x')")
    places.run("sqlite", "c", "CREATE TABLE {t} (nr INTEGER, w TEXT, u)", "INSERT INTO {t} VALUES (1, 'y', 1)")
    urls = places.url("sqlite", "s"), places.url("sqlite", "c")

    result = audit(*urls, key="id", rename={"id": "nr", "v": "w"}, show_values=True)

    assert (result.samples[0].source, result.samples[0].copy) == ({"v": "x"}, {"v": "y"})
    assert result.not_compared == ("u",)


def test_a_file_of_records_is_a_source(places: Places, tmp_path: Path) -> None:
    """Records of a JSON file are compared with the rows that were loaded from it."""
    file = tmp_path / "s.json"
    file.write_text('[{"id": 1, "v": "x"}, {"id": 2, "v": "y"}]', encoding="utf-8")
    places.run("sqlite", "c", "CREATE TABLE {t} (id INTEGER, v TEXT)", "INSERT INTO {t} VALUES (1, 'x'), (2, 'x')")

    assert found(audit(file, places.url("sqlite", "c"), key="id")) == {"stale": [(2,)]}


def test_a_file_without_records_is_an_empty_source(places: Places, tmp_path: Path) -> None:
    """Every row of the copy is then one that the source does not have."""
    (tmp_path / "s.json").write_text("[]", encoding="utf-8")
    places.run("sqlite", "c", "CREATE TABLE {t} (id INTEGER, v TEXT)", "INSERT INTO {t} VALUES (1, 'x')")

    assert found(audit(tmp_path / "s.json", places.url("sqlite", "c"), key="id")) == {"phantom": [(1,)]}


def test_many_rows_are_cut_into_blocks(places: Places) -> None:
    """Of 20,000 rows with two wrong ones, a few blocks are fetched."""
    many = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)"
    for side in "sc":
        places.run(
            "sqlite",
            side,
            "CREATE TABLE {t} (id INTEGER PRIMARY KEY, v TEXT)",
            f"INSERT INTO {{t}} {many} SELECT i * 7, 'x' FROM n",
        )
    places.run("sqlite", "c", "UPDATE {t} SET v = 'y' WHERE id = 7", "DELETE FROM {t} WHERE id = 70000")

    result = audit(places.url("sqlite", "s"), places.url("sqlite", "c"), key="id")

    assert (found(result), result.fetched) == ({"lost": [(70000,)], "stale": [(7,)]}, 2)


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("(1, 'x', 1), (1, 'y', 1)", {}, "the source has several rows of the key id = 1: name a key that one row has."),
        ("(NULL, 'x', 1)", {}, "the key id is null in a row of the source: name a key that every row has."),
        ("(1, 'x', 1)", {"key": "nr"}, "unknown column of the source in --key 'nr': known: c, id, v."),
        ("(1, 'x', 1)", {"cursor": "at"}, "unknown column of the source in --cursor 'at'"),
        ("(1, 'x', 1)", {"rename": {"v": "w"}}, "unknown column of the copy 'w'"),
        ("(1, 'x', 1)", {"columns": "v", "exclude": "c"}, "--columns and --exclude were both given"),
        ("(1, 'x', 1)", {"exclude": "id"}, "--exclude names 'id', which is the key or the cursor"),
        ("(1, 'x', 1)", {"where": "id >"}, "--where 'id >' cannot be used on s in"),
        ("(1, 'x', 1)", {"where": "id = 1; DROP TABLE s"}, "a semicolon outside of quotes"),
        ("(1, 'x', 1)", {"limit": -1}, "--limit -1 is no number of samples"),
        ("(1, 'x', 1)", {"rechecks": 2}, "say with --settle how long to wait"),
        ("(1, 'x', 1)", {"settle": "soon"}, "--settle 'soon' is no span of time"),
        ("(1, 'x', 1)", {"cursor": "c", "watermark": "high"}, "--watermark 'high' is no value of the cursor column"),
        ("(1, 'x', 1)", {"records": "a"}, "are for files"),
    ],
)
def test_bad_input_is_refused(places: Places, rows: str, options: dict[str, Any], said: str) -> None:
    """Every refusal is one sentence that names the thing."""
    urls = sqlite_pair(places, rows, "(1, 'x', 1)")

    with pytest.raises(Refused) as refused:
        audit(*urls, **({"key": "id"} | options))

    assert said in str(refused.value)


def test_a_column_that_the_copy_does_not_have_is_refused(places: Places) -> None:
    """A column that is not compared is left out by its name, and never silently."""
    places.run("sqlite", "s", "CREATE TABLE {t} (id INTEGER, v TEXT)")
    places.run("sqlite", "c", "CREATE TABLE {t} (id INTEGER)")
    urls = places.url("sqlite", "s"), places.url("sqlite", "c")

    with pytest.raises(Refused, match="the copy has no column 'v' of the source: leave it out with --exclude"):
        audit(*urls, key="id")
    assert audit(*urls, key="id", exclude="v").exit_code == 0


def test_a_copy_that_is_the_source_is_refused(places: Places) -> None:
    """A table is no copy of itself."""
    places.run("sqlite", "s", "CREATE TABLE {t} (id INTEGER)")

    with pytest.raises(Refused, match="source and copy are both table"):
        audit(places.url("sqlite", "s"), places.url("sqlite", "s"), key="id")


def test_a_copy_that_is_not_there_is_called_the_copy(places: Places, tmp_path: Path) -> None:
    """The sentence names the side whose path is to be checked."""
    places.run("sqlite", "s", "CREATE TABLE {t} (id INTEGER)")

    with pytest.raises(Refused, match=r"^there is no file '.*gone\.db' to read: check the path of the copy\.$"):
        audit(places.url("sqlite", "s"), f"sqlite:///{tmp_path}/gone.db?table=c", key="id")


def test_kinds_without_a_rule_are_refused(places: Places) -> None:
    """Bytes and whole numbers are never equal by accident."""
    places.run("sqlite", "s", "CREATE TABLE {t} (id INTEGER, v BLOB)")
    places.run("sqlite", "c", "CREATE TABLE {t} (id INTEGER, v INTEGER)")

    with pytest.raises(Refused, match="column 'v' is blob"):
        audit(places.url("sqlite", "s"), places.url("sqlite", "c"), key="id")


def test_what_a_load_has_recorded_is_used(places: Places) -> None:
    """A copy that incload has loaded says what its integers count, and up to where its source was read."""
    from incload.api.load import load

    filled(places, "duckdb", "s", [value("duckdb", 1, at=5), value("duckdb", 2, at=9)])
    source, copy = places.url("duckdb", "s"), places.url("sqlite", "c")
    load(source, copy.partition("?")[0], table="c", key="id", cursor="at", strategy="timestamp_watermark")
    places.run("duckdb", "s", f"INSERT INTO {{t}} VALUES {value('duckdb', 3, at=2)}")

    result = audit(source, copy, key="id", cursor="at")

    assert (found(result), result.causes) == ({"lost": [(3,)]}, {"late": 1})
    assert result.samples[0].late_by == pytest.approx(7e-6)
    assert (result.inferred, result.watermark_from) == (False, "the state of strategy 'timestamp_watermark'")
    assert "as the load has recorded" in result.rules["at"]


def test_the_time_of_integers_can_be_said(places: Places) -> None:
    """Seconds in the copy equal the timestamps of the source when their unit is given, and only then."""
    places.run("duckdb", "s", "CREATE TABLE {t} (id INTEGER, t TIMESTAMP)", "INSERT INTO {t} VALUES (1, 'epoch')")
    places.run("duckdb", "s", "INSERT INTO {t} VALUES (2, '1970-01-01 00:01:00')")
    places.run("sqlite", "c", "CREATE TABLE {t} (id INTEGER, t INTEGER)", "INSERT INTO {t} VALUES (1, 0), (2, 60)")
    urls = places.url("duckdb", "s"), places.url("sqlite", "c")

    assert audit(*urls, key="id", time_unit="s").exit_code == 0
    assert found(audit(*urls, key="id")) == {"stale": [(2,)]}


UUID = "00000000-0000-0000-0000-00000000000a"
RULES = [
    ("duckdb", "t FLOAT", "0.1", "duckdb", "t DOUBLE", "0.1", "floats are compared as those of 32 bits"),
    ("duckdb", "t DECIMAL(9,4)", "1.5", "sqlite", "t TEXT", "'1.5000'", "zeros at the end of a fraction do not count"),
    ("duckdb", "t BOOLEAN", "true", "sqlite", "t INTEGER", "1", "truth values are 0 and 1"),
    ("postgres", "t CHAR(5)", "'ab'", "duckdb", "t VARCHAR", "'ab   '", "spaces at the end of texts do not count"),
    ("duckdb", "t TIMESTAMP", "'2026-01-01'", "sqlite", "t TEXT", "'2026-01-01T00:00Z'", "texts are read as ISO times"),
    ("duckdb", "t DATE", "'2026-01-01'", "postgres", "t TIMESTAMP", "'2026-01-01'", "a day is its midnight in UTC"),
    ("duckdb", "t DOUBLE", "'nan'", "sqlite", "t REAL", "NULL", "NaN is null"),
    ("duckdb", "t TIMESTAMP", "'infinity'", "sqlite", "t INTEGER", "NULL", "a time without end is null there"),
    ("duckdb", "t UUID", f"'{UUID}'", "postgres", "t TEXT", f"'{UUID}'", "as the texts that their engines write"),
    ("sqlite", "t INTEGER", "5", "duckdb", "t VARCHAR", "'5'", "whole numbers are compared as their digits"),
    ("postgres", "t TIMESTAMPTZ", "'2026-01-01Z'", "duckdb", "t TIMESTAMP", "'2026-01-01'", "is one of UTC"),
    ("postgres", "t NUMERIC", "1.500", "sqlite", "t TEXT", "'1.5'", "texts are read as exact numbers"),
    ("duckdb", "t HUGEINT", "5", "postgres", "t BIGINT", "5", "zeros at the end of a fraction do not count"),
    ("postgres", "t NUMERIC", "0.1", "duckdb", "t DOUBLE", "0.1", "as the nearest float of 64 bits"),
]


@pytest.mark.parametrize("case", RULES, ids=lambda case: f"{case[1]} {case[4]}")
def test_every_rule_is_reported(places: Places, case: tuple[str, ...]) -> None:
    """Values that two engines cannot hold alike are equal by a rule, which the report names."""
    one, type_one, value_one, other, type_other, value_other, rule = case
    places.run(one, "s", f"CREATE TABLE {{t}} (id INTEGER, {type_one})", f"INSERT INTO {{t}} VALUES (1, {value_one})")
    places.run(
        other, "c", f"CREATE TABLE {{t}} (id INTEGER, {type_other})", f"INSERT INTO {{t}} VALUES (1, {value_other})"
    )

    result = audit(places.url(one, "s"), places.url(other, "c"), key="id")

    assert (result.wrong, rule in result.rules["t"]) == (0, True)


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("postgres", "duckdb")], ids="-".join)
def test_blocks_of_text_keys_are_cut_again(places: Places, engines: tuple[str, str]) -> None:
    """Of 12,000 rows with text keys two wrong ones are found in blocks that were cut twice."""
    for engine, side in zip(engines, "sc", strict=True):
        numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11999)"
        places.run(
            engine,
            side,
            "CREATE TABLE {t} (k VARCHAR(20), v VARCHAR(9))",
            f"INSERT INTO {{t}} {numbers} SELECT 'key' || CAST(i AS VARCHAR(9)), 'x' FROM n",
        )
    places.run(engines[1], "c", "UPDATE {t} SET v = 'y' WHERE k = 'key77'", "DELETE FROM {t} WHERE k = 'key9999'")

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="k")

    assert (found(result), result.fetched) == ({"lost": [("key9999",)], "stale": [("key77",)]}, 2)


def test_a_sample_of_many_ranges(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the blocks of a large table are more ranges than one condition of SQLite can name."""
    monkeypatch.setattr("incload.engines.digests.blocks.BLOCK_ROWS", 1)
    monkeypatch.setattr("incload.engines.digests.blocks.MOST_BLOCKS", 8_192)
    rows = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 8192)"
    for side in ("source", "copy"):
        places.run("sqlite", side, "CREATE TABLE {t} (id INTEGER, v INTEGER)")
        places.run("sqlite", side, f"INSERT INTO {{t}} {rows} SELECT id, {int(side == 'copy')} FROM n")

    result = audit(places.url("sqlite", "source"), places.url("sqlite", "copy"), key="id", sample="50%")

    # One of the 4,096 blocks that are drawn is that of keys in no range.
    assert (result.fetched, result.stale) == (4_095, 4_095)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_audit_that_says_how_far_it_is_finds_the_same(
    places: Places, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large tables are compared part by part, keys beyond the other side's and missing ones among them."""
    monkeypatch.setattr("incload.auditing.compare_tables._PART_ROWS", 1)
    monkeypatch.setattr("incload.engines.sqlite.compared.merge._SPAN", 1)
    urls = places.url(engine, "s"), places.url(engine, "c")
    series = "WITH RECURSIVE g (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 6000) SELECT i, i FROM g"
    for side in "sc":
        places.run(engine, side, "CREATE TABLE {t} (id BIGINT PRIMARY KEY, v BIGINT)", f"INSERT INTO {{t}} {series}")
    places.run(
        engine,
        "c",
        "DELETE FROM {t} WHERE id IN (1, 6000)",
        "UPDATE {t} SET v = 0 WHERE id % 1500 = 7",
        "INSERT INTO {t} VALUES (-5, 1), (9000, 1)",
    )
    calls: list[tuple[int, int]] = []

    result = run_audit(*urls, {"key": "id"}, Hooks(at=lambda done, total: calls.append((done, total))))

    assert (result.lost, result.stale, result.phantom, result.compared) == (2, 4, 2, 6000)
    parts, whole = (sorted(map(repr, each.samples)) for each in (result, run_audit(*urls, {"key": "id"})))
    assert parts == whole
    assert calls[-1] == (6000, 6000)
    assert calls == sorted(set(calls))
    assert len(calls) > 1
