"""The text of CREATE TABLE, as SQLite and DuckDB keep it: where a column's type stands, and how it is replaced.

Everything else stays as the owner wrote it: constraints, defaults, collations, comments and options of the table.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))|(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])"""
    r"""|(?P<text>'(?:[^']|'')*')|(?P<word>[\w$]+)|(?P<other>.)""",
    re.DOTALL,
)
_BEHIND_TYPE = {
    *("constraint", "primary", "not", "null", "unique", "check", "default", "collate", "references", "generated", "as"),
    *(",", ")"),
}
"""With these words a column's constraints begin, and with these signs its definition is over."""
_CONSTRAINTS = {"constraint", "primary", "unique", "check", "foreign"}
"""With these words a constraint of the table begins, if they are not quoted."""


def retyped(sql: str, name: str, types: Mapping[str, str]) -> str:
    """Return the statement with another name for the table, and other types for some of its columns.

    Raises:
        Refused: When the statement does not list a column, as that of a virtual table.
    """
    tokens = [(found.lastgroup or "", found[0], found.start()) for found in _TOKEN.finditer(sql)]
    said = [token for token in tokens if token[0] != "space"]
    opening = next((at for at, token in enumerate(said) if token[1] == "("), len(said))
    left = {column.lower(): declared for column, declared in types.items()}
    parts, end = [f"CREATE TABLE {name} "], said[opening][2] if opening < len(said) else len(sql)
    for at in _definitions(said, opening):
        declared = None if _is_constraint(said[at]) else left.pop(_named(said[at][1]).lower(), None)
        if declared is not None:
            after = _behind_type(said, at + 1)
            parts.append(f"{sql[end : said[at][2] + len(said[at][1])]} {declared} ")
            end = said[after][2]
    if left:
        raise Refused(f"the definition of the target table does not say the type of column {min(left)!r}: rebuild it.")
    return "".join([*parts, sql[end:]])


def collated(sql: str) -> list[str]:
    """Return the columns whose definitions name a collation."""
    said = [(found.lastgroup or "", found[0], found.start()) for found in _TOKEN.finditer(sql)]
    said = [token for token in said if token[0] != "space"]
    starts = [*_definitions(said, next((at for at, token in enumerate(said) if token[1] == "("), len(said))), len(said)]
    parts = [said[start:end] for start, end in pairwise(starts)]
    return [
        _named(part[0][1])
        for part in parts
        if not _is_constraint(part[0]) and any(kind == "word" and text.lower() == "collate" for kind, text, _ in part)
    ]


def _definitions(said: list[tuple[str, str, int]], opening: int) -> Iterator[int]:
    """Yield where each definition of the outermost list begins."""
    depth = 0
    for at in range(opening, len(said)):
        sign = said[at][1] if said[at][0] == "other" else ""
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return
        if depth == 1 and sign in {"(", ","}:
            yield at + 1


def _behind_type(said: list[tuple[str, str, int]], at: int) -> int:
    """Return the place of the first sign or word behind a column's type, whose digits stand in brackets."""
    depth = 0
    while depth or not _ends_type(said[at]):
        depth += {"(": 1, ")": -1}.get(said[at][1], 0)
        at += 1
    return at


def _ends_type(token: tuple[str, str, int]) -> bool:
    return token[0] in {"word", "other"} and token[1].lower() in _BEHIND_TYPE


def _is_constraint(token: tuple[str, str, int]) -> bool:
    return token[0] == "word" and token[1].lower() in _CONSTRAINTS


def _named(token: str) -> str:
    """Return the name that a token stands for; there are four kinds of quotes."""
    quote = token[0]
    if quote in "\"`'":
        return token[1:-1].replace(2 * quote, quote)
    return token[1:-1] if quote == "[" else token
