"""`incload capture`: have a source keep a log of the changes of a table, for strategies that read one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from incload.commands.options.columns import named
from incload.commands.output.plain import add_format_to, json_text
from incload.errors import Refused, unknown
from incload.report.format import plural

if TYPE_CHECKING:
    import argparse

    from incload.commands.options.types import Subparsers
    from incload.engines.abilities.change_log import Kept
    from incload.engines.endpoint import Endpoint
    from incload.strategy import Capability

_DESCRIPTION = """\
Loads only ever read a source. A strategy that reads a log of changes needs one kept there, which these commands set up,
show, cut short and take away: triggers and a table for trigger_cdc; on PostgreSQL also a replication slot, a
publication and an event trigger (log) for log_cdc, and a column of transaction numbers (horizon) for commit_horizon.
"""
_LOGS = {"triggers": "TRIGGERS", "log": "LOG", "horizon": "HORIZON"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command, its own commands and their options."""
    parser.description = _DESCRIPTION
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    install = _action(actions, "install", "have changes logged from now on, or put the log in order again", _install)
    install.add_argument("--key", default="", help="the columns that identify a row (default: the primary key)")
    trim = _action(actions, "trim", "forget the entries that every load has read", _trim)
    trim.add_argument(
        "--until", required=True, metavar="POSITION", help="the last to forget; `incload state` shows them"
    )
    _action(actions, "remove", "take the log away, and all that keeps it", _remove)
    _action(actions, "list", "show the logs that there are", _list)


def _action(actions: Subparsers, name: str, text: str, run: object) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=text, description=text)
    action.add_argument("source", help="the database that holds the table, such as sqlite:///shop.db")
    action.add_argument("--table", help="the table whose changes are logged")
    if name != "list":
        action.add_argument("--kind", default="triggers", help="triggers (the default), log or horizon")
    add_format_to(action)
    action.set_defaults(run=run)
    return action


def _place(options: argparse.Namespace) -> tuple[Endpoint, str | None]:
    """Return the source, and the table if one is named."""
    from incload.engines.endpoints import locate

    source = locate(options.source)
    if source.table is not None and options.table not in {None, source.table}:
        raise Refused(f"the source names the table {source.table!r} and --table {options.table!r}: name one.")
    return source, options.table or source.table


def _log(options: argparse.Namespace) -> tuple[Endpoint, str, Capability]:
    """Return the source, the table and the kind of log."""
    from incload.strategy import Capability

    source, table = _place(options)
    if table is None:
        raise Refused("the source names no table: name it with --table.")
    if options.kind not in _LOGS:
        raise unknown("kind of log", options.kind, _LOGS)
    return source, table, Capability[_LOGS[options.kind]]


def _install(options: argparse.Namespace) -> int:
    from incload.loading.capture import install

    key = named("--key", options.key) if options.key else ()
    kept = install(*_log(options), key)
    caution = f"{kept.caution}\n" if kept.caution else ""
    return _say(options, kept, f"The changes of {kept.table} are logged from now on.\n{_line(kept)}{caution}")


def _remove(options: argparse.Namespace) -> int:
    from incload.loading.capture import remove

    source, table, log = _log(options)
    remove(source, table, log)
    found = {"table": table, "kind": options.kind, "removed": True}
    return _say(options, found, f"The changes of {table} are not logged any more.\n")


def _trim(options: argparse.Namespace) -> int:
    from incload.loading.capture import trim

    source, table, log = _log(options)
    gone = trim(source, table, log, options.until)
    said = (
        f"{plural(gone, 'entry', 'entries')} of the change log of {table} {'is' if gone == 1 else 'are'} gone; "
        f"a load that has not read up to {options.until} reads everything.\n"
    )
    return _say(options, {"table": table, "until": options.until, "entries": gone}, said)


def _list(options: argparse.Namespace) -> int:
    from incload.loading.capture import listed

    found = listed(*_place(options))
    return _say(options, found, "".join(map(_line, found)) or "No change log is kept there.\n")


def _say(options: argparse.Namespace, found: object, sentence: str) -> int:
    """Print what was done or found, in the form that was asked for."""
    sys.stdout.write(json_text(found) if options.format == "json" else sentence)
    return 0


def _line(kept: Kept) -> str:
    entries = "" if kept.entries is None else f", {plural(kept.entries, 'entry', 'entries')}"
    return f"  {kept.table} by {', '.join(kept.key)}: up to {kept.position}{entries}, {kept.state}\n"
