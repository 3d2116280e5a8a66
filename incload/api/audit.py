"""`incload.audit`: compare two tables of any two engines, and say why rows of the copy are wrong."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict, Unpack

from incload.api.audited_rows import finds_ranges, observed_rows, refuse_scan, said, show_only, since_condition
from incload.api.durations import duration
from incload.api.options import check_names, column_names, key_columns, layout_of, one_of
from incload.auditing.causes import Causes
from incload.auditing.compare_tables import Hooks, Looks, Shown, Tables, Tally, counted, look, refuse_repeated
from incload.auditing.result import AuditResult
from incload.auditing.sampling import estimated, sampled
from incload.auditing.tables import Opened, Wanted, not_compared, open_copy, open_source, paired, refuse_itself
from incload.auditing.watermark import Mark, Window, given_mark, shown_mark, ticks_per_second
from incload.cursor import UNITS
from incload.engines.digests.blocks import match
from incload.engines.digests.canonical import NULL
from incload.engines.digests.forms import Sides
from incload.engines.driver_errors import reason
from incload.engines.endpoints import locate
from incload.engines.files.layout import column_of
from incload.engines.registry import digests, session_type
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from incload.engines.digests.canonical import Digests
    from incload.engines.digests.forms import Pair
    from incload.engines.endpoint import Endpoint

_NO_HOOKS = Hooks()


class _RequiredOptions(TypedDict):
    key: str | Sequence[str]


class AuditOptions(_RequiredOptions, total=False):
    """The named options of `incload.audit`; each is the option of `incload audit` with that name.

    Attributes:
        key: The key column of the source, or several.
        cursor: The column that orders changes, from which causes are inferred.
        columns: The columns that are compared besides key and cursor; all of the source by default.
        exclude: The columns that are not compared.
        rename: What columns of the source are called in the copy, by their names.
        where: The condition of the rows that are compared, in SQL that both sides understand.
        source_where: The condition of the rows of the source that are compared with all of the copy, in the source's
            own SQL: that of a load, which copies no others.
        since: Compare the rows alone whose cursor is at least this, as the source writes it.
        sample: Compare this share of the table's blocks alone, as in `1%`; the same blocks each time.
        scan: Whether a large table without an index on its key may be read once for every portion of what differs.
        limit: How many wrong rows of each kind are shown; 10 by default.
        show_values: Whether the values of wrong rows are shown as well as their keys.
        settle: How long to wait before rows that differ are looked at again, as in `30s`; not at all by default.
        rechecks: How often they are looked at again; 1 by default where `settle` is given.
        recording: A recording of the source by `incload.watch`, which distinguishes late rows from those that a sync
            left out; only where incload keeps the state of the copy.
        watermark: The largest cursor value that the last sync had read, as the source writes it; by default what
            incload has kept in the copy, or else the copy's largest cursor.
        cursor_unit: What an integer cursor counts since 1970, for lateness in time.
        time_unit: What integers count that stand for times of the other side; what incload loads by default.
        records, key_from_name, encoding: Where the records are in a source that is a file, as for `incload.load`.
        types: The types of columns of a JSON or CSV file, likewise.
    """

    cursor: str | None
    columns: str | Sequence[str] | None
    exclude: str | Sequence[str] | None
    rename: Mapping[str, str] | None
    where: str | None
    source_where: str | None
    since: str | None
    sample: str | None
    scan: bool
    limit: int
    show_values: bool
    settle: str | None
    rechecks: int | None
    recording: str | Path | None
    watermark: str | None
    cursor_unit: Literal["s", "ms", "us", "ns"] | None
    time_unit: Literal["s", "ms", "us", "ns"] | None
    records: str
    key_from_name: str
    encoding: str
    types: Mapping[str, str] | None


def audit(source: str | Path, copy: str | Path, **options: Unpack[AuditOptions]) -> AuditResult:
    """Compare a copy with its source, key by key and value by value, and return what is wrong with it.

    Neither side is written. Both digest blocks of their rows, and only rows of blocks that differ are fetched.

    Args:
        source: The URL of a table, such as `sqlite:///shop.db?table=orders`, or a file of records.
        copy: The URL of a table of any engine.
        **options: See `AuditOptions`; `key` is required.

    Raises:
        Refused: For tables that cannot be compared, and a key that is null or repeats in the source.
    """
    check_names("audit", options, AuditOptions)
    return run_audit(str(source), str(copy), options)


def run_audit(source: str, copy: str, options: AuditOptions, hooks: Hooks = _NO_HOOKS) -> AuditResult:
    """Run an audit, with what it calls while it runs."""
    asked = _Asked(options, _looks(options, hooks.wait), hooks)
    _check_limit(options)
    ends = locate(source), locate(copy)
    errors = tuple({session_type(end.engine).error for end in ends})
    try:
        return _opened(ends, asked)
    except errors as error:
        raise Refused(f"auditing {ends[1].shown} against {ends[0].shown} failed: {reason(error)}") from error


class _Kept(NamedTuple):
    """The watermark that incload keeps and its strategy, and all that it has kept, with when the sync of each began."""

    now: tuple[str, str] | None
    earlier: tuple[tuple[str, int | None], ...]
    copy: Opened


class _Asked(NamedTuple):
    """The options of an audit, how often it looks, and what it calls."""

    options: AuditOptions
    looks: Looks
    hooks: Hooks


def _check_limit(options: AuditOptions) -> None:
    limit = options.get("limit", 10)
    if limit < 0:
        raise Refused(f"--limit {limit} is no number of samples: give 0 or more.")


def _looks(options: AuditOptions, wait: Callable[[float], None]) -> Looks:
    settle, rechecks = options.get("settle"), options.get("rechecks")
    if settle is None:
        if rechecks is not None:
            raise Refused("--rechecks says how often to look again: say with --settle how long to wait before, as 30s.")
        return Looks()
    seconds = duration(settle, "--settle").total_seconds()
    number = 1 if rechecks is None else rechecks
    if number < 1:
        raise Refused(f"--rechecks {number} looks at nothing again: give 1 or more, or leave --settle out.")
    return Looks(number, lambda: wait(seconds))


def _opened(ends: tuple[Endpoint, Endpoint], asked: _Asked) -> AuditResult:
    wanted, layout = wanted_of(asked.options), layout_of(asked.options)
    if ends[0].engine != "file" and not layout.is_plain:
        raise Refused(
            f"--records, --key-from-name, --encoding and paths with .. are for files, and {ends[0].shown} is a "
            "database: leave them out."
        )
    if ends[0].engine != "file" and wanted.types:
        raise Refused(f"--types is for JSON and CSV files, and {ends[0].shown} is a database: leave it out.")
    table = ends[0].table
    copy = open_copy(ends[1], table)
    with closing(copy.session):
        source = open_source(ends[0], table or copy.table, wanted, layout, copy)
        with closing(source.session):
            refuse_itself(source, copy, ends)
            return _compared(source, copy, wanted, asked)


def wanted_of(options: AuditOptions) -> Wanted:
    """Return what is compared."""
    columns, exclude = options.get("columns"), options.get("exclude")
    return Wanted(
        key=tuple(map(column_of, key_columns(options["key"]))),
        cursor=column_of(options.get("cursor") or "") or None,
        columns=None if columns is None else column_names("columns", columns),
        exclude=() if exclude is None else column_names("exclude", exclude),
        rename=dict(options.get("rename") or {}),
        types=dict(options.get("types") or {}),
    )


def _unit(options: AuditOptions, option: Literal["cursor_unit", "time_unit"]) -> int:
    unit = options.get(option)
    return UNITS[one_of(option, unit, UNITS)] if unit else 0


def _compared(source: Opened, copy: Opened, wanted: Wanted, asked: _Asked) -> AuditResult:
    from incload.api.kept_records import kinds_in

    options = asked.options
    engines, from_text = (source.session.engine, copy.session.engine), source.session.file_values.from_text
    sides = Sides(engines, kinds_in(copy), _unit(options, "time_unit"), from_text)
    pairs = paired(source, copy, wanted, sides)
    _show_asked((source, copy), pairs, wanted, options)
    mine, other = _digests_of((source, copy), pairs, wanted)
    names = tuple(each.source.column.name for each in pairs)
    keys = names[: len(wanted.key)]
    refuse_repeated(mine, keys, is_promised=source.session.unique("source", source.table, keys))
    place = _cursor_place(wanted)
    mark = None if place is None else _mark((source, other, pairs[place]), place, options, _kept(copy, wanted, options))
    shown = Shown(options.get("limit", 10), options.get("show_values", False))
    observed = observed_rows(pairs[: len(keys)], mark, wanted, options.get("recording"))
    tally = Tally(pairs, Causes(place, mark, observed), shown, asked.hooks.keep)
    tables = Tables.of(mine, other)
    ends = (source, keys[0]), (copy, pairs[0].copy.column.name)
    if not options.get("scan", False):
        for (side, key), rows in zip(ends, tables.rows, strict=True):
            refuse_scan(side, key, rows)
    if asked.hooks.at and all(finds_ranges(*end) for end in ends):
        tables = replace(tables, at=asked.hooks.at)
    tables, share = sampled(tables, options.get("sample"))
    tally.cut = tables.cut if share else None
    look(tables, tally, asked.looks)
    return AuditResult(
        source=said(source),
        copy=said(copy),
        key=keys,
        cursor=wanted.cursor,
        inferred=mark is None or not mark.is_exact,
        watermark=shown_mark(mark) if mark else None,
        watermark_from=mark.origin if mark else None,
        columns=names,
        not_compared=not_compared(copy, pairs),
        **estimated(counted(tables, tally), share, tally.by_block.values()),
    )


def _show_asked(sides: tuple[Opened, Opened], pairs: Sequence[Pair], wanted: Wanted, options: AuditOptions) -> None:
    """Let both sides read the rows alone that meet the conditions."""
    source, copy = sides
    where, own = {"--where": options.get("where")}, {"--source-where": options.get("source_where")}
    for side, held, given in (
        (source, [each.source for each in pairs], where | own),
        (copy, [each.copy for each in pairs], where),
    ):
        show_only(side, given, since_condition(side, held, wanted, options.get("since")))


def _digests_of(sides: tuple[Opened, Opened], pairs: Sequence[Pair], wanted: Wanted) -> tuple[Digests, Digests]:
    """Return what digests the rows of each side."""
    source, copy = sides
    places = range(len(wanted.key))
    mine, other = (
        digests(side.session, side.session.relation("source", side.table), held, places)
        for side, held in ((source, [each.source for each in pairs]), (copy, [each.copy for each in pairs]))
    )
    match(mine, other)
    return mine, other


def _cursor_place(wanted: Wanted) -> int | None:
    """Return which of the columns compared is the cursor, which follows the key unless it is a part of it."""
    if not wanted.cursor:
        return None
    return wanted.key.index(wanted.cursor) if wanted.cursor in wanted.key else len(wanted.key)


def _kept(copy: Opened, wanted: Wanted, options: AuditOptions) -> _Kept:
    """Return the watermarks that incload keeps in the copy, the earlier ones where none is given."""
    from incload.api.kept_records import past_watermarks_in, watermark_in

    kept = watermark_in(copy, wanted.cursor) if wanted.cursor else None
    return _Kept(kept, past_watermarks_in(copy, kept[1]) if kept and options.get("watermark") is None else (), copy)


def _mark(sides: tuple[Opened, Digests, Pair], place: int, options: AuditOptions, state: _Kept) -> Mark:
    """Return the watermark: as it is given, as incload has kept it, or the copy's largest cursor."""
    from incload.api.kept_records import window_in

    source, copy, cursor = sides
    kept, earlier, opened = state
    given = options.get("watermark")
    text = largest = copy.largest(place)
    origin, is_exact = "the largest cursor of the copy", False
    if given is not None:
        text, origin, is_exact = given_mark(given, cursor.source), "--watermark", True
    elif kept is not None:
        text, origin, is_exact = given_mark(kept[0], cursor.source), f"the state of strategy {kept[1]!r}", True
    per_second = ticks_per_second(cursor.source, _unit(options, "cursor_unit"), text if text != NULL else "n;")
    syncs = tuple((given_mark(each, cursor.source), at) for each, at in earlier)
    past, clock = frozenset(each for each, _ in syncs), source.session.now() if per_second else None
    window = window_in(opened, kept[1], per_second) if kept and earlier else Window()
    return Mark(text, origin, is_exact, clock, per_second, past, largest, syncs, window)
