"""The rules of the house about its code that no linter knows, and proof that each finds what it is for.

A rule is a function from a file to findings: over the repository it must find nothing, over a planted fault something.
The rules about which room imports which stand in pyproject.toml.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

import pytest

import incload.engines

Rule = Callable[[Path, ast.Module], Iterator[str]]

MOST_LINES = 400
FOLDERS = {
    each.name: module
    for each in iter_modules(incload.engines.__path__)
    if each.ispkg and hasattr(module := import_module(f"incload.engines.{each.name}"), "DRIVERS")
}
"""The folder of each engine, and that of files: each names its drivers and its dialect's words."""
FOREIGN_DRIVERS = frozenset(
    {"aiosqlite", "asyncpg", "connectorx", "delta", "deltalake", "mariadb", "MySQLdb", "mysql", "psycopg2", "pymysql"}
    | {"pyiceberg", "pyodbc", "pyspark", "sqlalchemy"}
)
"""Packages that speak to databases of which there is no engine, or for which there is another driver here."""
FOREIGN_WORDS = (
    "AUTO_INCREMENT", "DISTRIBUTE BY", "GROUP_CONCAT", "INSERT IGNORE", "INSERT OVERWRITE", "LATERAL VIEW", "LOAD DATA",
    "LOCK IN SHARE MODE", "MERGE INTO", "ON DUPLICATE KEY", "SHOW (?:COLUMNS|MASTER|TABLES)", "TBLPROPERTIES",
    "USING (?:delta|iceberg|parquet)",
)  # fmt: skip
"""Words of MySQL and of Spark."""
DRIVERS = {driver for folder in FOLDERS.values() for driver in folder.DRIVERS} | FOREIGN_DRIVERS
WORDS = (*(word for folder in FOLDERS.values() for word in getattr(folder, "WORDS", ())), *FOREIGN_WORDS)
DIALECT = re.compile(rf"(?<!\w)(?:{'|'.join(WORDS)})(?!\w)")


class Import(NamedTuple):
    """One imported module: where, and whether that happens when the file itself is imported."""

    module: str
    line: int
    at_start: bool


def python_files(root: Path, *folders: str) -> list[Path]:
    """Return the Python files in some folders, in order."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def findings(root: Path, rule: Rule, *folders: str) -> list[str]:
    """Return what a rule finds in the Python files of some folders, as `path:line what`."""
    return [
        f"{path.relative_to(root)}:{finding}"
        for path in python_files(root, *folders)
        for finding in rule(path.relative_to(root), ast.parse(path.read_text(encoding="utf-8")))
    ]


def imports(tree: ast.Module) -> Iterator[Import]:
    """Yield every import, those for annotations only excepted when asked whether it happens at the start."""
    todo: list[tuple[ast.AST, bool]] = [(tree, True)]
    while todo:
        node, at_start = todo.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_start) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import("." * node.level + (node.module or ""), node.lineno, at_start)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            at_start = False
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        todo += [(child, at_start and not for_types) for child in ast.iter_child_nodes(node)]


def top(module: str) -> str:
    """Return the first part of a module's name."""
    return module.partition(".")[0]


def strategy_imports(path: Path, tree: ast.Module) -> Iterator[str]:
    """A strategy imports the standard library and incload.strategy; neither another strategy nor a library."""
    for each in imports(tree):
        if each.module != "incload.strategy" and top(each.module) not in sys.stdlib_module_names:
            yield f"{each.line} {path.stem} imports {each.module}"


def drivers_outside_engines(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only the folder of a database imports its driver."""
    folder = FOLDERS.get(path.parts[2]) if path.parts[:2] == ("incload", "engines") and len(path.parts) > 3 else None
    mine = folder.DRIVERS if folder else ()
    for each in imports(tree):
        driver = top(each.module)
        if (driver in DRIVERS or driver.startswith("adbc_")) and driver not in mine:
            yield f"{each.line} imports {each.module}"


def dialect_outside_engines(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only the engines contain SQL that not every database understands."""
    if path.is_relative_to("incload/engines"):
        return
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from (f"{node.lineno} says {match[0]}" for match in DIALECT.finditer(node.value))


def top_level_strategies(_: Path, tree: ast.Module) -> Iterator[str]:
    """Nothing imports the folder strategies/ under its own name: every class would exist twice."""
    yield from (f"{each.line} imports {each.module}" for each in imports(tree) if top(each.module) == "strategies")


def undocumented(_: Path, tree: ast.Module) -> Iterator[str]:
    """Every public module, class, function and method has a docstring."""
    if ast.get_docstring(tree) is None:
        yield "1 the module has no docstring"
    todo: list[ast.AST] = [tree]
    while todo:
        for node in ast.iter_child_nodes(todo.pop()):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(
                "_"
            ):
                if ast.get_docstring(node) is None:
                    yield f"{node.lineno} {node.name} has no docstring"
                todo += [node] if isinstance(node, ast.ClassDef) else []


def too_long(path: Path, tree: ast.Module) -> Iterator[str]:
    """No file is longer than a reader can hold in mind."""
    last = max((getattr(node, "end_lineno", 0) for node in ast.walk(tree)), default=0)
    if last > MOST_LINES:
        yield f"{last} {path.name} is longer than {MOST_LINES} lines"


def heavy_at_start(heavy: frozenset[str]) -> Rule:
    """Return the rule that libraries which are slow to import are only imported where they are used.

    An engine may import its own at the start, because it is itself imported only where it is used.
    """

    def rule(path: Path, tree: ast.Module) -> Iterator[str]:
        if not path.is_relative_to("incload/engines"):
            slow = (each for each in imports(tree) if each.at_start and top(each.module) in heavy)
            yield from (f"{each.line} imports {each.module} at the start" for each in slow)

    return rule


PACKAGE = ("incload", "strategies")
RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "strategy_imports": (strategy_imports, ("strategies",)),
    "drivers": (drivers_outside_engines, PACKAGE),
    "dialect": (dialect_outside_engines, PACKAGE),
    "top_level_strategies": (top_level_strategies, (*PACKAGE, "bench", "tests")),
    "docstrings": (undocumented, (*PACKAGE, "bench", "tests")),
    "length": (too_long, (*PACKAGE, "bench")),
}
"""Each rule that needs nothing but files, and the folders over which it holds."""

PLANTED = {
    "strategy_imports": (
        ("strategies/bad.py", "from incload.table import Table"),
        ("strategies/bad.py", "import incload"),
        ("strategies/bad.py", "from . import full_refresh"),
        ("strategies/bad.py", "def f():\n    import numpy"),
        ("strategies/bad.py", "if TYPE_CHECKING:\n    from incload.loading.sync import Sync"),
    ),
    "drivers": (
        ("incload/loading/sync.py", "import sqlite3"),
        ("incload/report/render/html.py", "def f():\n    from adbc_driver_sqlite.dbapi import connect"),
        ("incload/engines/session.py", "import duckdb"),
        ("incload/engines/duckdb/session.py", "import sqlite3"),
        ("incload/loading/run.py", "def f():\n    import psycopg"),
        ("incload/harness/concurrency/writers.py", "def f():\n    from psycopg.conninfo import make_conninfo"),
        ("incload/auditing/audit.py", "import adbc_driver_postgresql"),
        ("incload/engines/sqlite/session.py", "import psycopg"),
        ("incload/engines/postgres/session.py", "import psycopg2"),
        ("incload/contenders/native.py", "def f():\n    import pymysql.cursors"),
        ("incload/history/history.py", "from pyspark.sql import SparkSession"),
        ("strategies/bad.py", "def f():\n    import duckdb"),
    ),
    "dialect": (
        ("incload/loading/writing/write_rules.py", "f'INSERT INTO {t} SELECT 1 ON CONFLICT DO NOTHING'"),
        ("incload/loading/writing/write_rules.py", "run('PRAGMA table_info')"),
        ("incload/harness/perf/scaling.py", """f"strftime('%Y', {t})" """),
        ("incload/harness/concurrency/writers.py", "run('SELECT id FROM t FOR UPDATE')"),
        ("incload/auditing/audit.py", "run('SELECT * FROM pg_class')"),
        ("incload/loading/run.py", "run('SELECT * FROM t QUALIFY true')"),
        ("incload/api/load.py", "run('INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1')"),
        ("incload/api/load.py", "run('CREATE TABLE t USING iceberg')"),
        ("strategies/bad.py", "run('SELECT id FROM t WHERE ROWID > 1')"),
    ),
    "top_level_strategies": (
        ("tests/test_bad.py", "from strategies.full_refresh import FullRefresh"),
        ("bench/bad.py", "import strategies"),
    ),
    "docstrings": (
        ("incload/bad.py", "x = 1"),
        ("incload/bad.py", '"""Text."""\ndef f(): ...'),
        ("strategies/bad.py", '"""Text."""\nclass C:\n    """Text."""\n    async def f(self): ...'),
        ("tests/test_bad.py", '"""Text."""\ndef test_f(): ...'),
    ),
    "length": (("bench/bad.py", "x = 1\n" * (MOST_LINES + 1)),),
}
"""For each rule, files that break it."""


def planted(tmp_path: Path, name: str, text: str) -> Path:
    """Write a file into an otherwise empty repository and return that repository."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", RULES)
def test_the_repository_keeps_the_rule(name: str, root: Path) -> None:
    """No file of the project breaks the rule."""
    rule, folders = RULES[name]

    assert findings(root, rule, *folders) == []


@pytest.mark.parametrize(("name", "file", "text"), [(name, *plant) for name in PLANTED for plant in PLANTED[name]])
def test_the_rule_finds_what_it_is_for(name: str, file: str, text: str, tmp_path: Path) -> None:
    """A file that breaks a rule in one place is found, once."""
    rule, folders = RULES[name]

    assert len(findings(planted(tmp_path, file, text), rule, *folders)) == 1


def test_every_rule_is_proven() -> None:
    """No rule is without a planted fault."""
    assert PLANTED.keys() == RULES.keys()


def test_the_rules_look_at_files(root: Path) -> None:
    """The folders that the rules look into are where the files are."""
    names = {path.relative_to(root).as_posix() for path in python_files(root, *PACKAGE, "tests")}

    assert names >= {"incload/strategy/base.py", "strategies/full_refresh.py", "tests/test_house.py"}


def test_every_folder_of_an_engine_names_its_words(root: Path) -> None:
    """A new engine's folder is known to the rules, with its drivers and its dialect's words."""
    folders = {path.parent.name for path in (root / "incload" / "engines").glob("*/session.py")}

    assert folders <= FOLDERS.keys()
    assert all(FOLDERS[name].DRIVERS and FOLDERS[name].WORDS for name in folders)


def test_heavy_libraries_are_imported_where_they_are_used(root: Path, heavy: frozenset[str]) -> None:
    """No module but an engine imports a heavy library at its start."""
    assert findings(root, heavy_at_start(heavy), *PACKAGE) == []


@pytest.mark.parametrize(
    "text", ["import pandas as pd", "try:\n    from numpy import array\nexcept E:\n    array = None"]
)
def test_a_heavy_import_at_the_start_is_found(text: str, tmp_path: Path, heavy: frozenset[str]) -> None:
    """A heavy library imported outside a function is found."""
    assert len(findings(planted(tmp_path, "incload/bad.py", text), heavy_at_start(heavy), "incload")) == 1


@pytest.mark.parametrize(
    "text", ["if TYPE_CHECKING:\n    import pandas", "class C:\n    def f(self):\n        import pandas"]
)
def test_a_heavy_import_where_it_is_used_is_fine(text: str, tmp_path: Path, heavy: frozenset[str]) -> None:
    """An import for annotations or inside a function is not found."""
    assert findings(planted(tmp_path, "incload/good.py", text), heavy_at_start(heavy), "incload") == []
