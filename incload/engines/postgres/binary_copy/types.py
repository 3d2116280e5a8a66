"""The types of a binary COPY: as what a column is read and written, and the numbers that both directions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incload.engines.postgres.columns import shared_types
from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column

BATCH_ROWS = 65_536
"""How many rows are turned at once, in either direction."""
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH_SHIFT = 946_684_800_000_000
"""Microseconds from 1970, where Arrow counts from, to 2000, where PostgreSQL does."""
FOREVER = np.iinfo(np.int64).max
"""What stands for `infinity`; the smallest number stands for `-infinity`."""
_ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.BLOB: pa.binary(),
}
_CASTS = {Kind.INTEGER: "bigint", Kind.REAL: "float8", Kind.BOOLEAN: "boolean", Kind.BLOB: "bytea"}


def crossing(name: str, column: Column) -> str:
    """Return the expression that brings a column into the type in which it is read."""
    if column.kind is Kind.TIMESTAMP:
        return f"{name}::timestamp" if column.dated else name
    if column.declared == "xid8":
        return f"{name}::text::bigint"
    if column.shared:
        return shared_types.written(name, column)
    if shared_types.is_json_elsewhere(column):
        return f"to_json({name})::text"
    return f"{name}::{_CASTS.get(column.kind, 'text')}"


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type in which a column travels."""
    if column.kind is Kind.DECIMAL:
        return pa.decimal128(*column.digits)
    if column.kind is Kind.TIMESTAMP and column.zoned:
        return pa.timestamp("us", "UTC")
    return _ARROW.get(column.kind, pa.string())
