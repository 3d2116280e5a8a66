"""Offers anything to the command line and holds it to its promise: a result or one clear sentence, and in time."""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 30.0
"""Nothing small may take longer, on a machine however busy."""


@dataclass(frozen=True)
class Answer:
    """What the command line answered: its exit code, and what it printed on standard output and standard error."""

    code: int
    out: str
    err: str


def offer(arguments: Sequence[str], *, seconds: float = SECONDS, codes: Sequence[int] = (0, 2)) -> Answer:
    """Run one command; fail unless it ends in time, with one of the codes, and a refusal is one sentence.

    What it raises is raised: a traceback is what a user would see.
    """
    out, err = io.StringIO(), io.StringIO()
    started = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    taken = time.monotonic() - started
    answer = Answer(code, out.getvalue(), err.getvalue())
    assert taken < seconds, f"it took {taken:.0f} s"
    assert code in codes, answer
    if code == 2:
        check_sentence(answer.err)
    return answer


def check_sentence(text: str) -> None:
    """Fail unless a text is one line that begins as a refusal does, says something, and is no traceback."""
    lines = text.split("\n")
    assert len(lines) == 2, text
    assert lines[1] == "", text
    assert lines[0].startswith("incload: "), text
    assert len(lines[0]) > len("incload: ") + 15, text
    assert "Traceback" not in text


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
