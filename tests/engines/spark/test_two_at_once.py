"""Two loads of one table at the same moment, each in a process with a Spark of its own: nothing is mixed or lost."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.spark.test_loads import Ends

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tally

pytestmark = [pytest.mark.slow, pytest.mark.hard, pytest.mark.usefixtures("spark")]

LOADER = """
import json, sys
import incload
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
source, target, rule = sys.argv[1:]
opened = session_type("iceberg").open(None, locate(target))  # starts Spark
print("ready", flush=True)
for line in sys.stdin:
    if line == "rows\\n":
        opened.begin("db.events")
        said = [list(row) for row in opened.rows(f"SELECT * FROM {opened.name('target', 'db.events')} ORDER BY 1, 2")]
    else:
        try:
            found = incload.load(source, target, table="db.events", key="id", cursor="ts",
                                 strategy="timestamp_watermark", write_rule=rule)
            said = {"loaded": found.loaded}
        except incload.Refused as error:
            said = {"refused": str(error)}
    print(json.dumps(said), flush=True)
"""
ROUNDS = 10
"""Of each write rule; the first finds no table."""


class Loader:
    """One of the two processes."""

    def __init__(self, *arguments: str) -> None:
        """Start it; it says when its Spark runs."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOADER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str) -> None:
        """Ask without waiting."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Wait for an answer."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def close(self) -> None:
        """End it, as nothing more is asked."""
        self.process.communicate(timeout=120)


@pytest.mark.parametrize("rule", ["append", "merge"])
def test_two_loads_at_once_leave_one_copy(tmp_path: Path, rule: str, tally: Tally) -> None:
    """One commits; the other begins again and finds nothing, or leaves with a sentence; each row is there once."""
    ends = Ends(tmp_path)
    source = f"sqlite:///{tmp_path}/source.db?table=events"
    with ExitStack() as closing:
        pair = [Loader(source, ends.target, rule) for _ in range(2)]
        for each in pair:
            closing.callback(each.close)
        assert [each.answer() for each in pair] == ["ready\n"] * 2
        for number in range(4, 4 + ROUNDS):
            ends.write(f"INSERT INTO events VALUES ({number}, {number * 100}, 'x')")
            for each in pair:
                each.ask("load")
            said: list[dict[str, Any]] = [json.loads(each.answer()) for each in pair]
            pair[0].ask("rows")
            rows = json.loads(pair[0].answer())
            tally("two loads of an Iceberg table at once, each in a process of its own", 1)

            assert [row[0] for row in rows] == list(range(1, number + 1)), (number, said)
            assert sum(each.get("loaded", 0) for each in said) == (1 if number > 4 else 4), said
            for each in said:
                assert "loaded" in each or "was changed by another writer" in each["refused"]
