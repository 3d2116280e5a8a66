"""Contenders as a user names them: `mine=./sync.sh {source}` a command, `mine=package.module:sync` a callable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.contenders.command import CommandContender
from incload.contenders.worker import WorkerContender
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CALLABLE = re.compile(r"(?:[\w./\\-]+\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*")

Foreign = CommandContender | WorkerContender


def named(texts: Iterable[str], timeout: float, python: str, taken: Collection[str]) -> tuple[Foreign, ...]:
    """Return the contenders that texts name; refuse what is none, or could not be started.

    Args:
        texts: `NAME=COMMAND` or `NAME=MODULE:FUNCTION`.
        timeout: After how many seconds a sync of each is ended.
        python: The interpreter of the callables; empty for this one.
        taken: Names that are given already.
    """
    if not timeout > 0:
        raise Refused(f"--timeout {timeout:g} leaves no time for a sync: give more than 0 seconds.")
    found: dict[str, Foreign] = {}
    for text in texts:
        name, _, what = text.partition("=")
        if not _NAME.fullmatch(name) or not what.strip():
            raise Refused(f"--contender {text!r} is not NAME=COMMAND with a name of small letters, digits and _.")
        if name in taken or name in found:
            raise Refused(f"--contender {name}: there is a contender of that name already; choose another.")
        found[name] = (
            WorkerContender(name, what.strip(), python, timeout)
            if _CALLABLE.fullmatch(what.strip())
            else CommandContender(name, what, timeout)
        )
    for each in found.values():
        each.check()
    return tuple(found.values())
