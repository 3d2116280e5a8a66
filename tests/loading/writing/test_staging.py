"""The stage: what is known of a temporary table without asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped

from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.engines.session import Query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.engines.session import Session

THREE = Query("SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3")


@pytest.fixture(params=["sqlite", "duckdb"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """Return a session with a target."""
    target = locate(f"{request.param}:///{tmp_path}/copy.{request.param}")
    session = session_type(request.param).open(None, target)
    yield session
    session.close()


def test_a_stage_has_the_rows_that_it_was_given(session: Session) -> None:
    """Three rows are three, whether they were counted or the engine said so."""
    stage = session.stage(THREE)

    assert (session.count(stage), session.is_empty(stage)) == (3, False)


def test_a_stage_without_a_row_is_empty(session: Session) -> None:
    """No row is a number as well."""
    stage = session.stage(Query("SELECT 1 AS id WHERE 1 = 0"))

    assert (session.count(stage), session.is_empty(stage)) == (0, True)


def test_a_stage_that_grew_is_counted_again(session: Session) -> None:
    """What was said of the rows given first holds no longer."""
    stage = session.stage(THREE)
    session.add_to_stage(Query("SELECT 4"), "incload_incoming")

    assert (session.count(stage), session.is_empty(stage)) == (4, False)


def test_the_next_stage_of_a_name_is_another(session: Session) -> None:
    """Nothing is known any more of a stage that is gone."""
    session.stage(THREE)
    session.unstage()
    stage = session.stage(Query("SELECT 1 AS id"))

    assert (session.count(stage), session.is_empty(stage)) == (1, False)


def test_duckdb_is_not_asked_how_many_rows_it_has_just_staged(tmp_path: Path) -> None:
    """The statement that fills the stage has reported."""
    session = session_type("duckdb").open(None, locate(f"duckdb:///{tmp_path}/copy.duckdb"))
    stage = session.stage(THREE)
    with taped(Tape()) as tape:
        counted = session.count(stage), session.is_empty(stage)
    session.close()

    assert (counted, tape.crossed) == ((3, False), [])
