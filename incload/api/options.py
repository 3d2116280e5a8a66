"""Options that are given as plain values: unknown names, missing ones and values outside a list are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incload.engines.endpoints import at_home, locate
from incload.engines.files.layout import PARENT, Layout, column_of
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from incload.engines.endpoint import Endpoint


def user_path(given: str | Path) -> Path:
    """Return a path as a user gives it, with the user's folder for `~`: every option that is a path has this type."""
    return at_home(given)


def check_names(function: str, given: Mapping[str, object], options: type) -> None:
    """Refuse an option that a function does not have, and the lack of one that it needs.

    Args:
        function: The function's name, for the sentence.
        given: The options as they were passed.
        options: The `TypedDict` that describes them.
    """
    known = options.__annotations__
    for name in given:
        if name not in known:
            raise unknown(f"option of incload.{function}", name, known)
    required: frozenset[str] = getattr(options, "__required_keys__", frozenset())
    missing = [name for name in known if name in required and name not in given]
    if missing:
        raise Refused(f"incload.{function} needs {' and '.join(missing)}: pass {missing[0]}=... by name.")


def key_columns(key: str | Sequence[str]) -> tuple[str, ...]:
    """Return the key columns of one name or of several; a single text is one name, whatever it holds."""
    return column_names("key", key)


def column_names(option: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the columns of one name or of several; a single text is one name, whatever it holds."""
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names or not all(names):
        raise Refused(f"the {option} {given!r} names an empty column: pass the names of columns.")
    return names


def one_of(option: str, value: str, known: Iterable[str]) -> str:
    """Return a value that must be in a list; refuse another."""
    names = list(known)
    if value not in names:
        raise unknown(option, value, names)
    return str(value)


def names_of(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return one name or several; a single text is one name."""
    return (given,) if isinstance(given, str) else tuple(given)


def layout_of(options: Mapping[str, Any]) -> Layout:
    """Return where the records are in a source that is a file, by the options that say so and by key and cursor."""
    paths = (*key_columns(options["key"]), *filter(None, [options.get("cursor")]))
    return Layout(
        options.get("records", ""),
        options.get("key_from_name", ""),
        options.get("encoding", ""),
        inherited=tuple(path for path in paths if path.startswith(PARENT)),
        required=tuple(map(column_of, paths)),
    )


def database(url: str) -> Endpoint:
    """Return the database that a URL names; refuse a file of records, which is none."""
    target = locate(url)
    if target.engine == "file":
        raise Refused(f"the target {url!r} is no database: write sqlite:///path or duckdb:///path.")
    return target
