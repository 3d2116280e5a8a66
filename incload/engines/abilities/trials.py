"""What each engine's folder has for trials, in its module `sandbox`: its throw-away databases, and applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.registry import part, session_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.abilities.application import Application
    from incload.engines.abilities.databases import Databases


def databases(engine: str, threads: int | None = 1) -> Databases:
    """Return the throw-away databases of an engine; None is a thread for each processor."""
    kind = session_type(engine)
    made: Databases = part(engine, "sandbox").DATABASES(engine, kind, threads)
    return made


def application(engine: str, url: str) -> Application:
    """Connect an application to a database, of an engine that lets many write at once."""
    made: Application = part(engine, "sandbox").APPLICATION(url)
    return made


def most_processes(engines: Iterable[str], wanted: int) -> int:
    """Return how many processes, of so many wanted, may run trials on these engines and see nothing of each other."""
    return min(databases(engine).most_processes() or wanted for engine in {*engines})


def enter_process(engines: Iterable[str]) -> None:
    """Make ready, in a process that runs trials beside others, what it must not share with them."""
    for engine in sorted({*engines}):
        databases(engine).enter_process()
