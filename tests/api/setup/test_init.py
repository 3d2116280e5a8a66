"""A first config: what it holds of a source, and that it loads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest

import incload
from incload.api.config.read import read_config
from incload.api.setup.text import without_password
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

TABLES = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP, note VARCHAR(20))",
    "INSERT INTO orders VALUES (1, '2026-03-01 10:00:00', '2026-03-02 10:00:00', 'a')",
    "CREATE TABLE lines (line INTEGER, id INTEGER, PRIMARY KEY (line, id))",
    "CREATE TABLE loose (word VARCHAR(20))",
    "INSERT INTO loose VALUES ('a'), ('a')",
    "CREATE TABLE merely_unique (code INTEGER)",
    "INSERT INTO merely_unique VALUES (1), (2)",
    "CREATE VIEW seen AS SELECT id FROM orders",
)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a source of an engine, of which one table has no key."""
    monkeypatch.chdir(tmp_path)
    engine = str(request.param)
    if engine == "postgres":
        found = str(request.getfixturevalue("postgres_url"))
        server, _, schema = found.rpartition("&schema=")
        with psycopg.connect(server) as connection:
            connection.execute(f'SET search_path TO "{schema}"')
            for statement in TABLES:
                connection.execute(statement)
        return found
    opened = sqlite3.connect("shop.sqlite") if engine == "sqlite" else duckdb.connect("shop.duckdb")
    with closing(opened) as connection:
        for statement in TABLES:
            connection.execute(statement)
        connection.commit()
    return f"{engine}:///shop.{engine}"


@pytest.mark.parametrize("url", ["sqlite", "duckdb", "postgres"], indirect=True)
def test_what_is_written_loads(url: str, tmp_path: Path) -> None:
    """Every table with a key is loaded; one without stands in the file as a comment."""
    written = incload.init(url, target="sqlite:///copy.db")
    found = {each.name: each.options["key"] for each in read_config(written.path).tables}
    text = written.path.read_text(encoding="utf-8")

    assert (found, written.left_out) == ({"lines": ["line", "id"], "orders": "id"}, ("loose", "merely_unique", "seen"))
    assert "# merely_unique declares no key: code is different in every row today; take the signs away" in text
    assert '# table = "merely_unique"\n# key = "code"\n' in text
    assert "# cursor candidate updated_at: 1 value, 1 different, 2026-03-02 10:00:00 to 2026" in text
    assert text.index("candidate updated_at") < text.index("candidate created_at")
    assert incload.load_all().exit_code == incload.audit_all().exit_code == 0
    assert (tmp_path / "copy.db").exists()


def test_a_file_of_records_has_the_key_that_its_values_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The column that is named like a key and different in every record."""
    monkeypatch.chdir(tmp_path)
    records = '[{"size": 1, "order_id": 7, "at": 5}, {"size": 2, "order_id": 8, "at": 5}]'
    (tmp_path / "my orders.json").write_text(records, encoding="utf-8")
    written = incload.init("my orders.json", target="duckdb:///copy.duckdb")

    assert [(each.name, each.options["key"]) for each in read_config(written.path).tables] == [
        ("my_orders", "order_id")
    ]
    assert "# A file declares no key: order_id is different in every row today." in written.path.read_text("utf-8")
    assert incload.load_all().exit_code == 0


def test_no_password_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable stands in the place of each, and the file is found in whatever folder it is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.json").write_text('[{"id": 1}]', encoding="utf-8")
    (tmp_path / "etc").mkdir()
    target = "postgresql://me:hunter2@127.0.0.1:1/x?sslmode=disable&password=hunter2"
    written = incload.init("rows.json", target=target, config="etc/some.toml")
    text = written.path.read_text(encoding="utf-8")
    monkeypatch.setenv("INCLOAD_TARGET_PASSWORD", "a")

    assert written.variables == ("INCLOAD_TARGET_PASSWORD",)
    assert "hunter2" not in text
    (table,) = read_config(written.path).tables
    assert (table.source, table.target) == (f"{tmp_path}/rows.json", target.replace("hunter2", "a"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, r"'incload\.toml' is there already: write another with --config FILE, or over it with --force"),
        ({"force": True, "tables": "order"}, r"unknown source table 'order': did you mean orders\?"),
        ({"config": "none/x.toml"}, "the folder 'none' does not exist"),
        ({"config": "y.toml", "target": "sqlite:///copy.db?table=x"}, "the target names a table: leave"),
    ],
)
def test_what_is_refused(url: str, options: dict[str, str], sentence: str, tmp_path: Path) -> None:
    """In one sentence, and the file that is there stays as it is."""
    path = tmp_path / "incload.toml"
    path.write_text("# mine", encoding="utf-8")
    with pytest.raises(Refused, match=sentence):
        incload.init(url, **{"target": "sqlite:///copy.db", **options})  # type: ignore[arg-type]

    assert path.read_text(encoding="utf-8") == "# mine"


@pytest.mark.parametrize("url", ["sqlite", "duckdb", "postgres"], indirect=True)
def test_a_strategy_is_that_of_advice(url: str) -> None:
    """From the state of the table: the load that relies on nothing, what else may do, and what would decide."""
    written = incload.init(url, target="sqlite:///copy.db", tables="orders")
    text = written.path.read_text(encoding="utf-8")
    advice = incload.advise(f"{url}{'&' if '?' in url else '?'}table=orders", key="id", cursor="updated_at")

    (table,) = read_config(written.path).tables
    assert table.options["strategy"] == advice.strategy == "row_hash_cdc"
    assert all(f"# {sentence}\n" in text for sentence in advice.because[1:])
    assert '# cursor = "updated_at"\n# strategy = "lookback_window:minutes=60"\n' in text
    assert f"# What decides: {advice.decide}\n" in text


def test_a_table_about_which_there_is_no_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says why, and the strategy is right whatever the source does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("incload.api.setup.advised.MOST_ROWS", 0)
    with closing(sqlite3.connect("shop.sqlite")) as connection, connection:
        for statement in TABLES[:2]:
            connection.execute(statement)

    text = incload.init("sqlite:///shop.sqlite", target="sqlite:///copy.db").path.read_text(encoding="utf-8")

    assert "# No advice: advice would read 1 rows one by one: ask `incload advise` for it.\n" in text
    assert 'strategy = "snapshot_diff"' in text


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_without_a_profile_no_row_is_read(url: str) -> None:
    """The file says nothing of values, and a table without a declared key stays without one."""
    written = incload.init(url, target="sqlite:///copy.db", profile=False, tables=["orders", "loose"])

    assert (written.tables, written.left_out) == (("orders",), ("loose",))
    assert "# cursor candidate updated_at\n" in written.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://h:5432/db?application_name=a@b", None),
        ("postgresql://h:5432?application_name=a@b", None),
        ("postgresql://u@h:5432/a@b", None),
        ("postgresql://u@[::1]:5432/db?application_name=x:y@z", None),
        ("postgresql://u:p%40:w@h:5432/db?application_name=a@b", "postgresql://u:${P}@h:5432/db?application_name=a@b"),
        ("postgresql://h/db?application_name=a@b&password=p:w", "postgresql://h/db?application_name=a@b&password=${P}"),
    ],
)
def test_a_password_stands_before_the_host_or_in_the_query(url: str, text: str | None) -> None:
    """A port and an @ further on are none."""
    assert without_password(url, "P") == (text or url, text is not None)
