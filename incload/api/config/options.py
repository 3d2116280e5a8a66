"""The options of a load as keys of a config: of which type each is, and what one table has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incload.api.load import LoadOptions, plan_of
from incload.api.options import one_of
from incload.cursor import UNITS
from incload.errors import Refused
from incload.registry import strategy
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from incload.loading.plan import Plan

OPTIONS = tuple(LoadOptions.__annotations__)
"""The options of `incload.load`, by name."""
SWITCHES = tuple(
    name for name, said in LoadOptions.__annotations__.items() if getattr(said, "__forward_arg__", said) == "bool"
)
"""Those of them that are true or false."""
_SEVERAL = ("key", "columns", "exclude", "backfill_columns")
"""Those that name columns, one or several."""
_KNOWN: dict[str, Callable[[str], object]] = {
    "strategy": strategy,
    "write_rule": lambda value: one_of("write_rule", value, [each.value for each in WriteRule]),
    "cursor_unit": lambda value: one_of("cursor_unit", value, UNITS),
}
"""Those whose values are known, with what refuses another."""
_REQUIRED = ("table", "key", "strategy")


def check_option(name: str, value: object) -> None:
    """Refuse a value of a type that an option does not have, or one that is known to be none of its values."""
    if name in SWITCHES:
        _check(name, isinstance(value, bool), "write true or false")
    elif name == "types":
        of_texts = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        _check(name, of_texts, 'write types = { column = "TYPE" }')
    elif name in _SEVERAL:
        fine = isinstance(value, bool) and name == "backfill_columns"
        _check(name, fine or _names(value), f'write {name} = "column" or {name} = ["one", "other"]')
    else:
        _check(name, isinstance(value, str) and bool(value), f'write {name} = "..."')
        if name in _KNOWN:
            _KNOWN[name](str(value))


def _names(value: object) -> bool:
    several = value if isinstance(value, list) else [value]
    return bool(several) and all(isinstance(each, str) and each for each in several)


def _check(name: str, fine: bool, remedy: str) -> None:  # noqa: FBT001 - what was found
    if not fine:
        raise Refused(f"the value of {name} is not of its type: {remedy}.")


def check_table(options: Mapping[str, Any]) -> Plan:
    """Return the plan of a table; refuse one that lacks what it needs, or whose options a load would refuse."""
    missing = [name for name in _REQUIRED if name not in options]
    if missing:
        named = f"table {options['table']!r}" if "table" in options else "this table"
        raise Refused(f'{named} has no {" and no ".join(missing)}: write {missing[0]} = "...".')
    return plan_of(options)  # type: ignore[arg-type]  # every key is an option of a load, with a value of its type
