"""What is recorded of tests, and which of them a mutant meets, in which order."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from reach import Reach, Recorder, Timed, read
from run import results

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''"""A module."""

LIMIT = 7


@decorated
def outer(a):
    """Say what it does."""
    def inner(b):
        return b
    return inner(a)


class Made:
    def method(self):
        return LIMIT
'''


@pytest.fixture
def reach() -> Reach:
    """Return a record of four tests of a module, one of which needs a server."""
    made = Reach()
    made.tests = {
        "a.py::slow": Timed(9.0, server=False),
        "a.py::quick": Timed(0.1, server=False),
        "b.py::quick": Timed(0.2, server=False),
        "c.py::served": Timed(0.1, server=True),
    }
    made.entered["m.py"][6] = {"a.py::slow", "a.py::quick"}
    made.entered["m.py"][9] = {"a.py::quick"}
    made.entered["m.py"][15] = {"b.py::quick", "c.py::served"}
    return made


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (3, {"a.py::slow", "a.py::quick", "b.py::quick", "c.py::served"}),
        (10, {"a.py::quick"}),
        (11, {"a.py::slow", "a.py::quick"}),
        (16, {"b.py::quick", "c.py::served"}),
    ],
)
def test_a_line_has_the_tests_of_its_function(reach: Reach, line: int, tests: set[str]) -> None:
    """The innermost one around it; a line outside of all has those of the module, a module without a record none."""
    assert reach.of("m.py", SOURCE, line) == tests
    assert reach.of("other.py", SOURCE, line) == set()


def test_quick_tests_come_first_and_servers_last(reach: Reach) -> None:
    """Each test is asked once, and no more of them than the budget allows."""
    assert reach.steps(reach.tests, Counter(), 60) == [
        ["a.py::quick", "b.py::quick"], ["a.py::slow"], ["c.py::served"],
    ]  # fmt: skip
    assert reach.steps(reach.tests, Counter(), 5) == [["a.py::quick", "b.py::quick"], ["c.py::served"]]
    assert reach.steps([], Counter(), 60) == []


def test_a_record_is_read_as_it_was_written(reach: Reach, tmp_path: Path) -> None:
    """Tests with their times, and functions with their tests."""
    reach.save(tmp_path / "reach.json")
    again = read(tmp_path / "reach.json")

    assert again.tests == reach.tests
    assert {name: dict(lines) for name, lines in again.entered.items()} == {"m.py": dict(reach.entered["m.py"])}


def test_what_a_test_enters_is_recorded(pytester_like: Path) -> None:
    """The function that one of two tests calls, by its first line, in a module that is named."""
    import m_recorded  # type: ignore[import-not-found]  # which the fixture has written

    recorder = Recorder(pytester_like, ["m_recorded.py"], pytester_like / "reach.json")
    for name, call in (("t.py::calls", m_recorded.called), ("t.py::idle", int)):
        entered = recorder.pytest_runtest_protocol(_Item(name))
        next(entered)
        call()
        with pytest.raises(StopIteration):
            next(entered)
    recorder.pytest_sessionfinish()
    found = read(pytester_like / "reach.json")

    assert found.entered["m_recorded.py"] == {1: {"t.py::calls"}}
    assert {name: each.server for name, each in found.tests.items()} == {"t.py::calls": False, "t.py::idle": False}


class _Item:
    """As much of a test as is looked at."""

    fixturenames = ("tmp_path",)

    def __init__(self, name: str) -> None:
        self.nodeid = name


@pytest.fixture
def pytester_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a module that can be imported."""
    (tmp_path / "m_recorded.py").write_text("def called():\n    return 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_run_goes_on_from_what_was_killed(tmp_path: Path) -> None:
    """What survived is tried again; without a file nothing is known."""
    path = tmp_path / "results.jsonl"
    killed = {"module": "m.py", "lines": "a < b", "become": "a <= b", "killed": "t.py::test"}
    survived = {"module": "m.py", "lines": "c", "become": "d", "killed": None}
    path.write_text(f"{json.dumps(killed)}\n{json.dumps(survived)}\n", encoding="utf-8")

    assert results(str(path)) == {("m.py", "a < b", "a <= b"): "t.py::test"}
    assert results(None) == {}
