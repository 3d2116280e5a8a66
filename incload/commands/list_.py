"""`incload list`: what there is to choose from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from incload.commands.types import Subparsers


def add(subparsers: Subparsers) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser("list", help="show strategies, scenarios and engines, a line each")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command is handed its options
    """Print the lists."""
    from incload.history.scenarios import SCENARIOS
    from incload.load.location import ENGINES, RECORD_FILES
    from incload.registry import strategies

    _section("Strategies", ((each.id, (each.__doc__ or "").splitlines()[0]) for each in strategies()))
    _section("Scenarios", ((each.id, each.sentence) for each in SCENARIOS))
    _section("Engines", ((each, "source and target") for each in ENGINES))
    _section("Files of records", ((ending, "source") for ending in RECORD_FILES))
    return 0


def _section(title: str, lines: Iterable[tuple[str, str]]) -> None:
    rows = list(lines)
    width = max(len(name) for name, _ in rows)
    sys.stdout.write(f"{title}\n" + "".join(f"  {name:<{width}}  {text}\n" for name, text in rows) + "\n")
