"""The causes, as `causes.toml` says them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from incload.errors import unknown
from incload.registry import strategies

FILE = Path(__file__).with_name("causes.toml")

FALSE_ALARMS = "false alarms"
"""What a cause shows that is one of the checker, and not of a loader."""

REREAD = "reread"
"""What a cause shows that makes no row wrong, and costs reading."""

_ID = re.compile(r"[CX]\d\d")


@dataclass(frozen=True, slots=True)
class Cause:
    """One way in which an incremental load goes wrong.

    Attributes:
        id: Permanent: C for causes seen in public threads, X for those without a thread about a batch loader.
        title: What it is called.
        says: What goes wrong, in a sentence.
        remedy: What is right, in a sentence.
        threads: The public threads in which it was seen, as `owner/repository#number`.
        scenario: The id of the scenario that shows it.
        wrong: The strategy or loader that gets it wrong there.
        shows: How: `lost`, `stale`, `phantom`, `duplicated`, `reread` or `false alarms`.
        right: A strategy or loader that is right there; empty where none can be.
    """

    id: str
    title: str
    says: str
    remedy: str
    threads: tuple[str, ...]
    scenario: str
    wrong: str
    shows: str
    right: str

    @property
    def is_of_loader(self) -> bool:
        """Whether what gets it wrong is a loader of `bench/wild`, which only a checkout has, and no strategy."""
        return self.wrong not in {each.id for each in strategies()}

    def command(self) -> str:
        """Return the command that shows it."""
        if self.shows == FALSE_ALARMS:
            return f"incload explain {self.id}"
        if self.shows == REREAD:
            return (
                f"incload compare --strategies {self.wrong} --scenarios clean,{self.scenario} --engines sqlite-sqlite"
            )
        named = f" --contender {self.wrong}" if self.is_of_loader else ""
        return f"incload explain {self.wrong} {self.scenario}{named}"


@cache
def causes() -> tuple[Cause, ...]:
    """Return every cause, in the order of the file."""
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Cause(id=each, **{**entry, "threads": tuple(entry["threads"])}) for each, entry in said.items())


def is_cause(text: str) -> bool:
    """Return whether a text has the form of the id of a cause, in whatever case."""
    return _ID.fullmatch(text.upper()) is not None


def cause(name: str) -> Cause:
    """Return the cause of that id; refuse an unknown one."""
    for known in causes():
        if known.id == name.upper():
            return known
    raise unknown("cause", name, (known.id for known in causes()))


def link(thread: str) -> str:
    """Return the address of a thread."""
    repository, _, number = thread.partition("#")
    return f"https://github.com/{repository}/issues/{number}"
