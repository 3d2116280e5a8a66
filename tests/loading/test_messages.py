"""What a refusal says is true, and its remedy leads on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from every_pair import Ends

CURSOR = ("--cursor", "ts", "--cursor-unit", "s")


@pytest.mark.parametrize(
    ("everywhere", "declared", "value"),
    [
        ("postgres-sqlite", "DATE", "5000000-01-01"),
        ("postgres-duckdb", "DATE", "5000000-01-01"),
        ("duckdb-sqlite", "DATE", "5000000-01-01"),
    ],
    indirect=["everywhere"],
)
def test_a_date_out_of_range_asks_for_no_room(everywhere: Ends, declared: str, value: str) -> None:
    """The sentence says what the source says of the value, and nothing of temporary files."""
    everywhere.fill(("id", "d"), (1, value), types=declared)

    code, _, error = everywhere.load("full_refresh")

    assert code == 2
    assert "5000000" in error or "out of range" in error
    assert "TMPDIR" not in error
    assert "list index" not in error


@pytest.mark.parametrize("everywhere", ["postgres-sqlite", "postgres-postgres"], indirect=True)
def test_a_table_in_another_schema_is_found(everywhere: Ends) -> None:
    """The sentence names the schema that has a table of the name, as it does for DuckDB."""
    everywhere.fill(("id", "ts"), (1, 1), types="BIGINT")
    everywhere.write("source", "CREATE TABLE elsewhere_only (id BIGINT)")
    schema = everywhere.urls["source"].partition("&schema=")[2]
    url = everywhere.urls["source"].replace(schema, "public")

    command = ["load", f"{url}&table=elsewhere_only", "--target", everywhere.url("target"), "--table", "t"]
    code = main([*command, "--key", "id", "--strategy", "full_refresh"])

    assert code == 2
    assert everywhere.capsys.readouterr().err.startswith(
        f"incload: source table 'elsewhere_only' is not in this schema but in {schema}: name that in the URL"
    )


@pytest.mark.parametrize("everywhere", ["postgres-sqlite", "sqlite-postgres"], indirect=True)
def test_a_schema_that_is_not_there_is_named(everywhere: Ends) -> None:
    """Source and target say which schema is unknown and which may be meant; for a target, that a load makes none."""
    place = "source" if everywhere.source == "postgres" else "target"
    everywhere.fill(("id", "ts"), (1, 1), types="BIGINT")
    schema = everywhere.urls[place].partition("&schema=")[2]
    everywhere.urls[place] = everywhere.urls[place].replace(schema, f"{schema}x")

    code, _, error = everywhere.load("full_refresh")

    assert code == 2
    assert error.startswith(f"incload: unknown {place} schema '{schema}x': did you mean {schema}?")
    assert ("A load makes no schema" in error) is (place == "target")


@pytest.mark.parametrize("everywhere", ["sqlite-sqlite", "duckdb-duckdb"], indirect=True)
def test_evolve_is_offered_where_it_helps(everywhere: Ends) -> None:
    """Where it was given, or would not help, the sentence says what does."""
    everywhere.fill(("id", "ts"), (1, 1), types="BIGINT")
    everywhere.load("full_refresh")
    everywhere.fill(("id", "ts", "note"), (1, 1, "a"), types="BIGINT, VARCHAR")
    assert "column 'note' is missing there; add it, load with --evolve, or" in everywhere.load("full_refresh")[2]

    everywhere.fill(("id", "note"), (1, "a"))
    plain, evolving = (everywhere.load("full_refresh", *more)[2] for more in ((), ("--evolve",)))
    assert plain.endswith(": column 'note' is missing there; add it, load with --evolve, or load into a new table.\n")
    assert evolving.startswith("incload: warning: column 'ts' is not in the source any more, and its values in 1 rows")
    everywhere.write("target", "DROP TABLE t")
    kind = "VARCHAR" if everywhere.target == "duckdb" else "TEXT"
    everywhere.write("target", f"CREATE TABLE t (id INTEGER PRIMARY KEY, mine {kind} NOT NULL)")
    plain, evolving = (everywhere.load("full_refresh", *more)[2] for more in ((), ("--evolve",)))
    assert plain.endswith(": column 'note' is missing there; add it, and drop the column 'mine' of its own.\n")
    assert "has a column 'mine' of its own, which must not be null and has no default: give it a default" in evolving


@pytest.mark.parametrize("everywhere", ["duckdb-postgres", "postgres-duckdb", "postgres-postgres"], indirect=True)
def test_a_decimal_key_has_an_order_in_both_databases(everywhere: Ends) -> None:
    """Nine comes before ten, there as here, so that a strategy may go by it."""
    everywhere.fill(("ts", "id"), (1, "9"), (2, "10"), types="DECIMAL(9)")
    assert everywhere.load("incrementing_id")[0] == 0
    everywhere.fill(("ts", "id"), (1, "9"), (2, "10"), (3, "11"), (4, "100"), types="DECIMAL(9)")

    code, out, error = everywhere.load("incrementing_id")

    assert (code, error) == (0, "")
    assert out.startswith("Loaded 2 rows into t.")


@pytest.mark.parametrize("everywhere", ["sqlite-sqlite"], indirect=True)
def test_the_state_predicts_with_the_parameters_of_the_load(everywhere: Ends) -> None:
    """What is shown is what a load like the last one does, without naming its parameters again."""
    everywhere.fill(("id", "ts"), (1, 7200), types="BIGINT")
    everywhere.load("lookback_window:minutes=30", *CURSOR)

    assert main(["state", "show", everywhere.url("target")]) == 0
    assert (
        "The next load with --strategy lookback_window:minutes=30 reads the rows whose ts is no earlier than 5400"
        in everywhere.capsys.readouterr().out
    )
