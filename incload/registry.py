"""Finds the strategies: the modules of `incload.strategies`, and the entry points of other packages.

A strategy is any subclass of `incload.strategy.Strategy` that such a module defines; nothing is listed by hand.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import isabstract
from types import ModuleType
from typing import TYPE_CHECKING, TypeGuard

from incload.errors import Refused, is_read_as_nothing, unknown
from incload.strategy import Strategy

if TYPE_CHECKING:
    from dataclasses import Field
    from importlib.metadata import EntryPoint

GROUP = "incload.strategies"
"""The entry-point group under which another package names a module with strategies, or a strategy class."""


@cache
def strategy_classes() -> dict[str, type[Strategy]]:
    """Return all strategy classes by name, in the order of their names.

    Raises `Refused` when two claim one name.
    """
    import pkgutil
    from importlib.metadata import entry_points

    package = import_module("incload.strategies")
    modules = [import_module(f"incload.strategies.{module.name}") for module in pkgutil.iter_modules(package.__path__)]
    found = [defined for module in modules for defined in _defined_in(module)]
    found += [defined for point in entry_points(group=GROUP) for defined in _named_by(point)]
    return _by_name(found)


def strategies() -> tuple[Strategy, ...]:
    """Return every variant of every strategy, in the order of their names."""
    return tuple(variant for defined in strategy_classes().values() for variant in defined.variants())


def strategy(text: str) -> Strategy:
    """Return the strategy that a text names.

    The text is a name (`lookback_window`), the id of a variant (`timestamp_watermark_inclusive`), or a name with
    parameters (`lookback_window:minutes=30`). Raises `Refused` for a name or parameter that does not exist.
    """
    name, _, parameters = text.partition(":")
    if own := _own(name):
        return own if not parameters else _with_parameters(type(own), parameters)
    if not parameters:
        for variant in strategies():
            if variant.id == name:
                return variant
    classes = strategy_classes()
    if name not in classes:
        raise unknown("strategy", name, {*classes, *(variant.id for variant in strategies())})
    return _with_parameters(classes[name], parameters)


@cache
def _own(name: str) -> Strategy | None:
    """Return a strategy of our own by its name or a variant's id, having imported the one module that holds it.

    A load knows the name that it wants: to import the others, and to ask every installed package for more, would take
    longer than a sync that finds nothing new.
    """
    place = name
    while place:
        if place.isidentifier() and find_spec(f"incload.strategies.{place}"):
            classes = _defined_in(import_module(f"incload.strategies.{place}"))
            found = [variant for defined in classes for variant in defined.variants() if name == variant.id]
            return found[0] if found else next((each() for each in classes if each.name == name), None)
        place = place.rpartition("_")[0]
    return None


def _named_by(point: EntryPoint) -> list[type[Strategy]]:
    """Return the strategies of an entry point; refuse one that leads nowhere, or to something else."""
    try:
        loaded = point.load()
    except Exception as error:
        raise Refused(
            f"the entry point {point.value!r} of strategies cannot be loaded ({error!r}): "
            "repair or remove the package that brings it."
        ) from error
    found = _defined_in(loaded) if isinstance(loaded, ModuleType) else [loaded] if _is_strategy(loaded) else []
    if not found:
        raise Refused(f"the entry point {point.value!r} names no strategy: name a module with one, or its class.")
    return found


def _defined_in(module: ModuleType) -> list[type[Strategy]]:
    return [value for value in vars(module).values() if _is_strategy(value) and value.__module__ == module.__name__]


def _is_strategy(value: object) -> TypeGuard[type[Strategy]]:
    """Return whether a value is a strategy's class, and not one that strategies are only made of."""
    return isinstance(value, type) and issubclass(value, Strategy) and not isabstract(value)


def _by_name(found: list[type[Strategy]]) -> dict[str, type[Strategy]]:
    by_name: dict[str, type[Strategy]] = {}
    for defined in sorted(found, key=lambda each: each.name):
        if is_read_as_nothing(defined.name):
            raise Refused(
                f"a strategy is named {defined.name!r}, which readers of a report take for no value: rename it."
            )
        if by_name.setdefault(defined.name, defined) is not defined:
            raise Refused(f"two strategies are named {defined.name!r}: rename one, names are permanent ids.")
    return by_name


def spelled(chosen: Strategy) -> str:
    """Return a strategy as a user names it, with the parameters that are not at their defaults."""
    values = ((each.name, getattr(chosen, each.name), each.default) for each in fields(chosen))
    given = [f"{name}={str(value).lower().replace(' ', '')}" for name, value, usual in values if value != usual]
    return f"{chosen.name}:{','.join(given)}" if given else chosen.name


def _with_parameters(defined: type[Strategy], text: str) -> Strategy:
    """Build a strategy from `name=value,...`, where a value may be a tuple in parentheses."""
    known = {parameter.name: parameter for parameter in fields(defined)}
    values: dict[str, object] = {}
    for part in filter(None, re.split(r",(?![^(]*\))", text)):
        name, _, value = part.partition("=")
        if name not in known:
            raise (
                unknown(f"parameter of {defined.name}", name, known)
                if known
                else Refused(f"{defined.name} has no parameters: leave out {part!r}.")
            )
        values[name] = _value(defined.name, known[name], value)
    try:
        built = defined(**values)
        _ = built.needs, built.reach  # a parameter may be beyond what its meaning can hold
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(f"{defined.name} cannot be run with {text!r}: {error}.") from error
    return built


def _value(strategy_name: str, parameter: Field[object], text: str) -> object:
    """Read a value of the type of the parameter's default; a float may be written as an integer."""
    try:
        value = ast.literal_eval(text.capitalize() if text in {"true", "false"} else text)
    except (ValueError, SyntaxError):
        value = text
    default = parameter.default
    if isinstance(default, int | float) and not isinstance(default, bool):
        number = int if parameter.type in {int, "int"} else int | float
        fits = isinstance(value, number) and not isinstance(value, bool) and 0 <= value < math.inf
    else:
        fits = isinstance(value, type(default))
    if not fits:
        raise Refused(
            f"parameter {parameter.name} of {strategy_name} cannot be {text!r}: give a value such as {default!r}."
        )
    return value
