"""The extras of the package: what a bare `pip install incload` leaves out, and what needs it.

A load needs the base alone. Everything else looks here before it begins, so that what is missing is one sentence.
"""

from __future__ import annotations

from importlib.util import find_spec

from incload.errors import Refused

EXTRAS = {
    "harness": ("faker", "numpy", "pandas", "rich"),
    "report": ("matplotlib",),
    "postgres": ("psycopg",),
}
"""The modules that each extra brings."""


def require_extra(extra: str, what: str) -> None:
    """Refuse to begin without the modules of an extra; `what` says what is to begin."""
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise _lacking(what, ", ".join(missing), extra)


def missing_extra(error: ModuleNotFoundError) -> Refused | None:
    """Return the refusal of what needs a module of an extra that is not installed; None for another module."""
    extra = next((extra for extra, names in EXTRAS.items() if error.name in names), None)
    return _lacking("this", str(error.name), extra) if extra else None


def _lacking(what: str, names: str, extra: str) -> Refused:
    return Refused(f"{what} needs {names}, which a bare installation does not have: `pip install 'incload[{extra}]'`.")
