"""Many tables loaded together: a broken one leaves the others loaded, and a run that is killed loses nothing."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

import incload
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

TABLES = 20
BROKEN = "t7"
ENGINES = ("sqlite", "duckdb", "postgres")


def source(folder: Path, rows: int = 30) -> None:
    """Write a SQLite database of twenty tables, of which one has no column `id`."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        for number in range(TABLES):
            key = "other" if f"t{number}" == BROKEN else "id"
            connection.execute(f"CREATE TABLE t{number} ({key} INTEGER PRIMARY KEY, v TEXT, at INTEGER)")
            values = ((row, f"v{row}", row) for row in range(rows))
            connection.executemany(f"INSERT INTO t{number} VALUES (?, ?, ?)", values)


def config(folder: Path, target: str, strategy: str = "row_hash_cdc") -> Path:
    """Write a config of the twenty tables."""
    tables = "".join(f'[[tables]]\ntable = "t{number}"\n' for number in range(TABLES))
    (folder / "incload.toml").write_text(
        f'[sources.shop]\nurl = "sqlite:///shop.db"\n[targets.copy]\nurl = "{target}"\n'
        f'[defaults]\nkey = "id"\nstrategy = "{strategy}"\n{tables}',
        encoding="utf-8",
    )
    return folder / "incload.toml"


def target_of(engine: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty target."""
    return str(request.getfixturevalue("postgres_url")) if engine == "postgres" else f"{engine}:///{folder}/copy.db"


def counted(path: Path) -> dict[str, int]:
    """Audit every table; return how many rows of each are right, of those that could be compared."""
    found = incload.audit_all(path).tables
    return {each.table: each.result.copy_rows for each in found if each.result and not each.result.wrong}


EVERY_OTHER = {f"t{number}": 30 for number in range(TABLES) if f"t{number}" != BROKEN}


@pytest.mark.parametrize("engine", ENGINES)
def test_one_broken_table_leaves_the_others_loaded(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Nineteen of twenty tables are loaded by four processes; the other one is refused in one sentence."""
    source(tmp_path)
    path = config(tmp_path, target_of(engine, tmp_path, request))

    done = incload.load_all(path, jobs=4)

    assert done.exit_code == 2
    assert {each.table: each.error for each in done.tables if each.status != "loaded"} == {
        BROKEN: "unknown key column 'id': known: at, other, v."
    }
    assert [each.table for each in done.tables] == [f"t{number}" for number in range(TABLES)]
    assert counted(path) == EVERY_OTHER


KILLED = """
import os, signal, subprocess, sys
from incload.api.config.read import read_config
from incload.api.many import load_all, pool

started, begin = [], subprocess.Popen
def noted(*given, **options):
    started.append(begin(*given, **options))
    return started[-1]
pool.subprocess.Popen = noted

class Killer(load_all.Unwatched):
    left = 5
    def ended(self, number, done):
        self.left -= 1
        if not self.left:
            for each in started if sys.argv[2] == "all" else []:
                os.kill(each.pid, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

load_all.run_all(read_config(sys.argv[1]), {"jobs": 4}, Killer())
"""


@pytest.mark.parametrize("who", ["parent", "all"])
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_killed_in_the_middle_and_run_again_nothing_is_lost(
    engine: str, who: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """After five of twenty tables the process dies, alone or with those that load; the next run does the rest."""
    source(tmp_path)
    path = config(tmp_path, target_of(engine, tmp_path, request))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), who], check=False, capture_output=True)

    assert killed.returncode == -signal.SIGKILL
    assert {each.table for each in incload.load_all(path, jobs=4).tables if each.error} == {BROKEN}
    assert counted(path) == EVERY_OTHER


def test_a_process_that_dies_fails_its_table_alone(tmp_path: Path) -> None:
    """A load that takes its process with it is one line, and the other tables are loaded by another process."""
    source(tmp_path)
    path = config(tmp_path, "sqlite:///copy.db")
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif '-m' in sys.orig_argv:\n    import os, incload.api.load as module\n    real = module.load\n"
        "    def load(source, target, **options):\n        if options['table'] == 't3':\n            os._exit(9)\n"
        "        return real(source, target, **options)\n    module.load = load\n",
        encoding="utf-8",
    )
    run = "import incload, json, sys; print(json.dumps(incload.load_all(sys.argv[1], jobs=2).to_dict()))"
    done = subprocess.run(
        [sys.executable, "-c", run, str(path)], check=True, capture_output=True, env={"PYTHONPATH": str(tmp_path)}
    )
    found = {each["table"]: each for each in json.loads(done.stdout)["tables"]}

    assert found["t3"]["status"] == "failed"
    assert found["t3"]["error"].startswith("the process that loaded it ended with code 9: the target is as")
    assert counted(path) == {name: 30 for name in EVERY_OTHER if name != "t3"}


def test_secrets_of_a_config_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the sentence of a condition that the source does not understand."""
    monkeypatch.setenv("API_TOKEN", "hunter2")
    source(tmp_path)
    path = config(tmp_path, "sqlite:///copy.db")
    with path.open("a", encoding="utf-8") as written:
        written.write('where = "hunter = hunter2 and ${API_TOKEN} ="\n')
    (done,) = incload.load_all(path, tables="t19").tables

    assert done.error is not None
    assert "hunter2" not in f"{done!r} {done.to_dict()}"


def test_guards_are_lifted_for_the_tables_that_are_named(tmp_path: Path) -> None:
    """What is held back ends in exit code 3, and goes with the switch."""
    source(tmp_path)
    path = config(tmp_path, "sqlite:///copy.db")
    incload.load_all(path, tables=["t1", "t2"])
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("DELETE FROM t1 WHERE id > 3")

    assert incload.load_all(path, tables=["t1", "t2"]).exit_code == 3
    assert incload.load_all(path, tables="t1", allow_removals=True).tables[0].status == "loaded"
    assert incload.audit_all(path, tables="t1").exit_code == 0


def test_a_failure_that_is_not_the_users_is_one_line_and_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other tables are loaded, and the exit code is 1."""

    def broken(*_: object, **options: object) -> object:
        raise ZeroDivisionError(str(options["table"]))

    source(tmp_path)
    path = config(tmp_path, "sqlite:///copy.db")
    monkeypatch.setattr("incload.api.load.load", broken)
    done = incload.load_all(path, tables="t1")

    assert (done.exit_code, done.tables[0].error) == (1, "ZeroDivisionError: t1")
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tables": "t99"}, r"unknown table in incload\.toml 't99': did you mean"),
        ({"jobs": 0}, "0 jobs leave nothing to load with: give 1 or more"),
        ({"job": 1}, r"unknown option of incload\.load_all 'job': did you mean jobs\?"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], sentence: str, tmp_path: Path) -> None:
    """Before anything is loaded."""
    path = config(tmp_path, "sqlite:///copy.db")
    with pytest.raises(Refused, match=sentence):
        incload.load_all(path, **options)  # type: ignore[arg-type]


def test_both_ends_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    """Tables of PostgreSQL are loaded into PostgreSQL by several connections at the same time."""
    server, _, schema = postgres_url.rpartition("&schema=")
    with psycopg.connect(server) as connection:
        for number in range(TABLES):
            name = f'"{schema}".t{number}'
            connection.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, v text)")
            connection.execute(f"INSERT INTO {name} SELECT g, 'v' FROM generate_series(1, 30) g")
    path = config(tmp_path, postgres_url)
    text = path.read_text(encoding="utf-8").replace("sqlite:///shop.db", postgres_url)
    path.write_text(re.sub(r'table = "(t\d+)"', r'table = "copy_\1"\nsource_table = "\1"', text), encoding="utf-8")

    assert incload.load_all(path, jobs=4).exit_code == 0
    assert counted(path) == {f"copy_t{number}": 30 for number in range(TABLES)}
