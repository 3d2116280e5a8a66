"""Columns of a table, added and widened by one step of Iceberg's own that makes no snapshot."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from incload.engines.contract import Conflict
from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.sql import quoted
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def reshape(spark: Any, table: Any, added: Mapping[str, str], widened: Mapping[str, str]) -> None:  # noqa: ANN401 - types of pyspark and Iceberg
    """Add columns that are null in every row, and give others wider types, at once.

    Raises:
        Conflict: When another writer has changed the table since it was looked at.
        Refused: For a type to which Iceberg does not widen, with the table as it was.
    """
    before = table.currentSnapshot()
    with speaking():
        table.refresh()
        change = table.updateSchema()
    current = table.currentSnapshot()
    if (before and before.snapshotId()) != (current and current.snapshotId()):
        raise Conflict
    for name, declared in added.items():
        with speaking():
            change = change.addColumn(None, name, _type(spark, declared))
    for name, declared in widened.items():
        try:
            with speaking():
                change = change.updateColumn(name, _type(spark, declared))
        except SparkFailed as error:
            raise Refused(
                f"Iceberg does not widen column {name!r} to {declared}: load into a new table, or leave the column "
                "out with --exclude."
            ) from error
    _commit(change)


def _commit(change: Any) -> None:  # noqa: ANN401 - Iceberg's own type
    try:
        with speaking():
            change.commit()
    except SparkFailed as error:
        if error.conflict:
            raise Conflict from error
        raise


def snapshot_of(table: Any) -> int | None:  # noqa: ANN401 - Iceberg's own type
    """Return the number of the snapshot that a table stands at; None for a table without one."""
    current = table.currentSnapshot()
    return None if current is None else int(current.snapshotId())


def take_away(table: Any, added: Iterable[str], since: int | None) -> None:  # noqa: ANN401 - Iceberg's own type
    """Remove columns that were added for rows that were not committed; what fails leaves them, null in every row.

    They stay, too, once the table stands at another snapshot than it did: another load may have filled them. One that
    commits after this look makes the change itself fail.
    """
    with suppress(Exception):
        table.refresh()
        if snapshot_of(table) != since:
            return
        change = table.updateSchema()
        for name in added:
            change = change.deleteColumn(name)
        change.commit()


def _type(spark: Any, declared: str) -> Any:  # noqa: ANN401 - types of pyspark and Iceberg
    """Return what Iceberg calls a type of Spark."""
    jvm = spark._jvm  # noqa: SLF001 - there is no other way to it
    fields = jvm.org.apache.spark.sql.types.StructType.fromDDL(f"{quoted('c')} {declared}")
    return jvm.org.apache.iceberg.spark.SparkSchemaUtil.convert(fields.apply("c").dataType())
