"""`incload capture` on the command line: what it says and does, and what it refuses in one sentence."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database with a table of orders, in the working folder."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.execute("CREATE VIEW all_orders AS SELECT * FROM orders")
    return tmp_path / "shop.db"


def run(*words: str) -> int:
    """Run a capture command on the shop."""
    return main(["capture", words[0], "sqlite:///shop.db", *words[1:]])


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was said, random parts of positions left out."""
    read = capsys.readouterr()
    return re.sub(r"\b[0-9a-f]{8}\.", "LOG.", read.out + read.err)


@pytest.mark.parametrize("repair", ["install", "remove"])
def test_a_change_table_that_was_dropped_by_hand_stops_writes_until_it_is_repaired(shop: Path, repair: str) -> None:
    """SQLite cannot prevent it; what `install` says about it is so. To rename the table stops nothing."""
    run("install", "--table", "orders")
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("ALTER TABLE _incload_log_orders RENAME TO other")
        connection.execute("INSERT INTO orders VALUES (1, 'a')")
        connection.execute("DROP TABLE other")
    insert = "INSERT INTO orders VALUES (2, 'b')"
    with closing(sqlite3.connect(shop)) as connection, pytest.raises(sqlite3.OperationalError, match="no such table"):
        connection.execute(insert)
    assert run(repair, "--table", "orders") == 0
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute(insert)


def test_a_log_is_made_shown_trimmed_and_taken_away(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says in a sentence what is so from now on."""
    assert run("install", "--table", "orders") == 0
    assert said(capsys) == (
        "The changes of orders are logged from now on.\n  orders by id: up to LOG.1, 1 entry, whole\n"
        "Do not drop the table _incload_log_orders: SQLite lets anyone, and writes to orders fail from then on, until "
        "`incload capture install` or `remove` runs.\n"
    )
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
    assert run("list") == 0
    line = capsys.readouterr().out
    assert re.fullmatch(r"  orders by id: up to [0-9a-f]{8}\.3, 3 entries, whole\n", line)
    position = line.split()[5].rstrip(",")
    assert run("trim", "--table", "orders", "--until", position) == 0
    assert said(capsys) == (
        "3 entries of the change log of orders are gone; a load that has not read up to LOG.3 reads everything.\n"
    )
    assert run("remove", "--table", "orders") == 0
    assert said(capsys) == "The changes of orders are not logged any more.\n"
    assert run("list", "--table", "orders") == 0
    assert said(capsys) == "No change log is kept there.\n"


def test_a_load_follows_the_log(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command line alone: install, load, change, load; the state shows its position."""
    load = ["load", "sqlite:///shop.db?table=orders", "--target", "sqlite:///copy.db"]
    load += ["--table", "orders", "--key", "id", "--strategy", "trigger_cdc"]
    run("install", "--table", "orders")
    assert main(load) == 0
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("INSERT INTO orders VALUES (1, 'a')")
    capsys.readouterr()
    assert main(load) == 0
    assert said(capsys).startswith("Loaded 1 row into orders.\n")

    assert main(["state", "show", "sqlite:///copy.db", "--table", "orders"]) == 0
    shown = said(capsys).splitlines()
    assert shown[1].startswith("  source: sqlite:///")
    assert shown[2] == "  position in the change log: LOG.2"
    assert shown[3] == (
        "  The next load with --strategy trigger_cdc reads the rows that the source's change log names after LOG.2, "
        "and removes those that are gone."
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("install", "--table", "order"), "unknown source table 'order': did you mean orders?"),
        (("install", "--table", "notes"), "table 'notes' has no primary key: name the columns that identify its rows"),
        (("install", "--table", "orders", "--key", "ident"), "unknown key column 'ident': did you mean id?"),
        (
            ("install", "--table", "orders", "--kind", "trigger"),
            "unknown kind of log 'trigger': did you mean triggers?",
        ),
        (("install", "--table", "orders", "--kind", "log"), "because sqlite has no log of committed changes"),
        (("install", "--table", "all_orders", "--key", "id"), "'all_orders' is a view, whose changes no trigger sees"),
        (("remove", "--table", "orders"), "table 'orders' has no change log: make one with `incload capture install`."),
        (("trim", "--table", "orders", "--until", "x.1"), "table 'orders' has no change log"),
        (("list", "--table", "order"), "unknown source table 'order'"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_cannot_be_done_is_refused(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence with exit code 2, and the source is as it was."""
    assert run(*words) == 2
    read = capsys.readouterr()
    assert sentence in read.err
    assert (read.out, read.err.count("\n")) == ("", 1)
    with closing(sqlite3.connect("shop.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (3,)


@pytest.mark.parametrize("until", ["x", "x.9", "", "5"])
@pytest.mark.usefixtures("shop")
def test_a_position_that_is_none_is_refused(until: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A text that this log never wrote trims nothing."""
    run("install", "--table", "orders")
    capsys.readouterr()

    assert run("trim", "--table", "orders", "--until", until) == 2
    assert "is no position in the change log of table 'orders'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("sqlite:///nowhere.db", "there is no file 'nowhere.db' to read: check the path of the source."),
        ("events.json", "'events.json' is a file of records, which keeps no log of its changes."),
        ("sqlite:///shop.db?table=notes", "the source names the table 'notes' and --table 'orders': name one."),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_source_that_cannot_be_captured_is_refused(
    source: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is wrong with it."""
    assert main(["capture", "install", source, "--table", "orders"]) == 2
    assert capsys.readouterr().err == f"incload: {sentence}\n"
