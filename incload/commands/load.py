"""`incload load`: keep one table up to date."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from incload.commands.options.column_types import named_types
from incload.commands.options.columns import named
from incload.commands.options.layouts import add_layout_to
from incload.errors import Refused
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.api.load import LoadOptions
    from incload.loading.run import LoadSummary

HELD_BACK = 3
"""The exit code of a load that went well and held back what is more likely an accident than meant."""

_DESCRIPTION = """\
Bring one table up to date by one incremental sync. The first run, with nothing remembered, loads everything.
Rows and state commit together: after a failure the target is as the sync before left it.
Exit codes: 0 loaded, 2 refused and nothing changed, 3 loaded but for what was held back, as the first line says.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "source", help="a JSON, CSV or Parquet file of records, or a URL such as sqlite:///shop.db?table=orders"
    )
    parser.add_argument(
        "--target", required=True, help="the database to load into, such as sqlite:///copy.db; created if absent"
    )
    parser.add_argument("--table", required=True, help="the table to load into; its state is kept under this name")
    parser.add_argument(
        "--key", required=True, help='the key column; several separated by commas, a name with a comma in "quotes"'
    )
    parser.add_argument(
        "--cursor", help="the column that orders changes; not needed by strategies that compare contents"
    )
    parser.add_argument(
        "--strategy",
        required=True,
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
    parser.add_argument("--output", type=Path, help="a file to write the summary to, as JSON; - for the output")
    parser.add_argument(
        "--count", action="store_true", help="count the rows of source and target, which reads all of them"
    )
    parser.add_argument(
        "--evolve", action="store_true", help="let the target gain columns and change types as the source does"
    )
    parser.add_argument(
        "--allow-removals",
        action="store_true",
        help="let more than 20 %% of the target, and more than 10 rows of it, be removed in one sync",
    )
    parser.add_argument(
        "--backfill-columns",
        nargs="?",
        const="",
        metavar="NAMES",
        help="fill columns, without names those that --evolve adds, in rows that the sync does not read as well",
    )
    parser.add_argument(
        "--allow-emptied-columns",
        action="store_true",
        help="let columns that the source has lost become null in all rows that are loaded",
    )
    parser.add_argument(
        "--allow-backwards", action="store_true", help="let the watermark move backwards, which reads rows again"
    )
    parser.add_argument(
        "--allow-ahead", action="store_true", help="do not warn of a watermark that is ahead of the source"
    )
    parser.add_argument(
        "--allow-mismatch",
        action="store_true",
        help="let mirror or replace go with a strategy that reads in part, though rows that were not read are removed",
    )
    parser.add_argument(
        "--same-source",
        action="store_true",
        help="accept that the source has moved: what was remembered of it under another name or place holds on",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and change nothing")
    parser.set_defaults(
        run=run, stopped="stopped; the target is as the last finished sync left it: run the command again."
    )


def run(options: argparse.Namespace) -> int:
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
        check_output(options.output)
    summary = load(options.source, options.target, **_load_options(options))
    written = json.dumps(summary.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if options.output and not alone:
        options.output.write_text(written, encoding="utf-8")
    sys.stderr.writelines(f"incload: warning: {warning}\n" for warning in summary.warnings)
    sys.stdout.write(written if alone else format_summary(summary))
    return HELD_BACK if _held(summary) else 0


def check_output(path: Path, option: str = "--output") -> None:
    """Refuse a file of an option that could not be written, before anything is loaded."""
    if path.is_dir():
        raise Refused(f"{option} {str(path)!r} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise Refused(f"the folder of {option} {str(path)!r} does not exist: create it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refused(f"{option} {str(path)!r} cannot be written: make it writable, or name another.")


def _load_options(options: argparse.Namespace) -> LoadOptions:
    """Return the options of the command as those of `incload.load`, which has one of each name."""
    from incload.api.load import LoadOptions

    given = {name: value for name, value in vars(options).items() if name in LoadOptions.__annotations__}
    for name in ("key", "columns", "exclude"):
        if given[name] is not None:
            given[name] = named(f"--{name}", given[name])
    if given["types"] is not None:
        given["types"] = named_types(given["types"])
    if filled := given["backfill_columns"]:
        given["backfill_columns"] = named("--backfill-columns", filled)
    elif filled == "":
        given["backfill_columns"] = True
    return cast("LoadOptions", given)


def format_summary(summary: LoadSummary) -> str:
    """Return the summary as lines of `name: value`, after a sentence about what happened."""
    lines = [_sentence(summary)]
    for name, value in summary.to_dict().items():
        shown = "-" if value in {None, ()} else json.dumps(value, ensure_ascii=False).strip('"')
        lines.append(f"  {name}: {shown}")
    return "\n".join(lines) + "\n"


def _sentence(summary: LoadSummary) -> str:
    held = _held(summary)
    if summary.dry_run:
        would = f"{_rows(summary.loaded)} would be written to {summary.table} and {summary.removed} removed"
        kept = f", and {held} held back" if held else ""
        return f"Dry run: {would}{kept}; nothing was changed."
    if held:
        return f"Held back {held}; {_rows(summary.loaded)} loaded into {summary.table}, {summary.removed} removed."
    if summary.loaded == summary.removed == summary.backfilled == 0:
        state = "the state is unchanged" if summary.state == "untouched" else "the state was updated"
        return f"Nothing to load into {summary.table}; {state}."
    gone = (
        f" in place of {summary.removed}" if summary.write_rule == WriteRule.REPLACE else f", {summary.removed} removed"
    )
    removed = gone if summary.removed else ""
    filled = f", new columns filled in {_rows(summary.backfilled)}" if summary.backfilled else ""
    return f"Loaded {_rows(summary.loaded)} into {summary.table}{removed}{filled}."


def _held(summary: LoadSummary) -> str:
    """Say in a few words what was held back; empty when nothing was."""
    rows = f"the removal of {_rows(summary.held_back)} from {summary.table}" if summary.held_back else ""
    names = ", ".join(map(repr, summary.held_columns))
    return " and ".join(filter(None, [rows, names and f"the emptying of column {names} of {summary.table}"]))


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
