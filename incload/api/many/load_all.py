"""`incload.load_all`: bring the tables of a config up to date, several at the same time if asked to."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from incload.api.config.read import read_config
from incload.api.many.one import load_one
from incload.api.many.records import ManyLoads, Unwatched
from incload.api.options import check_names, names_of
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.api.config.model import Config, ConfiguredTable
    from incload.api.many.records import TableLoad, Watch


class LoadAllOptions(TypedDict, total=False):
    """The named options of `incload.load_all`; each is the option of `incload load` with that name.

    Attributes:
        tables: The tables that are loaded, by name; all of the config by default.
        jobs: How many are loaded at the same time at most, each in a process of its own; 1 by default, in this process.
        evolve, count, dry_run: For every table, as for `incload.load`; what the config says by default.
        allow_backwards, allow_ahead, allow_mismatch, allow_removals: Likewise.
        allow_emptied_columns, same_source: Likewise.
    """

    tables: str | Sequence[str] | None
    jobs: int
    evolve: bool
    count: bool
    dry_run: bool
    allow_backwards: bool
    allow_ahead: bool
    allow_mismatch: bool
    allow_removals: bool
    allow_emptied_columns: bool
    same_source: bool


def load_all(config: str | Path | None = None, **options: Unpack[LoadAllOptions]) -> ManyLoads:
    """Bring the tables of a config up to date by one sync each; a table that is refused leaves the others loaded.

    Args:
        config: The file; `incload.toml` of this folder, or the nearest one above it, by default.
        **options: See `LoadAllOptions`.

    Raises:
        Refused: For what is wrong in the config; no table has been loaded then.
    """
    check_names("load_all", options, LoadAllOptions)
    return run_all(read_config(config), options, Unwatched())


def run_all(config: Config, options: LoadAllOptions, watch: Watch) -> ManyLoads:
    """Load the tables that options name.

    Args:
        config: The config.
        options: The options.
        watch: Hears of each table when it starts and when it ends, by its number among those that are loaded.
    """
    jobs, names = options.get("jobs", 1), options.get("tables")
    if jobs < 1:
        raise Refused(f"{jobs} jobs leave nothing to load with: give 1 or more.")
    chosen = [_with(each, options) for each in config.chosen(None if names is None else names_of(names))]
    done = _one_by_one(chosen, watch) if min(jobs, len(chosen)) == 1 else _together(chosen, jobs, watch)
    return ManyLoads(tuple(_hidden(each, config) for each in done))


def _hidden(done: TableLoad, config: Config) -> TableLoad:
    """Return what became of a table without the values of variables that are not to be shown."""
    hide, summary = config.environment.hidden, done.summary
    if summary and summary.warnings:
        summary = replace(summary, warnings=tuple(map(hide, summary.warnings)))
    return replace(done, summary=summary, error=done.error and hide(done.error))


def _with(table: ConfiguredTable, options: LoadAllOptions) -> ConfiguredTable:
    """Return a table with what holds for all of them."""
    more = {name: value for name, value in options.items() if name not in {"tables", "jobs"}}
    return replace(table, options=table.options | more)


def _one_by_one(tables: Sequence[ConfiguredTable], watch: Watch) -> list[TableLoad]:
    done = []
    for number, table in enumerate(tables):
        watch.started(number)
        done.append(load_one(table.source, table.target, table.options, sys.stderr.write))
        watch.ended(number, done[-1])
    return done


def _together(tables: Sequence[ConfiguredTable], jobs: int, watch: Watch) -> list[TableLoad]:
    from incload.api.many.pool import Pool

    done = Pool(tables, watch).run(jobs)
    return [done[number] for number in range(len(tables))]
