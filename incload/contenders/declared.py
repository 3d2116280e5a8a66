"""What a contender declares about its copy, so that the audit can read it: nothing else is ever normalised."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _from_iso(value: object) -> object:
    """Return the microseconds since 1970 of ISO text; text without a zone is in UTC."""
    if not isinstance(value, str):
        return value
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return value
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _from_count(per_second: int) -> Callable[[object], object]:
    return lambda value: value * (1_000_000 // per_second) if type(value) is int else value


TIMES: Mapping[str, Callable[[object], object]] = {
    "iso": _from_iso,
    "seconds": _from_count(1),
    "milliseconds": _from_count(1_000),
}
"""How times may be represented other than as the target's own type, and what makes microseconds of them."""

BOOLEANS: Mapping[str, Mapping[object, object]] = {
    "text": {"true": 1, "false": 0, "True": 1, "False": 0},
    "letters": {"t": 1, "f": 0},
}
"""How booleans may be represented other than as the target's own type or as 1 and 0."""

SPOKEN = {
    "iso": "ISO text is read as a time",
    "seconds": "whole seconds since 1970 are read as a time",
    "milliseconds": "whole milliseconds since 1970 are read as a time",
    "text": "the texts true and false are read as a boolean",
    "letters": "the letters t and f are read as a boolean",
}
"""What a report says of each representation."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Where and how a contender keeps its copy, where it is not the named table with the source's columns.

    Attributes:
        url: The database that holds the copy; `{target}` in it is the target's URL. Empty for the target.
        table: The name of the copy; `{table}` in it is the name of the source's table. Empty for the same name.
        adds: The columns that the contender adds, as patterns such as `_dlt_*`.
        renames: Pairs of a source column and its name in the copy.
        current: A column that is null in the rows that are valid now, in a copy that keeps former versions as well.
        times: How times are represented; a name of `TIMES`, or empty for the target's own type.
        booleans: Likewise booleans; a name of `BOOLEANS`.
    """

    url: str = ""
    table: str = ""
    adds: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    current: str = ""
    times: str = ""
    booleans: str = ""

    def place(self, target_url: str, table: str) -> tuple[str, str]:
        """Return the URL and the table that hold the copy."""
        return self.url.replace("{target}", target_url) or target_url, self.table.replace("{table}", table) or table

    def name(self, column: str) -> str:
        """Return what a source column is called in the copy."""
        return dict(self.renames).get(column, column)

    def listed(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is declared, for a report."""
        said = [f"the copy is in {self.url}" if self.url else "", f"its table is {self.table}" if self.table else ""]
        said += [f"it adds {', '.join(self.adds)}" if self.adds else ""]
        said += [f"{one} is called {other}" for one, other in self.renames]
        said += [f"rows with a value in {self.current} are former versions" if self.current else ""]
        said += [SPOKEN[each] for each in (self.times, self.booleans) if each]
        return tuple(filter(None, said))


def declared(said: Mapping[str, object], who: str) -> Declared:
    """Return what a mapping, such as a part of a TOML file, declares; refuse what is no declaration.

    Args:
        said: Values by the names of the attributes of `Declared`; other names are passed over.
        who: Whose it is, for the refusal.
    """
    found = {field.name: said[field.name] for field in fields(Declared) if field.name in said}
    lists = {"adds": tuple, "renames": lambda value: tuple(value.items())}
    texts = {name: value for name, value in found.items() if name not in lists}
    wrong = [name for name, value in texts.items() if not isinstance(value, str)]
    wrong += ["adds"] if not isinstance(found.get("adds", []), list) else []
    wrong += ["renames"] if not isinstance(found.get("renames", {}), dict) else []
    if wrong:
        raise Refused(f"{who}: {wrong[0]} cannot be {found[wrong[0]]!r}; docs/contenders.md says what each takes.")
    for name, known in (("times", TIMES), ("booleans", BOOLEANS)):
        if found.get(name) and found[name] not in known:
            raise Refused(f"{who}: {name} cannot be {found[name]!r}; it is one of {', '.join(known)}.")
    return Declared(**{name: lists[name](value) if name in lists else value for name, value in found.items()})  # type: ignore[arg-type]  # each was checked above
