"""What a driver says, brought into a sentence."""

from __future__ import annotations

import re

_LOCKED = re.compile(r'.*lock on file "(.*)": Conflicting lock is held in .*?(\(PID \d+\)).*', re.DOTALL)
"""What DuckDB says of a file that another process has open."""
_NUL = re.compile(r'invalid byte sequence for encoding "UTF8": 0x00(?:.*\bcolumn (.+?)\s*$)?', re.DOTALL)
"""What PostgreSQL says of a text with the character NUL, and of which column if it knows."""
_ASIDE = ("LINE ", "Candidate", "Possible", "Detail:", "Hint:", "Traceback")
"""How the lines begin with which a driver starts to speak to programmers."""


def reason(error: BaseException) -> str:
    """Return what an error says, in one line and without what its driver adds for programmers."""
    if locked := _LOCKED.fullmatch(str(error)):
        return f"{locked[1]!r} is open in another program {locked[2]}: try again when it has closed it."
    if nul := _NUL.search(str(error)):
        column = f"column {nul[1]!r}" if nul[1] else "a column"
        return (
            f"{column} has a text with the character NUL, which PostgreSQL's texts cannot hold: replace it in a view "
            "of the source, or leave the column out with --exclude."
        )
    lines: list[str] = []
    for line in map(str.strip, str(error).splitlines()):
        if line.startswith(_ASIDE) or (lines and not line):
            break
        if not line.startswith("Original Line:"):
            lines.append(line)
    text = " ".join(filter(None, lines)).partition("Traceback (")[0].strip() or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."


def clashes(error: BaseException) -> bool:
    """Return whether a driver says that a key stands in the table already."""
    said = str(error).lower()
    return "duplicate key" in said or "unique constraint" in said
