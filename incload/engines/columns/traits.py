"""What the columns of an existing table do by themselves, and which types hold what others hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@record
class Trait:
    """What a column of a target does by itself.

    Attributes:
        generated: Whether the database computes its value from other columns, so that none can be written.
        identity: Whether the database gives its value, and takes another only when a statement insists.
        filled: Whether it has a value where none is written: a default, or one that the database gives.
        nullable: Whether it may be null.
    """

    generated: bool = False
    identity: bool = False
    filled: bool = False
    nullable: bool = True


_DIGITS = re.compile(r"(?P<name>[^()]+?)\s*\((?P<digits>\d+)(?:,\s*(?P<scale>\d+))?\)")


def is_wider(there: str, wanted: str, ladders: Sequence[Sequence[str]], lengths: Mapping[str, str]) -> bool:
    """Return whether a type holds every value of another as it is, and shows it alike.

    Args:
        there: The type of the column that holds them.
        wanted: The type of the values.
        ladders: Types of which each holds all that those before it hold.
        lengths: For each type with digits or a length, the type without that holds it all; empty where there is none.
    """
    if any(there in ladder and wanted in ladder[: ladder.index(there)] for ladder in ladders):
        return True
    one, other = _DIGITS.fullmatch(wanted), _DIGITS.fullmatch(there)
    if not one or one["name"].strip() not in lengths:
        return False
    if not other:
        return there in {lengths[one["name"].strip()], one["name"].strip()}
    same_scale = one["name"] == other["name"] and one["scale"] == other["scale"]
    return same_scale and int(one["digits"]) <= int(other["digits"])
