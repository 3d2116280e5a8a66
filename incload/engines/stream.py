"""Rows on their way from one engine to another: what a session streams, and any other can receive.

A stream is taken once, in one of two ways. A reader that speaks Arrow's C stream interface, as DuckDB does, asks for
the capsule: nothing of Python stands between the two engines then, and pyarrow is not imported. A reader that looks at
the rows in Python asks for a reader of batches.
An exception does not come through the receiving engine as it was raised. So a stream remembers why it broke off, or is
given what the engine heard of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from incload.engines.driver_errors import reason
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class Stream(ABC):
    """Rows that can be read once; see the module's docstring."""

    marker: str | None = None
    """The column of the capsule's rows that is 0 in each, and 1 in an example that is none; None without an example."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._capsule: object = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the capsule, the same one each time: DuckDB looks at its types once or twice before it reads."""
        if self._capsule is None:
            self._capsule = self._exported()
        return self._capsule

    @abstractmethod
    def _exported(self) -> object:
        """Return the stream as a capsule of Arrow's C interface."""

    @abstractmethod
    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as batches of the columns' types, without an example."""

    @abstractmethod
    def broken(self, heard: str | None) -> Refused | None:
        """Return why the stream broke off, and None if it did not: remembered, or from what the receiver has heard."""


class Batches(Stream):
    """Batches that come through Python."""

    def __init__(self, reader: pa.RecordBatchReader, error: type[Exception]) -> None:
        """Take a reader, and the class of what the driver behind it raises."""
        super().__init__()
        self._reader, self._error = reader, error
        self._broken: Refused | None = None

    def _exported(self) -> object:
        return self.reader().__arrow_c_stream__()

    def reader(self) -> pa.RecordBatchReader:
        """Return a reader that notes why it breaks off."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self._reader.schema, self._watched())

    def _watched(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            yield from self._reader
        except Refused as refusal:
            self._broken = refusal
            raise
        except (pa.ArrowException, OSError, self._error) as error:
            self._broken = Refused(f"reading the source broke off: {reason(error)}")
            raise

    def broken(self, heard: str | None) -> Refused | None:  # noqa: ARG002 - what was raised says more
        """Return what was noted."""
        return self._broken


def digits_of(values: pa.Array) -> pa.Array:
    """Return decimals as texts of all their digits: Arrow writes small ones, and zeros of many places, as 0E-10."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = values.cast(pa.string())
    if not pc.any(pc.match_substring(texts, "E")).as_py():
        return texts
    return pa.array([None if each is None else f"{each:f}" for each in values.to_pylist()], pa.string())
