"""Dying on purpose: a load that ends before one of its statements, in every engine alike.

What a load does to a database it does through the methods of `Session`. Between two calls of them lies a boundary; to
die after a statement is to die before the next. Batches of a stream between two engines are boundaries as well.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa

from incload.engines.registry import SCHEMES, session_type
from incload.engines.session import Session
from incload.loading.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.engines.stream import Stream


NAMES = [name for name in dict.fromkeys(SCHEMES.values()) if name != "postgres" or find_spec("psycopg")]
ENGINES: list[type[Session]] = [session_type(name) for name in NAMES]
OWNERS = list(dict.fromkeys(owner for engine in ENGINES for owner in engine.__mro__ if owner not in Session.__mro__))
"""The classes that make up the sessions of all engines."""
STEPS = ("begin", "begin_read", "rows", "write", "finish", "rollback", "receive", "release", "close")
"""The methods of a session that act on a database."""
WHOLE = {"begin", "begin_read", "rows", "write", "finish", "rollback"}
"""Those of them that are one statement, even where an engine calls one through another."""


class Death(BaseException):
    """The process is gone; nothing may catch this but the one who planned it."""


def _raise() -> NoReturn:
    raise Death


@dataclass
class Tape:
    """The boundaries that a load has crossed.

    Attributes:
        at: The number of the boundary at which it dies; None to live.
        die: How. What returns from it is as good as dead: no statement after it is let through.
        crossed: The statements before which it was alive, oldest first.
        dead: Whether it has died.
    """

    at: int | None = None
    die: Callable[[], object] = _raise
    crossed: list[str] = field(default_factory=list)
    dead: bool = False
    _whole: bool = False

    def cross(self, statement: str) -> None:
        """Cross the boundary before a statement, or die there."""
        if self.dead or len(self.crossed) == self.at:
            self.dead = True
            self.die()
        self.crossed.append(statement)


@contextmanager
def taped(tape: Tape) -> Iterator[Tape]:
    """Let every session of this process cross its boundaries on a tape, for the time of a block."""
    kept = [(owner, name, vars(owner)[name]) for owner in OWNERS for name in STEPS if name in vars(owner)]
    noted = Connections._noted
    for engine, name, method in kept:
        setattr(engine, name, _stepped(tape, name, method))
    Connections._noted = lambda connections, stream: _torn(tape, noted(connections, stream))  # type: ignore[method-assign]
    try:
        yield tape
    finally:
        Connections._noted = noted  # type: ignore[method-assign]
        for engine, name, method in kept:
            setattr(engine, name, method)


def _stepped(tape: Tape, name: str, method: Callable[..., object]) -> Callable[..., object]:
    @wraps(method)
    def step(session: Session, *arguments: object, **options: object) -> object:
        if tape._whole:
            return method(session, *arguments, **options)
        tape.cross(str(arguments[0]) if name in {"rows", "write"} else f"{name} {session.engine}")
        tape._whole = name in WHOLE
        try:
            return method(session, *arguments, **options)
        finally:
            tape._whole = False

    return step


def _torn(tape: Tape, stream: Stream) -> Stream:
    """Let whoever takes a stream cross a boundary each time that it asks, or for each batch that it reads in Python."""
    taken, read = stream.__arrow_c_stream__, stream.reader

    class Torn(type(stream)):  # type: ignore[misc]  # whatever it is
        """The same stream."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            tape.cross("a stream is asked for")
            return taken(requested_schema)

        def reader(self) -> pa.RecordBatchReader:
            reader = read()
            return pa.RecordBatchReader.from_batches(reader.schema, batches(reader))

    def batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            tape.cross("a batch")
            yield batch

    stream.__class__ = Torn
    return stream
