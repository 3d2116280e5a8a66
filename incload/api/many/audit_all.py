"""`incload.audit_all`: compare the copies of a config's tables with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from incload.api.audit import AuditOptions, audit
from incload.api.config.places import of_table
from incload.api.config.read import read_config
from incload.api.many.records import worst
from incload.api.options import check_names, names_of
from incload.engines.endpoints import locate
from incload.errors import Refused, masked, on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from incload.api.config.model import Config, ConfiguredTable
    from incload.auditing.result import AuditResult

_REFUSED = 2
_ORDER = (0, 3, 1, 2)
"""The exit codes of an audit, those that are worse further on."""


@dataclass(frozen=True, slots=True)
class TableAudit:
    """What the audit of one table found.

    Attributes:
        table: Its name.
        result: What was found; None where the tables could not be compared.
        error: Why not, in one sentence.
    """

    table: str
    result: AuditResult | None = None
    error: str | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the audit of this table alone."""
        return self.result.exit_code if self.result else _REFUSED


@dataclass(frozen=True, slots=True)
class ManyAudits:
    """What the audits of all tables found.

    Attributes:
        tables: One record a table, in the order of the config.
    """

    tables: tuple[TableAudit, ...]

    @property
    def exit_code(self) -> int:
        """The worst of all tables: 0 equal, 3 undecided, 1 wrong rows, 2 refused."""
        return worst((each.exit_code for each in self.tables), _ORDER)

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        found = [
            {"table": each.table, "result": each.result and each.result.to_dict(), "error": each.error}
            for each in self.tables
        ]
        return {"exit_code": self.exit_code, "tables": found}


class AuditAllOptions(TypedDict, total=False):
    """The named options of `incload.audit_all`; each is the option of `incload audit` with that name.

    Attributes:
        tables: The tables that are audited, by name; all of the config by default.
        limit, show_values, settle, rechecks: For every table, as for `incload.audit`.
    """

    tables: str | Sequence[str] | None
    limit: int
    show_values: bool
    settle: str | None
    rechecks: int | None


def audit_all(config: str | Path | None = None, **options: Unpack[AuditAllOptions]) -> ManyAudits:
    """Compare each copy of a config with its source, by the key, cursor, columns and condition of its load.

    Args:
        config: The file; `incload.toml` of this folder, or the nearest one above it, by default.
        **options: See `AuditAllOptions`.

    Raises:
        Refused: For what is wrong in the config.
    """
    check_names("audit_all", options, AuditAllOptions)
    return run_audits(read_config(config), options, lambda _: None)


def run_audits(config: Config, options: AuditAllOptions, starting: Callable[[str], object]) -> ManyAudits:
    """Audit the tables that options name.

    Args:
        config: The config.
        options: The options.
        starting: Is called with the name of each table as its turn comes.
    """
    names = options.get("tables")
    done = []
    for each in config.chosen(None if names is None else names_of(names)):
        starting(each.name)
        done.append(_audited(each, config, {name: value for name, value in options.items() if name != "tables"}))
    return ManyAudits(tuple(done))


def _audited(table: ConfiguredTable, config: Config, more: dict[str, Any]) -> TableAudit:
    try:
        found = audit(_source(table), of_table(table.target, table.name), **cast("AuditOptions", _own(table) | more))
    except Refused as refusal:
        said = str(refusal).replace("--source-where", "--where")  # as a load calls it, and a config
        return TableAudit(table.name, error=on_one_line(config.environment.hidden(masked(said))))
    return TableAudit(table.name, found)


def _own(table: ConfiguredTable) -> dict[str, Any]:
    """Return the options of a load that an audit has too; its condition speaks of the source alone."""
    own = {name: value for name, value in table.options.items() if name in AuditOptions.__annotations__}
    return own | {"where": None, "source_where": own.get("where")}


def _source(table: ConfiguredTable) -> str:
    """Return the source with its table, which a load takes from the target unless the source names one."""
    source = locate(table.source)
    return table.source if source.engine == "file" or source.table else of_table(table.source, table.name)
