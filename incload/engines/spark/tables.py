"""What Iceberg's own catalog says of tables, asked without a job of Spark: columns, snapshots, and what they carry.

A state is a property of a snapshot. Other writers make snapshots without one, so that the newest that has one says it.
A tag keeps that snapshot from expiring with its state.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from incload.engines.columns.traits import Trait
from incload.engines.spark.failures import speaking, whole_text
from incload.engines.spark.sql import declared_as, kind_of
from incload.errors import Refused
from incload.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROPERTY = "incload.state."
"""How the properties of a snapshot begin that carry states; the name of the strategy follows."""
BY = "incload.by"
"""The property of a snapshot that says of which strategy it has written the state, and who has: a sync or a hand."""
TAG = "incload_state"
"""The tag of the latest snapshot that carries states: what is tagged does not expire."""


class Known(NamedTuple):
    """A table as it was found.

    Attributes:
        table: Iceberg's own object.
        columns: Its columns.
        traits: What they do by themselves.
        snapshot: The number of its latest snapshot; None where it has none.
        is_current: Whether that snapshot has the columns of now, so that it can be read by its number.
    """

    table: Any
    columns: tuple[Column, ...]
    traits: dict[str, Trait]
    snapshot: int | None
    is_current: bool


class Catalog:
    """One catalog as a session sees it."""

    def __init__(self, spark: Any, name: str, folder: Path | None) -> None:  # noqa: ANN401 - pyspark's own type
        """Take the session, the name under which it knows the catalog, and its folder where it is one of folders."""
        self._spark, self._name, self._folder = spark, name, folder
        self._jvm = spark._jvm  # noqa: SLF001 - there is no other way to it
        self._opened: Any = None

    @property
    def _catalog(self) -> Any:  # noqa: ANN401 - Iceberg's own type
        """Iceberg's own object, made by Spark when it is first asked for."""
        if self._opened is None:
            # Spark looks for the settings of a catalog in the session that is active in the thread.
            self._jvm.org.apache.spark.sql.SparkSession.setActiveSession(self._spark._jsparkSession)  # noqa: SLF001 - as above
            self._opened = self._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergCatalog(
                self._spark._jsparkSession,  # noqa: SLF001 - there is no other way to it
                self._name,
            )
        return self._opened

    def table(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return Iceberg's own object of a table as it is now; None where there is none of that name."""
        identifier = self._jvm.org.apache.iceberg.catalog.TableIdentifier.parse(name)
        with speaking():
            try:
                return self._catalog.loadTable(identifier)
            except Exception as error:
                if "NoSuchTableException" in whole_text(error) or "NoSuchNamespaceException" in whole_text(error):
                    return None
                raise

    def known(self, name: str) -> Known | None:
        """Describe a table as it is now; None where there is none of that name."""
        table = self.table(name)
        if table is None:
            return None
        with speaking():
            schema = table.schema()
            fields = json.loads(self._jvm.org.apache.iceberg.spark.SparkSchemaUtil.convert(schema).json())["fields"]
            current = table.currentSnapshot()
            is_current = current is not None and current.schemaId() == schema.schemaId()
            number = None if current is None else current.snapshotId()
        columns = tuple(Column(each["name"], kind_of(d := declared_as(each["type"])), d) for each in fields)
        traits = {each["name"]: Trait(nullable=each["nullable"]) for each in fields}
        return Known(table, columns, traits, number, is_current)

    def refuse_files(self, name: str) -> None:
        """Refuse to make a table in a folder of files that are none of Iceberg's."""
        if self._folder is None or not self._is_of_folders:
            return
        folder = self._folder.joinpath(*name.split("."))
        found = next((each for each in folder.glob("*") if each.is_file()), None) if folder.exists() else None
        if found is not None:
            raise Refused(
                f"the folder {str(folder)!r} holds files, such as {found.name!r}, and no Iceberg table: name another "
                "table, or move the files away."
            )

    def holds_namespace(self, name: str) -> bool:
        """Return whether there is a namespace; a warehouse of folders makes them with the tables."""
        if self._is_of_folders:
            return True
        namespace = self._jvm.org.apache.iceberg.catalog.TableIdentifier.parse(f"{name}.t").namespace()
        with speaking():
            return bool(self._catalog.namespaceExists(namespace))

    @property
    def _is_of_folders(self) -> bool:
        return "Hadoop" in str(self._catalog.getClass().getName())

    def names(self) -> list[str]:
        """Return the names of all tables, each with its namespace."""
        with speaking():
            found = list(self._names(self._jvm.org.apache.iceberg.catalog.Namespace.empty()))
        return sorted(found)

    def _names(self, namespace: Any) -> Iterator[str]:  # noqa: ANN401 - Iceberg's own type
        if not namespace.isEmpty():
            yield from (str(each.toString()) for each in self._catalog.listTables(namespace))
        elif self._folder is not None and self._folder.is_dir():  # a catalog of folders does not list those at its root
            yield from (
                each.parent.name for each in self._folder.glob("*/metadata") if any(each.glob("*.metadata.json"))
            )
        if self._folder is None or self._folder.is_dir():
            for each in self._catalog.listNamespaces(namespace):
                yield from self._names(each)


def states(table: Any) -> dict[str, str]:  # noqa: ANN401 - Iceberg's own type
    """Return the states that a table's snapshots carry, by strategy; those of the newest that carries any.

    An empty text says that a state was reset.

    A table that was rolled back has the state of the snapshots that it goes back to. One whose snapshots have expired,
    or that was built again, has that of the tag.
    """
    with speaking():
        current = table.currentSnapshot()
        if current is None:
            return {}
        for snapshot in ancestors(table, current):
            if found := carried_by(snapshot):
                return {strategy: text for strategy, text in found.items() if text}
        tagged = table.snapshot(TAG)
        if tagged is None or any(each.snapshotId() == current.snapshotId() for each in ancestors(table, tagged)):
            return {}
        return {strategy: text for strategy, text in carried_by(tagged).items() if text}


def holds_nothing(known: Known) -> bool | None:
    """Return whether a table holds no row, as its snapshot sums it up; None where it does not say it for certain.

    A table without a snapshot is empty. One whose rows are more than its deletions by position, each of which takes one
    row at most, is not. What other writers have summed up is not trusted to say that a table is empty.
    """
    if known.snapshot is None:
        return True
    with speaking():
        summary = known.table.snapshot(known.snapshot).summary()
        rows, deleted, equal = (
            summary.get(f"total-{each}") for each in ("records", "position-deletes", "equality-deletes")
        )
    try:
        return False if int(rows) > int(deleted) and int(equal) == 0 else None
    except (TypeError, ValueError):
        return None


def ancestors(table: Any, snapshot: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """Yield a snapshot and those before it, as far back as they have not expired."""
    while snapshot is not None:
        yield snapshot
        parent = snapshot.parentId()
        snapshot = None if parent is None else table.snapshot(parent)


def carried_by(snapshot: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    """Return the states that one snapshot carries, by strategy; an empty text is none."""
    summary = snapshot.summary()
    return {
        str(key).removeprefix(PROPERTY): str(summary.get(key)) for key in summary.keySet() if key.startswith(PROPERTY)
    }
