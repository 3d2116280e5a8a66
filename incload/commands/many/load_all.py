"""`incload load --all`: bring the tables of a config up to date."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, cast

from incload.commands.options.config import names_in
from incload.commands.output.files import check_output
from incload.commands.output.load_summary import format_sentence
from incload.errors import on_one_line
from incload.terminal.task_table import TaskTable

if TYPE_CHECKING:
    import argparse

    from incload.api.many.load_all import LoadAllOptions
    from incload.api.many.records import ManyLoads, TableLoad


class _Shown:
    """Shows on a terminal how far the loads are."""

    def __init__(self, table: TaskTable) -> None:
        self._table = table

    def started(self, number: int) -> None:
        self._table.start(number)

    def ended(self, number: int, done: TableLoad) -> None:
        self._table.end(number, done.status)


def run(options: argparse.Namespace) -> int:
    """Load the tables, and print a line for each."""
    from incload.api.config.read import read_config
    from incload.api.many.load_all import run_all

    alone = str(options.output) == "-" or options.format == "json"
    if options.output and str(options.output) != "-":
        check_output(options.output)
    config = read_config(options.config)
    names = names_in(options)
    with TaskTable([each.name for each in config.chosen(names)], "tables loaded") as table:
        found = run_all(config, _given(options, names), _Shown(table))
    written = json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if options.output and str(options.output) != "-":
        options.output.write_text(written, encoding="utf-8")
    for each in found.tables:
        warnings = each.summary.warnings if each.summary else ()
        sys.stderr.writelines(f"{on_one_line(f'incload: warning: {each.table}: {warning}')}\n" for warning in warnings)
    sys.stdout.write(written if alone else shown(found))
    return found.exit_code


def _given(options: argparse.Namespace, names: list[str] | None) -> LoadAllOptions:
    """Return what the command line says for all tables; a switch that is not given leaves it to the config."""
    from incload.api.many.load_all import LoadAllOptions

    switches = {name: True for name in LoadAllOptions.__annotations__ if getattr(options, name, None) is True}
    return cast("LoadAllOptions", {**switches, "tables": names, "jobs": options.jobs})


def shown(found: ManyLoads) -> str:
    """Return a headline and a line for each table."""
    names = [on_one_line(each.table) for each in found.tables]
    width = max(map(len, names))
    lines = [
        f"  {name:<{width}}  {each.status:<9}  {on_one_line(_line(each))}"
        for name, each in zip(names, found.tables, strict=True)
    ]
    return "\n".join([_headline(found), *lines]) + "\n"


def _headline(found: ManyLoads) -> str:
    number = Counter(each.status.value for each in found.tables)
    total = f"{len(found.tables):,} table{'s' if len(found.tables) != 1 else ''}"
    return f"{total}: {', '.join(f'{count:,} {status}' for status, count in sorted(number.items()))}."


def _line(done: TableLoad) -> str:
    """Return what became of a table, without its name."""
    said = format_sentence(done.summary) if done.summary else str(done.error)
    return f"{said.removesuffix('.')} ({done.seconds:.1f} s)." if done.summary else said
