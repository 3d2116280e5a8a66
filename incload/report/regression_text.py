"""A comparison in words for the terminal: the result first, then what is wrong, then what is only worth knowing."""

from __future__ import annotations

from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from incload.report.format import plural, ratio
from incload.report.frame import trial_name
from incload.report.regression import TIME_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.report.csv_records import Value
    from incload.report.regression import Comparison, Difference, Slowdown

_SHOWN = 80
"""How many characters of a long text are shown, those around the first difference."""

_BEFORE = 20
"""How many of them stand before it."""


def render_comparison(comparison: Comparison) -> str:
    """Return a comparison as lines of text, the last without a line feed."""
    lines = [
        _result(comparison),
        *_section("different", _differences(comparison.differences)),
        *_section("missing from the latest report", _missing(comparison)),
        *_section("much slower", (_slowdown(each) for each in comparison.slowdowns if each.gross)),
        *_section("slower, a warning only", (_slowdown(each) for each in comparison.slowdowns if not each.gross)),
        *_section("new, passed", map(trial_name, comparison.new)),
        TIME_RULE,
    ]
    if comparison.untimed:
        lines.append(f"{plural(comparison.untimed, 'trial')} without a time against a reference: not judged by time.")
    return "\n".join(lines)


def _result(comparison: Comparison) -> str:
    counts = (
        (len({difference.trial for difference in comparison.differences}), "different"),
        (len(comparison.missing), "missing"),
        (sum(slowdown.gross for slowdown in comparison.slowdowns), "much slower"),
        (sum(not slowdown.gross for slowdown in comparison.slowdowns), "slower"),
        (len(comparison.new), "new"),
    )
    differences = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "none different"
    result = "regression" if comparison.regressed else "equal"
    return f"{result}: {plural(comparison.compared, 'trial')} compared, {differences}."


def _section(title: str, lines: Iterable[str]) -> list[str]:
    shown = [f"  {line}" for line in lines]
    return [f"{title}:", *shown] if shown else []


def _differences(differences: Iterable[Difference]) -> Iterable[str]:
    """Return one line for each trial, with every column that differs and both its values."""
    for trial, columns in groupby(differences, key=lambda difference: difference.trial):
        changes = "; ".join(f"{each.column} {_change(each.baseline, each.latest)}" for each in columns)
        yield f"{trial_name(trial)}: {changes}"


def _missing(comparison: Comparison) -> Iterable[str]:
    """Return what is gone altogether, and then the missing trials that this does not explain."""
    for noun, name in comparison.gone:
        yield f"{noun} {name}, everywhere"
    names = {name for _, name in comparison.gone}
    for trial in comparison.missing:
        if names.isdisjoint((trial[0], trial[1], trial[3])):
            yield trial_name(trial)


def _slowdown(slowdown: Slowdown) -> str:
    times = f"{ratio(slowdown.baseline)} -> {ratio(slowdown.latest)} times the reference copy"
    return f"{trial_name(slowdown.trial)}: {times}"


def _change(baseline: Value, latest: Value) -> str:
    if isinstance(baseline, str) and isinstance(latest, str):
        start = 0 if max(len(baseline), len(latest)) <= _SHOWN else max(0, _alike(baseline, latest) - _BEFORE)
        return f"{_excerpt(baseline, start)} -> {_excerpt(latest, start)}"
    return f"{_shown(baseline)} -> {_shown(latest)}"


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


def _shown(value: Value) -> str:
    return "nothing" if value is None else str(value)


def _excerpt(text: str, start: int) -> str:
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]!r}{'…' if end < len(text) else ''}"
