"""Two tables of one engine are compared by its own means: what differs is what canonical digests say, to the value."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.api.audit import audit
from incload.engines.digests.blocks import match
from incload.engines.endpoints import locate
from incload.engines.registry import session_type

if TYPE_CHECKING:
    from pathlib import Path

    from incload.auditing.result import AuditResult
    from incload.engines.digests.canonical import Digests

ENGINES = ("sqlite", "duckdb", "postgres")
BLOB = {"sqlite": "BLOB", "duckdb": "BLOB", "postgres": "BYTEA"}
FAULTS = {
    # name: the type, the value of the source, that of the copy
    "a number that is folded to the same 32 bits": ("BIGINT", "1", "4294967296"),
    "a negative number that is folded to the same 32 bits": ("BIGINT", "-2", "1"),
    "the least number": ("BIGINT", "-9223372036854775807", "-9223372036854775807 - 1"),
    "one more than a float holds": ("BIGINT", "9007199254740992", "9007199254740993"),
    "null for nothing": ("VARCHAR(20)", "''", "NULL"),
    "null for 0": ("BIGINT", "0", "NULL"),
    "another case": ("VARCHAR(20)", "'a'", "'A'"),
    "a space at the end": ("VARCHAR(20)", "'a'", "'a '"),
    "another normal form": ("VARCHAR(20)", "'\u00e9'", "'e\u0301'"),
    "the next float": ("DOUBLE PRECISION", "0.3", "0.30000000000000004"),
}
EQUAL = {
    "both zeros": ("DOUBLE PRECISION", "0.0", "-0.0"),
    "nulls": ("BIGINT", "NULL", "NULL"),
    "nulls of floats": ("DOUBLE PRECISION", "NULL", "NULL"),
}
ROWS = 40


class Two:
    """Two tables of one engine."""

    def __init__(self, folder: Path, engine: str, server: str | None) -> None:
        """Make the databases in a folder or on a server."""
        self.engine = engine
        self._at = server if engine == "postgres" else f"{engine}:///{folder}"

    def url(self, side: str) -> str:
        """Return the URL of a table that is called by its side."""
        if self.engine == "postgres":
            return f"{self._at}{'&' if '?' in str(self._at) else '?'}table={side}"
        return f"{self._at}/{side}.db?table={side}"

    def run(self, side: str, *statements: str) -> None:
        """Run statements, in which the table is called {t}."""
        end = replace(locate(self.url(side)), table=None)  # type: ignore[type-var]  # all ends are dataclasses
        with closing(session_type(self.engine).open(None, end)) as session:
            for sql in statements:
                session.write(sql.replace("{t}", session.name("target", side)))

    def audited(self, key: str = "id") -> AuditResult:
        """Compare them."""
        return audit(self.url("s"), self.url("c"), key=key, limit=1_000)


@pytest.fixture
def two(tmp_path: Path, request: pytest.FixtureRequest) -> Two:
    """Return two tables of the engine that a test names."""
    engine = request.node.callspec.params["engine"]
    return Two(tmp_path, engine, request.getfixturevalue("postgres_url") if engine == "postgres" else None)


def filled(two: Two, kind: str, values: tuple[str, str]) -> None:
    """Fill both tables alike, but for one value each in row 7."""
    listed = ", ".join(f"({number}, {values[0]}, 'x')" for number in range(1, ROWS + 1))
    for side in "sc":
        two.run(side, f"CREATE TABLE {{t}} (id BIGINT PRIMARY KEY NOT NULL, v {kind}, w VARCHAR(9))")
        two.run(side, f"INSERT INTO {{t}} VALUES {listed}")
    two.run("c", f"UPDATE {{t}} SET v = {values[1]} WHERE id = 7")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FAULTS)
def test_a_value_is_found_that_differs(two: Two, engine: str, name: str) -> None:  # noqa: ARG001 - of the fixture
    """Values that an engine's own hash or comparison may take for one are two."""
    kind, *values = FAULTS[name]
    filled(two, kind, (values[0], values[1]))

    found = two.audited()

    assert [(sample.kind, sample.key) for sample in found.samples] == [("stale", (7,))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", EQUAL)
def test_values_that_are_one_by_rule_are_equal(two: Two, engine: str, name: str) -> None:  # noqa: ARG001 - of the fixture
    """What the canonical text calls one value is no difference, whatever the engine's own hash says of it."""
    kind, *values = EQUAL[name]
    filled(two, kind, (values[0], values[1]))

    assert two.audited().wrong == 0


@pytest.mark.parametrize("engine", ["sqlite"])
def test_columns_of_sqlite_without_a_type_are_compared_value_by_value(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """The value that is met first, which differs here, does not say what the others are: row 4 alone is another."""
    rows = ["(1, 'a')", "(2, 9007199254740992)", "(3, 1)", "(4, '1')", "(5, 1e+20)"]
    for side, listed in {"s": rows, "c": [*reversed(rows[:3]), "(4, 1)", rows[4]]}.items():
        two.run(side, "CREATE TABLE {t} (id INTEGER NOT NULL, v, UNIQUE (id))")
        two.run(side, f"INSERT INTO {{t}} VALUES {', '.join(listed)}")

    assert [(sample.kind, sample.key) for sample in two.audited().samples] == [("stale", (4,))]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_text_of_digits_is_no_number(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """Beside a column of numbers, a column without a type may hold the text of one."""
    for side, (kind, value) in {"s": ("", "'1'"), "c": ("NUMERIC", "1")}.items():
        two.run(side, f"CREATE TABLE {{t}} (id INTEGER PRIMARY KEY, v {kind})")
        two.run(side, f"INSERT INTO {{t}} VALUES (1, 2), (2, {value}), (3, 0.5)")

    assert [(sample.kind, sample.key) for sample in two.audited().samples] == [("stale", (2,))]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_exchange_a_value_differ(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """Two rows of one block whose values change places differ, though a sum over the columns would be the same."""
    filled(two, "BIGINT", ("5", "5"))
    for side, (one, other) in {"s": (1, 2), "c": (2, 1)}.items():
        two.run(side, f"UPDATE {{t}} SET v = {one}, w = '{one}' WHERE id = 3")
        two.run(side, f"UPDATE {{t}} SET v = {other}, w = '{other}' WHERE id = 4")

    assert [sample.key for sample in two.audited().samples] == [(3,), (4,)]


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_that_exchange_their_values_differ(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """A value in the column beside its own is another row."""
    for side, values in {"s": "(1, 5, 6), (2, 0, 0)", "c": "(1, 6, 5), (2, 0, 0)"}.items():
        two.run(side, "CREATE TABLE {t} (id BIGINT PRIMARY KEY NOT NULL, v BIGINT, w BIGINT)")
        two.run(side, f"INSERT INTO {{t}} VALUES {values}")

    assert [sample.key for sample in two.audited().samples] == [(1,)]


@pytest.mark.parametrize("engine", ENGINES)
def test_as_many_lost_as_phantom_rows(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """Rows that are all null but for their key differ by it."""
    filled(two, "BIGINT", ("NULL", "NULL"))
    two.run("s", "UPDATE {t} SET w = NULL")
    two.run("c", "UPDATE {t} SET w = NULL", "UPDATE {t} SET id = 1000 WHERE id = 9")

    found = two.audited()

    assert [(sample.kind, sample.key) for sample in found.samples] == [("lost", (9,)), ("phantom", (1000,))]


@pytest.mark.parametrize("engine", ENGINES)
def test_types_of_another_width_are_equal(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """The same values in columns of other declared types are equal without a block being fetched."""
    two.run("s", "CREATE TABLE {t} (id INTEGER PRIMARY KEY, v SMALLINT, w VARCHAR(9))")
    two.run("c", "CREATE TABLE {t} (id BIGINT PRIMARY KEY NOT NULL, v BIGINT, w TEXT)")
    for side in "sc":
        two.run(side, "INSERT INTO {t} VALUES (1, -3, 'a'), (2, NULL, NULL), (3, 7, '')")

    found = two.audited()

    assert (found.wrong, found.fetched) == (0, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_of_text(two: Two, engine: str) -> None:  # noqa: ARG001 - of the fixture
    """Where keys are no whole numbers a row that differs is found as well, and one that does not is not."""
    for side in "sc":
        two.run(side, "CREATE TABLE {t} (id VARCHAR(9) PRIMARY KEY NOT NULL, v BIGINT)")
        two.run(side, "INSERT INTO {t} VALUES ('a', 1), ('A', 2), ('b', 2)")
    two.run("c", "UPDATE {t} SET v = 2 - v + 1 WHERE id IN ('a', 'b')", "UPDATE {t} SET v = 2 WHERE id = 'a'")

    assert [sample.key for sample in two.audited().samples] == [("a",), ("b",)]


VALUES = st.sampled_from(
    ["NULL", "1", "2", "1.0", "1.5", "'1'", "'a'", "'A'", "x'61'", "-9223372036854775808", "-9223372036854775808.0"]
)
TYPES = st.sampled_from(["INTEGER", "BIGINT", "REAL", "TEXT", "VARCHAR(9) COLLATE NOCASE", "BLOB", "", "NUMERIC"])
KEYS = st.dictionaries(st.integers(-3, 6) | st.sampled_from(["'k'", "1.5"]), st.tuples(VALUES, VALUES), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(KEYS, KEYS), st.tuples(TYPES, TYPES))
def test_sqlite_says_what_the_canonical_digests_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sides: tuple[dict[object, tuple[str, str]], dict[object, tuple[str, str]]],
    types: tuple[str, str],
) -> None:
    """Whatever values columns of any declared types hold, SQLite's comparison and the digests find the same rows."""
    two = Two(tmp_path, "sqlite", None)
    columns = f"id INT PRIMARY KEY NOT NULL, v {types[0]}, w {types[1]}"
    for side, rows in zip("sc", sides, strict=True):
        listed = ", ".join(f"({key}, {', '.join(values)})" for key, values in rows.items())
        two.run(side, "DROP TABLE IF EXISTS {t}", f"CREATE TABLE {{t}} ({columns})")
        two.run(side, *[f"INSERT OR IGNORE INTO {{t}} VALUES {listed}"] * bool(rows))

    def found() -> object:
        try:
            result = two.audited()
        except Exception as error:  # noqa: BLE001 - what is refused is to be refused by both
            return str(error)
        return result.samples, result.causes

    own = found()
    with monkeypatch.context() as patched:
        patched.setattr("incload.api.audit.match", lambda *_: None)
        canonical = found()

    assert own == canonical


def test_sqlite_compares_by_its_own_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row of the tables that are compared is digested here but those of blocks that differ."""
    two = Two(tmp_path, "sqlite", None)
    filled(two, "BIGINT", ("5", "5"))
    seen: list[Digests] = []

    def matched(*sides: Digests) -> None:
        match(*sides)
        seen.extend(sides)

    monkeypatch.setattr("incload.api.audit.match", matched)
    monkeypatch.setattr("incload.engines.sqlite.canonical.SqliteDigests._written", lambda *_: pytest.fail("digested"))

    assert (two.audited().wrong, [each.is_alike for each in seen]) == (0, [True, True])
