"""Rows that a foreign loader writes without need: counted where the target shows which rows were written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from incload.contenders.function import FunctionContender
from incload.engines.endpoints import locate
from incload.engines.registry import fixture, session_type
from incload.harness.sandbox.on_disk import _rewritten
from incload.harness.trials.matrix import Cell
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.contenders.contender import SyncRequest


def test_equal_rows_of_another_version_were_rewritten() -> None:
    """A changed row is none of them, nor is a new one; of two equal rows each counts."""
    before = Counter({((1, "a"), "v1"): 1, ((2, "b"), "v1"): 2, ((3, "c"), "v1"): 1})
    after = Counter({((1, "a"), "v2"): 1, ((2, "b"), "v1"): 1, ((2, "b"), "v2"): 1, ((3, "d"), "v2"): 1})

    assert _rewritten(before, after) == 2
    assert _rewritten(None, after) == 0
    assert _rewritten(before, None) is None


def test_a_view_says_nothing_of_what_was_written(postgres_url: str) -> None:
    """A tool may show its copy through a view: that is audited, and nothing is counted."""
    session = session_type("postgres").open(None, locate(postgres_url))
    name, view = session.name("target", "held"), session.name("target", "shown")
    session.write(f"CREATE TABLE {name} (id integer)")
    session.write(f"CREATE VIEW {view} AS SELECT * FROM {name}")
    column = (Column("id", Kind.INTEGER),)
    found = [fixture(session).versions("target", Table(each, (), None, column)) for each in ("held", "shown")]
    session.close()

    assert found == [Counter(), None]


@pytest.mark.usefixtures("postgres_server")
def test_a_loader_that_replaces_everything_rewrites_what_did_not_change() -> None:
    """In PostgreSQL it is counted; one that merges only what is newer rewrites nothing."""
    import incload

    def everything(request: SyncRequest) -> None:
        place = request.source_url + f"?table={request.table}"
        incload.load(place, request.target_url, table=request.table, key="id", strategy="full_refresh")

    def newer(request: SyncRequest) -> None:
        place = request.source_url + f"?table={request.table}"
        incload.load(
            place, request.target_url, table=request.table, key="id", cursor="modified_at",
            strategy="timestamp_watermark",
        )  # fmt: skip

    rewritten = []
    for function in (everything, newer):
        who = FunctionContender("mine", function)
        found = run_once(Cell(who, scenario("inserts_only"), ("sqlite", "postgres"), 100, 1))
        assert (found.outcome, found.reason) == ("sound", "")
        rewritten.append(found.rows_unchanged)

    # 100 rows at first and 3 more at each of ten syncs, all but the new ones rewritten.
    assert rewritten == [sum(range(100, 130, 3)), 0]
