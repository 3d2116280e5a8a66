"""`incload init`: write a first config from what a source holds."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.commands.options.columns import named

if TYPE_CHECKING:
    import argparse

    from incload.api.setup.init import Written

_DESCRIPTION = """\
Write incload.toml: one section for each table of a source, with its key, and in comments the columns by which changes
may be found. Each table gets a strategy that is right whatever the source does. A password is not written: a variable
stands in its place. `incload load --all` then loads every table.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    option = parser.add_argument
    option("source", help="a URL such as sqlite:///shop.db or postgresql://user@host/shop, or a file of records")
    option("--target", required=True, help="the database to load into, such as sqlite:///copy.db")
    option("--config", type=user_path, metavar="FILE", help="the file to write (default incload.toml)")
    option("--table", metavar="NAMES", help="these tables alone, separated by commas (default: all)")
    option("--no-profile", action="store_true", help="do not count the values of cursor columns")
    option("--force", action="store_true", help="overwrite a config that is there")
    option("--format", choices=["text", "json"], default="text", help="the form of what is printed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the config, and say what is in it."""
    from incload.api.setup.init import init

    written = init(
        options.source,
        target=options.target,
        config=options.config,
        tables=named("--table", options.table, "table") if options.table else None,
        profile=not options.no_profile,
        force=options.force,
    )
    said = json.dumps(written.to_dict(), indent=2, ensure_ascii=False) + "\n" if options.format == "json" else None
    sys.stdout.write(said or _said(written))
    return 0


def _said(written: Written) -> str:
    number = len(written.tables)
    lines = [f"Wrote {written.path} with {number} table{'' if number == 1 else 's'}: {', '.join(written.tables)}."]
    if written.left_out:
        lines.append(f"Without a declared key, and so only as comments: {', '.join(written.left_out)}.")
    lines += [f"Set the environment variable {each} to the password." for each in written.variables]
    lines.append("Next: incload load --all --dry-run, then incload load --all.")
    return "\n".join(lines) + "\n"
