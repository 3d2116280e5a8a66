"""`load --all`, `audit --all`, `state show --all` and `init` as they are typed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with a source of two tables and a config that `init` has written."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection, connection:
        for name in ("orders", "lines"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, v TEXT)")
            connection.executemany(f"INSERT INTO {name} VALUES (?, 'x')", [(each,) for each in range(40)])
    assert main(["init", "sqlite:///shop.db", "--target", "sqlite:///copy.db"]) == 0
    return tmp_path


def change(statement: str) -> None:
    """Change the source."""
    with closing(sqlite3.connect("shop.db")) as connection, connection:
        connection.execute(statement)


def test_a_line_for_each_table_and_the_worst_exit_code(capsys: Output) -> None:
    """What is held back is a headline and exit code 3, and its table's line says what."""
    assert main(["load", "--all"]) == 0
    change("DELETE FROM lines WHERE id > 3")
    capsys.readouterr()

    assert main(["load", "--all"]) == 3
    head, lines, orders = capsys.readouterr().out.splitlines()
    assert head == "2 tables: 1 held back, 1 loaded."
    assert lines.startswith(
        "  lines   held back  Held back the removal of 36 rows from lines; 0 rows loaded into lines"
    )
    assert orders.startswith("  orders  loaded     Nothing to load into orders; the state is unchanged (")


def test_a_refused_table_is_the_worst(capsys: Output) -> None:
    """The other one is loaded, and the summary of both can be written as JSON."""
    change("DROP TABLE orders")

    capsys.readouterr()

    assert main(["load", "--all", "--format", "json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert (found["exit_code"], [each["status"] for each in found["tables"]]) == (2, ["loaded", "refused"])
    assert found["tables"][0]["summary"]["loaded"] == 40


def test_the_audit_of_all_tables(capsys: Output) -> None:
    """A line for each, what is wrong with those that are, and the worst exit code."""
    main(["load", "--all"])
    change("UPDATE lines SET v = 'y' WHERE id = 7")
    capsys.readouterr()

    assert main(["audit", "--all"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("lines   Wrong: 1 row of 40 compared: 1 stale.\norders  Equal: 40 rows compared")
    assert "stale" in said.partition("\nlines\n")[2]
    assert main(["audit", "--table", "orders", "--format", "github"]) == 0
    assert capsys.readouterr().out == (
        "::notice title=incload audit of orders::Equal: 40 rows compared, none of them wrong.\n"
    )


def test_every_annotation_names_its_table(capsys: Output) -> None:
    """Verdicts and causes of two tables are distinguished in a list of annotations."""
    main(["load", "--all"])
    change("DELETE FROM lines WHERE id = 7")
    capsys.readouterr()

    assert main(["audit", "--all", "--format", "github"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "::error title=incload audit of lines::Wrong: 1 row of 40 compared: 1 phantom.",
        (
            "::error title=lines%3A hard delete::1 row of lines: the source does not have the row, "
            "and no cursor shows that"
        ),
        "::notice title=incload audit of orders::Equal: 40 rows compared, none of them wrong.",
    ]


def test_a_name_with_a_line_feed_keeps_one_line_a_table(capsys: Output) -> None:
    """It is spelled out where tables are listed."""
    change('CREATE TABLE "a\nb" (id INTEGER PRIMARY KEY)')
    assert main(["init", "sqlite:///shop.db", "--target", "sqlite:///copy.db", "--force"]) == 0
    capsys.readouterr()

    for command in (["load", "--all"], ["audit", "--all"], ["state", "show", "--all"]):
        assert main(command) == 0
        assert [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith(("a\\nb", "b"))]
    assert main(["load", "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_the_state_of_all_tables(capsys: Output) -> None:
    """A table that keeps none is named as well."""
    with open("incload.toml", encoding="utf-8") as file:  # noqa: PTH123 - the folder is entered
        text = file.read().replace('"snapshot_diff"', '"row_hash_cdc"', 1)
    with open("incload.toml", "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
        file.write(text)
    main(["load", "--all"])
    capsys.readouterr()

    assert main(["state", "show", "--all"]) == 0
    assert [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("lines", "orders", "  digests"))
    ] == [
        "lines by row_hash_cdc",
        "  digests: 40",
        "orders by snapshot_diff",
    ]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["load"], "nothing is named: name a source, or give --all or --table NAMES"),
        (["load", "x.json", "--all"], "'x.json' and a config exclude each other: leave out 'x.json', or --all"),
        (["load", "--all", "--key", "id"], "--key is said for each table by the config: leave it out"),
        (["load", "--all", "--table", "orders"], "--all and --table exclude each other"),
        (["load", "--table", "order"], "unknown table in incload.toml 'order': did you mean orders?"),
        (["load", "--table", ",a"], "--table ',a' names an empty table: give names of tables"),
        (["load", "--all", "--config", "none.toml"], "there is no config 'none.toml': check the path of --config"),
        (["audit", "--all", "--where", "x"], "--where is said for each table by the config"),
        (["audit", "--all", "--format", "csv"], "--format csv is for the audit of one table"),
        (["audit", "a.json", "sqlite:///b.db?table=x", "--key", "id", "--table", "x"], "--table is for the tables of"),
        (["state", "show", "sqlite:///copy.db", "--all"], "'sqlite:///copy.db' and a config exclude each other"),
        (["init", "sqlite:///shop.db", "--target", "sqlite:///b.db"], "'incload.toml' is there already"),
    ],
)
def test_what_excludes_each_other_is_refused(command: list[str], sentence: str, capsys: Output) -> None:
    """In one sentence, with exit code 2."""
    assert main(command) == 2
    assert sentence in capsys.readouterr().err


def test_a_single_load_still_names_what_it_lacks(capsys: Output) -> None:
    """As the parser says it of any argument that is required."""
    with pytest.raises(SystemExit, match="2"):
        main(["load", "x.json", "--table", "t"])
    assert "the following arguments are required: --target, --key, --strategy" in capsys.readouterr().err


def test_a_table_without_a_state_is_in_the_json_too(capsys: Output) -> None:
    """As in the text: nothing was loaded yet, and the next load reads everything."""
    capsys.readouterr()

    assert main(["state", "show", "--all", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["table"], each["strategy"], each["watermark"], each["next_load"]) for each in found] == [
        ("lines", "snapshot_diff", None, "no state: the next load reads everything"),
        ("orders", "snapshot_diff", None, "no state: the next load reads everything"),
    ]
    main(["load", "--table", "orders"])
    capsys.readouterr()
    main(["state", "show", "--all", "--format", "json"])
    loaded = json.loads(capsys.readouterr().out)
    assert [each["table"] for each in loaded] == ["lines", "orders"]
    assert {*loaded[0]} == {*loaded[1]}
