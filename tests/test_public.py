"""What other people's code and scripts rely on: public names, the two ways to start, and that starting is quick."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points, version
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

import incload
import incload.registry
import incload.strategy

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = ["incload.registry", "incload.strategy"]
CONTRACT = [
    "SHOWN_BY_CURSOR",
    "AfterKey",
    "Assumption",
    "Capability",
    "Changed",
    "Delta",
    "Differing",
    "Everything",
    "KeyRanges",
    "Learning",
    "Logged",
    "Need",
    "Position",
    "Reach",
    "Rows",
    "Seen",
    "Since",
    "Source",
    "State",
    "Strategy",
    "Vanished",
    "WriteRule",
    "needs_of",
]


def started(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Start Python in a folder that is not the project's; return what it did and the top-level names it imported."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done, set(re.findall(r"^import time:.*\|\s+(\w+)[\w.]*$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("name", PUBLIC)
def test_public_modules(name: str) -> None:
    """The modules that other code may use are there, and the package says which they are."""
    module = import_module(name)

    assert module.__name__ == name
    assert f"`{name.removeprefix('incload.')}`" in (incload.__doc__ or "")


def test_public_names_are_there() -> None:
    """Each public name of the package can be used, and the package says what there is."""
    assert [name for name in incload.__all__ if not hasattr(incload, name)] == []
    assert set(incload.__all__) <= set(dir(incload))


def test_a_name_that_is_not_public() -> None:
    """It is missing, as in any module."""
    with pytest.raises(AttributeError, match="module 'incload' has no attribute 'lode'"):
        _ = incload.lode


def test_a_folder_takes_no_functions_place() -> None:
    """What is imported from the folders leaves the functions of the package where they are."""
    import_module("incload.loading.sync")

    assert callable(incload.load)


def test_names_of_the_registry() -> None:
    """The registry is asked for strategies under these names, and other packages add theirs under this group."""
    functions = (incload.registry.strategies, incload.registry.strategy, incload.registry.strategy_classes)

    assert [function.__name__ for function in functions] == ["strategies", "strategy", "strategy_classes"]
    assert incload.registry.GROUP == "incload.strategies"


def test_one_version() -> None:
    """The version that the package states is the one that is installed."""
    assert incload.__version__ == version("incload")


def test_names_of_the_contract() -> None:
    """A strategy can import these names from incload.strategy, and each is there."""
    assert incload.strategy.__all__ == CONTRACT
    assert [name for name in CONTRACT if not hasattr(incload.strategy, name)] == []


def test_importing_is_quick(tmp_path: Path, heavy: frozenset[str]) -> None:
    """Importing incload imports no library that is slow to import."""
    done, imported = started(tmp_path, "-c", "import incload")

    assert done.returncode == 0, done.stderr[-300:]
    assert "incload" in imported
    assert imported & heavy == set()


def test_the_command_line_opens_quickly(tmp_path: Path, heavy: frozenset[str]) -> None:
    """Asking the command for help imports no library that is slow to import."""
    done, imported = started(tmp_path, "-m", "incload", "--help")

    assert done.returncode == 0, done.stderr[-300:]
    assert "usage" in done.stdout.lower()
    assert imported & heavy == set()


def test_a_slow_import_is_seen(tmp_path: Path, heavy: frozenset[str]) -> None:
    """A heavy library that a program imports, even from inside a function, is among the names reported."""
    _, imported = started(tmp_path, "-c", "def f():\n    import numpy.linalg\nf()")

    assert imported & heavy == {"numpy"}


def test_the_command_is_the_module() -> None:
    """The installed command `incload` is the function behind `python -m incload`."""
    (command,) = entry_points(group="console_scripts", name="incload")

    assert command.value == "incload.cli:main"
    assert callable(command.load())


def test_strategies_are_imported_from_their_folder(tmp_path: Path) -> None:
    """The strategies are importable as incload.strategies alone; no top-level package of that name is installed."""
    program = "import incload.strategies.full_refresh, importlib.util as u; print(u.find_spec('strategies'))"
    done, _ = started(tmp_path, "-c", program)

    assert done.stdout == "None\n", done.stderr[-300:]


def test_types_are_shipped() -> None:
    """The marker that makes type checkers read the package's annotations is part of it."""
    assert files("incload").joinpath("py.typed").is_file()
