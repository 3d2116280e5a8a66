"""`incload state show --all`: the state of every table of a config."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from incload.commands.output.states import NO_STATE, no_state_values
from incload.errors import on_one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from incload.api.config.model import ConfiguredTable
    from incload.loading.state.edit import Remembered

    Found = tuple[ConfiguredTable, list[Remembered]]


def looked_at(options: argparse.Namespace, names: list[str] | None) -> list[Found]:
    """Return the tables of a config, each with its states; none for one that was not loaded yet.

    Raises:
        Refused: For what is wrong in the config, and a state that cannot be read.
    """
    from incload.api.config.read import read_config
    from incload.api.options import database
    from incload.loading.state.edit import Choice, look

    found = []
    for table in read_config(options.config).chosen(names):
        target = database(table.target)
        states = look(Choice(target, None, None), empty=True) if target.is_there else []
        mine = [each for each in states if each.table.lower() == table.name.lower()]
        found.append((table, [each for each in mine if each.strategy == table.strategy.partition(":")[0]] or mine))
    return found


def show(found: Iterable[Found], described: Callable[[Remembered], list[str]]) -> None:
    """Print what is kept of each table."""
    for table, states in found:
        lines = [line for each in states for line in described(each)] or _nothing(table)
        sys.stdout.write("".join(f"{on_one_line(line)}\n" for line in lines))


def values(found: Iterable[Found], described: Callable[[Remembered], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is kept of each table as plain values, those without a state among them."""
    return [
        each
        for table, states in found
        for each in [*map(described, states)] or [no_state_values(table.name, table.strategy.partition(":")[0])]
    ]


def _nothing(table: ConfiguredTable) -> list[str]:
    return [f"{table.name} by {table.strategy}", f"  {NO_STATE}"]
