"""The rules of the house about how its files stand together, and proof that each finds what it is for.

A rule is a function from the project's folder to findings: over the repository it must find nothing, over a planted
fault something. Rules about one file alone are in test_house.py; who may import whom is in pyproject.toml.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Rule = Callable[[Path], Iterator[str]]

MOST_MODULES = 13
"""How many modules a folder may hold, its `__init__` not counted."""
MOST_ANCESTORS = 3
"""How many classes of ours may stand above a class."""
MOST_PARAMETERS = 5
"""How many parameters a function may have, `self` and `cls` not counted."""
MOST_LINES = 300
"""How many lines a module may have."""
PACKAGE = ("incload", "strategies")


def modules(root: Path) -> dict[str, Path]:
    """Return the modules of the package by their dotted names; a folder is its `__init__`."""
    found = {}
    for top in PACKAGE:
        for path in sorted((root / top).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            name = ".".join(parts)
            found[name.replace("strategies", "incload.strategies", 1) if top == "strategies" else name] = path
    return found


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module, known: dict[str, Path]) -> set[str]:
    """Return the modules of ours that a file imports anywhere, in functions and for annotations too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                found.add(below if below in known else node.module)
    return found & known.keys()


def too_many_modules(root: Path) -> Iterator[str]:
    """No folder holds more modules than a reader can keep in mind."""
    for folder in sorted({path.parent for path in modules(root).values()}):
        number = len([path for path in folder.glob("*.py") if path.name != "__init__.py"])
        if number > MOST_MODULES and folder.name != "strategies":
            yield f"{folder.relative_to(root)} holds {number} modules"


def long_modules(root: Path) -> Iterator[str]:
    """No module is longer than a reader can keep in mind."""
    for path in modules(root).values():
        number = len(path.read_text(encoding="utf-8").splitlines())
        if number > MOST_LINES:
            yield f"{path.relative_to(root)} has {number} lines"


def circles(root: Path) -> Iterator[str]:
    """No modules import each other in a circle, lazily and for annotations included."""
    known = modules(root)
    graph = {name: imported(parsed(path), known) - {name} for name, path in known.items()}
    while leaves := [name for name, targets in graph.items() if not targets]:
        for leaf in leaves:
            del graph[leaf]
        graph = {name: targets.difference(leaves) for name, targets in graph.items()}
    # What is left lies on a circle or leads to one: take away what nothing leads to.
    while graph.keys() - {each for targets in graph.values() for each in targets}:
        reached = {each for targets in graph.values() for each in targets}
        graph = {name: targets for name, targets in graph.items() if name in reached}
    if graph:
        yield f"a circle of imports among {', '.join(sorted(graph))}"


def classes(root: Path) -> Iterator[tuple[Path, ast.ClassDef]]:
    """Yield every class of the package."""
    for path in modules(root).values():
        yield from ((path, node) for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))


def tall_classes(root: Path) -> Iterator[str]:
    """No class stands on more of our classes than a reader can follow."""
    every = list(classes(root))
    bases = {node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases] for _, node in every}
    ours = set(bases)

    def above(name: str) -> set[str]:
        found = {base.partition("[")[0] for base in bases.get(name, ())} & ours - {name}
        return found.union(*(above(base) for base in found))

    for path, node in every:
        number = len(above(node.name))
        if number > MOST_ANCESTORS:
            yield f"{path.relative_to(root)}:{node.lineno} {node.name} has {number} ancestors"


def wide_functions(root: Path) -> Iterator[str]:
    """No function but the making of a record takes more parameters than a reader can keep apart."""
    for path in modules(root).values():
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name == "__init__":
                continue
            names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            number = len([name for name in names if name not in {"self", "cls"}])
            if number > MOST_PARAMETERS:
                yield f"{path.relative_to(root)}:{node.lineno} {node.name} takes {number} parameters"


def silent_folders(root: Path) -> Iterator[str]:
    """Every folder says what lives in it and what must stay true there."""
    for path in modules(root).values():
        if path.name == "__init__.py" and "must stay true" not in " ".join(
            (ast.get_docstring(parsed(path)) or "").split()
        ):
            yield f"{path.relative_to(root)} does not say what must stay true"


RULES: dict[str, Rule] = {
    "modules": too_many_modules,
    "lines": long_modules,
    "circles": circles,
    "ancestors": tall_classes,
    "parameters": wide_functions,
    "folders": silent_folders,
}
"""Each rule by a name."""

STAYS = '"""A room. What must stay true: it is small."""'
PLANTED = {
    "modules": {f"incload/load/m{number}.py": "" for number in range(MOST_MODULES + 1)},
    "lines": {"incload/a.py": "x = 1\n" * (MOST_LINES + 1)},
    "circles": {
        "incload/a.py": "from incload.b import x",
        "incload/b.py": "def f():\n    from incload.c import x",
        "incload/c.py": "if TYPE_CHECKING:\n    from incload import a",
    },
    "ancestors": {"incload/a.py": "class A: ...\nclass B(A): ...\nclass C(B): ...\nclass D(C): ...\nclass E(D): ..."},
    "parameters": {"incload/a.py": "class A:\n    def f(self, a, b, c, *, d, e, g): ..."},
    "folders": {"incload/a/__init__.py": '"""A room."""'},
}
"""For each rule, the files of a house that breaks it."""


@pytest.mark.parametrize("name", RULES)
def test_the_repository_keeps_the_rule(name: str, root: Path) -> None:
    """No part of the project breaks the rule."""
    assert list(RULES[name](root)) == []


@pytest.mark.parametrize("name", PLANTED)
def test_the_rule_finds_what_it_is_for(name: str, tmp_path: Path) -> None:
    """A house that breaks a rule in one place is found, once, by that rule alone."""
    for file, text in {"incload/__init__.py": STAYS, **PLANTED[name]}.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    assert {rule: len(list(find(tmp_path))) for rule, find in RULES.items()} == dict.fromkeys(RULES, 0) | {name: 1}


def test_every_rule_is_proven() -> None:
    """No rule is without a planted fault."""
    assert PLANTED.keys() == RULES.keys()


def test_a_chain_of_imports_is_no_circle(tmp_path: Path) -> None:
    """What leads to a module and does not come back is no circle, nor is a folder that imports what lies in it."""
    (tmp_path / "incload").mkdir()
    for name, text in {"a": "import incload.b", "b": "from incload.c import x", "c": ""}.items():
        (tmp_path / "incload" / f"{name}.py").write_text(text, encoding="utf-8")

    assert list(circles(tmp_path)) == []
