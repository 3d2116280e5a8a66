"""`incload.load`: bring one table up to date by one sync."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from incload.api.options import check_names, column_names, database, key_columns, layout_of, one_of
from incload.cursor import UNITS
from incload.engines.endpoints import locate
from incload.engines.files.layout import column_of
from incload.loading.plan import Choice, Guards, Plan
from incload.registry import strategy as find_strategy
from incload.strategy import Strategy, WriteRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.loading.run import LoadSummary


class _RequiredOptions(TypedDict):
    table: str
    key: str | Sequence[str]
    strategy: str | Strategy


class LoadOptions(_RequiredOptions, total=False):
    """The named options of `incload.load`; each is the option of `incload load` with that name.

    Attributes:
        table: The table to load into; the state is kept under this name.
        key: The key column, or several.
        strategy: How to decide what to read: a name with parameters as in `lookback_window:minutes=30`, or an instance.
        cursor: The column that orders changes; not needed by strategies that compare contents.
        write_rule: How rows enter the target; the strategy's own by default.
        cursor_unit: What an integer cursor counts since 1970, for windows of time.
        records: The dotted path of the records inside a JSON file; `.` for the document itself.
        key_from_name: The field that takes the name of each record where the records are an object of objects.
        encoding: The encoding of a file of text; UTF-8, or what a byte order mark says, by default.
        columns: The columns that are copied besides key and cursor; all by default.
        exclude: The columns that are not copied.
        where: The condition, in the source's own SQL, of the rows that are copied.
        types: The types of columns of a JSON or CSV file, by column, in DuckDB's words; the values decide otherwise.
        evolve: Whether the target gains columns and changes types as the source does.
        backfill_columns: Which columns of rows that the sync does not read are filled too; True for those that `evolve`
            adds.
        count: Whether the rows of source and target are counted, which reads all of them.
        dry_run: Whether everything is undone at the end.
        allow_backwards, allow_ahead, allow_mismatch, allow_removals: What the guards let pass.
        allow_emptied_columns, same_source: What they let pass, likewise.
    """

    cursor: str | None
    write_rule: Literal["append", "merge", "newest", "replace", "mirror"] | WriteRule | None
    cursor_unit: Literal["s", "ms", "us", "ns"] | None
    records: str
    key_from_name: str
    encoding: str
    columns: str | Sequence[str] | None
    exclude: str | Sequence[str] | None
    where: str | None
    types: Mapping[str, str] | None
    evolve: bool
    backfill_columns: bool | str | Sequence[str] | None
    count: bool
    dry_run: bool
    allow_backwards: bool
    allow_ahead: bool
    allow_mismatch: bool
    allow_removals: bool
    allow_emptied_columns: bool
    same_source: bool


def load(source: str | Path, target: str | Path, **options: Unpack[LoadOptions]) -> LoadSummary:
    """Bring one table up to date by one incremental sync; the first one loads everything.

    Rows and state commit together: after a failure the target is as the sync before left it.

    Args:
        source: A JSON, CSV or Parquet file of records, or a URL such as `sqlite:///shop.db?table=orders`.
        target: The URL of the database to load into, such as `sqlite:///copy.db`; a file is created if absent.
        **options: See `LoadOptions`; `table`, `key` and `strategy` are required.

    Raises:
        Refused: For anything that stands in the way; the target is then as it was before.
    """
    check_names("load", options, LoadOptions)
    if str(source) == "-":
        from incload.engines.files.several.standard_input import piped

        with piped() as end:
            summary = _loaded(end, target, options)
            return replace(summary, warnings=tuple(map(end.said, summary.warnings)))
    return _loaded(locate(str(source)), target, options)


def _loaded(source: Endpoint, target: str | Path, options: LoadOptions) -> LoadSummary:
    from incload.loading.run import load as run_load

    return run_load(
        source,
        database(str(target)),
        plan_of(options),
        dry_run=options.get("dry_run", False),
        count=options.get("count", False),
    )


def plan_of(options: LoadOptions) -> Plan:
    """Return what options ask for; refuse those that make no sense, whatever the ends are."""
    chosen = options["strategy"]
    rule, unit = options.get("write_rule"), options.get("cursor_unit")
    return Plan(
        name=options["table"],
        key=tuple(map(column_of, key_columns(options["key"]))),
        cursor=column_of(options.get("cursor") or "") or None,
        strategy=find_strategy(chosen) if isinstance(chosen, str) else chosen,
        write_rule=WriteRule(one_of("write_rule", rule, [each.value for each in WriteRule])) if rule else None,
        evolve=options.get("evolve", False),
        cursor_per_second=UNITS[one_of("cursor_unit", unit, UNITS)] if unit else None,
        guards=_guards(dict(options)),
        choice=_choice(options),
        backfill=_backfill(options.get("backfill_columns")),
        layout=layout_of(options),
        types=tuple((options.get("types") or {}).items()),
    )


def _backfill(given: bool | str | Sequence[str] | None) -> tuple[str, ...] | None:  # noqa: FBT001 - an option
    if isinstance(given, bool) or given is None:
        return () if given else None
    return column_names("backfill_columns", given)


def _choice(options: LoadOptions) -> Choice:
    columns, exclude = options.get("columns"), options.get("exclude")
    return Choice(
        None if columns is None else column_names("columns", columns),
        () if exclude is None else column_names("exclude", exclude),
        options.get("where"),
    )


def _guards(options: dict[str, Any]) -> Guards:
    names = (
        "allow_backwards",
        "allow_ahead",
        "allow_mismatch",
        "allow_removals",
        "allow_emptied_columns",
        "same_source",
    )
    return Guards(**{name: bool(options[name]) for name in names if name in options})
