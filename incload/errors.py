"""The one error a user may see: what was wrong, named, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_NAMED = r"(?:table|schema)=[^\s'&]*"
_SECRET = (
    (re.compile(r"(://[^\s:/@?]*:).*@"), r"\1***@"),  # a password may hold anything; the last @ ends it
    (re.compile(r"(?<![\w.+-])([\w.+-]*:)(?!//)[^\s*]+@"), r"\1***@"),
    (re.compile(r"(passw[a-z]*\s*=\s*)('[^']*'|[^\s&'\"]+)", re.IGNORECASE), r"\1***"),
    (
        re.compile(r"((?<![\w.])(?:catalog|spark)\.[\w.-]+=)[^\s&'\"]+"),
        r"\1***",
    ),  # options of a catalog, such as a token
    (re.compile(rf"(postgres\w*://[^\s'?]*\?)(?!{_NAMED}(&{_NAMED})*('|\s|$))[^\s']+"), r"\1***"),
)
"""Where a password stands in a URL or among connection options, and what is shown of it."""


def masked(text: str) -> str:
    """Return a text without the passwords of the URLs and connection options that it quotes."""
    for pattern, shown in _SECRET:
        text = pattern.sub(shown, text)
    return text


def on_one_line(text: str) -> str:
    """Return a text with what would end its line, or steer a terminal, spelled out: a name may hold anything."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


_NEAR = 0.75
"""From which share of equal characters on one name is taken for a slip of the other."""

_OFFERED = 3
"""How many names are offered when none is near."""


class Refused(Exception):  # noqa: N818 - it reads as the verdict it is: the load was refused
    """Input that incload will not act on; its text is one sentence with the thing and the remedy.

    The command line prints the text and ends with exit code 2; nothing has been written when it is raised.
    """


class Unable(Refused):
    """A strategy that asks for what the source's engine cannot do: a comparison shows `n/a` and the sentence."""


def unknown(kind: str, name: str, known: Iterable[str]) -> Refused:
    """Build the refusal of a name that is not in a list, with the known names that may have been meant."""
    names = sorted(known)
    meant = meant_by(name, names)
    hint = f"did you mean {' or '.join(map(visible, meant))}?" if meant else f"known: {', '.join(map(visible, names))}."
    return Refused(f"unknown {kind} {name!r}: {hint}")


def meant_by(name: str, names: list[str]) -> list[str]:
    """Return the names that may have been meant by one that is not among them; nothing where none is near."""
    return _meant(name.casefold(), names)


def _meant(name: str, names: list[str]) -> list[str]:
    """Return the one that is near, or else those that go on from the name, or else what looks at all like it."""
    folded: dict[str, str] = {}
    for each in names:
        folded.setdefault(each.casefold(), each)
    from difflib import get_close_matches

    near = get_close_matches(name, folded, n=1, cutoff=_NEAR)
    longer = [each for each in folded if name and each.startswith(name)]
    return [
        folded[each] for each in near or longer[:_OFFERED] or get_close_matches(name, folded, n=_OFFERED, cutoff=0.5)
    ]


def is_read_as_nothing(name: str) -> bool:
    """Return whether readers of tables, such as pandas, take a name for no value at all."""
    return name.casefold() in {"na", "n/a", "nan", "null", "none", "<na>"}


def visible(name: str) -> str:
    """Return a name, in quotes where its beginning or end would not be visible."""
    return name if name and name == name.strip() else repr(name)
