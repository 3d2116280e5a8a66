"""Hostile names through the capture of changes: what keeps a log is named after its table, and is taken away whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bases import Base, created, literal, quoted
from offering import offer

from incload.engines.postgres import server
from incload.loading.capture import listed
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Tally

NAMES = {
    "everything": "n'\"; DROP TABLE victims; --",
    "dollars": "$$; DROP TABLE victims; $x$",
    "placeholders": "%s ? $1 :a {x} %",
    "a backslash": "\\'; DROP TABLE victims; --",
    "a line": "a\nb\t; --",
    "twins": "\u0130i\u212ak",
    "the longest": "\u00e9" * 31,
    "too long": "\u00e9" * 70,
    "a word": "select",
    "a space": " x",
}
KINDS = [
    ("sqlite", "triggers", "trigger_cdc"),
    ("postgres", "triggers", "trigger_cdc"),
    ("postgres", "log", "log_cdc"),
    ("postgres", "horizon", "commit_horizon"),
]
TEXTS = ("'; DROP TABLE victims; --", "\\'; --", "$$", "a\nb", "%s")


@pytest.fixture
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    """Return an empty database of the engine that is asked for."""
    if request.param != "postgres":
        yield Base(request.param, tmp_path / 'it\'s "source"; --')
        return
    with server.schema() as url:
        yield Base("postgres", url)


@pytest.mark.slow
@pytest.mark.parametrize(("base", "kind", "by"), KINDS, ids=["-".join(each[:2]) for each in KINDS], indirect=["base"])
@pytest.mark.parametrize("what", NAMES)
def test_a_log_is_kept_of_a_table_of_any_name(  # noqa: PLR0913, PLR0917 - what is crossed, and where
    what: str, base: Base, kind: str, by: str, tmp_path: Path, tally: Tally
) -> None:
    """It names what changed, is cut short and taken away, nothing of it stays, and no other table is touched."""
    name = NAMES[what]
    columns = [(f"k{name}", "VARCHAR(99)"), (f"v{name}", "VARCHAR(99)")]
    if base.engine == "postgres" and what in {"the longest", "too long"}:
        columns = [("k", "VARCHAR(99)"), ("v", "VARCHAR(99)")]
    key, table = columns[0][0], quoted(name)
    rows = ", ".join(f"({literal(text)}, {literal(text)})" for text in TEXTS)
    base.run("CREATE TABLE victims (id INTEGER)", created(name, columns, [key]), f"INSERT INTO {table} VALUES {rows}")
    before = base.tables()
    target = Base("sqlite", tmp_path / "target")
    source, tail = base.url(), ["--table", name, "--kind", kind]
    load = ["load", source, "--target", target.url(), f"--table={name}", "--key", "k", "--strategy", by]
    load[load.index("k")] = key

    made = offer(["capture", "install", source, *tail])
    if base.engine == "postgres" and what == "too long":
        assert "shorten it" in made.err
        assert base.tables() == before
        return
    assert made.code == 0
    _loaded(base, (name, key, columns[1][0]), load, by)

    assert [row[:2] for row in target.rows(name)] == [row[:2] for row in base.rows(name)]
    (kept,) = listed(base.end())
    assert (kept.log, kept.key) == (Capability[kind.upper()], (key,) if kind != "horizon" else kept.key)
    if kind == "triggers":
        offer(["capture", "trim", source, *tail, "--until", kept.position], codes=(0,))
    offer(["capture", "list", source, "--table", name], codes=(0,))
    offer(["capture", "remove", source, *tail], codes=(0,))
    tally("malice: logs kept of tables with hostile names", 1)

    assert base.tables() == before
    assert listed(base.end()) == []


def _loaded(base: Base, names: tuple[str, str, str], load: list[str], by: str) -> None:
    """Load before and after each change of a table, given its name and those of its columns."""
    name, key, value = names
    if by == "commit_horizon":
        load = [*load, "--cursor", next(each for each in columns_of(base, name) if "incload" in each)]
    changes = [f"UPDATE {quoted(name)} SET {quoted(value)} = 'x'"]
    if by != "commit_horizon":
        changes.append(f"DELETE FROM {quoted(name)} WHERE {quoted(key)} = '$$'")
    for change in changes:
        offer(load, codes=(0,))
        base.run(change)
    if by == "commit_horizon":
        offer(load, codes=(0,))
    offer([*load, "--allow-removals"], codes=(0,))


def columns_of(base: Base, table: str) -> list[str]:
    """Return the names of a table's columns."""
    found = base.run(f"SELECT column_name FROM information_schema.columns WHERE table_name = {literal(table)}")
    return [str(name) for (name,) in found]
