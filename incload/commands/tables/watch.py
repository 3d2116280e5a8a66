"""`incload watch`: record what happens in a table, look by look."""

from __future__ import annotations

import json
import sys
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.commands.options.columns import named

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from incload.watching.seen import Seen

_MOST_SHOWN = 10_000
"""Of how many looks the page of a terminal knows."""

_DESCRIPTION = """\
Look at a table again and again, and record what came, what changed and what went, by keys, cursors and digests of rows.
The table is only read. The recording is a history: incload profile, replay and advise take it. With a copy, the rows of
it that are wrong are counted at every look. What happens and is undone between two looks is not seen.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    option = parser.add_argument
    option("source", help="the URL of the table, such as sqlite:///shop.db?table=orders")
    option("copy", nargs="?", help="the URL of a copy of it, which is audited at every look")
    option("--key", required=True, help='the key column; several separated by commas, a name with a comma in "quotes"')
    option("--cursor", help="the column that orders changes")
    option("--to", required=True, type=user_path, metavar="FILE", help="the recording; an earlier one is gone on with")
    option("--every", default="30s", metavar="SPAN", help="the time from one look to the next (default 30s)")
    option("--for", dest="duration", metavar="SPAN", help="how long to watch, as in 2h (default: until it is stopped)")
    option("--cursor-unit", choices=["s", "ms", "us", "ns"], help="what an integer cursor counts (default us)")
    option("--keep-values", action="store_true", help="record the values of rows as well as their digests")
    option("--metrics", type=user_path, metavar="FILE", help="a text file for Prometheus, written after every look")
    option("--format", choices=["text", "json"], default="text", help="a line of text or of JSON for each look")
    parser.set_defaults(
        run=run, stopped="stopped; the recording holds every look so far: run the command again to go on with it."
    )


def run(options: argparse.Namespace) -> int:
    """Watch, and print a line for each look."""
    from incload.api.tables.watch import WatchOptions, watch

    given: WatchOptions = {"key": named("--key", options.key), "to": options.to}
    for name in ("cursor", "every", "duration", "cursor_unit", "keep_values", "metrics"):
        given[name] = getattr(options, name)
    with _reporting(options.source, options.format) as report:
        given["report"] = report
        watch(options.source, options.copy, **given)
    return 0


@contextmanager
def _reporting(source: str, form: str) -> Iterator[Callable[[Seen], None]]:
    """Yield what shows each look: a page on a terminal, else a line."""
    from incload.engines.endpoints import locate
    from incload.report.watch.live_page import live_page
    from incload.terminal.live_text import LiveText, is_drawn

    if form != "text" or not is_drawn():
        yield _printer(form)
        return
    looks: deque[Mapping[str, object]] = deque(maxlen=_MOST_SHOWN)
    title = f"Watching {locate(source).shown}"
    with LiveText(lambda width: live_page(title, tuple(looks), width)) as page:

        def show(seen: Seen) -> None:
            looks.append(asdict(seen))
            page.draw()

        yield show


def _printer(form: str) -> Callable[[Seen], None]:
    """Return what prints a look in a form."""

    def show(seen: Seen) -> None:
        text = json.dumps(asdict(seen), ensure_ascii=False) if form == "json" else line(seen)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    return show


def line(seen: Seen) -> str:
    """Return what a look has shown, as one line."""
    if seen.failure:
        return f"look {seen.look} failed, and the next will connect again: {seen.failure}{_metrics(seen)}"
    moved = f"{seen.appeared:,} new, {seen.changed:,} changed ({seen.untouched:,} untouched), {seen.vanished:,} gone"
    lags = seen.lag_seconds
    late = f"; late so far {seen.late:,}, by {lags['50']:g} s in the median, {lags['100']:g} s at most" if lags else ""
    wrong = f"; copy not audited: {seen.copy_failure}" if seen.copy_failure else ""
    if seen.wrong is not None:
        wrong = f"; copy: {seen.wrong:,} wrong, the longest for {seen.wrong_longest_seconds:g} s"
    columns = "; other columns than before, so that rows with the same cursor count as unchanged"
    said = f"{late}{wrong}{columns if seen.columns_changed else ''}{_metrics(seen)}"
    return f"look {seen.look}: {seen.rows:,} rows, {moved}{said}"


def _metrics(seen: Seen) -> str:
    return f"; metrics not written: {seen.metrics_failure}" if seen.metrics_failure else ""
