"""The snapshots of a table: the states that they carry, and the files of its folder that none of them names.

A load that is killed leaves files that nothing names. So does one that is at work, until it commits: only what is old
may be deleted. The folder is listed before the names are read, so that what is committed meanwhile has a name.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incload.engines.abilities.optional import Carried, Orphan, Snapshots
from incload.engines.driver_errors import reason
from incload.engines.spark.failures import speaking
from incload.engines.spark.past.shape import reshape, snapshot_of, take_away
from incload.engines.spark.tables import BY, ancestors, carried_by
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    from incload.engines.spark.places import Places
    from incload.engines.sql import Row

    class Reads(Protocol):
        """What is asked of a session."""

        spark: Any
        places: Places

        def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
            """Run a query."""


_LISTED = {"data": (".parquet", ".avro", ".orc"), "metadata": (".avro",)}
"""The folders of a table that are listed, and how the files end that snapshots name; others are left alone."""
_REMOTE = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:")


class SparkSnapshots(Snapshots):
    """The snapshots of the tables of a session's target."""

    can_reshape = True

    def __init__(self, session: Reads) -> None:
        """Take the session."""
        self._session = session
        self._added: dict[str, tuple[tuple[str, ...], int | None]] = {}

    def carried(self, table: str) -> list[Carried]:
        """Walk back from the current snapshot."""
        known = self._session.places.known("target", table)
        if known is None:
            return []
        with speaking():
            past = list(ancestors(known.table, known.table.currentSnapshot()))
            found = [_carried(each, len(past) - place) for place, each in enumerate(past)]
        return [each for each in found if each.texts]

    def reshape(self, table: str, added: Mapping[str, str], widened: Mapping[str, str]) -> None:
        """Change the schema by Iceberg's own step."""
        known = self._session.places.known("target", table)
        assert known is not None  # noqa: S101 - its columns were looked at
        with speaking():
            since = snapshot_of(known.table)
        reshape(self._session.spark, known.table, added, widened)
        self._added[table] = tuple(added), since
        self._session.places.forget()

    def undo_reshape(self, table: str) -> None:
        """Take away the columns that were added, unless anything was committed since."""
        added, since = self._added.pop(table, ((), None))
        known = self._session.places.known("target", table) if added else None
        if known is not None:
            take_away(known.table, added, since)

    def settle_reshape(self) -> None:
        """Leave the columns that were added, as the rows for them are committed."""
        self._added.clear()

    def orphans(self, table: str) -> list[Orphan] | None:
        """List the folder of a table on this machine; None where it is elsewhere, or shared with another table."""
        self._session.places.forget()
        known = self._session.places.known("target", table)
        if known is None:
            return []
        with speaking():
            location = str(known.table.location())
            moved = [each for each in ("write.data.path", "write.metadata.path") if known.table.properties().get(each)]
        folder = Path(_plain(location))
        if moved or _REMOTE.match(location) or _holds_another(folder):
            return None
        there = list(_files(folder))
        self._session.places.forget()  # what was committed since the folder was listed has a name
        named = self._named(table)
        return [each for each in there if Path(each.path).name not in named]

    def _named(self, table: str) -> set[str]:
        """Return the names of the files that any snapshot of a table names, on whatever branch.

        A name holds what no other has, and the folder may have been reached by other paths, through a link.
        """
        places = self._session.places
        known = places.known("target", table)
        if known is None:
            return set()
        files, manifests = (places.plain_name("target", f"{table}.{each}") for each in ("all_files", "all_manifests"))
        found = self._session.rows(f"SELECT file_path FROM {files} UNION SELECT path FROM {manifests}")
        with speaking():
            lists = [each.manifestListLocation() for each in known.table.snapshots()]
        return {Path(_plain(str(each))).name for each in (*(path for (path,) in found), *filter(None, lists))}

    def delete(self, table: str, orphans: Sequence[Orphan]) -> None:
        """Delete files, each with the checksum that Hadoop keeps beside it."""
        for each in orphans:
            path = Path(each.path)
            try:
                path.unlink(missing_ok=True)
                path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
            except OSError as error:
                raise Refused(
                    f"a file that no snapshot of {table!r} names cannot be deleted: {reason(error)}"
                ) from error


def _carried(snapshot: Any, place: int) -> Carried:  # noqa: ANN401 - Iceberg's own type
    """Describe a snapshot; tables of format 1 do not number theirs, and their place in the history stands for it."""
    summary = snapshot.summary()
    number, rows = int(snapshot.sequenceNumber()) or place, int(summary.get("added-records") or 0)
    return Carried(
        number, int(snapshot.timestampMillis()) * 1_000, rows, str(summary.get(BY) or ""), carried_by(snapshot)
    )


def _holds_another(folder: Path) -> bool:
    """Return whether a table stands inside the folders of another."""
    return any(any((folder / name).rglob("metadata")) for name in _LISTED)


def _files(folder: Path) -> Iterator[Orphan]:
    """Yield the files in the folder of a table that a snapshot would name."""
    for name, endings in _LISTED.items():
        for root, _, files in os.walk(folder / name):
            for each in sorted(files):
                path = Path(root, each)
                if each.endswith(endings) and not each.startswith("."):
                    with suppress(FileNotFoundError):  # an expiry or a load at work has removed it
                        at = path.stat()
                        yield Orphan(str(path), at.st_size, at.st_mtime_ns // 1_000)


def _plain(path: str) -> str:
    """Return a path of this machine without a scheme."""
    return re.sub(r"^file:/+", "/", path)
