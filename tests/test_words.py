"""The words that are gone from code, messages and test sentences, and proof that each of them is found.

A reader searches for the terms of the field. Pages have a list of their own in tests/docs/test_pages.py.
"""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE = {
    r"told|tells?": "reports, says, distinguishes, gets",
    r"anew": "again, or recreated",
    r"befall(?:en|s)?|befell": "happens to",
    r"strangers?": "the independent audit, a foreign value",
    r"somebody|nobody": "a user, another process; the passive",
    r"for ever": "permanently",
    r"were it": "even if",
    r"as far as": "where, according to",
    r"the door": "the command line",
    r"foretold|foretells?": "predicted, predicts",
    r"memory|memories": "state",
    r"(?:re)?stamps?|(?:re)?stamped": "timestamp",
    r"questions?": "query",
    r"the lab": "the harness",
    r"crew|depots?|lanes?|yards?": "workers, database store, follower, workspace",
}
"""Each word that is gone, as a pattern, and what is said instead."""

ALLOWED = {
    r":memory:|journal_mode = MEMORY|USE memory|in-memory": "DuckDB and SQLite call a database without a file so",
    r"\b(?:in|into|of|fill the) memory\b": "the machine's memory",
    r"\b[Mm]emory(?= (?:limit|holds|it has|that was resident|to the floor|follows))": "the machine's",
    r"\b(?:peak|more|most) memory\b|, memory, multiples|-k memory|--memory-scale": "what the bench of memory measures",
    r"memory of (?:its|the) process|time and memory|\AMemory: the peak|\Amemory of (?:ten|\{)": "that of a process",
    r"\bquestion marks?\b": "the sign",
}
"""What is taken out of a text before it is searched, as patterns, each with the reason."""

PARTS = re.compile(
    r"told|befallen|crew|depot|yard|stranger|nobody|somebody|foretold|anew|lab"
    r"|(?:re)?stamp(?:s|ed)?|questions?|memory|memories",
    re.IGNORECASE,
)
NAMES = re.compile(rf"(?:^|_)(?:{PARTS.pattern})(?:_|$)", re.IGNORECASE)
"""Words that no identifier has as a part."""

OF_A_PROCESS = re.compile(
    r"_in_memory|IN_MEMORY|peak_memory_bytes|memory_scale|test_memory|test_memory_of_an_initial_load"
    r"|test_the_memory_of_a_machine_is_allowed|OutOfMemoryException"
)
"""Names of what a machine or a process has: state is what a strategy keeps."""

MEMORY_FILES = frozenset(
    {"incload/report/comparison/budgets.py", "tests/report/comparison/test_budgets.py", "tests/hard/test_soak.py"}
)
"""Files that call the memory of a process `memory`."""

WORDS = re.compile("|".join(rf"\b(?:{words})\b" for words in GONE).replace(" ", r"\s+"), re.IGNORECASE)
SPARED = re.compile("|".join(ALLOWED))
SKIPPED = frozenset({"tests/test_words.py", "tests/docs/test_pages.py"})
"""Files that hold lists of the words."""


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of a file and its strings of several words, each with its line, without what is in braces."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
        elif token.type == tokenize.STRING and " " in token.string:
            fixed = re.sub(r"\{[^{}]*\}", "{", token.string) if "f" in token.string[:2].lower() else token.string
            yield token.start[0], fixed.lstrip("rbfRBF").strip("\"'")


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings in three quotes of a file, each with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and token.string.startswith('"""'):
            yield token.start[0], token.string.strip('"')


def old_words(root: Path, folder: str) -> Iterator[str]:
    """Yield where the files of a folder still use a word that is gone; of tests only docstrings count."""
    for path in sorted((root / folder).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        name = str(path.relative_to(root))
        if name not in SKIPPED and WORDS.search(source):
            for line, text in (docstrings if folder == "tests" else texts)(source):
                for found in WORDS.finditer(SPARED.sub("", " ".join(text.split()))):
                    yield f"{name}:{line} {found[0]}"


def old_names(root: Path, folder: str) -> Iterator[str]:
    """Yield the identifiers of a folder that have a word that is gone as a part."""
    for path in sorted((root / folder).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        name = str(path.relative_to(root))
        if name not in SKIPPED and PARTS.search(source):
            for line, found in names(source):
                if NAMES.search(parted(found)) and not spared(found, name):
                    yield f"{name}:{line} {found}"


def names(source: str) -> Iterator[tuple[int, str]]:
    """Yield the identifiers of a file, those in the braces of its texts as well, each with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string
        elif token.type == tokenize.STRING and "f" in re.match(r"\w*", token.string)[0].lower():  # type: ignore[index]
            for expression in re.findall(r"(?<!\{)\{([^{}]*)\}", token.string):
                for found in re.findall(r"[A-Za-z_]\w*", expression):
                    yield token.start[0], found


def parted(name: str) -> str:
    """Return a name with an underscore before each capital that follows a small letter: `NullStamps` has two parts."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


def spared(name: str, file: str) -> bool:
    """Return whether a name is one of a machine's memory."""
    return OF_A_PROCESS.fullmatch(name) is not None or (name.strip("_") == "memory" and file in MEMORY_FILES)


@pytest.mark.parametrize("folder", ["incload", "strategies", "bench", "tests"])
def test_the_words_are_gone(folder: str, root: Path) -> None:
    """No docstring, comment, message or test sentence uses one of them."""
    assert list(old_words(root, folder)) == []


@pytest.mark.parametrize("folder", ["incload", "strategies", "bench", "tests"])
def test_no_name_has_them(folder: str, root: Path) -> None:
    """No variable, function, class or test is called by one of them."""
    assert list(old_names(root, folder)) == []


PLANTED = {
    '"""It is told of every sync."""': "told",
    "x = 1  # nobody waits": "nobody",
    'print(f"the memory of {table} is gone")': "memory",
    '"""A row that is lost for\n    ever."""': "for ever",
    '"""The stranger compares them."""': "stranger",
    '"""Made anew."""': "anew",
    "x = 'Were it empty'": "Were it",
    '"""Reads as far as it can."""': "as far as",
    '"""Bad input at the door."""': "the door",
    '"""Two stamps tie."""': "stamps",
    '"""As the lab does."""': "the lab",
    '"""It answers one question."""': "question",
    '"""What was foretold."""': "foretold",
    '"""What befell the row."""': "befell",
    '"""An empty depot."""': "depot",
}
"""Faults, and the word that is found in each."""


def test_every_word_is_planted() -> None:
    """No word is in the list without proof that it is found."""
    assert {
        each for each in GONE if not any(re.fullmatch(each, word, re.IGNORECASE) for word in PLANTED.values())
    } == set()


@pytest.mark.parametrize("source", PLANTED, ids=PLANTED.values())
def test_a_planted_word_is_found(source: str, tmp_path: Path) -> None:
    """A file that uses the word is found, once, with its line."""
    (tmp_path / "incload").mkdir()
    (tmp_path / "incload" / "bad.py").write_text(f"{source}\n", encoding="utf-8")

    assert list(old_words(tmp_path, "incload")) == [f"incload/bad.py:1 {PLANTED[source]}"]


OLD_NAMES = (
    "as_told", "YARD", "stamp", "null_stamps", "STAMPS", "Stamp", "_restamped", "stamp_of", "NullStamps",
    "question", "questions", "last_question", "Question",
    "memory", "memory_bytes", "MEMORY_KEPT", "MEMORY_NOT_AHEAD", "Memory", "read_memory",
)  # fmt: skip
"""Names that are gone."""


@pytest.mark.parametrize("name", OLD_NAMES)
@pytest.mark.parametrize("line", ["{} = 1", "call({}=1)", 'x = f"so {{{}!r}} it is"'], ids=["name", "argument", "text"])
def test_a_planted_name_is_found(name: str, line: str, tmp_path: Path) -> None:
    """A file that uses an old name is found, in the braces of a text as well."""
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "bad.py").write_text(f"\n{line.format(name)}\n", encoding="utf-8")

    assert list(old_names(tmp_path, "bench")) == [f"bench/bad.py:2 {name}"]


def test_every_part_is_planted() -> None:
    """No part of a name is in the list without proof that it is found, or a word of the list of words."""
    parts = {each for name in OLD_NAMES for each in parted(name).lower().split("_")}

    assert {"told", "yard", "stamp", "stamps", "restamped", "question", "questions", "memory"} <= parts


def test_new_names_are_not_found(tmp_path: Path) -> None:
    """Only a whole part of a name counts: `label` is no lab, and a timestamp no stamp."""
    new = "label timestamp NullTimestamps query state_bytes peak_memory_bytes IN_MEMORY memory_scale yardstick"
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "good.py").write_text("\n".join(new.split()), encoding="utf-8")

    assert list(old_names(tmp_path, "bench")) == []


@pytest.mark.parametrize(
    "text",
    ["peak memory of a load", "ATTACH ':memory:' AS target", "blocks stay in memory", "the memory limit of DuckDB"],
)
def test_the_memory_of_a_machine_is_allowed(text: str, tmp_path: Path) -> None:
    """State is what a strategy keeps; memory is what a process takes."""
    (tmp_path / "incload").mkdir()
    (tmp_path / "incload" / "good.py").write_text(f'x = "{text}"\n', encoding="utf-8")

    assert list(old_words(tmp_path, "incload")) == []


@pytest.mark.parametrize("pattern", ALLOWED)
def test_no_exception_is_idle(pattern: str, root: Path) -> None:
    """An exception that no file needs any more is taken out of the list."""
    files = (path for folder in ("incload", "strategies", "bench", "tests") for path in (root / folder).rglob("*.py"))
    needing = (path for path in files if path.name != "test_words.py")

    assert any(re.search(pattern.replace(r"\A", ""), path.read_text(encoding="utf-8")) for path in needing)
