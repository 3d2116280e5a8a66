"""In which form two columns are compared, and by which rule where their engines do not hold values alike.

Two columns of one kind are compared value by value. For some pairs of kinds there is a rule, which the audit reports by
the name of the column. For all others there is none, and the audit refuses them: nothing is equal by accident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.digests.canonical import Form, Held
from incload.errors import Refused
from incload.records import record, replace
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.session import Session
    from incload.table import Column

_UNITS = {1: "seconds", 1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
_WIDTHS = {"real": 32, "float4": 32, "float": 32}
"""The bits of floats, by their names in DuckDB and PostgreSQL; all others have 64."""

_IN_LISTS = {"real": 32, "float": 32, "double": 64, "double precision": 64}
"""The bits of floats in lists, by their names in DuckDB and PostgreSQL."""

_EXACT = {"numeric", "hugeint", "ubigint", "uhugeint"}
"""Exact numbers without a scale, or beyond 64 bits, by their names in PostgreSQL and DuckDB."""


@record
class Sides:
    """What is known of the two tables beyond their declared types.

    Attributes:
        engines: The engines of source and copy.
        kinds: What the copy's columns hold, as a load has recorded it in the copy, by their names there.
        time_unit: How many ticks per second integers count that stand for times, as the user says; 0 unless said.
        from_text: Whether the source is a file of text, whose columns get their types from the values.
    """

    engines: tuple[str, str]
    kinds: Mapping[str, str]
    time_unit: int = 0
    from_text: bool = False


@record
class Pair:
    """A column of the source and the one of the copy that is compared with it.

    Attributes:
        source, copy: Both, with the form of the comparison.
        rule: By which rule they are compared, in words; empty where values are compared as they are.
    """

    source: Held
    copy: Held
    rule: str = ""


def noted(sessions: tuple[Session, Session], source: Column, copy: Column) -> tuple[Column, Column]:
    """Note of two columns what their engines have in common: one engine, or one type that both write alike."""
    stays = sessions[0].engine == sessions[1].engine
    source, copy = replace(source, stays=stays), replace(copy, stays=stays)
    shared = sessions[0].shared_type(source)
    if stays or shared != sessions[1].shared_type(copy):
        return source, copy
    return replace(source, shared=shared), replace(copy, shared=shared)


def pair(source: Column, copy: Column, sides: Sides) -> Pair:
    """Return how two columns are compared; refuse kinds that no rule compares."""
    source, copy = _exactly(source), _exactly(copy)
    kinds = {source.kind, copy.kind}
    for rule in (_untyped, _times, _floats, _exact, _truths, _lists, _texts, _same):
        found = rule(source, copy, kinds, sides)
        if found:
            return found
    how = "name its type with --types" if sides.from_text else "audit a view that casts one of them"
    raise Refused(
        f"column {source.name!r} is {_called(source)} in the source and {_called(copy)} in the copy, which no rule "
        f"compares: leave it out with --exclude, or {how}."
    )


def _exactly(column: Column) -> Column:
    """Return a column of exact numbers that one engine alone has as one of decimals."""
    is_exact = column.kind is Kind.OTHER and column.declared.lower() in _EXACT
    return replace(column, kind=Kind.DECIMAL) if is_exact else column


def _called(column: Column) -> str:
    return f"{column.kind} ({column.declared})" if column.declared else str(column.kind)


def _made(source: Column, copy: Column, form: Form, rule: str = "", unit: int = 0) -> Pair:
    units = [unit if each.kind is Kind.INTEGER else 0 for each in (source, copy)]
    return Pair(Held(source, form, units[0]), Held(copy, form, units[1]), rule)


def _untyped(source: Column, copy: Column, _: set[Kind], sides: Sides) -> Pair | None:
    """Two columns of SQLite without a type: each value has a type of its own, which that of the first is not."""
    if sides.engines != ("sqlite", "sqlite") or source.declared or copy.declared:
        return None
    return _made(replace(source, kind=Kind.BLOB), replace(copy, kind=Kind.BLOB), Form(Kind.BLOB))


def _times(source: Column, copy: Column, kinds: set[Kind], sides: Sides) -> Pair | None:
    """Times of a type of their own, as integers of a unit, or as ISO text."""
    if Kind.TIMESTAMP not in kinds:
        return None
    if kinds == {Kind.TIMESTAMP}:
        return _two_times(source, copy)
    time = source if source.kind is Kind.TIMESTAMP else copy
    if kinds == {Kind.TIMESTAMP, Kind.TEXT}:
        if time.per_second > 1_000_000:
            return None
        form = Form(Kind.TIMESTAMP, time.per_second)
        return _made(source, copy, form, "texts are read as ISO times, as UTC where they say no zone")
    if kinds != {Kind.TIMESTAMP, Kind.INTEGER}:
        return None
    unit, why = _unit(copy.name, time, sides)
    rule = f"integers count {_UNITS[unit]} since 1970-01-01 UTC, {why}; a time without end is null there"
    return _made(source, copy, Form(Kind.TIMESTAMP, max(unit, time.per_second), lossy=True), rule, unit)


def _two_times(source: Column, copy: Column) -> Pair:
    form = Form(Kind.TIMESTAMP, max(source.per_second, copy.per_second))
    rules = []
    if source.dated != copy.dated:
        rules.append("a day is its midnight in UTC")
    if source.zoned != copy.zoned and not (source.dated or copy.dated):
        rules.append("a time without a zone is one of UTC")
    return _made(source, copy, form, "; ".join(rules))


def _unit(name: str, time: Column, sides: Sides) -> tuple[int, str]:
    """Return what integers count, and how that is known."""
    if sides.time_unit:
        return sides.time_unit, "as --time-unit says"
    kind = sides.kinds.get(name, "")
    if kind == "date":
        return 1_000_000, "as the load has recorded"
    if kind.startswith("timestamp "):
        return int(kind.split()[1].partition("/")[0]), "as the load has recorded"
    return time.per_second, "as incload loads them (--time-unit says otherwise)"


def _floats(source: Column, copy: Column, kinds: set[Kind], sides: Sides) -> Pair | None:
    """Floats of any width, and exact numbers that one side holds as floats."""
    if Kind.REAL not in kinds or not kinds <= {Kind.REAL, Kind.INTEGER, Kind.DECIMAL}:
        return None
    widths = [_width(each, engine) for each, engine in zip((source, copy), sides.engines, strict=True)]
    single = kinds == {Kind.REAL} and widths[0] != widths[1]
    lossy = len({each == "sqlite" for each in sides.engines}) > 1
    rules = ["0.0 and -0.0 are one number"]
    if single:
        rules.append("floats are compared as those of 32 bits")
    if kinds != {Kind.REAL}:
        rules.append("exact numbers are compared as the nearest float of 64 bits")
    if lossy:
        rules.append("NaN is null, as SQLite has none")
    return _made(source, copy, Form(Kind.REAL, single=single, lossy=lossy), "; ".join(rules))


def _width(column: Column, engine: str) -> int:
    return 64 if engine == "sqlite" else _WIDTHS.get(column.declared.lower(), 64)


def _exact(source: Column, copy: Column, kinds: set[Kind], _: Sides) -> Pair | None:
    """Decimals of any scale, and what holds their digits."""
    if Kind.DECIMAL not in kinds or not kinds <= {Kind.DECIMAL, Kind.INTEGER, Kind.TEXT}:
        return None
    same = source.kind is copy.kind and source.digits == copy.digits and "(" in source.declared
    rule = "" if same else "zeros at the end of a fraction do not count"
    if Kind.TEXT in kinds:
        rule = f"texts are read as exact numbers; {rule}"
    return _made(source, copy, Form(Kind.DECIMAL), rule)


def _truths(source: Column, copy: Column, kinds: set[Kind], _: Sides) -> Pair | None:
    """Truth values, and what holds them as numbers."""
    if not kinds <= {Kind.BOOLEAN, Kind.INTEGER}:
        return None
    return _made(source, copy, Form(Kind.INTEGER), "truth values are 0 and 1" if len(kinds) > 1 else "")


def _lists(source: Column, copy: Column, _: set[Kind], sides: Sides) -> Pair | None:
    """Lists of floats, of which engines write the same number in several ways, and what SQLite holds of them."""
    widths = [_width_in_list(column) for column in (source, copy)]
    plain = [
        bool(width) or (engine == "sqlite" and column.kind is Kind.TEXT)
        for width, column, engine in zip(widths, (source, copy), sides.engines, strict=True)
    ]
    if not any(widths) or not all(plain) or (len({*sides.engines}) == 1 and len({*widths}) == 1):
        return None
    single = 32 in widths and set(widths) != {32}
    rules = ["floats in lists are compared as numbers; 0.0 and -0.0 are one number"]
    rules += ["floats are compared as those of 32 bits"] if single else []
    return _made(source, copy, Form(Kind.TEXT, single=single, listed=True), "; ".join(rules))


def _width_in_list(column: Column) -> int:
    """Return the bits of the floats in a list of one dimension; 0 for a column of others."""
    element, _, rest = column.declared.lower().partition("[")
    is_list = column.kind is Kind.OTHER and rest.removesuffix("]").isdigit() | (rest == "]")
    return _IN_LISTS.get(element, 0) if is_list else 0


def _texts(source: Column, copy: Column, kinds: set[Kind], sides: Sides) -> Pair | None:
    """Texts, and what an engine writes as one."""
    if not kinds <= {Kind.TEXT, Kind.OTHER, Kind.INTEGER} or kinds == {Kind.INTEGER}:
        return None
    padded = [_is_padded(each, engine) for each, engine in zip((source, copy), sides.engines, strict=True)]
    rules = []
    if Kind.OTHER in kinds:
        rules.append("values are compared as the texts that their engines write")
    if Kind.INTEGER in kinds:
        rules.append("whole numbers are compared as their digits")
    if any(padded):
        rules.append("spaces at the end of texts do not count, as one side pads them")
    return _made(source, copy, Form(Kind.TEXT, trimmed=any(padded)), "; ".join(rules))


def _is_padded(column: Column, engine: str) -> bool:
    return engine == "postgres" and (column.declared + "(").startswith(("character(", "bpchar("))


def _same(source: Column, copy: Column, kinds: set[Kind], _: Sides) -> Pair | None:
    """Bytes."""
    return _made(source, copy, Form(Kind.BLOB)) if kinds == {Kind.BLOB} else None
