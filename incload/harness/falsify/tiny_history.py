"""A life: a history of a handful of rows, written down in full, so that it can be drawn, shrunk, kept and read.

A life says everything that a trial of it depends on, the loader's accidents included. Its table has an id, a value and
a timestamp; its clock starts at noon of the first of January 2026 and its timestamps are microseconds from there.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from incload.history.faults import Fault, fault_kind
from incload.history.history import History, Tick
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

NOON = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - timestamps are UTC without saying so, as everywhere in the harness
STARTED = 1_767_268_800_000_000
"""Noon, in microseconds since 1970-01-01 UTC."""

TABLE = Table(
    "rows",
    ("id",),
    "timestamp",
    (Column("id", Kind.INTEGER), Column("value", Kind.INTEGER), Column("timestamp", Kind.TIMESTAMP)),
)

Row = tuple[int, int, int | None]
"""Id, value, and the timestamp in microseconds after noon or None."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What becomes visible together.

    Attributes:
        at: When, in microseconds after noon.
        upserts: Rows as they now are.
        deletes: Ids of rows that disappear.
        column: A column that comes: the value that every row gets in it, or a one-tuple with a null; empty for none.
        widens: Whether values turn from integers to reals.
    """

    at: int
    upserts: tuple[Row, ...] = ()
    deletes: tuple[int, ...] = ()
    column: tuple[int | None, ...] = ()
    widens: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """A history of a handful of rows, and what happens to its loader.

    Attributes:
        base: The rows at the start.
        beats: What happens afterwards, oldest first.
        faults: What happens to the loader.
    """

    base: tuple[Row, ...]
    beats: tuple[Beat, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there ever are."""
        return len({row[0] for row in self.base} | {row[0] for beat in self.beats for row in beat.upserts})

    def history(self) -> History:
        """Return the life as a history."""
        added: list[tuple[Column, int | None]] = []
        kind, ticks = Kind.INTEGER, []
        for number, beat in enumerate(self.beats, start=1):
            adds = [(Column(f"extra_{number}", Kind.INTEGER), value) for value in beat.column]
            added += adds
            widens = (Column("value", Kind.REAL),) if beat.widens else ()
            kind = Kind.REAL if widens else kind
            upserts = _arrow(beat.upserts, kind, added)
            ticks.append(Tick(STARTED + beat.at, upserts, _ids(beat.deletes), tuple(adds), widens))
        return History(TABLE, STARTED, _arrow(self.base, Kind.INTEGER, []), tuple(ticks))


def written(life: Life) -> dict[str, object]:
    """Return a life as JSON can hold it, timestamps as people write them, and nothing said that is as usual."""
    return {
        "base": [_row_written(row) for row in life.base],
        "beats": [_beat_written(beat) for beat in life.beats],
        **({"faults": [each.written() for each in life.faults]} if life.faults else {}),
    }


def read(text: Mapping[str, object]) -> Life:
    """Return the life that `written` wrote."""
    return Life(
        tuple(map(_row_read, _listed(text["base"]))),
        tuple(map(_beat_read, _listed(text["beats"]))),
        tuple(map(_fault_read, _listed(text.get("faults", [])))),
    )


def _arrow(rows: Sequence[Row], kind: Kind, added: Sequence[tuple[Column, int | None]]) -> pa.Table:
    import pyarrow as pa

    columns = {
        "id": pa.array([key for key, _, _ in rows], pa.int64()),
        "value": pa.array([value for _, value, _ in rows], pa.float64() if kind is Kind.REAL else pa.int64()),
        "timestamp": pa.array([None if at is None else STARTED + at for _, _, at in rows], pa.timestamp("us")),
    }
    extra = {column.name: pa.array([value] * len(rows), pa.int64()) for column, value in added}
    return pa.table(columns | extra)


def _ids(keys: Sequence[int]) -> pa.Table:
    import pyarrow as pa

    return pa.table({"id": pa.array(list(keys), pa.int64())})


def _moment(at: int) -> str:
    return (NOON + timedelta(microseconds=at)).isoformat(" ").removesuffix(":00")


def _microseconds(moment: str) -> int:
    return (datetime.fromisoformat(moment) - NOON) // timedelta(microseconds=1)


def _row_written(row: Row) -> list[object]:
    key, value, at = row
    return [key, value, None if at is None else _moment(at)]


def _row_read(row: Sequence[object]) -> Row:
    key, value, at = row
    return int(str(key)), int(str(value)), None if at is None else _microseconds(str(at))


def _unusual(each: Beat) -> dict[str, object]:
    """Return the attributes that are not at their defaults."""
    defaults = {field.name: field.default for field in fields(each) if field.default is not MISSING}
    return {name: value for name, value in asdict(each).items() if name not in defaults or defaults[name] != value}


def _beat_written(beat: Beat) -> dict[str, object]:
    said = _unusual(beat) | {"at": _moment(beat.at)}
    return said | ({"upserts": [_row_written(row) for row in beat.upserts]} if beat.upserts else {})


def _beat_read(text: Mapping[str, object]) -> Beat:
    return Beat(
        _microseconds(str(text["at"])),
        tuple(map(_row_read, _listed(text.get("upserts", [])))),
        tuple(_listed(text.get("deletes", []))),
        tuple(_listed(text.get("column", []))),
        widens=bool(text.get("widens", False)),
    )


def _fault_read(text: Mapping[str, object]) -> Fault:
    return fault_kind(str(text["kind"]))(**{name: value for name, value in text.items() if name != "kind"})  # type: ignore[arg-type]  # it is what `Fault.written` wrote


def _listed(value: object) -> list:  # type: ignore[type-arg]
    return value if isinstance(value, list) else []
