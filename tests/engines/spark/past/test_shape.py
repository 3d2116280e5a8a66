"""Columns of an Iceberg table that follow those of the source, before the rows and at once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.past.commits import Commit
from incload.errors import Refused
from tests.engines.spark.small import ON_SPARK
from tests.engines.spark.test_loads import FIRST, Ends

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK

GAIN = ("ALTER TABLE events ADD COLUMN note TEXT", "INSERT INTO events VALUES (4, 400, 'd', 'new')")


def columns(ends: Ends) -> list[tuple[str, str]]:
    """Return the columns of the target with their types."""
    with closing(ends.session()) as session:
        return [(each.name, each.declared) for each in session.columns("target", "db.events")]


def test_a_column_that_the_source_gains_is_added(tmp_path: Path) -> None:
    """With rows that have a value in it; a load that fails takes it away, and a dry run adds none."""
    ends = Ends(tmp_path)
    ends.load()
    before = columns(ends)
    ends.write(*GAIN)
    with pytest.raises(Refused, match="a dry run would have to change the columns of"):
        ends.load(evolve=True, dry_run=True)
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(Commit, "_finish", _broken)
        with pytest.raises(OSError, match="no room"):
            ends.load(evolve=True)
    between = columns(ends)
    summary = ends.load(evolve=True)

    assert (before, between) == ([("id", "bigint"), ("ts", "bigint"), ("name", "string")],) * 2
    assert (columns(ends), summary.loaded) == ([*before, ("note", "string")], 1)
    assert ends.rows() == [*((*row, None) for row in FIRST), (4, 400, "d", "new")]


def test_a_column_that_another_load_has_filled_stays(tmp_path: Path) -> None:
    """The one that has added it fails after the other's commit, and takes nothing away."""
    ends = Ends(tmp_path)
    ends.load()
    ends.write(*GAIN)

    def late(*_: object, **__: object) -> None:
        ends.run("INSERT INTO {} VALUES (9, 900, 'other', 'filled')")
        raise OSError("no room")

    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(Commit, "_finish", late)
        with pytest.raises(OSError, match="no room"):
            ends.load(evolve=True)

    assert columns(ends)[-1] == ("note", "string")
    assert ends.rows()[-1] == (9, 900, "other", "filled")


def test_a_type_is_widened_or_refused(tmp_path: Path) -> None:
    """Where Iceberg widens types; where it does not, that is said, and the table stays as it was."""
    ends = Ends(tmp_path)
    with closing(ends.session()) as session:
        session.run(f"CREATE NAMESPACE {session.places.plain_name('target', 'db')}")
        table = session.places.plain_name("target", "db.events")
        session.run(f"CREATE TABLE {table} (id bigint, ts bigint, name string, n int) USING iceberg")
    ends.write("ALTER TABLE events ADD COLUMN n INTEGER", "UPDATE events SET n = 5000000000")
    ends.load(evolve=True)
    widened = columns(ends)
    ends.write("CREATE TABLE other (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT, n TEXT)")
    ends.write("INSERT INTO other VALUES (9, 900, 'x', 'y')")

    assert widened[3] == ("n", "bigint")
    assert ends.rows("SELECT n FROM {} WHERE id = 1") == [(5_000_000_000,)]
    with pytest.raises(Refused, match="Iceberg does not widen column 'n' to string"):
        ends.load("full_refresh", evolve=True, source="other")


def _broken(*_: object, **__: object) -> None:
    raise OSError("no room")
