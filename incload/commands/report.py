"""`incload report`: render the reports again from a CSV, without running anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from incload.api.folders import check_folder, reports_into
from incload.api.options import user_path
from incload.commands.output.plain import add_format_to, json_text
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.add_argument("csv", type=user_path, nargs="+", help="the CSV of a comparison or of a replay")
    parser.add_argument(
        "--report-dir", type=user_path, default=None, help="where the reports go (default: beside the CSV)"
    )
    parser.add_argument(
        "--frontier", type=user_path, default=None, metavar="FILE.svg", help="draw, instead of the reports, the rows "
        "that each loader read against the rows that it ever had wrong; of several CSVs in one picture",
    )  # fmt: skip
    add_format_to(parser)
    parser.add_argument("--open", action="store_true", help="show the HTML page in a browser")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Render."""
    if options.frontier:
        return draw(options)
    if len(options.csv) > 1:
        raise Refused("a report is rendered from one CSV: name one, or give --frontier FILE.svg for a picture of all.")
    (csv,) = options.csv
    from incload.report.comparison.files import render_reports
    from incload.report.replay.files import render_replay
    from incload.report.replay.record import holds_replay

    render = render_replay if holds_replay(csv) else render_reports
    folder = options.report_dir or csv.parent
    if options.report_dir:
        check_folder(folder)
    with reports_into(folder):
        written = render(csv, folder)
    _list(written, options)
    if options.open:
        show(next(path for path in written if path.suffix == ".html"))
    return 0


def draw(options: argparse.Namespace) -> int:
    """Draw the frontier of every CSV."""
    from incload.report.answers.loss_and_cost import draw_frontier

    check_folder(options.frontier.parent)
    draw_frontier(options.csv, options.frontier)
    _list([options.frontier], options)
    return 0


def _list(written: list[Path], options: argparse.Namespace) -> None:
    listed = "".join(f"{path}\n" for path in written)
    sys.stdout.write(json_text({"written": written}) if options.format == "json" else listed)


def show(page: Path) -> None:
    """Show a page in the browser; say where it is when there is none."""
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        sys.stderr.write(f"incload: no browser could be started: open {page} in one.\n")
