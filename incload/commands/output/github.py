"""Annotations of GitHub Actions: a line on the output that the runner shows at the top of a run."""

from __future__ import annotations

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotation(level: str, title: str, text: str) -> str:
    """Return one annotation as a line.

    Args:
        level: `error`, `warning` or `notice`.
        title: What stands above it.
        text: What it says, in any number of lines.
    """
    return f"::{level} title={_escaped(title, _PROPERTY)}::{_escaped(text, _DATA)}\n"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(sign, sign) for sign in text)
