"""`incload load`: keep one table up to date."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, cast

from incload.api.options import user_path
from incload.commands.options.columns import named
from incload.commands.options.config import OF_A_LOAD, add_choice_to, chosen
from incload.commands.options.layouts import add_layout_to
from incload.commands.output.load_summary import format_summary, held_back
from incload.errors import Refused
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.api.load import LoadOptions

HELD_BACK = 3
"""The exit code of a load that went well and held back what is more likely an accident than meant."""

_DESCRIPTION = """\
Bring one table up to date by one incremental sync, or with --all every table of incload.toml. The first run, with no
state yet, loads everything. Rows and state commit together: after a failure the target is as the sync before left it.
Exit codes: 0 loaded, 2 refused and nothing changed, 3 loaded but for what was held back, as the first line says; of
many tables the worst.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "source",
        nargs="?",
        help="a JSON, CSV or Parquet file of records, a folder or pattern of some, - for NDJSON on the standard input, "
        "or a URL such as sqlite:///shop.db?table=orders",
    )
    parser.add_argument("--target", help="the database to load into, such as sqlite:///copy.db; created if absent")
    parser.add_argument(
        "--table",
        help="the table to load into; its state is kept under this name; without a source, tables of a config",
    )
    add_choice_to(parser)
    parser.add_argument("--jobs", type=int, default=1, help="how many tables of a config load at once (default 1)")
    _add_reading_to(parser)
    _add_choice_of_rows_to(parser)
    _add_permissions_to(parser)


def _add_reading_to(parser: argparse.ArgumentParser) -> None:
    """Add what says how the source is read and the target written."""
    parser.add_argument("--key", help='the key column; several separated by commas, a name with a comma in "quotes"')
    parser.add_argument(
        "--cursor", help="the column that orders changes; not needed by strategies that compare contents"
    )
    parser.add_argument(
        "--strategy",
        help="how to decide what to read; see `incload list`; parameters as in lookback_window:minutes=30",
    )
    parser.add_argument(
        "--write-rule",
        choices=[rule.value for rule in WriteRule],
        help="how rows enter the target (default: the strategy's own)",
    )
    parser.add_argument(
        "--cursor-unit",
        choices=["s", "ms", "us", "ns"],
        help="what an integer cursor counts since 1970, for windows of time",
    )
    parser.add_argument("--cursor-format", help=argparse.SUPPRESS)
    add_layout_to(parser)


def _add_choice_of_rows_to(parser: argparse.ArgumentParser) -> None:
    """Add what chooses columns, rows and types, and how the summary is given."""
    parser.add_argument("--columns", metavar="NAMES", help="copy these columns alone, besides the key and the cursor")
    parser.add_argument("--exclude", metavar="NAMES", help="copy all columns but these")
    parser.add_argument(
        "--where",
        metavar="CONDITION",
        help="copy the rows alone that meet a condition in the source's own SQL, such as \"status <> 'draft'\"",
    )
    parser.add_argument(
        "--types",
        metavar="TYPES",
        help="types of columns of a JSON or CSV file, in DuckDB's words, such as amount=DECIMAL(18,2),code=VARCHAR",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="the form of what is printed")
    parser.add_argument("--output", type=user_path, help="a file to write the summary to, as JSON; - for the output")
    parser.add_argument(
        "--count", action="store_true", help="count the rows of source and target, which reads all of them"
    )
    parser.add_argument(
        "--evolve", action="store_true", help="let the target gain columns and change types as the source does"
    )
    parser.add_argument(
        "--backfill-columns",
        nargs="?",
        const="",
        metavar="NAMES",
        help="fill columns, without names those that --evolve adds, in rows that the sync does not read as well",
    )


_ALLOWED = {
    "--allow-removals": "let more than 20 %% of the target, and more than 10 rows of it, be removed in one sync",
    "--allow-emptied-columns": "let columns that the source has lost become null in all rows that are loaded",
    "--allow-backwards": "let the watermark move backwards, which reads rows again",
    "--allow-ahead": "do not warn of a watermark that is ahead of the source",
    "--allow-mismatch": (
        "let mirror or replace go with a strategy that reads in part, though rows that were not read are removed"
    ),
    "--same-source": "accept that the source has moved: what was remembered of it under another name or place holds on",
}
"""What a load holds back or refuses unless it is allowed, each with what it is for."""


def _add_permissions_to(parser: argparse.ArgumentParser) -> None:
    """Add what a load holds back, or refuses, unless it is allowed."""
    for name, text in _ALLOWED.items():
        parser.add_argument(name, action="store_true", help=text)
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and change nothing")
    parser.set_defaults(
        run=run,
        usage=parser.error,
        stopped="stopped; the target is as the last finished sync left it: run the command again.",
    )


def run(options: argparse.Namespace) -> int:
    """Load one table, or those of a config."""
    if chosen(options, options.source, OF_A_LOAD):
        from incload.commands.many import load_all

        return load_all.run(options)
    missing = [f"--{name}" for name in ("target", "table", "key", "strategy") if getattr(options, name) is None]
    if missing:
        options.usage(f"the following arguments are required: {', '.join(missing)}")
    return _run_one(options)


def _run_one(options: argparse.Namespace) -> int:
    """Load, print the summary, write it where it was asked for."""
    from incload.api.load import load

    if options.cursor_format:
        raise Refused(
            "--cursor-format is for replay and profile: a load compares the cursor inside the source, and texts that "
            "are no ISO times have no order there; load from a view that turns them into times, or by a strategy that "
            "needs no cursor, such as snapshot_diff."
        )
    alone = str(options.output) == "-"
    if options.output and not alone:
        from incload.commands.output.files import check_output

        check_output(options.output)
    summary = load(options.source, options.target, **_load_options(options))
    written = json.dumps(summary.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if options.output and not alone:
        options.output.write_text(written, encoding="utf-8")
    sys.stderr.writelines(f"incload: warning: {warning}\n" for warning in summary.warnings)
    sys.stdout.write(written if alone or options.format == "json" else format_summary(summary))
    return HELD_BACK if held_back(summary) else 0


def _load_options(options: argparse.Namespace) -> LoadOptions:
    """Return the options of the command as those of `incload.load`, which has one of each name."""
    from incload.api.load import LoadOptions

    given = {name: value for name, value in vars(options).items() if name in LoadOptions.__annotations__}
    for name in ("key", "columns", "exclude"):
        if given[name] is not None:
            given[name] = named(f"--{name}", given[name])
    if given["types"] is not None:
        from incload.commands.options.column_types import named_types

        given["types"] = named_types(given["types"])
    if filled := given["backfill_columns"]:
        given["backfill_columns"] = named("--backfill-columns", filled)
    elif filled == "":
        given["backfill_columns"] = True
    return cast("LoadOptions", given)
