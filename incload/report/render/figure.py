"""Pictures drawn by matplotlib when it is installed: how cost grows with a table, and what windows would miss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.report.comparison import scaling
from incload.report.frame import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from incload.report.outcome import Outcome

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#7f7f00")
_MARKERS = "osD^vP*X"


def draw_growth(outcomes: Iterable[Outcome], path: Path | str) -> None:
    """Draw what a sync takes and reads over the size of the table and over the number of changes, all logarithmic.

    Trials without a time are left out, and so are copies that an audit found wrong: their speed means nothing.

    Raises:
        Refused: When no sound outcome of the suite has a time, or matplotlib is not installed.
    """
    found = scaling.points(outcome for outcome in outcomes if outcome.outcome in {"sound", "measured"})
    if not found:
        raise Refused("there is no growth to draw: no sound outcome has a size, a number of changes and a time.")
    _save(_growth_figure(found), path)


def _figure(width: float, height: float) -> Figure:
    """Return an empty figure that belongs to no window."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise Refused("charts need matplotlib, which is not installed: install it or leave the charts out.") from None
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _save(figure: Figure, path: Path | str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _growth_figure(found: Mapping[str, Sequence[scaling.Point]]) -> Figure:
    """Draw a line for each strategy; the legend lists them from the slowest to the fastest at the largest table."""
    figure = _figure(11, 7)
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    slowest_first = sorted(found.items(), key=lambda line: -scaling.over_rows(line[1])[-1].seconds)
    for place, (name, points) in enumerate(slowest_first):
        sizes, changes = scaling.over_rows(points), scaling.over_changes(points)
        lines = (
            [[(point.rows, point.seconds) for point in sizes], [(point.changed, point.seconds) for point in changes]],
            [[(point.rows, point.read) for point in sizes], [(point.changed, point.read) for point in changes]],
        )
        for row in range(2):
            for column in range(2):
                _draw_line(panels[row][column], name, lines[row][column], place)
    _, any_points = slowest_first[0]
    changed, rows = scaling.over_rows(any_points)[0].changed, scaling.over_changes(any_points)[0].rows
    panels[0][0].set(ylabel="seconds, fastest round", title=f"{changed:,} rows changed, table grows")
    panels[0][1].set(title=f"table of {rows:,} rows, changes grow")
    panels[1][0].set(ylabel="rows read", xlabel="rows of the table")
    panels[1][1].set(xlabel="rows changed")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    figure.suptitle("What one sync costs", fontsize=13, fontweight="bold")
    return figure


def _draw_line(axes: Axes, name: str, points: Sequence[tuple[float, float]], place: int) -> None:
    reference = name == REFERENCE
    axes.plot(
        *zip(*points, strict=True), label=name, linewidth=1.8, markersize=5,
        color="black" if reference else _COLOURS[place % len(_COLOURS)], linestyle="--" if reference else "-",
        marker=_MARKERS[(place + place // len(_MARKERS)) % len(_MARKERS)],
    )  # fmt: skip
    axes.set(xscale="log", yscale="log")
    axes.grid(visible=True, which="major", color="#d5dae0", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def draw_lags(
    curve: Sequence[tuple[int, int]], changes: int, path: Path | str, windows: Sequence[tuple[float, str]] = ()
) -> None:
    """Draw the share of changes that a window of any size would miss, the window on a logarithmic axis.

    Args:
        curve: Spans in microseconds, ascending, and how many changes lie further behind than each.
        changes: How many changes there are in all.
        path: Where the picture goes; its suffix names the format, `.png` or `.svg`.
        windows: Windows to mark: seconds, and the label.

    Raises:
        Refused: When no change lies behind, or matplotlib is not installed.
    """
    if not curve or not changes:
        raise Refused("there are no lags to draw: no change of the history lies behind.")
    _save(_lags_figure(curve, changes, windows), path)


def _lags_figure(curve: Sequence[tuple[int, int]], changes: int, windows: Sequence[tuple[float, str]]) -> Figure:
    """Draw from a second on; the share at its left is that of all changes that lie further behind than a second."""
    figure = _figure(9, 4.2)
    axes = figure.add_subplot()
    # A step begins where its span ends: between two spans the share stays as it is at the smaller.
    spans = [max(span / 1_000_000, 1) for span, _ in curve]
    widest = max([spans[-1], *(seconds for seconds, _ in windows)]) * 2
    shares = [100 * count / changes for _, count in curve]
    axes.fill_between([*spans, widest], [*shares, shares[-1]], step="post", color=_COLOURS[0], alpha=0.25, linewidth=0)
    axes.step([*spans, widest], [*shares, shares[-1]], where="post", color=_COLOURS[0], linewidth=1.8)
    marks = [(1.0, "1 second"), *((seconds, label) for seconds, label in windows if seconds > 1)]
    axes.set(xscale="log", xlim=(1, widest), ylabel="% of changes missed", xlabel="lookback window")
    axes.set_ylim(bottom=0)
    axes.set_xticks([seconds for seconds, _ in marks], [label for _, label in marks])
    axes.minorticks_off()
    axes.grid(visible=True, which="major", color="#d5dae0", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Changes that a lookback window would miss", loc="left", fontsize=13, fontweight="bold")
    return figure
