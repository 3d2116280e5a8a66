"""The file that describes contenders: TOML, with a table for each variant, by which a recipe becomes a contender.

    tool = "mytool"
    pairs = ["sqlite-duckdb"]
    distributions = ["mytool"]

    [variants.mytool_merge]
    call = "recipe.py:merge"
    adds = ["_mytool_*"]

What stands above the variants holds for each of them. A file without variants describes one contender.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from incload.contenders.command import CommandContender
from incload.contenders.contender import Capabilities
from incload.contenders.declared import declared
from incload.contenders.peers.clock import ENDS_NOW, REAL, Clock, moved
from incload.contenders.worker import WorkerContender
from incload.engines.endpoints import at_home, with_home
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TEXTS = (
    "tool",
    "call",
    "command",
    "python",
    "clock",
    "about",
    "link",
    "remedy",
    "url",
    "table",
    "current",
    "times",
    "booleans",
)
_OTHERS = ("timeout", "pairs", "distributions", "adds", "renames", "settings", "variants")
_CLOCKS = ("", "history", "ends_now")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a description leaves to those who run it.

    Attributes:
        timeout: After how many seconds a sync is ended, where the description does not say.
        python: The interpreter of a callable, where the description does not say.
        environment: The environment of Python in which the tool is; None for no particular one.
        absent: Why the tool is not there; empty when it is.
        facts: What a record says about the tool.
    """

    timeout: float = 60.0
    python: str = ""
    environment: Path | None = None
    absent: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def variants(file: Path, name: str = "") -> dict[str, dict[str, Any]]:
    """Return the descriptions in a file by the names of the variants; refuse what is no description.

    Args:
        file: The file.
        name: What the only contender of a file without variants is called.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(
            f"{file} does not describe a contender ({error}): docs/contenders.md shows one that does."
        ) from None
    parts = said.pop("variants", None) or {name: {}}
    found = {each: {**said, **part} for each, part in parts.items()}
    for each, one in found.items():
        _check(file, each, one)
    return found


def contender(file: Path, name: str, said: Mapping[str, Any], setting: Setting) -> CommandContender | WorkerContender:
    """Return the contender that a description makes."""
    able = Capabilities(pairs=tuple(said.get("pairs", ())), absent=setting.absent)
    says, timeout = declared(said, f"{file}, {name}"), float(said.get("timeout", setting.timeout))
    known = {**setting.facts, "declared": "; ".join(says.listed()), "settings": "; ".join(said.get("settings", ()))}
    facts = tuple((each, text) for each, text in known.items() if text)
    clock = _clock(said.get("clock", ""), setting)
    if "command" in said:
        return CommandContender(name, said["command"], timeout, says, able, facts, clock)
    python = with_home(said.get("python", setting.python))
    return WorkerContender(name, _place(file, said["call"]), python, timeout, says, able, clock, facts)


def _clock(which: str, setting: Setting) -> Clock:
    """Return the clock that a description asks for."""
    if which == "ends_now":
        return ENDS_NOW
    return moved(setting.environment) if which else REAL


def _place(file: Path, call: str) -> str:
    """Return where a callable is; a file is named from the folder of the description."""
    module, _, function = call.rpartition(":")
    return f"{file.parent.resolve() / at_home(module)}:{function}" if module.endswith(".py") else call


def _check(file: Path, name: str, said: Mapping[str, Any]) -> None:
    for each, value in said.items():
        if each not in (*_TEXTS, *_OTHERS):
            raise unknown(f"setting of {name} in {file}", each, (*_TEXTS, *_OTHERS))
        if each in _TEXTS and not isinstance(value, str):
            raise Refused(f"{file}, {name}: {each} cannot be {value!r}; it is a text.")
        if each in {"pairs", "distributions", "settings"} and not _is_texts(value):
            raise Refused(f"{file}, {name}: {each} cannot be {value!r}; it is a list of texts.")
    if said.get("clock", "") not in _CLOCKS:
        raise Refused(f"{file}, {name}: clock cannot be {said['clock']!r}; it is 'history' or 'ends_now', or left out.")
    if not _is_positive(said.get("timeout", 1)):
        raise Refused(f"{file}, {name}: timeout cannot be {said['timeout']!r}; it is a number of seconds above 0.")
    if ("call" in said) == ("command" in said):
        raise Refused(f"{file}, {name}: give call = 'FILE.py:FUNCTION' or command = '...', and not both.")


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
