"""The mutator: what it changes, what it leaves alone, and that its sample is the same for the same seed."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import run
from mutators import mutants
from run import FIRST, ROOT, Score, read_options, steps
from tests_of import MUTATED, TESTS, modules, quick_tests
from trials import equivalents, every_trial, sampled, trials_of

if TYPE_CHECKING:
    from pathlib import Path


def made(source: str) -> list[tuple[str, str]]:
    """Return the kind of every mutant of a text, and the line that it makes."""
    return [(each.operator, " ".join(_new(source, each.applied(source)))) for each in mutants(source)]


def _new(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line.strip() for line in after.splitlines() if line not in old]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a == b", [("comparison", "(a != b)")]),
        ("a < b", [("boundary", "(a <= b)"), ("comparison", "(a >= b)")]),
        ("a is not b", [("comparison", "(a is b)")]),
        ("a in b", [("comparison", "(a not in b)")]),
        ("a or b", [("and-or", "(a and b)")]),
        ("not a", [("dropped-not", "(a)")]),
        ("a + b", [("arithmetic", "(a - b)")]),
        ("a // b", [("arithmetic", "(a * b)")]),
        ("7", [("constant", "8")]),
        ("True", [("constant", "False")]),
        ("x = 'word'", [("constant", "x = 'word_'")]),
        ("f(a, b, c=d)", [("removed-statement", "pass"), ("swapped-arguments", "f(b, a, c=d)")]),
        ("a[b:c]", [("slice", "a[:c]"), ("slice", "a[b:]")]),
        ("if a:\n    b", [("negation", "if (not a):")]),
        ("[a for a in b if a]", [("negation", "[a for a in b if (not a)]")]),
        ("def f():\n    return a", [("return-none", "return None")]),
        ("def f():\n    a = b\n    c", [("early-return", "return None")]),
        ("raise a", [("removed-statement", "pass")]),
        ("a.b = c", [("removed-statement", "pass")]),
        ("for a in b:\n    continue", [("break-continue", "break")]),
    ],
)
def test_every_operator(source: str, expected: list[tuple[str, str]]) -> None:
    """Each small change is made once, and its place is the only one that changes."""
    assert sorted(made(source)) == sorted(expected)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a: int | None) -> list[str] | None:\n    ...",
        '"""A sentence == a docstring."""',
        "if TYPE_CHECKING:\n    import a",
        "Key = tuple[object, ...]",
        'f"{a == b}"',
        "x = 'A sentence that a user reads.'",
        "from a import b",
        "def f():\n    return None",
    ],
)
def test_what_changes_nothing_is_left_alone(source: str) -> None:
    """Types, docstrings, sentences and imports have no mutants."""
    assert mutants(source) == []


def test_a_place_is_counted_in_bytes() -> None:
    """Letters of several bytes before an expression do not move its mutant."""
    assert made("x = ('é ü', a == b)") == [("comparison", "x = ('é ü', (a != b))")]


def test_a_mutant_over_several_lines_is_python() -> None:
    """What is replaced may stretch over lines, and stands in brackets afterwards."""
    assert made("x = (\n    a\n    and b\n)") == [("and-or", "(a or b)")]


def test_a_diff_shows_the_line_alone() -> None:
    """A survivor is shown as the line it changes and what it becomes."""
    source = "a\nb = c < d\n"

    assert mutants(source)[0].diff(source, "m.py") == "--- m.py\n+++ m.py\n@@ -2 +2 @@\n-b = c < d\n+b = (c <= d)"


def test_a_sample_is_that_of_its_seed(tmp_path: Path) -> None:
    """The same seed chooses the same, a larger sample begins with the smaller, another seed chooses others."""
    source = dedent("""
        def f(a, b):
            if a == b and a < 7:
                return a + b
            return a - b
    """)
    (tmp_path / "m.py").write_text(source, encoding="utf-8")
    trials = trials_of("m.py", source)
    first, again, more, other, every = (
        sampled(tmp_path, trials, seed, count) for seed, count in [(1, 4), (1, 4), (1, 8), (2, 8), (1, 100)]
    )

    assert first == again == more[:4]
    assert other != more
    assert {each.mutant for each in every} == set(mutants(source))


def test_a_sample_changes_where_the_code_does(tmp_path: Path) -> None:
    """Lines before a function, and other functions, move no mutant of it out of the sample."""
    before = "def f(a, b):\n    return a < b\n"
    after = f"LIMIT = 7\n\n\ndef g(a):\n    return a\n\n\n{before}"
    samples = []
    for source in (before, after):
        (tmp_path / "m.py").write_text(source, encoding="utf-8")
        samples.append([each.name for each in sampled(tmp_path, trials_of("m.py", source), 1, 100)])

    assert [each for each in samples[1] if each.function == "f"] == samples[0]
    assert len(samples[0]) == 3


def test_mutants_alike_are_distinguished() -> None:
    """By the function that they are in, and by their number where one has several."""
    source = "def f(a):\n    a.close()\n    a.close()\n\n\nclass G:\n    def f(a):\n        a.close()\n"
    names = [each.name for each in trials_of("m.py", source) if each.mutant.operator == "removed-statement"]

    assert [(each.function, each.lines, each.become, each.number) for each in names] == [
        ("f", "a.close()", "pass", 0), ("f", "a.close()", "pass", 1), ("G.f", "a.close()", "pass", 0),
    ]  # fmt: skip


def test_every_module_has_tests_that_are_there() -> None:
    """No name in the table is of a file or folder that has gone, and no module is without a test."""
    assert [name for name in MUTATED if not (ROOT / name).exists()] == []
    assert [name for names in TESTS.values() for name in names if not (ROOT / name).exists()] == []
    assert [name for name in modules(ROOT) if not quick_tests(ROOT, name)] == []


def test_a_modules_own_tests_are_asked_first() -> None:
    """The test file that has the module's name comes before those of the table, and each once."""
    tests = quick_tests(ROOT, "incload/loading/sync.py")

    assert tests[:2] == ("tests/loading/test_sync.py", "tests/loading/writing/test_blocks.py")
    assert len(tests) == len(set(tests))


def test_what_has_killed_is_asked_first() -> None:
    """The files that killed a mutant of the module before come first; those that need a server come last."""
    from collections import Counter

    names = [f"t{number}" for number in range(FIRST[0] + FIRST[1] + 1)]
    asked = steps(names, Counter({"t9": 2, "t5": 1}))

    assert asked[0] == ["-k", "not duckdb and not postgres", "t9", "t5", "t0"]
    assert sorted(name for part in asked[:3] for name in part[2:]) == sorted(names)
    assert [part[1] for part in asked[3:]] == ["duckdb and not postgres", "postgres"]
    assert [sorted(part[2:]) for part in asked[3:]] == [sorted(names)] * 2
    assert [part[1:] for part in steps(names, Counter(), 1)] == [
        ["not duckdb and not postgres", "t0"],
        ["duckdb and not postgres", "t0"],
    ]


def test_a_kill_by_a_test_that_fails_anyhow_is_withdrawn() -> None:
    """Such a mutant is tried again; the share is that of the others, and of nothing it is whole."""
    one, other, third = trials_of("m.py", "a < b\nc == d")
    score = Score({one: "t.py::test_red", other: "t.py::test_green"}, [third])

    assert (score.tried, round(score.share, 1)) == (3, 66.7)
    assert score.withdraw(["t.py::test_red"]) == [one]
    assert (score.tried, score.share, Score().share) == (2, 50.0, 100.0)


def test_a_test_out_of_time_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test that ran when the time was over is what killed the mutant, and the process ends."""
    ends: list[int] = []
    monkeypatch.setattr(run, "_end", ends.append)
    report = run.Report(tmp_path / "failed", 1)
    report._out_of_time("t.py::test_slow")

    assert (ends, (tmp_path / "failed").read_text(encoding="utf-8")) == ([97], "t.py::test_slow\n")


def test_every_equivalent_is_still_a_mutant() -> None:
    """An entry whose lines have changed speaks of nothing, and every entry has a reason."""
    known = equivalents(ROOT / "tests/mutation/equivalents.toml")
    there = {each.name.alike for each in every_trial(ROOT, [module for module, _, _, _ in known])}

    assert set(known) - there == set()
    assert [entry for entry, reason in known.items() if len(reason) < 20] == []


@pytest.mark.parametrize("words", [["--count", "0"], ["--jobs", "0"], ["--timeout", "0"]])
def test_a_request_that_makes_no_sense_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2, before anything is copied."""
    with pytest.raises(SystemExit) as end:
        read_options(words)

    assert (end.value.code, "must be above 0" in capsys.readouterr().err) == (2, True)


def test_a_change_is_found_by_the_lines(tmp_path: Path) -> None:
    """An equivalent is known by its lines, wherever in the module they stand."""
    path = tmp_path / "equivalents.toml"
    path.write_text(
        '[[equivalent]]\nmodule = "m.py"\nfunction = "f"\nlines = "return a < b"\nbecome = "return (a <= b)"\n'
        'reason = "they never are equal"\n',
        encoding="utf-8",
    )
    names = [each.name.alike for each in trials_of("m.py", "x\n\n\ndef f(a, b):\n    return a < b")]

    assert [each in equivalents(path) for each in names] == [True, False, False]
    assert ("m.py", "g", "return a < b", "return (a <= b)") not in equivalents(path)
