"""The engines by name: in which module each lives, and which optional packages it needs.

A new engine is its module and its line here. Modules are imported when their engine is named.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from incload.engines.abilities.fixture import Fixture
    from incload.engines.digests.canonical import Digests, Held
    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session


@record
class _Entry:
    """Where an engine lives.

    Attributes:
        module: The module, under `incload.engines`.
        session: The name of its session class.
        needs: The package that it needs beyond incload's own, or empty.
        extra: The extra of incload that installs that package.
        schemes: How URLs of the engine begin.
        on_server: Whether its databases are on a server, whose URLs the engine itself reads, and not in files.
    """

    module: str
    session: str
    needs: str = ""
    extra: str = ""
    schemes: tuple[str, ...] = ()
    on_server: bool = False


_ENGINES = {
    "sqlite": _Entry("sqlite.session", "SqliteSession", schemes=("sqlite",)),
    "duckdb": _Entry("duckdb.session", "DuckdbSession", schemes=("duckdb",)),
    "postgres": _Entry(
        "postgres.session", "PostgresSession", "psycopg", "postgres", ("postgresql", "postgres"), on_server=True
    ),
    "iceberg": _Entry(
        "spark.session", "IcebergSession", "pyspark", "spark", ("iceberg", "iceberg+spark"), on_server=True
    ),
}
SCHEMES = {scheme: name for name, each in _ENGINES.items() for scheme in each.schemes}
"""The engine of every URL scheme."""


def is_on_server(engine: str) -> bool:
    """Return whether the databases of an engine are on a server."""
    return _ENGINES[engine].on_server


def needed_by() -> tuple[tuple[str, str], ...]:
    """Return the engines, each with the command that installs what it needs beyond incload's own, or empty."""
    return tuple(
        (name, f"pip install 'incload[{each.extra}]'" if each.extra else "") for name, each in _ENGINES.items()
    )


def session_type(engine: str) -> type[Session]:
    """Return the session class of an engine, a file of records being read by DuckDB; refuse one not installed."""
    entry = _ENGINES["duckdb" if engine == "file" else engine]
    found: type[Session] = getattr(_module(entry), entry.session)
    return found


def fixture(session: Session) -> Fixture:
    """Return what a trial does to the tables of a session, as its engine's folder has it."""
    made: Fixture = part(session.engine, "sandbox").FIXTURE(session)
    return made


def engines() -> tuple[str, ...]:
    """Return the names of all engines, installed or not."""
    return tuple(_ENGINES)


def can_digest(engine: str) -> bool:
    """Return whether an engine writes and digests rows as the others do."""
    folder = f"incload.engines.{_ENGINES[engine].module.partition('.')[0]}"
    return find_spec(f"{folder}.canonical") is not None


def digests(session: Session, relation: str, held: Sequence[Held], key: Sequence[int]) -> Digests:
    """Return the rows of a relation as a session's engine writes and digests them."""
    made: Digests = part(session.engine, "canonical").DIGESTS(session, relation, held, key)
    return made


def locate_on_server(scheme: str, text: str) -> Endpoint:
    """Read the URL of a table on a server, as its engine understands it."""
    found: Endpoint = _module(_ENGINES[SCHEMES[scheme]]).locate(text)
    return found


def part(engine: str, name: str) -> ModuleType:
    """Return a module of the engine's folder."""
    return import_module(f"incload.engines.{_ENGINES[engine].module.partition('.')[0]}.{name}")


def _module(entry: _Entry) -> ModuleType:
    try:
        return import_module(f"incload.engines.{entry.module}")
    except ModuleNotFoundError as error:
        if not entry.needs or error.name != entry.needs:
            raise
        raise Refused(
            f"the engine {entry.module} needs the package {entry.needs}, which is not installed: "
            f"install it with `pip install 'incload[{entry.extra}]'`."
        ) from error
