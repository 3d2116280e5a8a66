"""A chart of points on two logarithmic axes as inline SVG: cost to the right, rows wrong upwards, the best ones joined.

Colours come from the page that it stands in, so that it is readable on light and dark pages and in print.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from incload.report.format import whole
from incload.report.render.log_axis import decades, scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.report.render.log_axis import Scale

_WIDTH, _HEIGHT = 760, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 190, 16, 44
_LABEL = "Rows ever wrong against rows read, a point for each strategy; the table below has the figures"
_LINE = 15
"""The least distance between the bases of two labels."""
_LETTER = 7
"""How wide a letter of a label is, about."""
_RADIUS = 5
"""The radius of a point."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A named point; the joined ones are labelled."""

    name: str
    x: float
    y: float
    joined: bool


def frontier_svg(dots: Sequence[Dot]) -> str:
    """Return the chart."""
    across = scale_of([dot.x for dot in dots], _LEFT, _WIDTH - _RIGHT)
    upwards = scale_of([dot.y for dot in dots], _HEIGHT - _BOTTOM, _TOP)
    return "\n".join(
        [
            f'<svg class="frontier" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_LABEL}">',
            *_axes(across, upwards),
            *_joined(dots, across, upwards),
            *_dots(dots, across, upwards),
            "</svg>",
        ]
    )


def _axes(across: Scale, upwards: Scale) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in (0.0, *decades(upwards)):
        y = upwards.at(value)
        yield f'<line class="rule" x1="{_LEFT}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{whole(value)}</text>'
    for value in decades(across):
        x = across.at(value)
        yield f'<line class="rule" x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP}" y2="{bottom}"/>'
        yield f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{whole(value)}</text>'
    yield f'<text x="{(_LEFT + right) / 2:.0f}" y="{_HEIGHT - 6}" text-anchor="middle">rows read</text>'
    middle = (_TOP + bottom) // 2
    yield f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">rows ever wrong</text>'


def _joined(dots: Sequence[Dot], across: Scale, upwards: Scale) -> Iterator[str]:
    best = sorted((dot.x, -dot.y) for dot in dots if dot.joined)
    points = " ".join(f"{across.at(x):.0f},{upwards.at(-y):.0f}" for x, y in best)
    yield f'<polyline class="best" points="{points}"/>'


def _dots(dots: Sequence[Dot], across: Scale, upwards: Scale) -> Iterator[str]:
    """Draw the points, each with its figures for who points at it, and the names of those that are joined."""
    for dot in sorted(dots, key=lambda each: each.joined):
        x, y = across.at(dot.x), upwards.at(dot.y)
        said = f"{dot.name}: {whole(dot.x)} rows read, {whole(dot.y)} ever wrong"
        kind = "best" if dot.joined else "other"
        yield f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}"><title>{escape(said)}</title></circle>'
    yield from _labels(dots, across, upwards)


def _labels(dots: Sequence[Dot], across: Scale, upwards: Scale) -> Iterator[str]:
    """Write names to the right of joined points, moved upwards where they would cover a point or one another."""
    points = [(across.at(dot.x), upwards.at(dot.y)) for dot in dots]
    taken: list[tuple[float, float]] = []
    for dot in sorted((each for each in dots if each.joined), key=lambda each: (each.y, each.x)):
        x, y, width = across.at(dot.x) + 10, upwards.at(dot.y) - 6, _LETTER * len(dot.name)
        while y > _LINE and (_covers_point(x, y, width, points) or _covers_name(x, y, width, taken)):
            y -= _LINE
        taken.append((x, y))
        yield f'<text class="name" x="{x:.0f}" y="{max(y, 12):.0f}">{escape(dot.name)}</text>'


def _covers_point(x: float, y: float, width: float, points: Sequence[tuple[float, float]]) -> bool:
    return any(x - _RADIUS < across < x + width + _RADIUS and y - _LINE < up < y + _RADIUS for across, up in points)


def _covers_name(x: float, y: float, width: float, taken: Sequence[tuple[float, float]]) -> bool:
    return any(abs(y - base) < _LINE and abs(x - left) < width + 60 for left, base in taken)
