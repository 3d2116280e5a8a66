"""What a command found as JSON: `--format json`, the same way for every command."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_format_to(parser: argparse.ArgumentParser) -> None:
    """Add the option that has the command print JSON."""
    parser.add_argument("--format", choices=["text", "json"], default="text", help="the form of what is printed")


def json_text(value: object) -> str:
    """Return anything that a command found as a JSON document."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a command found
    """Return a value as JSON has it: records as objects, spans as seconds, what has no form of its own as a text."""
    if isinstance(value, dict):
        return {_name(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return _alone(value)


def _alone(value: object) -> bool | int | float | str | None:
    """Return a value that holds no others."""
    said = value.value if isinstance(value, Enum) else value
    if isinstance(said, float) and not math.isfinite(said):
        return None
    if isinstance(said, timedelta):
        return said.total_seconds()
    if said is None or isinstance(said, bool | int | float | str):
        return said
    return said.isoformat() if isinstance(said, date) else str(said)


def _name(key: object) -> str:
    """Return a key of a mapping as the name of a member."""
    said = plain(key)
    return said if isinstance(said, str) else str(said)
