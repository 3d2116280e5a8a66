"""What a bare installation can do: loads need no extra, and whatever needs one says so in one sentence."""

from __future__ import annotations

import ast
import json
import re
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.extras import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITHOUT = """
import sys
for name in sys.argv[1].split():
    sys.modules[name] = None
from incload.cli import main
sys.exit(main(sys.argv[2:]))
"""
BASE = {"adbc_driver_manager", "adbc_driver_sqlite", "duckdb", "pyarrow", "xxhash"}
"""What the dependencies of a bare installation are imported as; the manager comes with the driver."""
LOADING = ("engines/*.py", "engines/[!p]*/**/*.py", "loading/**/*.py", "api/load.py", "commands/load.py", "*.py")
"""The modules that a load between embedded engines may import."""
GUARDED = {"rich"}
"""What is imported only where it is found."""


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where no module of any extra can be imported."""
    absent = " ".join(name for names in EXTRAS.values() for name in names)
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, absent, *arguments], capture_output=True, text=True, check=False
    )


def foreign(source: str) -> Iterator[str]:
    """Yield the top-level modules that a text imports when it runs, but for those of Python and of incload."""
    tree = ast.parse(source)
    for node in [each for each in ast.walk(tree) if isinstance(each, ast.If)]:
        if "TYPE_CHECKING" in ast.dump(node.test):
            node.body.clear()
    for node in ast.walk(tree):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        yield from (name for name in (each.partition(".")[0] for each in names) if name not in OURS)


OURS = {*sys.stdlib_module_names, "incload"}


def test_modules_of_loading_import_base_dependencies_alone(root: Path) -> None:
    """Wherever the import stands, in a function or not."""
    paths = {path for pattern in LOADING for path in (root / "incload").glob(pattern)}
    paths -= {*(root / "incload" / "engines" / "spark").rglob("*.py")}  # which is no embedded engine
    found = {name for path in paths for name in foreign(path.read_text(encoding="utf-8"))}

    assert len(paths) > 50
    assert found - GUARDED <= BASE


def test_an_import_inside_a_function_is_found() -> None:
    """One for the type checker is none."""
    text = "if TYPE_CHECKING:\n    import pandas\ndef f():\n    from faker.x import y\n    import json"

    assert list(foreign(text)) == ["faker"]


def test_a_bare_installation_brings_the_base_alone(root: Path) -> None:
    """And the extras bring what `incload.extras` says, all of it together in `all`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {named(each) for each in project["dependencies"]}
    extras = {name: {named(each) for each in project["optional-dependencies"][name]} for name in (*EXTRAS, "all")}

    assert base == BASE - {"adbc_driver_manager"}
    assert {name: set(modules) for name, modules in EXTRAS.items()} == {name: extras[name] for name in EXTRAS}
    assert extras["all"] == set().union(*(extras[name] for name in EXTRAS))


def named(requirement: str) -> str:
    """Return what a requirement is imported as."""
    return re.split(r"[\[<>=]", requirement)[0].replace("-", "_")


@pytest.mark.parametrize("ends", [("json", "sqlite"), ("json", "duckdb"), ("sqlite", "duckdb"), ("sqlite", "sqlite")])
def test_a_load_needs_no_extra(tmp_path: Path, ends: tuple[str, str]) -> None:
    """Twice, with a change in between, on files and both embedded engines."""
    source, target = tmp_path / f"source.{ends[0]}", f"{ends[1]}:///{tmp_path}/target.{ends[1]}"
    for last in (2, 3):
        write(source, last)
        given = str(source) if ends[0] == "json" else f"{ends[0]}:///{source}?table=t"
        plan = ("--table", "t", "--key", "id", "--cursor", "ts", "--strategy", "composite_watermark")
        done = bare("load", given, "--target", target, *plan)
        assert (done.returncode, done.stderr) == (0, "")


def write(path: Path, last: int) -> None:
    """Make a table with so many rows."""
    rows = [{"id": number, "ts": number, "v": 0.5} for number in range(last)]
    if path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, ts INTEGER, v REAL)")
        connection.executemany("INSERT OR REPLACE INTO t VALUES (:id, :ts, :v)", rows)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("compare", "--scenarios", "late_arrivals", "--engines", "sqlite-sqlite"), "harness"),
        (("replay", ".", "--file", "x.json", "--key", "id"), "harness"),
        (("report", "baseline.csv"), "harness"),
    ],
)
def test_what_needs_an_extra_names_it(arguments: tuple[str, ...], extra: str, root: Path) -> None:
    """In one sentence, with exit code 2."""
    given = [str(root / "reports" / each) if each == "baseline.csv" else each for each in arguments]
    done = bare(*given)

    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"incload: .* needs .*: `pip install 'incload\[{extra}\]'`\.\n", done.stderr)
