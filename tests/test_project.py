"""What the project's set-up promises: all packages ship, nothing names a machine, the linters find what they are for.

The linters themselves run over the project in `make lint`; here they run over small houses with planted faults.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = re.compile(
    r"(?<![\w.])/(home|root|Users|work)/\w|/tmp/[a-z]|py[p]i\.org|[p]ythonhosted|index[-]url|://\S+/s[i]mple\b"
)
"""Paths of a developer's machine, and hosts of package registries; written so as not to find itself."""
NOT_OURS = re.compile(
    r"\.git(/|$)|\.venv/|\.peers/|\.\w+_cache/|\.hypothesis/|\.benchmarks/|build/|dist/|.*\.egg-info/|.*__pycache__/|"
    r"reports/(latest|growth|replay)"
)
"""What is made on the way and never committed, as .gitignore says."""


def machine_texts(root: Path) -> list[str]:
    """Return where the project's text files name a path of a machine or the host of a package registry."""
    found = []
    for start in sorted(root.iterdir()):
        for path in sorted(start.rglob("*") if start.is_dir() and not NOT_OURS.match(f"{start.name}/") else [start]):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not NOT_OURS.match(name):
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                found += [f"{name}:{number} {line}" for number, line in enumerate(lines, 1) if MACHINE.search(line)]
    return found


def undeclared_packages(root: Path) -> set[str]:
    """Return the difference between the packages that pyproject.toml lists and the folders that are packages."""
    declared = set(project(root)["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(root) for path in (root / "incload").rglob("__init__.py")}
    return declared ^ {".".join(folder.parts) for folder in folders} ^ {"incload.strategies"}


def project(root: Path) -> dict[str, Any]:
    """Return the content of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def house(root: Path, folder: Path, plants: dict[str, str]) -> Path:
    """Build a small house in a folder: the real set-up over empty rooms, and some files with a text of their own."""
    shutil.copy(root / "pyproject.toml", folder)
    packages = project(root)["tool"]["setuptools"]["packages"]
    rooms = ["strategies", *(name.replace(".", "/") for name in packages if name != "incload.strategies")]
    empty = {f"{room}/__init__.py": "" for room in rooms} | {"incload/cli.py": ""}
    for name, text in {**empty, **plants}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in a folder and return what it did."""
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def broken_contracts(folder: Path) -> list[str]:
    """Return the names of the import contracts that a house breaks."""
    done = ran(folder, "-c", "from importlinter.cli import lint_imports as run; run(no_cache=True, no_logo=True)")
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE)


def test_nothing_names_a_machine_or_a_registry(root: Path) -> None:
    """No file of the project names a path of the machine it was written on, or where packages come from."""
    assert machine_texts(root) == []


@pytest.mark.parametrize("text", ["|home|ann|x.db", "'|tmp|x.db'", "https:||host|simple", "pip --index_url"])
def test_a_machine_path_is_found(text: str, tmp_path: Path) -> None:
    """A path of a machine or a registry's address is found in any text file."""
    line = text.replace("|", "/").replace("_", "-")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(line, encoding="utf-8")

    assert machine_texts(tmp_path) == [f"docs/page.md:1 {line}"]


@pytest.mark.parametrize("name", ["reports/latest.csv", ".venv/bin/pip", "incload/__pycache__/x.pyc", ".mypy_cache/x"])
def test_what_is_never_committed_may_name_a_machine(name: str, tmp_path: Path) -> None:
    """Reports of this machine, environments and caches are left out."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("|home|ann".replace("|", "/"), encoding="utf-8")

    assert machine_texts(tmp_path) == []


def test_every_package_is_declared(root: Path) -> None:
    """A wheel holds every package: pyproject.toml lists all folders of incload, and the strategies."""
    assert undeclared_packages(root) == set()


def test_an_undeclared_package_is_found(root: Path, tmp_path: Path) -> None:
    """A package folder that pyproject.toml does not list is found."""
    folder = house(root, tmp_path, {"incload/new/__init__.py": ""})

    assert undeclared_packages(folder) == {"incload.new"}


def test_extras_and_groups_agree(root: Path) -> None:
    """The dependency groups list what the extras list."""
    content = project(root)

    assert content["project"]["optional-dependencies"] == content["dependency-groups"]


def test_a_tidy_house_breaks_no_contract(root: Path, tmp_path: Path) -> None:
    """Imports that point down are allowed, those of a strategy among them."""
    downwards = {
        "strategies/good.py": "from incload.strategy import x",
        "incload/harness/trials/trial.py": "from incload.history import x\nfrom incload.loading import y",
        "incload/cli.py": "import incload.harness\nimport incload.report",
        "incload/harness/trials/matrix.py": "from incload.report import x",
        "incload/engines/sqlite/session.py": "import sqlite3",
    }

    assert broken_contracts(house(root, tmp_path, downwards)) == []


@pytest.mark.parametrize(
    ("name", "text", "contract"),
    [
        ("strategies/bad.py", "import incload.cli", "A strategy"),
        ("strategies/bad.py", "def f():\n    from incload import loading", "A strategy"),
        ("incload/loading/bad.py", "from incload.history import x", "load and history know nothing of each other"),
        ("incload/history/bad.py", "from incload.loading import x", "load and history know nothing of each other"),
        (
            "incload/loading/bad.py",
            "import incload.report",
            "load and history know nothing of the harness or the report",
        ),
        (
            "incload/history/bad.py",
            "from incload.harness import x",
            "load and history know nothing of the harness or the report",
        ),
        ("incload/report/bad.py", "from incload.loading import x", "the report"),
        ("incload/report/bad.py", "from incload.engines import x", "the report"),
        ("incload/report/bad.py", "import duckdb", "no module outside the engines imports a driver"),
        *(
            (f"incload/{room}/bad.py", f"def f():\n    import {driver}", "no module outside the engines imports")
            for room, driver in [
                ("harness", "psycopg.conninfo"),
                ("loading", "sqlite3"),
                ("auditing", "duckdb"),
                ("contenders", "adbc_driver_sqlite.dbapi"),
                ("api", "pymysql"),
                ("history", "pyspark.sql"),
            ]
        ),
        ("strategies/bad.py", "import sqlite3", "no module outside the engines imports a driver"),
        ("incload/harness/bad.py", "from incload.commands import x", "no module below knows the command line"),
    ],
)
def test_an_import_that_points_up_breaks_its_contract(
    name: str, text: str, contract: str, root: Path, tmp_path: Path
) -> None:
    """Each contract is broken by an import that it is there to forbid."""
    broken = broken_contracts(house(root, tmp_path, {name: text}))

    assert len(broken) == 1
    assert broken[0].startswith(contract)


def test_types_of_strategies_are_checked(root: Path, tmp_path: Path) -> None:
    """A strategy that does not return what the contract asks for is found by the type checker."""
    contract = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in (
            *map(root.joinpath, ("incload/assumptions.py", "incload/records.py")),
            *(root / "incload/strategy").glob("*.py"),
        )
    }
    wrong = "from incload.strategy import State\n\n\ndef f() -> State:\n    return 'text'\n"
    folder = house(root, tmp_path, {**contract, "strategies/bad.py": wrong})
    done = ran(folder, "-m", "mypy", "--cache-dir", str(tmp_path / "types"))

    assert "strategies/bad.py:5: error: Incompatible return value type" in done.stdout
    assert "Found 1 error in 1 file" in done.stdout
