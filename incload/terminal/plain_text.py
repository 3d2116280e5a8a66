"""Terminals, pipes and locales without all of Unicode: what they lack is spelled out, what they split is joined.

A load speaks when it has committed, so that a character must never be what it fails of.
"""

from __future__ import annotations

import codecs
import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_HANDLER = "incload_spell_out"
_SPELLED = {
    "\u2013": "-",
    "\u2014": "-",
    "\u2026": "...",
    "\u2192": "->",
    "\u00d7": "x",
    "\u00b7": "|",
    "\u00b5": "u",
    "\u2713": "ok",
    "\u2717": "wrong",
    "\u21ba": "healed",
    "\u2264": "<=",
    "\u2265": ">=",
}
"""The signs that incload itself writes; all else is written as its number, as in a Python literal."""


def spell_out(*streams: TextIO) -> None:
    """Have streams spell what their encoding lacks; those that can write all of Unicode stay as they are."""
    codecs.register_error(_HANDLER, _spelled)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors=_HANDLER)


def _spelled(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what stands in the place of characters that cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_SPELLED.get(char) or char.encode("unicode_escape").decode() for char in found), error.end


def read_as_utf8(arguments: Sequence[str]) -> list[str]:
    """Return arguments that a locale without Unicode has left as bytes as the texts they are; others as they are."""
    return [_decoded(argument) for argument in arguments]


def _decoded(argument: str) -> str:
    try:
        return argument if argument.isascii() else os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument  # what is no UTF-8 is refused where it is used, by what it is
