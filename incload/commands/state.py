"""`incload state`: show the state of a table, reset it, roll it back or set it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from incload.commands.options.config import add_choice_to, chosen, names_in
from incload.commands.output.orphans import left_lines, left_of, left_values
from incload.commands.output.plain import add_format_to, json_text
from incload.commands.output.states import change_values, state_values
from incload.errors import on_one_line

if TYPE_CHECKING:
    import argparse

    from incload.commands.options.types import Subparsers
    from incload.loading.state.edit import Change, Choice, Remembered
    from incload.loading.state.entry import Entry
    from incload.loading.state.table_store import Past

_DESCRIPTION = """\
The state of a table, such as a watermark, is kept in the target with the rows. Each command says what the next load
does.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command, its own commands and their options."""
    parser.description = _DESCRIPTION
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = _action(actions, "show", "show the state and its earlier values", _show, whole=True)
    add_choice_to(show)
    show.add_argument(
        "--clean", action="store_true", help="delete files of Iceberg tables that no snapshot names and that are old"
    )
    show.add_argument(
        "--older-than", type=int, metavar="DAYS", help="how old these are at least, with --clean (default 3)"
    )
    show.set_defaults(usage=show.error)
    reset = _action(actions, "reset", "delete the state; the next load reads everything", _reset)
    rollback = _action(actions, "rollback", "restore the state of an earlier run", _rollback)
    rollback.add_argument("--to", type=int, metavar="RUN", help="the run, as show numbers it (default: the one before)")
    change = _action(actions, "set", "set the watermark", _set)
    change.add_argument("--watermark", help="the value, written as the source writes its cursor")
    change.add_argument("--key", help="the key of the last row, for strategies that keep one")
    for action in (reset, rollback, change):
        action.add_argument("--dry-run", action="store_true", help="show what would happen, and change nothing")


def _action(actions: Subparsers, name: str, text: str, run: object, *, whole: bool = False) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=text, description=text)
    action.add_argument(
        "target", nargs="?" if whole else None, help="the database that holds the table, such as sqlite:///copy.db"
    )
    which = "the table that is loaded (default: every one)" if whole else "the table that is loaded"
    action.add_argument("--table", required=not whole, help=which)
    action.add_argument("--strategy", help="the strategy; needed only if several have a state for the table")
    add_format_to(action)
    action.set_defaults(run=run)
    return action


def _choice(options: argparse.Namespace) -> Choice:
    from incload.api.options import database
    from incload.loading.state.edit import Choice

    return Choice(database(options.target), options.table, options.strategy)


def _show(options: argparse.Namespace) -> int:
    from incload.loading.state.edit import look

    many = chosen(options, options.target, ("strategy",))
    if many:
        from incload.commands.many import state_all

        found = state_all.looked_at(options, names_in(options))
        if options.format == "json":
            sys.stdout.write(json_text(state_all.values(found, lambda each: _values(options, each))))
        else:
            state_all.show(found, lambda each: _described(options, each))
        return 0
    choice = _choice(options)
    left = left_of(choice, older_than=options.older_than, clean=options.clean)
    states = look(choice, empty=any(each.files for each in left))
    if options.format == "json":
        sys.stdout.write(json_text([{**_values(options, each), **left_values(left, each.table)} for each in states]))
    else:
        lines = [line for each in states for line in _described(options, each)]
        lines += [line for each in left for line in left_lines(each)]
        sys.stdout.write("".join(f"{on_one_line(line)}\n" for line in lines))
    return 0


def _values(options: argparse.Namespace, found: Remembered) -> dict[str, Any]:
    return state_values(found, _next_of(options, found))


def _next_of(options: argparse.Namespace, found: Remembered) -> str:
    return _next(options, found, found.entry, found.table)


def _described(options: argparse.Namespace, remembered: Remembered) -> list[str]:
    entry = remembered.entry
    lines = [f"{remembered.table} by {remembered.strategy}"]
    if entry is None:
        lines.append("  no state")
    else:
        lines += [f"  source: {entry.source}"] if entry.source else []
        lines += [f"  watermark: {entry.shown}"] if entry.scale else []
        lines += [f"  key: {entry.shown_key}"] if entry.shown_key is not None else []
        lines += [f"  digests: {remembered.digests}"] if entry.state.digests else []
        lines += [f"  position in the change log: {entry.state.position}"] if entry.state.position else []
    lines.append(f"  {_next_of(options, remembered)}")
    lines += [
        f"  run {past.run}  {past.at}  {_by(past)}  {past.rows} rows  {_value(past, said)}"
        for past, said in remembered.history
    ]
    return lines


def _by(past: Past) -> str:
    return f"{past.by} to {past.of_run}" if past.of_run else str(past.by)


def _value(past: Past, entry: Entry | None) -> str:
    """Return one earlier value in a few words."""
    if entry is None:
        return "nothing" if past.value is None else "unreadable"
    parts = [str(part) for part in (entry.shown, entry.shown_key, entry.state.position) if part is not None]
    return "digests" if entry.state.digests else " with key ".join(parts)


def _reset(options: argparse.Namespace) -> int:
    from incload.loading.state.edit import reset

    return _report(options, reset(_choice(options), dry_run=options.dry_run), "deleted")


def _rollback(options: argparse.Namespace) -> int:
    from incload.loading.state.edit import roll_back

    change = roll_back(_choice(options), options.to, dry_run=options.dry_run)
    return _report(options, change, f"rolled back to run {change.of_run}")


def _set(options: argparse.Namespace) -> int:
    from incload.loading.state.edit import set_by_hand

    change = set_by_hand(_choice(options), options.watermark, options.key, dry_run=options.dry_run)
    return _report(options, change, "set")


def _report(options: argparse.Namespace, change: Change, done: str) -> int:
    """Print what was done, and what it means for the next load."""
    from incload.loading.state.describe import consequence

    if options.format == "json":
        values = change_values(change, options.table, done, _next(options, change, change.after, options.table))
        sys.stdout.write(json_text({**values, "dry_run": options.dry_run}))
        return 0
    would = "would be " if options.dry_run else "is "
    lines = [
        f"The state of {options.table} by {change.strategy} {would}{done}.",
        _next(options, change, change.after, options.table),
        consequence(change.before, change.after) if change.table_is_there else "",
    ]
    sys.stdout.write("\n".join(filter(None, lines)) + "\n")
    return 0


def _next(options: argparse.Namespace, found: Change | Remembered, entry: Entry | None, table: str) -> str:
    """Say what the next load does with an entry."""
    from incload.loading.state.describe import next_sync, without_table

    if entry is not None and not found.table_is_there:
        return without_table(table)
    remembered = entry.spelled if entry and options.strategy in {None, found.strategy} else None
    return next_sync(remembered or options.strategy or found.strategy, found.strategy, entry, _clock)


def _clock() -> int:
    return time.time_ns() // 1_000
