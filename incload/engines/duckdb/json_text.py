"""Nested values of DuckDB on their way out: JSON that every reader takes.

JSON has no NaN and no infinity, which DuckDB writes as bare words; as texts, `"NaN"`, they can be read back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from incload.table import Column

_WORD = re.compile(r'("(?:[^"\\]|\\.)*")|(-?(?:NaN|Infinity))')
"""A text, which is left as it is, or one of the words that are none of JSON."""


def quoted(reader: pa.RecordBatchReader, columns: Iterable[Column]) -> pa.RecordBatchReader:
    """Return a stream in which no value of the columns has a bare NaN or infinity."""
    names = {column.name for column in columns}
    if not names:
        return reader
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [
                _quoted(values) if name in names else values
                for name, values in zip(reader.schema.names, batch.columns, strict=True)
            ]
            yield pa.record_batch(columns, reader.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _quoted(values: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring_regex(values, "NaN|Infinity")).as_py():
        return values
    return pa.array([None if text is None else _WORD.sub(_as_text, text) for text in values.to_pylist()], values.type)


def _as_text(found: re.Match[str]) -> str:
    return found[1] or f'"{found[2]}"'
