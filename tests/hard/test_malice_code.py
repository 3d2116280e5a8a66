"""Nothing that incload reads is run: its code unpickles, evaluates and executes nothing that comes from outside."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Tally

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"dill", "cloudpickle", "shelve", "yaml", "jsonpickle", "joblib", "code"}
FORBIDDEN_ATTRIBUTES = {
    ("pickle", "load"),
    ("pickle", "loads"),
    ("pickle", "Unpickler"),
    ("marshal", "load"),
    ("marshal", "loads"),
    ("os", "system"),
    ("os", "popen"),
    ("subprocess", "getoutput"),
    ("numpy", "load"),
    ("pandas", "read_pickle"),
    ("ast", "parse"),
}


FROM_OURSELVES = {"lockstep.py": ["pickle.loads"], "records.py": ["exec()"]}
"""What does: a process unpickles, from the pipe of the one that started it and that no other process can write to; a
record's class compiles its `__init__` from the names of its own fields, as a dataclass does."""


def dangerous(source: str) -> Iterator[str]:
    """Yield what in a Python source could run what it is given."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"{node.lineno}: {name}()"
            case ast.Call(keywords=keywords) if any(
                each.arg == "shell" and not (isinstance(each.value, ast.Constant) and each.value.value is False)
                for each in keywords
            ):
                yield f"{node.lineno}: shell"
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in FORBIDDEN_ATTRIBUTES:
                yield f"{node.lineno}: {module}.{name}"
            case ast.Import(names=names):
                yield from (f"{node.lineno}: import {each.name}" for each in names if _top(each.name))
            case ast.ImportFrom(module=str(module), names=names):
                taken = [f"from {module} import {each.name}" for each in names]
                found = _top(module) or any((module, each.name) in FORBIDDEN_ATTRIBUTES for each in names)
                yield from (f"{node.lineno}: {each}" for each in taken if found)


def _top(module: str) -> bool:
    return module.partition(".")[0] in FORBIDDEN_MODULES


def sources(root: Path) -> list[Path]:
    """Return every file of the product."""
    return sorted(path for folder in ("incload", "strategies") for path in (root / folder).rglob("*.py"))


def test_no_file_of_the_product_runs_what_it_reads(root: Path, tally: Tally) -> None:
    """Neither pickles nor YAML nor code in texts, and no shell."""
    files = sources(root)
    tally("malice: files of the product searched for evaluation", len(files))

    found = {path.name: [each.partition(": ")[2] for each in dangerous(path.read_text("utf-8"))] for path in files}

    assert {name: each for name, each in found.items() if each} == FROM_OURSELVES
    assert len(files) > 90


@pytest.mark.parametrize(
    "planted",
    [
        "eval('1')",
        "exec(text)",
        "import pickle\npickle.loads(b'')",
        "from pickle import Unpickler",
        "import yaml.loader",
        "import marshal\nmarshal.loads(b'')",
        "from marshal import loads",
        "import os\nos.system('x')",
        "import subprocess\nsubprocess.run('x', shell=True)",
        "import subprocess\nsubprocess.run('x', shell=asked)",
        "__import__(name)",
    ],
)
def test_what_runs_what_it_reads_is_found(planted: str) -> None:
    """Each of them planted is found."""
    assert list(dangerous(planted)) != []


def test_what_only_looks_like_it_is_let_pass() -> None:
    """Literals may be read, and a column may have any name."""
    assert list(dangerous("import ast, marshal\nast.literal_eval('1')\nmarshal.dumps(1)\neval_ = 'eval(1)'")) == []
