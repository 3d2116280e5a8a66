"""The mutants by name: which there are, which are tried, and what is known of them from before."""

from __future__ import annotations

import json
import tomllib
from bisect import bisect_right
from collections import Counter
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from mutators import Mutant, candidates, is_mutant
from reach import Functions
from tests_of import modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Alike = tuple[str, str, str, str]
"""Module, function, lines, and what they become."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a mutant is known by, wherever its function stands and whatever changes around it.

    Attributes:
        module: The path of the module.
        function: The qualified name of the function around it; empty outside of all.
        lines: The lines that it changes, without the space around them.
        become: What they become.
        number: Which of those alike in the function it is, from 0.
    """

    module: str
    function: str
    lines: str
    become: str
    number: int = 0

    @property
    def alike(self) -> Alike:
        """What it shares with those alike."""
        return self.module, self.function, self.lines, self.become


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant of a module, and its name."""

    name: Name
    mutant: Mutant

    @property
    def module(self) -> str:
        """The path of its module."""
        return self.name.module


def trials_of(module: str, source: str) -> list[Trial]:
    """Return every change of a module, some of which may be no Python or no change."""
    functions, encoded = Functions(source), source.encode()
    starts = [0, *(at + 1 for at, byte in enumerate(encoded) if byte == ord("\n"))]
    seen: Counter[Alike] = Counter()
    found = []
    for change in candidates(source):
        function = functions.around(bisect_right(starts, change.start))
        alike = (module, function, *_lines_of(encoded, change))
        found.append(Trial(Name(*alike, seen[alike]), change))
        seen[alike] += 1
    return found


def _lines_of(source: bytes, change: Mutant) -> tuple[str, str]:
    begin = source.rfind(b"\n", 0, change.start) + 1
    end = source.find(b"\n", change.end)
    end = len(source) if end < 0 else end
    become = source[begin : change.start] + change.text.encode() + source[change.end : end]
    return _joined(source[begin:end]), _joined(become)


def _joined(text: bytes) -> str:
    return " ".join(line.strip() for line in text.decode().splitlines()).strip()


def every_trial(root: Path, only: Sequence[str] = ()) -> list[Trial]:
    """Return every change of every module, or of those whose path begins with one of some names."""
    chosen = [each for each in modules(root) if not only or each.startswith(tuple(only))]
    return [trial for each in chosen for trial in trials_of(each, (root / each).read_text(encoding="utf-8"))]


def sampled(root: Path, trials: Sequence[Trial], seed: int, count: int) -> list[Trial]:
    """Return some of the trials, the same for the same seed; a larger sample of a seed begins with the smaller one.

    Its name decides when a mutant's turn comes: a change of the code moves those of the lines that change and no other.
    """
    order = sorted(trials, key=lambda each: _turn(each.name, seed))
    sources = {name: (root / name).read_text(encoding="utf-8") for name in {each.module for each in trials}}
    return list(islice((each for each in order if is_mutant(each.mutant, sources[each.module])), count))


def _turn(name: Name, seed: int) -> bytes:
    return sha256(json.dumps([seed, *name.alike, name.number]).encode()).digest()


def equivalents(path: Path) -> dict[Alike, str]:
    """Read the mutants that change nothing, each with the reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    return {(each["module"], each["function"], each["lines"], each["become"]): each["reason"] for each in entries}


def results(path: Path | None) -> dict[Name, str]:
    """Read which mutants were killed in earlier runs, each with the test; what was killed once is."""
    kept = _read(path) if path and path.exists() else ()
    known = [each.name for each in fields(Name)]
    return {Name(**{name: each[name] for name in known}): each["killed"] for each in kept if each["killed"] is not None}


def _read(path: Path) -> Iterator[dict[str, object]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def keep(path: Path, name: Name, killed: str | None) -> None:
    """Add to the file of results what became of a mutant: the test that killed it, or None where it survived."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(name), "killed": killed}) + "\n")
