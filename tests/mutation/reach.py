"""Which tests enter which functions, and how long each takes: so that a mutant meets only the tests that can notice it.

A run of the quick tests without any mutant is recorded once; later only the test files that have changed since are.
Functions are known by their qualified names, so that a record outlasts changes of the code. A test that works in
another process is not seen to reach anything there; a mutant that no test is seen to reach is left to the table of
tests_of.py.
"""

from __future__ import annotations

import ast
import json
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path
    from types import CodeType, FrameType

SHARES = (3.0, 15.0)
"""So many seconds of tests are asked first, then so many more, then the rest: to begin a process costs time too."""
_FIRST_FILES = 4
"""The first tests are of no more files than these, because each file has to be read."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A test.

    Attributes:
        seconds: The processor time that it took.
        server: Whether it needs a server.
    """

    seconds: float
    server: bool


@dataclass(slots=True)
class Reach:
    """What was recorded.

    Attributes:
        tests: The tests, by node id.
        entered: By module and qualified name of a function, the tests that enter it.
        files: The test files that were run, each with a digest of its text.
        failing: Tests that failed, without any mutant: they are no help.
    """

    tests: dict[str, Timed] = field(default_factory=dict)
    entered: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    files: dict[str, str] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def of(self, module: str, function: str) -> set[str]:
        """Return the tests that enter a function; where none is known to, all of the files that enter the module.

        A function may be newer than the record. And of what stands outside of all functions a test may see something
        without entering any.
        """
        known = self.entered.get(module, {})
        if function and known.get(function):
            return set(known[function])
        files = {_file(test) for test in set().union(*known.values())}
        return {test for test in self.tests if _file(test) in files}

    def outdated(self, tree: Path, files: Iterable[str]) -> list[str]:
        """Return those of some test files that were not recorded, or have changed since."""
        return [name for name in files if self.files.get(name) != digest(tree / name)]

    def forget(self, files: Iterable[str]) -> None:
        """Leave out all that is known of some test files."""
        names = {*files}
        gone = {test for test in self.tests if _file(test) in names}
        self.files = {name: known for name, known in self.files.items() if name not in names}
        self.tests = {test: timed for test, timed in self.tests.items() if test not in gone}
        self.failing -= gone
        for functions in self.entered.values():
            for tests in functions.values():
                tests.difference_update(gone)

    def add(self, other: Reach) -> None:
        """Take what another record knows."""
        self.files |= other.files
        self.tests |= other.tests
        self.failing |= other.failing
        for module, functions in other.entered.items():
            for function, tests in functions.items():
                self.entered[module][function] |= tests

    def steps(self, names: Iterable[str], files: Iterable[str], budget: float) -> list[list[str]]:
        """Return in which portions tests are asked: those of the likeliest files, then quick ones; servers last."""
        chosen = sorted(names, key=lambda name: (self.tests[name].seconds, name))
        there = {_file(name) for name in chosen}
        files = [name for name in files if name in there]
        first = [name for name in chosen if _file(name) in files[:_FIRST_FILES] and not self.tests[name].server]
        plain = [name for name in chosen if not self.tests[name].server]
        served = [name for name in chosen if self.tests[name].server]
        found: list[list[str]] = []
        spent = self._portion(first, SHARES[0], found)
        asked = {name for part in found for name in part}
        rest = [name for name in plain if name not in asked]
        spent += self._portion(rest, min(SHARES[1], budget - spent), found)
        asked |= {name for part in found for name in part}
        spent += self._portion([name for name in rest if name not in asked], budget - spent, found)
        self._portion(served, budget - spent, found)
        return found

    def _portion(self, names: Iterable[str], seconds: float, into: list[list[str]]) -> float:
        """Take tests, in their order, for so many seconds; return how many they take."""
        part, spent = [], 0.0
        for name in names:
            if spent + self.tests[name].seconds > seconds:
                break
            part.append(name)
            spent += self.tests[name].seconds
        if part:
            into.append(part)
        return spent

    def save(self, path: Path) -> None:
        """Write it down."""
        numbers = {name: number for number, name in enumerate(self.tests)}
        entered = {
            module: {function: sorted(numbers[name] for name in names) for function, names in functions.items()}
            for module, functions in self.entered.items()
        }
        tests = [[name, round(each.seconds, 4), each.server] for name, each in self.tests.items()]
        found = {"files": self.files, "tests": tests, "failing": sorted(self.failing), "entered": entered}
        path.write_text(json.dumps(found), encoding="utf-8")


def read(path: Path) -> Reach:
    """Read what was recorded."""
    found, reach = json.loads(path.read_text(encoding="utf-8")), Reach()
    names = [name for name, _, _ in found["tests"]]
    reach.files, reach.failing = found["files"], {*found["failing"]}
    reach.tests = {name: Timed(seconds, server) for name, seconds, server in found["tests"]}
    for module, functions in found["entered"].items():
        for function, numbers in functions.items():
            reach.entered[module][function] = {names[number] for number in numbers}
    return reach


def _file(test: str) -> str:
    return test.partition("::")[0]


def digest(path: Path) -> str:
    """Return what changes whenever the text of a file does; empty where there is none."""
    return sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


class Functions:
    """The functions of a module, by place."""

    def __init__(self, source: str) -> None:
        """Read a module."""
        self._spans = sorted(_spans(ast.parse(source), ""))

    def around(self, line: int) -> str:
        """Return the qualified name of the innermost function whose body a line is in; empty outside of all."""
        return next((name for first, last, name in reversed(self._spans) if first <= line <= last), "")


def _spans(node: ast.AST, within: str) -> Iterator[tuple[int, int, str]]:
    for child in ast.iter_child_nodes(node):
        inside = within
        if isinstance(child, ast.FunctionDef):
            yield child.body[0].lineno, child.end_lineno or 0, f"{within}{child.name}"
            inside = f"{within}{child.name}.<locals>."
        elif isinstance(child, ast.ClassDef):
            inside = f"{within}{child.name}."
        yield from _spans(child, inside)


class Recorder:
    """A plugin of pytest that records what every test enters."""

    def __init__(self, tree: Path, modules: Iterable[str], path: Path, files: Iterable[str] = ()) -> None:
        """Record which functions of some modules of a tree some test files enter; write it to a file at the end."""
        self._reach, self._path = Reach(files={name: digest(tree / name) for name in files}), path
        self._names = {str(tree / each): each for each in modules}
        self._names |= {str(tree / "incload" / each): each for each in modules if each.startswith("strategies/")}
        self._seen: set[CodeType] = set()

    def _enter(self, frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG002 - Python's own
        self._seen.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Generator[None, object, object]:  # noqa: ANN401 - pytest's own
        """Note what is entered from the first thing that is made for a test to the last that is undone."""
        self._seen.clear()
        started = time.process_time()
        sys.settrace(self._enter)
        threading.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]  # which is how it is taken off
            server = "postgres" in item.nodeid or any("postgres" in name for name in item.fixturenames)
            self._reach.tests[item.nodeid] = Timed(time.process_time() - started, server)
            for code in self._seen:
                if code.co_filename in self._names:
                    module = self._names[code.co_filename]
                    self._reach.entered[module][code.co_qualname].add(item.nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        """Note a test that fails."""
        if report.failed:
            self._reach.failing.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write down what was seen."""
        self._reach.save(self._path)
