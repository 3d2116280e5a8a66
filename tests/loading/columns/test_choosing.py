"""Which columns and which rows of a source are copied, on every pair of engines."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from every_pair import Ends

from incload.cli import main
from incload.cursor import Scale
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.loading.columns.choosing import check_condition
from incload.strategy import Since
from incload.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from incload.engines.session import Session

NAMES = ("id", "ts", "status", "note")
ROWS = [(1, 1, "draft", "a"), (2, 2, "sent", "b?"), (3, 3, "sent", "c"), (4, 4, "draft", "d")]
TYPES = "BIGINT, VARCHAR, VARCHAR"
CURSOR = ("--cursor", "ts", "--cursor-unit", "s")
SOME = ["sqlite-sqlite", "sqlite-postgres", "duckdb-sqlite", "postgres-postgres", "json-duckdb", "csv-sqlite"]
"""A pair of each source and each way in which rows come to the target."""
SENT = ("--where", "status <> 'draft'")


@pytest.fixture
def ends(everywhere: Ends) -> Ends:
    """Return a filled source and a target on each pair in turn."""
    everywhere.fill(NAMES, *ROWS, types=TYPES)
    return everywhere


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ends:
    """Return a filled source and a target in SQLite."""
    made = Ends("sqlite", "sqlite", tmp_path, {}, capsys)
    made.fill(NAMES, *ROWS, types=TYPES)
    return made


@pytest.mark.parametrize("option", [("--columns", "note"), ("--exclude", "status")], ids=["columns", "exclude"])
def test_chosen_columns_are_copied(option: tuple[str, str], ends: Ends) -> None:
    """The key and the cursor always are; the target has no other column."""
    assert ends.load("timestamp_watermark", *CURSOR, *option)[0] == 0

    assert ends.rows() == [(1, 1, "a"), (2, 2, "b?"), (3, 3, "c"), (4, 4, "d")]


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "row_hash_cdc"])
def test_chosen_rows_are_copied(strategy: str, ends: Ends) -> None:
    """A second load copies those that are new, and leaves alone those that were not chosen."""
    assert ends.load(strategy, *CURSOR, *SENT)[0] == 0
    assert ends.rows("SELECT id, note FROM t ORDER BY 1") == [(2, "b?"), (3, "c")]

    ends.fill(NAMES, *ROWS, (5, 5, "sent", "e"), (6, 6, "draft", "f"), types=TYPES)
    code, out, _ = ends.load(strategy, *CURSOR, *SENT, "--count")

    assert (code, ends.rows("SELECT id FROM t ORDER BY 1")) == (0, [(2,), (3,), (5,)])
    assert "  source_records: 3\n" in out


@pytest.mark.parametrize("everywhere", SOME, indirect=True)
@pytest.mark.parametrize(
    ("strategy", "kept"), [("timestamp_watermark", [(2,), (3,)]), ("snapshot_diff", [(3,)]), ("row_hash_cdc", [(3,)])]
)
def test_a_row_that_leaves_the_choice_goes_as_a_deleted_one(strategy: str, kept: list[tuple[int]], ends: Ends) -> None:
    """Strategies that see deletions remove it, others keep it as it was when it belonged."""
    ends.load(strategy, *CURSOR, *SENT)
    ends.fill(NAMES, ROWS[0], (2, 5, "draft", "b"), *ROWS[2:], types=TYPES)
    ends.load(strategy, *CURSOR, *SENT)

    assert ends.rows("SELECT id FROM t ORDER BY 1") == kept


@pytest.mark.parametrize("everywhere", SOME, indirect=True)
def test_another_choice_is_another_source(ends: Ends) -> None:
    """What the first choice left out lies behind the watermark and would be missed."""
    ends.load("timestamp_watermark", *CURSOR, *SENT)

    code, _, error = ends.load("timestamp_watermark", *CURSOR)

    assert code == 2
    assert "was made from" in error
    assert " where status <> 'draft'', and what " in error.replace('"', "'")


@pytest.mark.parametrize(
    "everywhere", ["sqlite-duckdb", "duckdb-sqlite", "postgres-sqlite", "csv-duckdb"], indirect=True
)
@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("stauts <> 'draft'", "incload: unknown column in --where 'stauts': did you mean status?\n"),
        ("status <> ", "incload: --where 'status <> ' cannot be read by the source: "),
        ("count(*) > 1", "incload: --where 'count(*) > 1' cannot be read by the source: "),
    ],
)
def test_what_the_source_does_not_understand_is_refused(condition: str, said: str, ends: Ends) -> None:
    """One sentence names the condition or the column in it, and nothing is made."""
    code, out, error = ends.load("full_refresh", "--where", condition)

    assert (code, out) == (2, "")
    assert error.startswith(said)
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("\"stauts\" <> 'draft'", "unknown column in --where 'stauts': did you mean status?"),
        ("status <> 'draft", "holds a quote that does not end: double a quote that is part of a text"),
        ("true; DROP TABLE t", "holds a semicolon outside of quotes: give one condition, as it would stand after"),
        ("true) OR (true", "has a parenthesis without its other one: close each that it opens."),
        ("(true", "has a parenthesis without its other one: close each that it opens."),
        (
            "id IN (SELECT 1)",
            "holds the word SELECT, and a condition is about one row: load from a view of it instead.",
        ),
        ("id = 1 -- all", "holds a comment: leave it out."),
        ("id = 1 /* all", "holds a comment: leave it out."),
        ("id = ?", "holds the sign ? outside of quotes, where databases expect a parameter: write the value itself."),
        (
            "status = E'it\\'s'",
            "holds a quote behind a backslash: double a quote that is part of a text, as in 'it''s'.",
        ),
        (" ", "--where is empty: give a condition, or leave it out."),
    ],
)
def test_what_is_no_condition_is_refused(condition: str, said: str) -> None:
    """The sentence names the condition, what is wrong with it and what to do."""
    with pytest.raises(Refused) as refusal:
        check_condition(condition, ["id", "status"])

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "condition",
    [
        "status <> 'a; DELETE -- ? /* (' AND \"status\" = 'it''s'",
        "status::text LIKE '%?' OR (id > 1 AND note IS NULL)",
        "t.status = E'a\\n' AND updated_at > date '2026-01-01'",
    ],
)
def test_what_a_text_holds_is_a_value(condition: str) -> None:
    """Signs and words inside quotes, and names that only contain such words, are let pass."""
    check_condition(condition, ["id", "status"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--columns", "nota"), "unknown column in --columns 'nota': did you mean note?"),
        (("--exclude", "nota"), "unknown column in --exclude 'nota': did you mean note?"),
        (("--exclude", "id"), "--exclude names 'id', the key column, which every load needs: leave it out of it."),
        (("--exclude", "ts"), "--exclude names 'ts', the cursor column, which every load needs: leave it out of it."),
        (("--columns", "note", "--exclude", "ts"), "--columns and --exclude were both given: name either what is "),
        (("--columns", "note,"), "--columns 'note,' names an empty column: give names of columns, separated by commas"),
    ],
)
def test_columns_that_cannot_be_chosen_are_refused(options: tuple[str, ...], said: str, files: Ends) -> None:
    """The sentence names the option and the column, and what may have been meant."""
    code, _, error = files.load("timestamp_watermark", *CURSOR, *options)

    assert (code, error.startswith(f"incload: {said}")) == (2, True)


@pytest.mark.parametrize("word", ["DELETE", "update", "Drop", "ATTACH"])
def test_a_write_is_no_condition(word: str) -> None:
    """A word that writes is refused wherever it stands, unless it is quoted: then it names a column or is a text."""
    with pytest.raises(Refused, match=f"holds the word {word.upper()}, and a load only reads its source"):
        check_condition(f"id = 1 OR {word} FROM t", ["id"])

    check_condition(f"\"{word}\" <> '{word}'", ["id", word])


@pytest.mark.parametrize(
    ("condition", "is_known"),
    [('"a""b" > 1', True), ('"a"" b" > 1', False), ("`a`` b` > 1", False), ('"a" > 1', False)],
)
def test_a_quoted_name_is_read_as_sql_reads_it(condition: str, *, is_known: bool) -> None:
    """A quote in it stands twice there; a name that is no column's is refused before the engine takes it for a text."""
    names = ['a"b', "v"]
    if is_known:
        check_condition(condition, names)
        return
    with pytest.raises(Refused, match=r"^unknown column in --where"):
        check_condition(condition, names)


@pytest.mark.parametrize("everywhere", ["postgres-postgres", "postgres-sqlite"], indirect=True)
def test_a_function_that_writes_is_no_condition(everywhere: Ends) -> None:
    """PostgreSQL says which functions may change something."""
    everywhere.fill(NAMES, *ROWS, types=TYPES)

    code, _, error = everywhere.load("full_refresh", "--where", "lo_creat(-1) > 0")

    assert code == 2
    assert "calls lo_creat, which may change the source or answers otherwise every time" in error


def test_a_condition_may_name_the_table(files: Ends) -> None:
    """As a condition behind WHERE may."""
    assert files.load("full_refresh", "--where", "t.status = 'sent'")[0] == 0

    assert [row[0] for row in files.rows()] == [2, 3]


@pytest.mark.parametrize("everywhere", SOME, indirect=True)
def test_a_choice_that_no_row_meets_makes_an_empty_table(ends: Ends) -> None:
    """It is a state of the source like any other, in a file too."""
    assert ends.load("full_refresh", "--where", "status = 'lost'")[0] == 0

    assert ends.rows() == []


@pytest.mark.parametrize(
    ("everywhere", "said"),
    [("sqlite-duckdb", "USING INDEX by_ts (ts>?)"), ("postgres-duckdb", "Index Scan using by_ts")],
    indirect=["everywhere"],
)
def test_a_choice_leaves_the_index_in_use(everywhere: Ends, said: str) -> None:
    """The rows behind a watermark are found in the index of the cursor, and only then the rest is looked at."""
    everywhere.fill(NAMES, *((n, n, "sent", "") for n in range(1, 5001)), types=TYPES)
    everywhere.write("source", "CREATE INDEX by_ts ON t (ts)", "ANALYZE")
    end = locate(everywhere.url("source"))
    with closing(session_type(end.engine).open(end, None)) as session:
        words = "EXPLAIN QUERY PLAN" if end.engine == "sqlite" else "EXPLAIN"
        plan = session.rows(f"{words} {_behind(session, 4_990)}")

    assert said in str(plan)


def _behind(session: Session, position: int) -> str:
    """Return the query for the chosen rows behind a watermark."""
    session.show("t", "rows", lambda rows: session.limited("t", rows, "status <> 'draft'"))
    columns = session.columns("source", "t") or ()
    table = Table("t", ("id",), "ts", columns)
    query = session.select(table, Scale(1), Since(position), session.relation("source", "t"))
    return query.sql.replace("?", str(position))


@pytest.mark.parametrize("everywhere", ["sqlite-sqlite", "sqlite-duckdb", "postgres-postgres"], indirect=True)
def test_a_change_log_sees_rows_leave_and_enter_a_choice(ends: Ends) -> None:
    """An update that makes a row leave removes it, and one that makes it enter adds it, whatever its cursor."""
    url = f"{ends.url('source')}{'&' if '?' in ends.url('source') else '?'}table=t"
    assert main(["capture", "install", url, "--key", "id"]) == 0
    ends.load("trigger_cdc", *SENT)
    ends.write("source", "UPDATE t SET status = 'draft' WHERE id = 2", "UPDATE t SET status = 'sent' WHERE id = 1")

    assert ends.load("trigger_cdc", *SENT)[0] == 0
    assert ends.rows("SELECT id FROM t ORDER BY 1") == [(1,), (3,)]


@pytest.mark.parametrize("everywhere", ["json-sqlite", "duckdb-duckdb"], indirect=True)
def test_rows_that_leave_a_choice_are_held_back_like_deleted_ones(everywhere: Ends) -> None:
    """A condition that suddenly leaves out most rows is more likely an accident."""
    everywhere.fill(NAMES, *((n, n, "sent", "") for n in range(40)), types=TYPES)
    everywhere.load("snapshot_diff", *SENT)

    code, out, _ = everywhere.load("snapshot_diff", "--where", "status <> 'draft' AND id < 5")

    assert (code, everywhere.rows("SELECT count(*) FROM t")) == (3, [(40,)])
    assert out.startswith("Held back the removal of 35 rows from t; ")
