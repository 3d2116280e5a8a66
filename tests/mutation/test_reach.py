"""What is recorded of tests, and which of them a mutant meets, in which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from reach import Functions, Reach, Recorder, Timed, digest, read
from trials import Name, keep, results

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
    made.failing = {"a.py::slow"}
    made.files = {"a.py": "1", "b.py": "2", "c.py": "3"}
    made.entered["m.py"]["outer"] = {"a.py::slow", "a.py::quick"}
    made.entered["m.py"]["outer.<locals>.inner"] = {"a.py::quick"}
    made.entered["m.py"]["Made.method"] = {"b.py::quick", "c.py::served"}
    return made


@pytest.mark.parametrize(
    ("line", "function", "tests"),
    [
        (3, "", {"a.py::slow", "a.py::quick", "b.py::quick", "c.py::served"}),
        (7, "", {"a.py::slow", "a.py::quick", "b.py::quick", "c.py::served"}),
        (10, "outer.<locals>.inner", {"a.py::quick"}),
        (11, "outer", {"a.py::slow", "a.py::quick"}),
        (16, "Made.method", {"b.py::quick", "c.py::served"}),
    ],
)
def test_a_line_has_the_tests_of_its_function(reach: Reach, line: int, function: str, tests: set[str]) -> None:
    """The innermost one around it; a module without a record has none."""
    assert Functions(SOURCE).around(line) == function
    assert reach.of("m.py", function) == tests
    assert reach.of("other.py", function) == set()


def test_a_line_outside_of_all_functions_has_the_tests_of_the_files(reach: Reach) -> None:
    """One of them may look at a constant and enter nothing; so has a function that the record does not know."""
    reach.tests |= {"b.py::constant": Timed(0.1, server=False), "d.py::other": Timed(0.1, server=False)}
    del reach.entered["m.py"]["outer"]

    assert reach.of("m.py", "new") == reach.of("m.py", "")
    assert reach.of("m.py", "") == {"a.py::slow", "a.py::quick", "b.py::quick", "b.py::constant", "c.py::served"}


def test_quick_tests_come_first_and_servers_last(reach: Reach) -> None:
    """Each test is asked once, and no more of them than the budget allows."""
    files = ["a.py", "b.py", "c.py", "gone.py"]

    assert reach.steps(reach.tests, files, 60) == [["a.py::quick", "b.py::quick"], ["a.py::slow"], ["c.py::served"]]
    assert reach.steps(reach.tests, files, 5) == [["a.py::quick", "b.py::quick"], ["c.py::served"]]
    assert reach.steps([], files, 60) == []


def test_the_likeliest_files_come_before_quicker_tests(reach: Reach) -> None:
    """Four of them; the tests of the others follow."""
    files = ["e.py", "f.py", "g.py", "h.py", "b.py", "a.py"]
    for name in files[:4]:
        reach.tests[f"{name}::test"] = Timed(0.5, server=False)

    assert reach.steps(reach.tests, files, 60) == [
        ["e.py::test", "f.py::test", "g.py::test", "h.py::test"],
        ["a.py::quick", "b.py::quick", "a.py::slow"],
        ["c.py::served"],
    ]


def test_a_record_is_read_as_it_was_written(reach: Reach, tmp_path: Path) -> None:
    """Tests with their times, and functions with their tests."""
    reach.save(tmp_path / "reach.json")
    again = read(tmp_path / "reach.json")

    assert again.tests == reach.tests
    assert (again.files, again.failing) == (reach.files, {"a.py::slow"})
    assert {name: dict(tests) for name, tests in again.entered.items()} == {"m.py": dict(reach.entered["m.py"])}


def test_what_a_test_enters_is_recorded(pytester_like: Path) -> None:
    """The function that one of two tests calls, by its name, in a module that is named; and the test that fails."""
    import m_recorded  # type: ignore[import-not-found]  # which the fixture has written

    recorder = Recorder(pytester_like, ["m_recorded.py"], pytester_like / "reach.json", ["m_recorded.py"])
    for name, call in (("t.py::calls", m_recorded.called), ("t.py::idle", int)):
        entered = recorder.pytest_runtest_protocol(_Item(name))
        next(entered)
        call()
        with pytest.raises(StopIteration):
            next(entered)
    recorder.pytest_runtest_logreport(SimpleNamespace(failed=True, nodeid="t.py::idle"))
    recorder.pytest_sessionfinish()
    found = read(pytester_like / "reach.json")

    assert found.entered["m_recorded.py"] == {"called": {"t.py::calls"}}
    assert found.failing == {"t.py::idle"}
    assert found.outdated(pytester_like, ["m_recorded.py", "t.py"]) == ["t.py"]
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


def test_a_test_file_that_has_changed_is_recorded_again(reach: Reach, tmp_path: Path) -> None:
    """What was known of it is forgotten first; what is known of the others stays."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
        reach.files[name] = digest(tmp_path / name)
    (tmp_path / "a.py").write_text("# another\n", encoding="utf-8")

    assert reach.outdated(tmp_path, ["a.py", "b.py", "new.py"]) == ["a.py", "new.py"]
    reach.forget(["a.py"])
    assert (sorted(reach.files), sorted(reach.tests)) == (["b.py", "c.py"], ["b.py::quick", "c.py::served"])
    assert reach.failing == set()
    assert reach.entered["m.py"]["outer"] == set()
    assert reach.of("m.py", "Made.method") == {"b.py::quick", "c.py::served"}

    again = Reach({"a.py::more": Timed(0.1, server=False)}, files={"a.py": digest(tmp_path / "a.py")})
    again.entered["m.py"]["outer"] = {"a.py::more"}
    reach.add(again)
    assert reach.outdated(tmp_path, ["a.py", "b.py"]) == []
    assert reach.of("m.py", "outer") == {"a.py::more"}


def test_a_run_goes_on_from_what_was_killed(tmp_path: Path) -> None:
    """What survived is tried again; without a file nothing is known."""
    path = tmp_path / "results.jsonl"
    killed = Name("m.py", "f", "a < b", "(a <= b)")
    keep(path, killed, "t.py::test")
    keep(path, Name("m.py", "f", "a < b", "(a <= b)", 1), None)
    keep(path, Name("m.py", "g", "a < b", "(a <= b)"), None)

    assert results(path) == {killed: "t.py::test"}
    assert results(tmp_path / "none.jsonl") == results(None) == {}
