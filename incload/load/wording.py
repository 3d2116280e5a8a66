"""What a driver says, brought into a sentence."""

from __future__ import annotations

_ASIDE = ("LINE ", "Candidate", "Possible", "Detail:", "Hint:", "Traceback")
"""How the lines begin with which a driver starts to speak to programmers."""


def reason(error: BaseException) -> str:
    """Return what an error says, in one line and without what its driver adds for programmers."""
    lines: list[str] = []
    for line in map(str.strip, str(error).splitlines()):
        if line.startswith(_ASIDE) or (lines and not line):
            break
        if not line.startswith("Original Line:"):
            lines.append(line)
    text = " ".join(filter(None, lines)).partition("Traceback (")[0].strip() or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
