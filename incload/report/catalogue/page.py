"""The catalogue as a page of Markdown, and one cause as the text of a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from incload.report.catalogue.causes import FALSE_ALARMS, REREAD, causes, link
from incload.report.format import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incload.report.catalogue.causes import Cause

PICTURES = "catalogue"
"""The folder of the pictures, beside the page."""

_WIDTH = 100
_HEAD = """\
# How incremental loads go wrong

Every cause of a wrong copy that is known here, with what shows it.
Those that begin with C were seen in public threads; those that begin with X are reasoned, or were seen elsewhere only.

A test runs what each entry says: the first loader is wrong in the scenario as stated, and the second is right there.
The pictures show the fewest rows of the scenario's history that still do so.
A point is a version of a row with its cursor value, and a cross a deletion; the copy is wrong while the line is red.

```sh
incload explain C17                                     # an entry, in a terminal
incload list                                            # the loaders and the scenarios
```

"""
_CHECKER = "a checker of a right copy that compares texts, or looks once while the table changes"
_GROUPS = (
    ("The boundary", "C01"),
    ("The value that is kept", "C06"),
    ("Visibility and time at the source", "C17"),
    ("What the cursor never shows", "C27"),
    ("State, crashes and operation", "C39"),
    ("Reasoned", "X01"),
)


def page(loaders: Mapping[str, str], pictures: Mapping[str, int]) -> str:
    """Return the page.

    Args:
        loaders: The names of the loaders that are no strategies, with the files that hold them.
        pictures: How many rows the picture of a cause shows, of those that have one.
    """
    starts = {first: name for name, first in _GROUPS}
    parts = []
    for cause in causes():
        parts += [f"## {starts[cause.id]}\n"] if cause.id in starts else []
        parts.append("".join(_entry(cause, loaders, pictures.get(cause.id, 0))))
    return _HEAD + "\n".join(parts)


def _entry(cause: Cause, loaders: Mapping[str, str], rows: int) -> Iterator[str]:
    yield f"### {cause.id}: {cause.title}\n\n{cause.says}\n{cause.remedy}\n\n"
    if rows:
        alt = f"{cause.id}: the smallest history that shows it, {plural(rows, 'row')}"
        yield f"![{alt}]({PICTURES}/{cause.id}.svg)\n\n"
    yield f"- Scenario: [`{cause.scenario}`](scenarios.md)\n"
    if cause.shows == FALSE_ALARMS:
        yield f"- Wrong there: {_CHECKER}\n- Right there: `incload audit`\n"
    else:
        yield f"- Wrong there: {_named(cause.wrong, loaders)}, {_shown(cause)}\n"
        yield f"- Right there: {_named(cause.right, loaders) if cause.right else 'nothing can be'}\n"
    yield f"- Seen in: {_threads(cause)}\n\n"
    yield f"```sh\n{cause.command()}\n```\n"


def _shown(cause: Cause) -> str:
    return "by nothing but the rows that it reads again" if cause.shows == REREAD else f"with {cause.shows} rows"


def _named(name: str, loaders: Mapping[str, str]) -> str:
    return f"[`{name}`](../{loaders[name]})" if name in loaders else f"`{name}`"


def _threads(cause: Cause) -> str:
    return ", ".join(f"[{each}]({link(each)})" for each in cause.threads) or "no public thread about a batch loader"


def explained(cause: Cause, loaders: tuple[str, ...]) -> str:
    """Return one cause as lines of at most a hundred characters, given the names of the loaders that are there."""
    there = " in a checkout of incload" if cause.is_of_loader and cause.wrong not in loaders else ""
    is_checker = cause.shows == FALSE_ALARMS
    threads = cause.threads or ("no public thread about a batch loader is known",)
    lines = [
        f"{cause.id}: {cause.title}",
        f"What goes wrong: {cause.says}",
        f"What is right: {cause.remedy}",
        f"Wrong: {_CHECKER}." if is_checker else f"Wrong: {cause.wrong} on {cause.scenario}, {_shown(cause)}.",
        f"Right there: {'incload audit' if is_checker else cause.right or 'nothing can be'}.",
        f"Seen in: {', '.join(threads)}.",
    ]
    filled = "\n".join(textwrap.fill(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    return f"{filled}\n\n" if is_checker else f"{filled}\n\nRun it{there}:\n  {cause.command()}\n"
