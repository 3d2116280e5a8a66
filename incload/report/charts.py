"""Pictures of a report, drawn by matplotlib when it is installed: a verdict matrix, and how cost grows with a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused, unknown
from incload.report import growth
from incload.report.frame import REFERENCE, in_order, report_frame
from incload.report.matrix import grid, verdict_trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from incload.report.document import Grid
    from incload.report.outcome import Outcome
    from incload.report.verdict import Verdict

_SHADES = {
    "none": ("#d5ecd9", "#14532d"),
    "1-9": ("#fde7c9", "#3b2400"),
    "10-99": ("#f8c08f", "#3b1500"),
    "100+": ("#d9593d", "#ffffff"),
    "unknown": ("#ddd3f2", "#3a2366"),
    "absent": ("#eceef1", "#59636e"),
}
"""The fill and the ink of each class of cells."""

_LEGEND = (
    "✓ sound   ✗ wrong at the end   ↺ wrong on the way, right at the end   ? unknown   n/a refused when it was set up"
)
_CLASSES = (("none", "no wrong row"), ("1-9", "1-9 wrong"), ("10-99", "10-99 wrong"), ("100+", "100 and more"))
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#7f7f00")
_MARKERS = "osD^vP*X"


def draw_matrix(
    report: Path | str | pd.DataFrame, path: Path | str, source_engine: str, target_engine: str, suite: str = "matrix"
) -> None:
    """Draw the verdict matrix of one pair of engines as a picture.

    Args:
        report: The CSV of the report, or a frame with its columns.
        path: Where the picture goes; its suffix names the format, `.png` or `.svg`.
        source_engine: As in the report.
        target_engine: As in the report.
        suite: Which suite's verdicts.

    Raises:
        Refused: When the report holds no verdicts of that suite and pair, or matplotlib is not installed.
    """
    trials = verdict_trials(report_frame(report))
    pair = f"{source_engine} → {target_engine}"
    part = trials[(trials["suite"] == suite) & (trials["pair"] == pair)]
    if part.empty:
        known = in_order(trials["pair"][trials["suite"] == suite])
        raise unknown(f"pair of engines of the suite {suite}", pair, known)
    _save(_matrix_figure(grid(part), f"Rows wrong in the copy, {pair}"), path)


def draw_growth(outcomes: Iterable[Outcome], path: Path | str) -> None:
    """Draw what a sync takes and reads over the size of the table and over the number of changes, all logarithmic.

    Trials without a time are left out, and so are copies that were not sound: their speed means nothing.

    Raises:
        Refused: When no sound outcome of the suite has a time, or matplotlib is not installed.
    """
    found = growth.points(outcome for outcome in outcomes if outcome.outcome == "sound")
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


def _matrix_figure(matrix: Grid, title: str) -> Figure:
    """Draw scenarios down and strategies across, which keeps a long list of scenarios on a page's width."""
    across, down = len(matrix.contenders), len(matrix.scenarios)
    figure = _figure(3 + 0.95 * across, 2.2 + 0.36 * down)
    axes = figure.add_subplot()
    for x, cells in enumerate(matrix.cells):
        for y, cell in enumerate(cells):
            _draw_cell(axes, x, y, cell)
    axes.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
    axes.set_xticks(range(across), [name.replace("_", "\n") for name in matrix.contenders], fontsize=9)
    axes.set_yticks(range(down), matrix.scenarios, fontsize=10)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=12)
    _draw_legend(figure)
    return figure


def _draw_cell(axes: Axes, x: int, y: int, cell: Verdict) -> None:
    from matplotlib.patches import Rectangle

    fill, ink = _SHADES[cell.shade]
    axes.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor=fill, linewidth=0))
    text = cell.sign if cell.number is None else f"{cell.sign} {cell.number:,}"
    axes.text(x, y, text, ha="center", va="center", fontsize=10, color=ink)


def _draw_legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=_SHADES[shade][0], label=label) for shade, label in _CLASSES]
    figure.legend(
        handles=handles, title=_LEGEND, loc="outside lower left", ncols=len(handles), frameon=False, fontsize=9,
        title_fontsize=9, alignment="left",
    )  # fmt: skip


def _growth_figure(found: Mapping[str, Sequence[growth.Point]]) -> Figure:
    """Draw a line for each strategy; the legend lists them from the slowest to the fastest at the largest table."""
    figure = _figure(11, 7)
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    slowest_first = sorted(found.items(), key=lambda line: -growth.over_rows(line[1])[-1].seconds)
    for place, (name, points) in enumerate(slowest_first):
        rows, changes = growth.over_rows(points), growth.over_changes(points)
        lines = (
            [[(point.rows, point.seconds) for point in rows], [(point.changed, point.seconds) for point in changes]],
            [[(point.rows, point.read) for point in rows], [(point.changed, point.read) for point in changes]],
        )
        for row in range(2):
            for column in range(2):
                _draw_line(panels[row][column], name, lines[row][column], place)
    panels[0][0].set(ylabel="seconds, fastest round", title="changes fixed, table grows")
    panels[0][1].set(title="table fixed, changes grow")
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
