"""A repair: exactly the wrong rows are written, in one transaction, on every pair of engines."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.api.tables.repair import repair
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINES = ("sqlite", "duckdb", "postgres")
PAIRS = [(one, other) for one in ENGINES for other in ENGINES]
TYPES = {"sqlite": "INTEGER, v TEXT, at INTEGER", "duckdb": 'BIGINT, v VARCHAR, "at" BIGINT'}
TYPES["postgres"] = 'BIGINT, v TEXT, "at" BIGINT'
Rows = list[tuple[Any, ...]]


class Tables:
    """A source and a copy of any engines, of which rows are put in and read."""

    def __init__(self, folder: Path, server: str | None) -> None:
        """Make databases in a folder and on a server."""
        self._folder, self._server = folder, server
        self.urls: dict[str, str] = {}

    def make(self, engine: str, side: str, rows: Rows, columns: str = "", *, keyed: bool = True) -> str:
        """Make the table of a side, `s` or `c`, and return its URL."""
        base = str(self._server) if engine == "postgres" else f"{engine}:///{self._folder}/{side}.{engine}"
        self.urls[side] = base
        key = ", PRIMARY KEY (k)" if keyed else ""
        self.run(side, f"CREATE TABLE {{t}} (k {columns or TYPES[engine]}{key})")
        for row in rows:
            self.run(side, f"INSERT INTO {{t}} VALUES ({', '.join(map(_sql, row))})")
        return f"{base}{'&' if '?' in base else '?'}table={side}"

    def run(self, side: str, sql: str) -> Rows:
        """Run a statement; `{t}` stands for the table of the side."""
        end = locate(self.urls[side])
        with closing(session_type(end.engine).open(None, end)) as session:
            spelled = sql.replace("{t}", session.name("target", side))
            if sql.startswith("SELECT"):
                return list(session.rows(spelled))
            session.write(spelled)
            return []

    def rows(self, side: str = "c") -> Rows:
        """Return the rows of a side in the order of their keys."""
        return sorted(self.run(side, "SELECT * FROM {t}"), key=repr)


def _sql(value: object) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


@pytest.fixture
def tables(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tables]:
    """Return tables for the engines of a test."""
    engines = str(getattr(request.node, "callspec", None) and request.node.callspec.params)
    server = request.getfixturevalue("postgres_url") if "postgres" in engines else None
    return Tables(tmp_path, server)


SOURCE = [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, None, 4), (5, "it's", 5)]
COPY = [(1, "a", 1), (2, "x", 2), (4, "d", 4), (5, "it's", 5), (9, "z", 9)]


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_every_pair(tables: Tables, pair: tuple[str, str], keyed: bool) -> None:  # noqa: FBT001 - a case
    """Lost rows enter, stale ones are updated, phantoms leave; the audit that follows finds nothing."""
    urls = tables.make(pair[0], "s", SOURCE), tables.make(pair[1], "c", COPY, keyed=keyed)

    found = repair(*urls, key="k", cursor="at")

    assert tables.rows() == SOURCE
    assert (found.inserted, found.updated, found.removed, found.held_back) == (1, 2, 1, 0)
    assert [(row.key, row.kind, row.action) for row in found.rows] == [
        ((2,), "stale", "updated"),
        ((3,), "lost", "inserted"),
        ((4,), "stale", "updated"),
        ((9,), "phantom", "removed"),
    ]
    assert found.after is not None
    assert (found.before.wrong, found.after.wrong, found.exit_code) == (4, 0, 0)


@pytest.mark.parametrize("pair", [("sqlite", "duckdb"), ("duckdb", "sqlite"), ("postgres", "postgres")], ids="-".join)
@pytest.mark.parametrize(
    ("duplicates", "expected", "removed"),
    [
        ("replace", [(1, "a", 1), (2, "b", 2)], 3),
        ("keep-newest", [(1, "a", 1), (2, "b", 2)], 3),
        ("leave", [(1, "a", 1), (2, "b", 1), (2, "b", 2), (2, "y", 3)], 1),
    ],
)
def test_duplicates(
    tables: Tables,
    pair: tuple[str, str],
    duplicates: Any,  # noqa: ANN401 - one of the choices
    expected: Rows,
    removed: int,
) -> None:
    """Keys with several rows become one row, or stay, as is asked for; phantoms leave in all cases."""
    urls = (
        tables.make(pair[0], "s", [(1, "a", 1), (2, "b", 2)]),
        tables.make(pair[1], "c", [(1, "a", 1), (2, "b", 1), (2, "b", 2), (2, "y", 3), (3, "p", 3)], keyed=False),
    )

    found = repair(*urls, key="k", cursor="at", duplicates=duplicates)

    assert tables.rows() == expected
    assert (found.removed, found.left) == (removed, 1 if duplicates == "leave" else 0)
    assert found.exit_code == (1 if duplicates == "leave" else 0)


def test_duplicates_are_refused(tables: Tables) -> None:
    """A copy that duplicates a key is refused unless it is said what becomes of it, and nothing is written."""
    held = [(1, "a", 1), (1, "a", 1)]
    urls = tables.make("sqlite", "s", SOURCE), tables.make("sqlite", "c", held, keyed=False)

    with pytest.raises(Refused, match="has 1 rows that duplicate a key, such as k = 1: say what becomes of them"):
        repair(*urls, key="k")
    with pytest.raises(Refused, match="keep-newest keeps the row with the largest cursor: name the column"):
        repair(*urls, key="k", duplicates="keep-newest")
    assert tables.rows() == held


def test_a_dry_run_changes_nothing(tables: Tables) -> None:
    """Everything is done, said and undone; there is no second audit."""
    urls = tables.make("sqlite", "s", SOURCE), tables.make("sqlite", "c", COPY)

    found = repair(*urls, key="k", dry_run=True)

    assert tables.rows() == COPY
    assert (found.inserted, found.updated, found.removed, found.after, found.exit_code) == (1, 2, 1, None, 0)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_mass_removal_is_held_back(tables: Tables, engine: str) -> None:
    """More than 20 % of the copy stays unless removals are allowed; what is lost enters all the same."""
    held = [(number, "p", number) for number in range(10, 30)]
    urls = tables.make(engine, "s", SOURCE), tables.make(engine, "c", held)

    found = repair(*urls, key="k")
    assert (found.inserted, found.removed, found.held_back, found.exit_code) == (5, 0, 20, 3)
    assert len(tables.rows()) == 25

    found = repair(*urls, key="k", allow_removals=True)
    assert (found.inserted, found.removed, found.held_back, found.exit_code) == (0, 20, 0, 0)
    assert tables.rows() == SOURCE


def test_a_right_copy_is_not_written(tables: Tables) -> None:
    """Nothing is repaired, and no second audit follows."""
    urls = tables.make("sqlite", "s", SOURCE), tables.make("sqlite", "c", SOURCE)

    found = repair(*urls, key="k")

    assert (found.rows, found.after, found.exit_code) == ((), None, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_of_the_copy_stay(tables: Tables, engine: str) -> None:
    """A column that only the copy has keeps its values, and so does one that is excluded."""
    columns = {
        "sqlite": "INTEGER, v TEXT, at INTEGER, own TEXT",
        "duckdb": 'BIGINT, v VARCHAR, "at" BIGINT, own VARCHAR',
    }
    columns["postgres"] = 'BIGINT, v TEXT, "at" BIGINT, own TEXT'
    urls = (
        tables.make(engine, "s", [(1, "a", 1), (2, "b", 2)]),
        tables.make(engine, "c", [(1, "x", 9, "mine")], columns[engine]),
    )

    repair(*urls, key="k", exclude=["at"])

    assert tables.rows() == [(1, "a", 9, "mine"), (2, "b", None, None)]


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_keys_of_several_columns(tables: Tables, pair: tuple[str, str]) -> None:
    """Texts and numbers in one key, quotes and question marks among them; a key that is null in part leaves."""
    columns = {
        "sqlite": "TEXT, n INTEGER, v TEXT",
        "duckdb": "VARCHAR, n BIGINT, v VARCHAR",
        "postgres": "TEXT, n BIGINT, v TEXT",
    }
    urls = (
        tables.make(pair[0], "s", [("it's ?", 1, "a"), ("b", 2, "b")], columns[pair[0]], keyed=False),
        tables.make(pair[1], "c", [("it's ?", 1, "x"), ("c", None, "p")], columns[pair[1]], keyed=False),
    )

    found = repair(*urls, key=["k", "n"])

    assert sorted(tables.rows()) == [("b", 2, "b"), ("it's ?", 1, "a")]
    assert (found.inserted, found.updated, found.removed) == (1, 1, 1)


@pytest.mark.parametrize(
    ("engine", "columns", "values"),
    [
        ("duckdb", "TIMESTAMP, v VARCHAR", ["2026-01-01 10:00:00.000001", "2026-01-02 00:00:00"]),
        ("postgres", "TIMESTAMPTZ, v TEXT", ["2026-01-01 10:00:00.000001+02", "2026-01-02 00:00:00+00"]),
        ("postgres", "DATE, v TEXT", ["2026-01-01", "2026-01-02"]),
        ("duckdb", "DECIMAL(10,2), v VARCHAR", [1.5, 2.25]),
        ("postgres", "UUID, v TEXT", ["8c4b1d5e-0000-4000-8000-000000000001", "8c4b1d5e-0000-4000-8000-000000000002"]),
        ("postgres", "BYTEA, v TEXT", ["\\x00ff", "\\x0102"]),
        ("sqlite", "TEXT, v TEXT", ["2026-01-01", ""]),
    ],
)
def test_types_of_keys(tables: Tables, engine: str, columns: str, values: list[Any]) -> None:
    """Keys of times, numbers, ids and bytes find their rows."""
    urls = (
        tables.make(engine, "s", [(value, "a") for value in values], columns),
        tables.make(engine, "c", [(values[0], "x")], columns),
    )

    found = repair(*urls, key="k")

    assert (found.inserted, found.updated, found.exit_code) == (1, 1, 0)
    assert tables.rows("c") == tables.rows("s")


def test_a_column_that_no_load_would_write_is_refused(tables: Tables) -> None:
    """A time that the copy keeps as a text could not be written in its form: one sentence, and nothing is written."""
    urls = (
        tables.make("duckdb", "s", [("2026-01-01 10:00:00", "a")], "TIMESTAMP, v VARCHAR"),
        tables.make("sqlite", "c", [("2026-01-01T10:00:00Z", "x")], "TEXT, v TEXT"),
    )

    with pytest.raises(Refused, match="column 'k' is TEXT there and INTEGER here; change one"):
        repair(*urls, key="k")
    assert tables.rows() == [("2026-01-01T10:00:00Z", "x")]


def test_a_file_is_a_source(tables: Tables, tmp_path: Path) -> None:
    """A copy is repaired from a file of records."""
    (tmp_path / "s.csv").write_text("k,v,at\n1,a,1\n2,b,2\n")
    copy = tables.make("duckdb", "c", [(1, "x", 1)])

    found = repair(tmp_path / "s.csv", copy, key="k")

    assert (found.inserted, found.updated, found.exit_code) == (1, 1, 0)
    assert tables.rows() == [(1, "a", 1), (2, "b", 2)]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_that_a_file_lacks_is_left_alone(tables: Tables, tmp_path: Path, engine: str, form: str) -> None:
    """A column that no record has is not compared, and keeps its values."""
    file = tmp_path / f"s.{form}"
    file.write_text('[{"k": 1, "v": "a"}, {"k": 2, "v": "b"}]' if form == "json" else "k,v\n1,a\n2,b\n")
    copy = tables.make(engine, "c", [(1, "a", 7), (2, "x", 8)])

    found = repair(file, copy, key="k")

    assert tables.rows() == [(1, "a", 7), (2, "b", 8)]
    assert (found.before.stale, found.before.not_compared, found.updated) == (1, ("at",), 1)
    assert found.exit_code == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_file(tables: Tables, tmp_path: Path, engine: str) -> None:
    """A file without records is a source without rows, for which rows of the copy leave only where that is let pass."""
    (tmp_path / "s.json").write_text("[]")
    copy = tables.make(engine, "c", [(1, "a", 7)])

    held = repair(tmp_path / "s.json", copy, key="k")
    assert (held.before.phantom, held.held_back, held.exit_code, tables.rows()) == (1, 1, 3, [(1, "a", 7)])

    found = repair(tmp_path / "s.json", copy, key="k", allow_removals=True)
    assert (found.removed, found.exit_code, tables.rows()) == (1, 0, [])


@pytest.mark.parametrize("pair", [*zip(ENGINES, ENGINES, strict=True), ("sqlite", "duckdb")], ids="-".join)
def test_a_row_that_left_the_condition_is_no_phantom(tables: Tables, pair: tuple[str, str]) -> None:
    """A row that the source has outside the condition is updated; one that it does not have leaves the copy."""
    urls = (
        tables.make(pair[0], "s", [(1, "closed", 2), (2, "open", 1), (3, "open", 2), (4, "closed", 1)]),
        tables.make(pair[1], "c", [(1, "open", 1), (2, "open", 1), (3, "closed", 1), (4, "x", 1), (5, "open", 5)]),
    )

    found = repair(*urls, key="k", where="v = 'open'")

    assert tables.rows() == [(1, "closed", 2), (2, "open", 1), (3, "open", 2), (4, "x", 1)]
    assert (found.updated, found.removed, found.exit_code) == (2, 1, 0)


def test_the_condition_of_a_load(tables: Tables) -> None:
    """A condition of the source alone says which rows the copy is to have; the others leave it."""
    urls = (
        tables.make("sqlite", "s", [(1, "closed", 2), (2, "open", 1), (3, "open", 2)]),
        tables.make("duckdb", "c", [(1, "open", 1), (2, "x", 1)]),
    )

    found = repair(*urls, key="k", source_where="v = 'open'")

    assert tables.rows() == [(2, "open", 1), (3, "open", 2)]
    assert (found.inserted, found.updated, found.removed, found.exit_code) == (1, 1, 1, 0)


def test_the_type_of_a_value_is_written(tables: Tables) -> None:
    """SQLite compares 1 and 1.0 as equal, and a column of blobs keeps them apart: the audit's verdict counts."""
    columns = "INTEGER, v BLOB"
    source = [(1, 1), (2, 2.0), (3, "x"), (4, 4)]
    urls = tables.make("sqlite", "s", source, columns), tables.make("sqlite", "c", [(1, 1.0), (2, 2)], columns)

    found = repair(*urls, key="k")

    assert repr(tables.rows()) == repr(source)
    assert (found.updated, found.inserted, found.right, found.exit_code) == (2, 2, 0, 0)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_the_engine_takes_for_equal_is_not_called_right(
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
    dry_run: bool,  # noqa: FBT001 - a case
) -> None:
    """A row that is not written, because the copy's engine sees no difference, and that the audit finds again."""
    from incload.engines.sqlite.dialect import SqliteDialect

    monkeypatch.setattr(SqliteDialect, "differ_in_form", lambda *_: "false")
    urls = tables.make("sqlite", "s", [(1, "a", 1)]), tables.make("sqlite", "c", [(1, "b", 1)])

    found = repair(*urls, key="k", dry_run=dry_run)

    assert [row.action for row in found.rows] == ["still different"]
    assert (found.right, found.different, found.exit_code) == (0, 1, 0 if dry_run else 1)


def test_types_of_a_file(tables: Tables, tmp_path: Path) -> None:
    """A column whose type is named is read with it, by the repair as by the audit."""
    (tmp_path / "s.csv").write_text("k,v,at\n1,a,007\n2,b,8\n")
    copy = tables.make("duckdb", "c", [(1, "a", 7), (2, "b", 9)])

    found = repair(tmp_path / "s.csv", copy, key="k", types={"at": "BIGINT"})

    assert (found.updated, found.exit_code, tables.rows()) == (1, 0, [(1, "a", 7), (2, "b", 8)])


def test_keys_that_repeat_outside_the_condition_are_refused(tables: Tables) -> None:
    """A wrong key of several rows on either side is refused, and nothing is written."""
    history = [(1, "old", 1), (1, "open", 2)]
    urls = (
        tables.make("sqlite", "s", history, keyed=False),
        tables.make("sqlite", "c", [(1, "open", 1)], keyed=False),
    )
    with pytest.raises(Refused, match="source has several rows of the key 1, of which --where leaves out some"):
        repair(*urls, key="k", where="v = 'open'")
    assert tables.rows() == [(1, "open", 1)]

    tables.run("s", "DELETE FROM {t} WHERE v = 'old'")
    tables.run("c", "INSERT INTO {t} VALUES (1, 'old', 0)")
    with pytest.raises(Refused, match="copy has several rows of the key 1, of which --where leaves out some"):
        repair(*urls, key="k", where="v = 'open'")
    assert tables.rows() == [(1, "old", 0), (1, "open", 1)]


def test_rows_of_a_condition(tables: Tables) -> None:
    """Only rows that meet the condition are compared and written."""
    urls = tables.make("sqlite", "s", SOURCE), tables.make("duckdb", "c", COPY)

    repair(*urls, key="k", where="k < 4")

    assert tables.rows() == [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4), (5, "it's", 5), (9, "z", 9)]


def test_digests_that_a_strategy_keeps_are_forgotten(tables: Tables, tmp_path: Path) -> None:
    """A source that goes back to what was loaded before a repair is loaded again."""
    from incload.api.load import load

    source = tables.make("sqlite", "s", [(1, "a", 1)])
    tables.urls["c"] = f"sqlite:///{tmp_path}/c.sqlite"
    given = {"table": "c", "key": "k", "strategy": "row_hash_cdc"}
    load(source, tables.urls["c"], **given)
    tables.run("s", "UPDATE {t} SET v = 'b'")
    repair(source, f"{tables.urls['c']}?table=c", key="k")
    tables.run("s", "UPDATE {t} SET v = 'a'")

    load(source, tables.urls["c"], **given)

    assert tables.rows() == [(1, "a", 1)]


def test_a_renamed_column_is_refused(tables: Tables) -> None:
    """A repair writes columns under their own names."""
    urls = tables.make("sqlite", "s", SOURCE), tables.make("sqlite", "c", COPY)

    with pytest.raises(Refused, match="--rename v=w is for audits alone: repair from a view"):
        repair(*urls, key="k", rename={"v": "w"})


def test_the_source_is_only_read(tables: Tables, tmp_path: Path) -> None:
    """The bytes of the source are the same afterwards."""
    urls = tables.make("sqlite", "s", SOURCE), tables.make("sqlite", "c", COPY)
    before = (tmp_path / "s.sqlite").read_bytes()

    repair(*urls, key="k")

    assert (tmp_path / "s.sqlite").read_bytes() == before


def test_many_keys(tables: Tables) -> None:
    """More keys than one statement names."""
    rows = [(number, "a", number) for number in range(1, 1_203)]
    urls = tables.make("sqlite", "s", []), tables.make("duckdb", "c", [])
    with closing(sqlite3.connect(urls[0].removeprefix("sqlite:///").partition("?")[0])) as connection, connection:
        connection.executemany("INSERT INTO s VALUES (?, ?, ?)", rows)

    found = repair(*urls, key="k")

    assert (found.inserted, found.exit_code) == (1_202, 0)
    assert len(tables.rows()) == 1_202


_ROW = st.tuples(st.integers(1, 6), st.sampled_from(["a", "b", None]), st.integers(1, 3))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.lists(_ROW, max_size=6, unique_by=lambda row: row[0]),
    copy=st.lists(_ROW, max_size=8),
    duplicates=st.sampled_from(["replace", "keep-newest"]),
)
def test_any_copy_becomes_the_source(
    tmp_path_factory: pytest.TempPathFactory,
    source: Rows,
    copy: Rows,
    duplicates: Any,  # noqa: ANN401 - one of the choices
) -> None:
    """Whatever two tables hold, a repair leaves the copy equal to the source."""
    tables = Tables(tmp_path_factory.mktemp("any"), None)
    urls = tables.make("sqlite", "s", source, keyed=False), tables.make("sqlite", "c", copy, keyed=False)

    repair(*urls, key="k", cursor="at", duplicates=duplicates, allow_removals=True)

    assert tables.rows("c") == tables.rows("s")


@pytest.mark.parametrize("pair", [("sqlite", "duckdb"), ("duckdb", "sqlite"), ("postgres", "postgres")], ids="-".join)
def test_causes_of_the_account_are_those_of_the_audit(tables: Tables, pair: tuple[str, str]) -> None:
    """A row that seems late is a tie, as the copy holds its cursor in another row; that is known at the end alone."""
    urls = (
        tables.make(pair[0], "s", [(1, "a", 5), (2, "b", 5), (3, "c", 9), (4, "d", 4)]),
        tables.make(pair[1], "c", [(1, "a", 5), (3, "c", 9)]),
    )

    found = repair(*urls, key="k", cursor="at")

    assert [(row.key, row.cause) for row in found.rows] == [((2,), "tie"), ((4,), "late")]
    assert found.before.causes == {"tie": 1, "late": 1}
