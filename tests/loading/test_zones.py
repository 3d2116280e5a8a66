"""Timestamps in text with zones of every shape: what they mean to each engine is what they mean to Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.cursor import UNITS, IsoText, MixedText
from incload.engines.duckdb.session import DuckdbSession
from incload.engines.endpoints import Location
from incload.engines.postgres.session import PostgresSession, locate
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.cursor import Scale
    from incload.engines.session import Session
    from incload.table import Column
    from tests.ends import Between

FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - the zone is drawn
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSETS = st.integers(-15 * 60 - 59, 15 * 60 + 59)


def zone(minutes: int, shape: str) -> str:
    """Write an offset in a shape, `:`, none between hours and minutes, or hours alone where it has no minutes."""
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    if shape == "Z":
        return "Z" if minutes == 0 else f"{sign}{hours:02d}:{rest:02d}"
    if shape == "hours":
        return f"{sign}{hours:02d}{f'{rest:02d}' if rest else ''}"
    return f"{sign}{hours:02d}{shape}{rest:02d}"


@st.composite
def timestamps(draw: st.DrawFn) -> tuple[str, int]:
    """Return a timestamp of any shape with a zone, and its microseconds since 1970 by Python's own arithmetic."""
    offset = draw(OFFSETS | st.sampled_from([0, -180, 330, 840]))
    wall = draw(st.datetimes(FIRST, LAST, timezones=st.just(timezone(timedelta(minutes=offset)))))
    digits = draw(st.integers(-1, 6))
    wall = wall.replace(microsecond=0 if digits < 1 else wall.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
    wall = wall.replace(second=0) if digits < 0 else wall
    text = wall.replace(tzinfo=None).isoformat(draw(st.sampled_from("T ")), "microseconds")
    text = text[: {-1: 16, 0: 19}.get(digits, 20 + digits)]
    return text + zone(offset, draw(st.sampled_from(["Z", "", ":", "hours"]))), (wall - EPOCH) // timedelta(
        microseconds=1
    )


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """Open a session of each engine."""
    if request.param == "postgres":
        opened: Session = PostgresSession.open(None, locate(request.getfixturevalue("postgres_url")))
    else:
        type_ = SqliteSession if request.param == "sqlite" else DuckdbSession
        opened = type_.open(None, Location(request.param, tmp_path / "timestamps"))
    yield opened
    opened.close()


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timestamp=timestamps())
def test_a_timestamp_means_to_each_engine_what_it_means_to_python(session: Session, timestamp: tuple[str, int]) -> None:
    """The SQL of an engine, the scale in Python and the standard library agree to the microsecond."""
    text, expected = timestamp
    ((found,),) = session.rows(f"SELECT {session.meaning(session_text(session))}", (text,))

    assert found == MixedText(UNITS["us"], zoned=True).position(text) == expected


def session_text(session: Session) -> str:
    """Return the placeholder of a text."""
    return "?::text" if session.engine == "postgres" else "?"


def scale_of(session: Session, column: Column) -> Scale | None:
    """Return the scale of the timestamps; None where SQLite refuses them."""
    try:
        return session.scale("target", "timestamps", column, None)
    except Refused as refusal:
        if session.engine != "sqlite" or "write all timestamps in one shape" not in str(refusal):
            raise
        return None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(timestamps(), min_size=1, max_size=6))
def test_a_column_is_ordered_as_python_orders_it(session: Session, found: list[tuple[str, int]]) -> None:
    """Timestamps of one shape are compared as text and those of several by their meaning; SQLite refuses the latter."""
    session.begin("timestamps")
    try:
        name = session.name("target", "timestamps")
        session.write(f"CREATE TABLE {name} (ts VARCHAR)")
        for text, _ in found:
            session.write(f"INSERT INTO {name} VALUES ({session_text(session)})", (text,))
        (column,) = session.columns("target", "timestamps") or ()
        scale = scale_of(session, column)
        if scale is None:
            return
        sql = session.cursor("ts", scale, column.declared)
        largest = session.rows(f"SELECT {sql.maximum} FROM {name}")[0][0]
        per_second = scale.per_second or 0
        assert isinstance(scale, IsoText | MixedText)
        assert scale.position(largest) * UNITS["us"] == max(at for _, at in found) * per_second
    finally:
        session.rollback()


@pytest.mark.parametrize("source", ["sqlite", "duckdb"])
@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("tail", ["+00", "-03", "+0530"])
def test_a_zone_without_a_colon_is_followed(between: Between, source: str, target: str, tail: str) -> None:
    """The timestamps that DuckDB and psql write are a cursor like any other."""
    ends = between(source, target)
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts VARCHAR)")
    ends.write(f"INSERT INTO events VALUES (1, '2024-01-01 00:00:00{tail}')")
    ends.load("timestamp_watermark")
    ends.write(f"INSERT INTO events VALUES (2, '2024-01-01 00:00:01{tail}'), (3, '2023-12-31 23:59:59{tail}')")
    summary = ends.load("timestamp_watermark")

    assert (summary.loaded, summary.new_watermark) == (1, f"2024-01-01 00:00:01{tail}")


@pytest.mark.parametrize("tail", ["+16", "-1600", "+05:60", "+5"])
def test_a_zone_that_no_clock_has_is_refused(between: Between, tail: str) -> None:
    """Engines disagree on what it could mean."""
    ends = between("duckdb", "duckdb")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts VARCHAR)")
    ends.write(f"INSERT INTO events VALUES (1, '2024-01-01 00:00:00{tail}')")

    with pytest.raises(Refused, match="is no ISO timestamp"):
        ends.load("timestamp_watermark")
