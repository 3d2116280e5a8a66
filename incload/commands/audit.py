"""`incload audit`: compare a copy with its source, and say why its rows are wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from incload.api.options import user_path
from incload.commands.options.column_types import named_types
from incload.commands.options.columns import named
from incload.commands.options.config import OF_AN_AUDIT, add_choice_to, chosen
from incload.commands.options.layouts import add_layout_to
from incload.commands.output.files import check_output
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse

    from incload.api.audit import AuditOptions

_DESCRIPTION = """\
Compare two tables of any two engines, or a file of records and a table: which rows of the copy are lost, stale,
phantom or duplicated, and why. Neither side is written. Both digest blocks of their rows, and only the rows of blocks
that differ are fetched. With --all every table of incload.toml is compared with its source.
Exit codes: 0 equal, 1 wrong rows, 2 refused, 3 undecided, as what differs changes all the time; of many tables the
worst.
"""
FORMATS = ("text", "json", "csv", "markdown", "github")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    add_audit_to(parser, many=True)
    parser.add_argument("--repair", action="store_true", help="write the wrong rows into the copy, as incload repair")
    add_repair_to(parser)
    parser.set_defaults(
        run=run,
        usage=parser.error,
        stopped="stopped before the audit was complete; nothing was written: run it again.",
    )


def add_repair_to(parser: argparse.ArgumentParser) -> None:
    """Add what a repair is to know besides."""
    option = parser.add_argument
    option("--dry-run", action="store_true", help="repair, say what was done, and undo everything")
    option("--account", type=user_path, metavar="FILE", help="a CSV file for what became of each wrong row")
    option(
        "--duplicates",
        choices=["replace", "keep-newest", "leave"],
        help="what becomes of keys of which the copy has several rows (default: refuse such a copy)",
    )
    option("--allow-removals", action="store_true", help="let any number of rows leave the copy")


def add_audit_to(parser: argparse.ArgumentParser, *, many: bool = False) -> None:
    """Add the two tables, and how they are compared; `many` leaves them out where those of a config are meant."""
    _add_tables_to(parser, many=many)
    _add_columns_to(parser)
    _add_rows_to(parser)
    _add_causes_to(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="the form of what is printed (default text)")
    parser.add_argument("--output", type=user_path, help="a file to write it to, instead of printing it")


def _add_tables_to(parser: argparse.ArgumentParser, *, many: bool) -> None:
    """Add the two tables, their key and cursor."""
    option = parser.add_argument
    number = "?" if many else None
    said = "a URL such as sqlite:///shop.db?table=orders, or a JSON, CSV or Parquet file of records"
    option("source", nargs=number, help=said)
    option("copy", nargs=number, help="the URL of the copy, such as duckdb:///copy.duckdb?table=orders")
    if many:
        option("--table", metavar="NAMES", help="tables of a config, without a source and a copy")
        add_choice_to(parser)
    key = 'the key column; several separated by commas, a name with a comma in "quotes"'
    option("--key", required=not many, help=key)
    option("--cursor", help="the column that orders changes, from which causes are inferred")


def _add_columns_to(parser: argparse.ArgumentParser) -> None:
    """Add where the records of a file are, and which columns are compared."""
    option = parser.add_argument
    add_layout_to(parser)
    option("--types", metavar="TYPES", help="types of columns of a JSON or CSV file, as for incload load")
    option("--columns", metavar="NAMES", help="compare these columns alone, besides the key and the cursor")
    option("--exclude", metavar="NAMES", help="compare all columns but these")
    option(
        "--rename",
        action="append",
        default=[],
        metavar="NAME=COPY",
        help="a column of the source that has another name in the copy; may be given several times",
    )


def _add_rows_to(parser: argparse.ArgumentParser) -> None:
    """Add which rows are compared, how often they are looked at, and how many are shown."""
    option = parser.add_argument
    option("--where", metavar="CONDITION", help="compare the rows alone that meet a condition in the SQL of both sides")
    option(
        "--source-where",
        metavar="CONDITION",
        help="compare the rows of the source alone that meet a condition in its own SQL, as a load with --where does",
    )
    option(
        "--since", metavar="VALUE", help="compare the rows alone whose cursor is at least this, as the source writes it"
    )
    option("--sample", metavar="SHARE", help="compare a share of the blocks alone, as in 1%%, and say how sure that is")
    option("--scan", action="store_true", help="let a large table without an index on its key be read again and again")
    option("--limit", type=int, default=10, help="how many wrong rows of each kind are shown (default 10)")
    option("--show-values", action="store_true", help="show the values of wrong rows as well as their keys")
    option("--settle", metavar="SPAN", help="look again, after such a time, at rows that differ, as in 30s")
    option("--rechecks", type=int, help="how often to look again (default 1 with --settle)")


def _add_causes_to(parser: argparse.ArgumentParser) -> None:
    """Add from what causes are inferred."""
    option = parser.add_argument
    option("--watermark", help="the largest cursor value that the last sync had read, as the source writes it")
    option(
        "--recording",
        type=user_path,
        metavar="FILE",
        help="what incload watch has recorded of the source: distinguishes late rows from those that a sync left out",
    )
    option(
        "--cursor-unit", choices=["s", "ms", "us", "ns"], help="what an integer cursor counts since 1970, for lateness"
    )
    option(
        "--time-unit",
        choices=["s", "ms", "us", "ns"],
        help="what integers count since 1970 where the other side has timestamps (default: what incload loads)",
    )


def run(options: argparse.Namespace) -> int:
    """Audit one copy, or those of a config."""
    if chosen(options, options.source, OF_AN_AUDIT):
        from incload.commands.many import audit_all

        return audit_all.run(options)
    missing = [said for said, name in (("copy", "copy"), ("--key", "key")) if getattr(options, name) is None]
    if missing:
        options.usage(f"the following arguments are required: {', '.join(missing)}")
    return _run_one(options)


def _run_one(options: argparse.Namespace) -> int:
    """Audit, and print what was found in the form that was asked for."""
    if options.table:
        raise Refused(
            "--table is for the tables of a config: a table is named in its URL, as in sqlite:///x.db?table=NAME."
        )
    from incload.api.audit import run_audit
    from incload.auditing.compare_tables import Hooks
    from incload.report.audit import pages
    from incload.terminal.progress import Progress

    if options.repair:
        return run_a_repair(options)
    for name in ("dry_run", "account", "duplicates", "allow_removals"):
        if getattr(options, name):
            raise Refused(f"--{name.replace('_', '-')} is about a repair, and this is an audit: add --repair.")
    if options.output:
        check_output(options.output)
    with Progress("rows") as progress:
        found = run_audit(options.source, options.copy, given(options), Hooks(at=progress.at))
    printed(options, pages.rendered(found.to_dict(), options.format))
    return found.exit_code


def run_a_repair(options: argparse.Namespace) -> int:
    """Repair the copy, account for it, and print the audit that followed."""
    from dataclasses import asdict

    from incload.api.tables.repair import RepairOptions, run_repair
    from incload.report.audit import repairs
    from incload.terminal.progress import Progress

    for name, path in (("--output", options.output), ("--account", options.account)):
        if path:
            check_output(path, name)
    own = {name: getattr(options, name) for name in ("dry_run", "duplicates", "allow_removals")}
    asked = cast("RepairOptions", {**given(options), **own})
    with Progress("rows") as progress:
        found = run_repair(options.source, options.copy, asked, at=progress.at)
    if options.account:
        rows = repairs.account(found.key, list(map(asdict, found.rows)), done=not found.dry_run)
        options.account.write_text(rows, encoding="utf-8")
    printed(options, repairs.repaired(found.to_dict(), options.format))
    return found.exit_code


def printed(options: argparse.Namespace, text: str) -> None:
    """Write a page into the file that was named, or print it."""
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def given(options: argparse.Namespace) -> AuditOptions:
    """Return the options of the command as those of `incload.audit`, which has one of each name."""
    from incload.api.audit import AuditOptions

    found = {name: value for name, value in vars(options).items() if name in AuditOptions.__annotations__}
    for name in ("key", "columns", "exclude"):
        if found[name] is not None:
            found[name] = named(f"--{name}", found[name])
    if options.types is not None:
        found["types"] = named_types(options.types)
    found["rename"] = dict(map(_renamed, options.rename))
    return cast("AuditOptions", found)


def _renamed(text: str) -> tuple[str, str]:
    name, equals, other = text.partition("=")
    if not (name and equals and other):
        raise Refused(f"--rename {text!r} renames nothing: write --rename NAME=COPY, the source's name first.")
    return name, other
