"""On which line of a TOML document each key stands, which the parser of Python's library does not say."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Where a value is: names of tables and keys, and the numbers of tables in a list."""


def lines_of(text: str) -> dict[Path, int]:
    """Return the line of every table and key of a valid document, counted from 1.

    A statement is as many lines as it takes until the parser understands them, as a text or a list may go on.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    header: Path = ()
    for number, statement in _statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            header = _numbered(_names(parsed), counts, is_list=statement.lstrip().startswith("[["))
            found[header] = number
        else:
            found |= {(*header, *path): number for path in _paths(parsed)}
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement and the number of its first line."""
    start, held = 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        start, held = (start, f"{held}\n{line}") if held else (number, line)
        try:
            tomllib.loads(held)
        except tomllib.TOMLDecodeError:
            continue
        if held.strip() and not held.lstrip().startswith("#"):
            yield start, held
        held = ""


def _names(parsed: Any) -> tuple[str, ...]:  # noqa: ANN401 - as the parser returns it
    """Return the names of a table's header."""
    names: list[str] = []
    while parsed:
        parsed = parsed[0] if isinstance(parsed, list) else parsed
        if not parsed:
            break
        ((name, parsed),) = parsed.items()
        names.append(name)
    return tuple(names)


def _numbered(names: tuple[str, ...], counts: dict[Path, int], *, is_list: bool) -> Path:
    """Return the path of a header, in which each list of tables is followed by the number of its last table."""
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if is_list and place == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _paths(parsed: dict[str, Any], before: Path = ()) -> Iterator[Path]:
    """Yield the path of every key, those of inline tables too."""
    for name, value in parsed.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from _paths(value, (*before, name))
