"""What pytest-benchmark is given of a trial: the names in its table, and plain values beside its times."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.report.outcome import Outcome

PARAMS = ("strategy", "scenario", "engines")
"""The parameters of a trial by which its table may be grouped."""
_SAID_ELSEWHERE = frozenset({"environment", "command", "witness", "meaning"})
"""What a report says of an outcome, and is no verdict, counter or reason."""
_GROUP = ("scenario", "engines")
"""The parameters that the usual groups have in their titles."""

Plain = int | float | str | None


def group(scenario: str, engines: str) -> str:
    """Return the usual group of a trial: what all have in common that can be compared with it."""
    source, _, target = engines.partition("-")
    return f"{scenario} {source} to {target}"


def extra_info(outcome: Outcome) -> dict[str, Plain]:
    """Return the verdict and the counters of an outcome as JSON can hold them; what is no number is None."""
    named = ((each.name, getattr(outcome, each.name)) for each in fields(outcome))
    return {name: _plain(value) for name, value in named if name not in _SAID_ELSEWHERE}


def _plain(value: object) -> Plain:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, int | float | str):
        return value
    raise TypeError(f"{value!r} is no plain value")


def prepare(benchmarks: Sequence[dict[str, Any]], group_by: str) -> None:
    """Give every benchmark each parameter, be it empty, and a name that says only what its group's title does not."""
    grouped = group_by.split(",")
    said = {each.partition(":")[2] for each in grouped} | ({*_GROUP} if "group" in grouped else set())
    for each in benchmarks:
        given = each.get("params") or {}
        each["params"] = dict.fromkeys(PARAMS, "") | given
        if all(isinstance(given.get(name), str) for name in PARAMS):
            rest = [given[name] for name in PARAMS if name not in said]
            each["name"] = " ".join(rest) or each["name"]
