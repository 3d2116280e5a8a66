"""Faults of a loader rather than of its source: one file for each kind.

A fault says what it breaks, harms what `Victim` describes (a model on paper, a real load on real files), and says in a
sentence what it did. Every module of this folder is searched for kinds of faults. What must stay true: prediction and
observation are harmed by the same code.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from incload.errors import unknown
from incload.history.faults.fault import Choose, Fault, Running, Victim

__all__ = ["Choose", "Fault", "Running", "Victim", "fault_kind", "kinds"]


@cache
def kinds() -> tuple[type[Fault], ...]:
    """Return every kind of fault, in the order of their names."""
    modules = [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    found = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Fault) and each.kind and each.__module__ == module.__name__
    }
    return tuple(sorted(found, key=lambda each: each.kind))


def fault_kind(name: str) -> type[Fault]:
    """Return a kind of fault by its name; refuse a name that no kind has."""
    known = {each.kind: each for each in kinds()}
    if name not in known:
        raise unknown("kind of fault", name, known)
    return known[name]
