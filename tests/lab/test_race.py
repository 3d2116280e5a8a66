"""A race: everybody runs every round, nobody always begins, and a wrong copy is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incload.lab.matrix import REFERENCE
from incload.lab.race import race, turns
from incload.lab.throughput import PHASES, Contender, contender, outcome, yard
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    from incload.load.location import End

SQLITE = ("sqlite", "sqlite")


def none(source: End, target: End) -> int:  # noqa: ARG001 - it is given both and uses neither
    """Load nothing."""
    return 0


def test_who_begins_changes_from_round_to_round() -> None:
    """Three contenders begin one after the other, and the fourth round is the first again."""
    one, two, three = (Contender(name, "", none) for name in "abc")

    assert [turns((one, two, three), number) for number in range(4)] == [
        [one, two, three],
        [two, three, one],
        [three, one, two],
        [one, two, three],
    ]


@pytest.mark.parametrize("pair", [SQLITE, ("duckdb", "duckdb"), ("sqlite", "duckdb")])
def test_every_round_of_everybody_is_timed_and_audited(pair: tuple[str, str], tmp_path: Path) -> None:
    """Through all phases the reference copy and two strategies leave a right copy, in every round."""
    own = yard(pair, 500, 1, tmp_path)
    runners = [contender(each) for each in (REFERENCE, strategy("row_hash_cdc"), strategy("timestamp_watermark"))]
    for phase in PHASES:
        times = race(own, runners, phase, rounds=2)

        assert {name: (len(each.seconds), each.found.wrong) for name, each in times.items()} == {
            "reference_copy": (2, frozenset()),
            "row_hash_cdc": (2, frozenset()),
            "timestamp_watermark": (2, frozenset()),
        }


def test_a_contender_that_loads_nothing_is_found_out(tmp_path: Path) -> None:
    """A planted idler leaves the target as it was before the change, and its record says how many rows are wrong."""
    own, careful = yard(SQLITE, 100, 1, tmp_path), contender(strategy("timestamp_watermark"))
    race(own, [careful], "initial_load", rounds=1)
    idler = replace(careful, load=none)
    times = race(own, [idler], "change_2_percent", rounds=1)
    record = outcome(own, idler, "change_2_percent", times[idler.id], suite="throughput", reference=1.0, command="")

    assert (record.outcome, record.lost, record.stale) == ("wrong", 1, 1)
