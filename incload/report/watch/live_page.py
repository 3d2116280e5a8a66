"""The page of a watch on a terminal: what the last look showed, how late changes were, and the wrong rows over time.

It is text of ASCII characters alone, as some terminals show nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from incload.report.format import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Look = Mapping[str, Any]

_LEVELS = "_.-=+*#"
"""What stands for a number of wrong rows, from few to the most that was seen; a space is none."""
_FEWEST_COLUMNS = 40


def live_page(title: str, looks: Sequence[Look], width: int) -> str:
    """Return the page.

    Args:
        title: What is watched.
        looks: What each look has shown, the oldest first, as `Seen` has it; at least one.
        width: How many characters a line may have.
    """
    width = max(width, _FEWEST_COLUMNS)
    last = looks[-1]
    shown = next((each for each in reversed(looks) if not each["failure"]), None)
    lines = [f"{title}: {_when(last)}", *(_of_rows(shown) if shown else ())]
    lines += ["", *_of_lags(shown, width)] if shown else []
    lines += _of_copy(looks, width)
    lines += [part for line in _of_failures(last) for part in wrap(line, width)]
    return "\n".join(_cut(line, width) for line in lines)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _when(last: Look) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last["at"])
    return f"look {last['look']:,} at {at:%Y-%m-%d %H:%M:%S} UTC"


def _of_rows(seen: Look) -> Iterator[str]:
    yield (
        f"{plural(seen['rows'], 'row')}: {seen['appeared']:,} new, {seen['changed']:,} changed "
        f"({seen['untouched']:,} untouched), {seen['vanished']:,} gone since the look before"
    )
    if seen["columns_changed"]:
        yield "The columns are others than before."


def _of_lags(seen: Look, width: int) -> Iterator[str]:
    lags = seen["lag_seconds"]
    if not lags:
        yield "No change was late so far."
        return
    yield f"Late so far: {plural(seen['late'], 'change')}. Late changes and ties lay behind the look before by"
    most = max(lags.values()) or 1.0
    for per, lag in lags.items():
        head = f"  {_share(per):>7}  {lag:>10,.3f} s  "
        yield head + "#" * round(lag / most * (width - len(head)))


def _share(per: str) -> str:
    return "all" if per == "100" else f"{per} %"


def _of_copy(looks: Sequence[Look], width: int) -> Iterator[str]:
    """Show the wrong rows over time: one character for each look, or for several where they are many."""
    known = [each for each in looks if each["wrong"] is not None]
    if not known:
        return
    last, most = known[-1], max(each["wrong"] for each in known)
    yield ""
    yield (
        f"Wrong rows of the copy: {last['wrong']:,} now, the longest for {last['wrong_longest_seconds']:,.0f} s; "
        f"{most:,} at most"
    )
    step = -(-len(looks) // (width - 2))
    groups = [looks[start : start + step] for start in range(0, len(looks), step)]
    yield f"|{''.join(_level(group, most) for group in groups)}|"
    causes = ", ".join(f"{cause} {number:,}" for cause, number in last["wrong_causes"].items())
    if causes:
        yield f"Now: {causes}"


def _level(group: Sequence[Look], most: int) -> str:
    """Return the character of the most wrong rows of some looks; `?` where none of them knows."""
    wrong = [each["wrong"] for each in group if each["wrong"] is not None]
    if not wrong:
        return "?"
    return _LEVELS[-(-max(wrong) * len(_LEVELS) // most) - 1] if max(wrong) else " "


def _of_failures(last: Look) -> Iterator[str]:
    if last["failures"]:
        yield f"{plural(last['failures'], 'look')} failed."
    for said, why in (
        ("The last look failed, and the next will connect again", last["failure"]),
        ("The copy could not be audited", last["copy_failure"]),
        ("The metrics could not be written", last["metrics_failure"]),
    ):
        if why:
            yield f"{said}: {why}"
