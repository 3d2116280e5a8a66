"""The stage: what is known of a temporary table without asking it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped

from incload.cursor import MixedText
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.engines.session import Query
from incload.loading.writing.staging import _is_indexed
from incload.strategy import AfterKey, Delta, Everything, Since, WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.cursor import Scale
    from incload.engines.session import Session
    from incload.loading.writing.job import WriteJob
    from incload.strategy import Rows

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


@pytest.mark.parametrize(
    ("asked", "indexed", "is_indexed"),
    [
        ((Since(5),), {"ts"}, True),
        ((Since(5),), {"id"}, False),
        ((Since(None),), {"ts"}, False),
        ((AfterKey((1,)),), {"id"}, True),
        ((AfterKey((1,)),), {"ts"}, False),
        ((Everything(),), {"id", "ts"}, False),
        ((Since(5), Since(1)), {"ts"}, True),
        ((Since(5), Everything()), {"id", "ts"}, False),
        ((Since(5), AfterKey((1,))), {"ts"}, False),
    ],
)
def test_a_glance_needs_an_index_for_every_query(
    asked: tuple[Rows, ...], indexed: set[str], *, is_indexed: bool
) -> None:
    """By which the engine finds the rows, or that there are none; whole reads have none."""
    job = job_of(indexed)

    assert _is_indexed(job, Delta(asked), WriteRule.MERGE) is is_indexed
    assert _is_indexed(job, Delta(asked), WriteRule.REPLACE) is False
    assert _is_indexed(job, Delta(asked), WriteRule.MIRROR) is False
    assert _is_indexed(job, Delta(asked, mirror=True), WriteRule.MERGE) is False


def test_texts_that_are_compared_by_meaning_have_no_index() -> None:
    """Where one session reads both ends; a source of its own is asked in its own words."""
    scale = MixedText(1_000_000, zoned=True)

    assert _is_indexed(job_of({"ts"}, scale, attached=True), Delta((Since(5),)), WriteRule.MERGE) is False
    assert _is_indexed(job_of({"ts"}, attached=True), Delta((Since(5),)), WriteRule.MERGE) is True


def job_of(indexed: set[str], scale: Scale | None = None, *, attached: bool = False) -> WriteJob:
    """Return as much of a job as is looked at, of a source with indexes on some columns."""
    looks = SimpleNamespace(
        rereads=lambda place, table, column: (place, table) == ("source", "t") and column in indexed
    )
    ends = SimpleNamespace(source=SimpleNamespace(looks=looks), attached=attached, table="t")
    return SimpleNamespace(connections=ends, table=SimpleNamespace(cursor="ts", key=("id",)), scale=scale)  # type: ignore[return-value]
