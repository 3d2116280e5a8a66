"""Where the tables of a session are: the catalog of each end, and each table as it was when it was first asked for."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.sql import quoted
from incload.engines.spark.starting.running import AT_THE_START
from incload.engines.spark.tables import Catalog, holds_nothing
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.spark.endpoint import Lake
    from incload.engines.spark.tables import Known
    from incload.engines.sql import Place

_SETTINGS = {
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionOverwriteMode": "STATIC",
}
"""What the meaning of a statement and of a value may not depend on: overflow fails, and no time is moved."""

_PATIENCE = {"rest.client.connection-timeout-ms": "10000", "rest.client.socket-timeout-ms": "60000"}
"""How long a catalog on a server may take to answer, which is without end otherwise; other catalogs ignore it."""


class Places:
    """The ends of one session."""

    def __init__(self, spark: Any, ends: Mapping[Place, Lake]) -> None:  # noqa: ANN401 - pyspark's own type
        """Give a session its settings, and make the warehouse of each end known to it."""
        self._spark = spark
        self._known: dict[tuple[Place, str], Known | None] = {}
        for lake in ends.values():
            for name, value in lake.spark.items():
                if name.startswith("spark.sql.") and name not in AT_THE_START:
                    self._set(name, value)
        for name, value in _SETTINGS.items():
            self._set(name, value)
        self._names = {place: self._attach(lake) for place, lake in ends.items()}
        self.catalogs = {place: Catalog(spark, self._names[place], lake.folder) for place, lake in ends.items()}

    def _set(self, name: str, value: str) -> None:
        try:
            with speaking():
                self._spark.conf.set(name, value)
        except SparkFailed as error:
            raise Refused(f"Spark does not take the setting {name} of the URL: {error}.") from error

    def _attach(self, lake: Lake) -> str:
        """Make a warehouse known under a name that is its own, whichever end it is; return the name."""
        described = repr((lake.warehouse, sorted(lake.catalog.items())))
        name = f"incload_{sha256(described.encode()).hexdigest()[:10]}"
        options = {"type": "hadoop", "cache-enabled": "false", **_PATIENCE, **lake.catalog}
        if "catalog-impl" in options:
            del options["type"]
        if lake.warehouse:
            options["warehouse"] = lake.warehouse
        self._set(f"spark.sql.catalog.{name}", "org.apache.iceberg.spark.SparkCatalog")
        for option, value in options.items():
            self._set(f"spark.sql.catalog.{name}.{option}", value)
        return name

    def has(self, place: Place) -> bool:
        """Return whether the session has such an end."""
        return place in self._names

    def known(self, place: Place, table: str) -> Known | None:
        """Return a table as it was when it was first asked for; None where there was none."""
        if (place, table) not in self._known:
            self._known[place, table] = self.catalogs[place].known(table)
        return self._known[place, table]

    @property
    def is_continued(self) -> bool:
        """Whether a table of the target that was asked for has been written before."""
        return any(known and known.snapshot for (place, _), known in self._known.items() if place == "target")

    def is_empty(self, relation: str) -> bool | None:
        """Return whether a table has no rows, by its name here; None where its snapshot does not say so."""
        known = next(
            (known for (place, table), known in self._known.items() if known and self.name(place, table) == relation),
            None,
        )
        return None if known is None else holds_nothing(known)

    def forget(self) -> None:
        """Look again from now on."""
        self._known.clear()

    def plain_name(self, place: Place, table: str, branch: str = "") -> str:
        """Name a table, or a branch of it, as it is whenever the name is used."""
        parts = [self._names[place], *table.split("."), *([f"branch_{branch}"] if branch else [])]
        return ".".join(map(quoted, parts))

    def name(self, place: Place, table: str) -> str:
        """Name a table as the snapshot has it that it had when it was first asked for."""
        plain, known = self.plain_name(place, table), self.known(place, table)
        if known is None:
            return plain
        if known.snapshot is None:
            return f"(SELECT * FROM {plain} WHERE 1 = 0)"
        return f"{plain} VERSION AS OF {known.snapshot}" if known.is_current else plain
