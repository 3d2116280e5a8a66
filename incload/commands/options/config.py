"""`--all`, `--config` and `--table`: which tables of a config a command is for, if it is for those of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.commands.options.columns import named
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse


OF_A_LOAD = (
    *("target", "key", "cursor", "strategy", "write_rule", "cursor_unit", "records", "key_from_name", "encoding"),
    *("columns", "exclude", "where", "types", "backfill_columns"),
)
"""The options of `incload load` that a config has for each table."""
OF_AN_AUDIT = (
    *("key", "cursor", "records", "key_from_name", "encoding", "columns", "exclude", "where", "watermark"),
    *("source_where", "types", "cursor_unit", "time_unit", "recording"),
)
"""The options of `incload audit` that belong to one table."""


def add_choice_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a config and all of its tables."""
    parser.add_argument("--all", action="store_true", help="every table of incload.toml")
    parser.add_argument(
        "--config",
        type=user_path,
        metavar="FILE",
        help="the config (default: incload.toml of this folder, or the nearest one above it)",
    )


def chosen(options: argparse.Namespace, given: str | None, one: tuple[str, ...]) -> bool:
    """Return whether tables of a config are meant and not those that the command line names.

    Args:
        options: The options.
        given: The source or target that the command line names, if it names one.
        one: The options that only a single table has, which a config has for each of its own.

    Raises:
        Refused: For options of both kinds, or of none.
    """
    if not (options.all or options.config or given is None):
        return False
    if given is not None:
        raise Refused(f"{given!r} and a config exclude each other: leave out {given!r}, or --all and --config.")
    for name in one:
        if getattr(options, name) not in {None, ""}:
            said = f"--{name.replace('_', '-')}"
            raise Refused(f"{said} is said for each table by the config: leave it out, or name a source.")
    if options.all and options.table:
        raise Refused("--all and --table exclude each other: leave one of them out.")
    if not (options.all or options.table):
        raise Refused("nothing is named: name a source, or give --all or --table NAMES for the tables of a config.")
    return True


def names_in(options: argparse.Namespace) -> list[str] | None:
    """Return the tables that are named; None for all."""
    return list(named("--table", options.table, "table")) if options.table else None
