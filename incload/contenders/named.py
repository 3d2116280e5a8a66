"""Contenders as a user names them.

`mine=./sync.sh {source}` is a command, `mine=package.module:sync` a callable, `mine=mine.toml` what a file describes,
`dlt` a peer that is known by name, and `wild` the loaders as people write them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.contenders.command import CommandContender
from incload.contenders.peers.files import Setting, contender, variants
from incload.contenders.peers.known import known
from incload.contenders.wild import WildContender, wild
from incload.contenders.worker import WorkerContender
from incload.engines.endpoints import at_home, with_home
from incload.errors import Refused, is_read_as_nothing, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CALLABLE = re.compile(r"(?:[\w./\\~-]+\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*")

_DESCRIPTION = re.compile(r"\S+\.toml")

Foreign = CommandContender | WorkerContender | WildContender


def named(texts: Sequence[str], timeout: float, python: str, taken: Collection[str]) -> tuple[Foreign, ...]:
    """Return the contenders that texts name; refuse what is none, or could not be started.

    Args:
        texts: `NAME=COMMAND`, `NAME=MODULE:FUNCTION`, `NAME=FILE.toml`, or the name of a known peer.
        timeout: After how many seconds a sync of each is ended, unless its description says so.
        python: The interpreter of the callables; empty for this one.
        taken: Names that are given already.
    """
    if not timeout > 0:
        raise Refused(f"--timeout {timeout:g} leaves no time for a sync: give more than 0 seconds.")
    found: dict[str, Foreign] = {}
    for text in texts:
        for each in _each(text, timeout, python):
            if is_read_as_nothing(each.id):
                raise Refused(f"--contender {each.id}: readers of the report take {each.id!r} for no value: rename it.")
            if each.id in taken or each.id in found:
                raise Refused(f"--contender {each.id}: there is a contender of that name already; choose another.")
            found[each.id] = each
    for text in filter(lambda each: "=" in each, texts):  # a known peer is there, or n/a
        found[text.partition("=")[0]].check()
    return tuple(found.values())


def _each(text: str, timeout: float, python: str) -> tuple[Foreign, ...]:
    """Return the contenders of one text."""
    name, is_given, rest = text.partition("=")
    what = rest.strip()
    if not is_given and _NAME.fullmatch(text):
        peers: dict[str, tuple[Foreign, ...]] = {**known(timeout), **wild()}
        if text not in peers:
            raise Refused(f"--contender {text!r} is not NAME=COMMAND, nor a known peer: {', '.join(sorted(peers))}.")
        return peers[text]
    if not _NAME.fullmatch(name) or not what:
        raise Refused(f"--contender {text!r} is not NAME=COMMAND with a name of small letters, digits and _.")
    if _DESCRIPTION.fullmatch(what):
        return _described(name, at_home(what), Setting(timeout, python))
    if _CALLABLE.fullmatch(what):
        return (WorkerContender(name, with_home(what), python, timeout),)
    return (CommandContender(name, rest, timeout),)


def _described(name: str, file: Path, setting: Setting) -> tuple[Foreign, ...]:
    """Return the contender that a file describes; one with variants has names of its own for them."""
    found = variants(file, name)
    if name not in found:
        raise unknown("variant", name, found)
    return (contender(file, name, found[name], setting),)
