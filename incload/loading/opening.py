"""Both ends of a load are opened here: what cannot be loaded, or not by the strategy named, is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.errors import Refused, Unable
from incload.loading.connections import Connections
from incload.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Row, Session
    from incload.loading.plan import Plan
    from incload.strategy import Strategy


def connect(source: Endpoint, target: Endpoint, plan: Plan, *, as_held: bool = False) -> Connections:
    """Open both ends of a planned load; a target file that does not exist yet is created by its engine.

    Args:
        source: The source.
        target: The target.
        plan: What is loaded.
        as_held: Whether a file is read with the columns alone that its records have; else those that the target has
            besides are null in every row.

    Raises `Refused` for a source that cannot be read or a target that cannot be written.
    """
    check_plan(plan)
    source.check_source()
    refuse_named(target)
    target.check_target(source)
    if isinstance(source, Location) and source.engine == "file":
        return _from_file(source.path, target, plan, as_held=as_held)
    refuse_file_options(source, plan)
    return _from_database(source, target, plan)


def refuse_named(target: Endpoint) -> None:
    """Refuse a target whose URL names a table."""
    if target.table is not None:
        raise Refused(f"the target names the table {target.table!r}: name it with --table instead.")


def refuse_file_options(source: Endpoint, plan: Plan) -> None:
    """Refuse what a plan says of a file where the source is a database."""
    if not plan.layout.is_plain:
        raise Refused(
            "--records, --key-from-name, --encoding and paths with .. say where the records are in a file, and "
            f"{source.shown} is a database: leave them out."
        )
    if plan.types:
        raise Refused(
            f"--types names types of columns of a record file, and {source.shown} is a database, whose columns have "
            "types: leave it out, and load from a view that casts them."
        )


def _from_database(source: Endpoint, target: Endpoint, plan: Plan) -> Connections:
    """Open two databases, in one session where they turn out to be one; refuse a table that is to be its own copy."""
    table = source.table or plan.name
    connections = _opened(source, target, table)
    try:
        together = _refuse_itself(connections, target, plan)
    except BaseException:
        connections.close()
        raise
    if connections.attached or not together:
        return connections
    connections.close()
    both = session_type(source.engine).open(source, target)
    return Connections(both, both, table)


def _opened(source: Endpoint, target: Endpoint, table: str) -> Connections:
    """Open one session for both ends where they are seen to share one, else two."""
    if target.shares_session(source):
        both = session_type(source.engine).open(source, target)
        return Connections(both, both, table)
    reading = session_type(source.engine).open(source, None)
    try:
        return Connections(reading, session_type(target.engine).open(None, target), table)
    except BaseException:
        reading.close()
        raise


def _refuse_itself(connections: Connections, target: Endpoint, plan: Plan) -> bool:
    """Refuse to load a table into itself, under whatever URL; say whether one session can do for both ends."""
    if connections.source.engine != connections.target.engine:
        return False
    one: Row = ()
    other: Row = ()
    if not connections.attached:
        one, other = connections.source.database(), connections.target.database()
    names = connections.source.name("source", connections.table), connections.target.name("target", plan.name)
    is_one = len({name.lower() if connections.source.capabilities.folds_names else name for name in names}) == 1
    if one[:1] == other[:1] and is_one:
        raise Refused(f"source and target are both table {plan.name!r} of {target.shown}: load into another table.")
    return one == other


def require_capability(strategy: Strategy, source: Session, *, is_file: bool = False) -> None:
    """Refuse a strategy that asks for what the source's engine does not have."""
    if is_file:
        return require_of_file(strategy)
    if strategy.asks is not None and (why := source.cannot(strategy.asks)):
        raise unable(strategy.name, why)
    return None


def require_of_file(strategy: Strategy) -> None:
    """Refuse a strategy that asks for what no file of records has."""
    if strategy.asks is not None:
        raise unable(strategy.name, f"a file has no {strategy.asks}")


def unable(name: str, why: str) -> Unable:
    """Return the refusal of a strategy that asks for what a source does not have."""
    return Unable(f"strategy {name!r} cannot follow this source, because {why}: choose another strategy.")


def resolve_table_name(session: Session, table: str, known: Iterable[str] | None = None) -> str:
    """Return the spelling under which a target table stands there, or among known names; else the name as it is."""
    if not session.capabilities.folds_names:
        return table
    names = sorted(session.tables("target") if known is None else known)
    return table if table in names else next((name for name in names if name.lower() == table.lower()), table)


def open_source(source: Endpoint) -> Session:
    """Open a database only to read it; refuse one that is not there."""
    source.check_source()
    return session_type(source.engine).open(source, None)


def reopen(target: Endpoint) -> Session:
    """Open a target on its own; refuse one that is not there."""
    if not target.is_there:
        raise Refused(f"there is no target {target.shown}: check its path.")
    return session_type(target.engine).open(None, target)


def _from_file(path: Path, target: Endpoint, plan: Plan, *, as_held: bool) -> Connections:
    """Read the file in DuckDB: in the target's own session if that is DuckDB's, else in one that streams to it."""
    from incload.engines.files.column_types import Wanted
    from incload.engines.files.several.taking import take

    writing = session_type(target.engine).open(None, target)
    reading = writing if target.engine == "duckdb" else session_type("file").open(None, None)
    try:
        known = {column.name: column for column in writing.columns("target", plan.name) or ()}
        traits = writing.traits(plan.name) if known else {}
        own = frozenset(known if as_held else (name for name, each in traits.items() if each.filled or each.generated))
        wanted = Wanted(plan.key, plan.cursor, known, own, plan.layout, dict(plan.types))
        taken = take(reading, path, plan.name, wanted)
    except BaseException:
        Connections(reading, writing, plan.name).close()
        raise
    return Connections(reading, writing, plan.name, taken.records, taken.notes, taken.absent)


def empty_as_target(connections: Connections, table: str) -> bool:
    """Make the source of a file without records a table without rows, and say whether there is a target to make it of.

    It has the target's columns.
    """
    from incload.engines.files.record_files import empty

    columns = connections.target.columns("target", table)
    if columns is None:
        return False
    shared = (replace(column, shared=connections.target.shared_type(column)) for column in columns)
    empty(connections.source, connections.table, shared, connections.target.engine)
    return True


def check_plan(plan: Plan) -> None:
    """Refuse a name or a key that no table can be loaded by."""
    if not plan.name:
        raise Refused("the table to load into has an empty name: name one with --table.")
    if plan.name.lower().startswith("_incload_"):
        raise Refused(f"{plan.name!r} cannot be the table to load into: names in _incload_ are incload's own.")
    if len(set(plan.key)) < len(plan.key):
        raise Refused(f"the key names a column twice ({', '.join(plan.key)}): name each once.")
