"""What advice costs beside the best load found by trying all, on the first half of a history, and what the rest says.

    python bench/advice_regret.py BUNDLE --file FILE --key KEY --cursor CURSOR [--records PATH] [--every N]

It is no pytest benchmark: it counts rows, which are the same on every machine. docs/advice.md shows its results.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from incload.advice import choosing
from incload.advice.candidates import Wishes, every, possible
from incload.advice.evidence import gather
from incload.advice.trying import tried
from incload.api.replay import opened
from incload.history.recorded.evidence import doubtful_times, without_times
from incload.registry import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.advice.trying import Tried
    from incload.history.history import History
    from incload.strategy import Strategy


def main() -> None:
    """Print one line of JSON."""
    options = _options()
    given = {name: value for name, value in vars(options).items() if name not in {"path", "deletes"}}
    wishes = Wishes(deletes=options.deletes == "matter")
    whole, account = opened(options.path, given, None)
    syncs = sum(1 for _ in whole.ticks)

    def half() -> History:
        history, _ = opened(options.path, given, None)
        return replace(history, ticks=islice(history.ticks, syncs // 2))

    evidence = gather(half())
    doubt = without_times(account, options.cursor) or doubtful_times(account, evidence.lateness, options.cursor)
    evidence = replace(evidence, doubt=doubt)
    found = tried(half(), every(evidence, wishes), evidence, wishes)
    candidates = set(possible(evidence, wishes))
    best, _ = choosing.chosen([each for each in found if each.strategy in candidates], evidence, wishes)
    history, _ = opened(options.path, given, None)
    (later,) = tried(history, [best.strategy], evidence, wishes)
    asked = {"history": options.path.stem, "syncs": syncs, "every": options.every, "deletes": options.deletes}
    later_on = {"sound_on_the_whole": later.is_sound, "why_not": later.why}
    line = asked | {"doubt": doubt} | _regret(best, found) | later_on | _counted(found, candidates)
    print(json.dumps(line))  # noqa: T201 - a program that prints


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    for name in ("file", "key", "cursor", "records"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--deletes", default="matter")
    return parser.parse_args()


def _regret(best: Tried, found: Sequence[Tried]) -> dict[str, object]:
    """Return what is recommended, the cheapest sound load of all that were tried, and how much dearer the first is."""
    cheapest = min((each for each in found if each.is_sound), key=lambda each: each.cost)
    return {
        "recommended": spelled(best.strategy),
        "cost": best.cost,
        "cheapest": spelled(cheapest.strategy),
        "cheapest_cost": cheapest.cost,
        "ratio": round(best.cost / cheapest.cost, 3),
    }


def _counted(found: Sequence[Tried], candidates: set[Strategy]) -> dict[str, object]:
    """Return how many loads were worth a replay and how many had one, and which were wrong against the prediction."""
    unpredicted = [each for each in found if each.strategy in candidates and not each.is_sound]
    return {
        "candidates": len(candidates),
        "tried": len(found),
        "predicted_sound_but_wrong": [spelled(each.strategy) for each in unpredicted],
    }


if __name__ == "__main__":
    sys.exit(main())
