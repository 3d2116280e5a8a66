"""What a config says, once it is read: the tables, each with its ends and options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from incload.api.config.environment import Environment
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ConfiguredTable:
    """One table that is kept up to date.

    Attributes:
        name: What it is called on the command line: the table in the target.
        source: The URL or path that rows come from; never shown, as it may hold a password.
        target: The URL of the database that they go to, likewise.
        options: The options of `incload.load`, `table` among them.
        line: Where the table begins in the config.
        target_name: What the config calls the target.
    """

    name: str
    source: str = field(repr=False)
    target: str = field(repr=False)
    options: dict[str, Any] = field(repr=False)
    line: int
    target_name: str = ""

    @property
    def strategy(self) -> str:
        """The strategy, as the config spells it."""
        return str(self.options["strategy"])


@dataclass(frozen=True, slots=True)
class Config:
    """A config.

    Attributes:
        path: The file.
        tables: Its tables, in its order.
        environment: What was put in for variables.
    """

    path: Path
    tables: tuple[ConfiguredTable, ...]
    environment: Environment = field(default_factory=Environment, repr=False)

    def chosen(self, names: Sequence[str] | None) -> tuple[ConfiguredTable, ...]:
        """Return the tables of some names, in the config's order; all for None.

        Raises:
            Refused: For a name that no table has, and a config without a table.
        """
        if not self.tables:
            raise Refused(f"{self.path.name} names no table to load: add a [[tables]] section.")
        if names is None:
            return self.tables
        known = {each.name for each in self.tables}
        for name in names:
            if name not in known:
                raise unknown(f"table in {self.path.name}", name, known)
        return tuple(each for each in self.tables if each.name in set(names))
