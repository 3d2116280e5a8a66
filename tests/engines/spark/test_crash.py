"""A load that is killed with its Spark, at points in the path of its commit: the table is at a snapshot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.past.commits import Commit
from incload.errors import Refused
from tests.engines.spark.small import ON_SPARK
from tests.engines.spark.test_loads import CHANGE, CHANGED, FIRST, Ends

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK

KILLED = """
import os, signal, sys
from pyspark import SparkContext
import incload
from incload.engines.spark.past.commits import Commit

point, source, target = sys.argv[1:]
finish = Commit._finish

def die(*_):
    os.kill(SparkContext._gateway.proc.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)

def finish_and_die(self):
    finish(self)
    die()

if point == "before the write":
    Commit._write_nothing = Commit._with_properties = die
elif point == "between the write and the step that makes it last":
    Commit._finish = die
else:
    Commit._finish = finish_and_die
incload.load(source, target, table="db.events", key="id", cursor="ts", strategy="timestamp_watermark")
"""


@pytest.mark.parametrize(
    ("point", "rows"),
    [
        ("before the write", FIRST),
        ("between the write and the step that makes it last", FIRST),
        ("after the commit", CHANGED),
    ],
)
def test_a_load_that_is_killed_leaves_a_snapshot(tmp_path: Path, point: str, rows: list[tuple[object, ...]]) -> None:
    """Rows and state are those before or after; the next load ends where this one would have."""
    ends = Ends(tmp_path)
    ends.load(cursor_per_second=None)
    ends.write(*CHANGE)
    source = f"sqlite:///{tmp_path}/source.db?table=events"
    killed = subprocess.run([sys.executable, "-c", KILLED, point, source, ends.target], check=False)
    between, left = ends.rows(), ends.branches()
    again, quiet = ends.load(cursor_per_second=None), ends.load(cursor_per_second=None)

    assert (killed.returncode, between) == (-signal.SIGKILL, rows)
    assert (again.loaded, quiet.loaded, ends.rows()) == (len(CHANGE) if rows == FIRST else 0, 0, CHANGED)
    assert left == (0 if point == "after the commit" else 1)


def test_a_spark_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is as it was, and the next load of the same process starts another Spark."""
    from pyspark import SparkContext

    ends = Ends(tmp_path)
    ends.load()
    ends.write(*CHANGE)
    with monkeypatch.context() as planted:
        planted.setattr(Commit, "_finish", lambda _: os.kill(SparkContext._gateway.proc.pid, signal.SIGKILL))
        planted.setattr(Commit, "_remove", lambda *_: None)
        with pytest.raises(
            Refused, match="the Spark session has died, and the table is as its last snapshot has it: load again"
        ):
            ends.load()
    between = ends.rows()
    ends.load()

    assert (between, ends.rows()) == (FIRST, CHANGED)
