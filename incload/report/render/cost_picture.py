"""What being right costs, as a picture of its own: rows read to the right, rows ever wrong upwards, both logarithmic.

It is drawn without a plotting library, the same on every machine. It has a background of its own and is therefore
readable on light and on dark pages; kinds differ in form as well as in colour. No label covers a point or another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from incload.report.format import whole
from incload.report.render.labels import Box, place_beside, spread
from incload.report.render.log_axis import decades, scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from incload.report.render.log_axis import Scale

_WIDTH, _HEIGHT = 1160, 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 850, 96, 706
"""Where the field begins and ends; to its right are those of which it is not known what they read."""
_STRIP, _NAMES = 902, 934
_LINE, _RADIUS = 14, 5
_LETTER, _BOLD = 6.3, 6.9
"""How wide a letter is, at most on average."""
_INK, _PALE, _RULE = "#1b1f24", "#59636e", "#e3e6ea"
_FORMS = {"own": ("#0a5ca8", "circle"), "other": ("#b34700", "square"), "uncounted": ("#6a3d9a", "triangle")}
"""The colour and the form of each kind."""
_FONT = "font-family='system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif'"


@dataclass(frozen=True, slots=True)
class Spot:
    """A loader in the picture.

    Attributes:
        name: Its name.
        kind: `own` for a strategy whose verdicts are predicted, `other` for any other loader.
        read: The rows that it read in a scenario; None where that was not counted.
        wrong: The rows that it ever had wrong in one.
        scenarios: In how many it ran.
        joined: Whether no other one has as few of both, and fewer of one.
    """

    name: str
    kind: str
    read: float | None
    wrong: float
    scenarios: int
    joined: bool = False

    @property
    def said(self) -> str:
        """Its figures, for who points at it."""
        read = "rows read not counted" if self.read is None else f"{whole(self.read)} rows read"
        return f"{self.name}: {read}, {whole(self.wrong)} ever wrong, in each of {self.scenarios} scenarios"


def cost_picture(spots: Sequence[Spot], title: str, captions: Mapping[str, str]) -> str:
    """Return the picture as SVG.

    Args:
        spots: The loaders.
        title: What it shows, in one line above it and for screen readers.
        captions: What each kind is called, `own`, `other` and `uncounted`.
    """
    across = scale_of([each.read for each in spots if each.read is not None], _LEFT, _RIGHT)
    upwards = scale_of([each.wrong for each in spots], _BOTTOM, _TOP)
    size = f"viewBox='0 0 {_WIDTH} {_HEIGHT}' width='{_WIDTH}' height='{_HEIGHT}'"
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {_FONT} font-size='11'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{_WIDTH}' height='{_HEIGHT}' rx='8' fill='#ffffff'/>",
        _text(14, 26, title, "font-size='15' font-weight='600'"),
        *_legend(spots, captions),
        *_axes(across, upwards),
        *_joined(spots, across, upwards),
        *_field(spots, across, upwards),
        *_strip([each for each in spots if each.read is None], upwards),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(x: float, y: float, words: str, more: str = "", colour: str = _INK) -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' fill='{colour}' {more}>{escape(words)}</text>"


def _legend(spots: Sequence[Spot], captions: Mapping[str, str]) -> Iterator[str]:
    """Name the kinds that there are, in a line below the title, and what the line joins."""
    there = {"uncounted" if each.read is None else each.kind for each in spots}
    x = 20.0
    for kind in (each for each in _FORMS if each in there):
        yield _form(kind, x, 52)
        yield _text(x + 12, 56, captions[kind], "font-size='12'")
        x += 40 + 6.6 * len(captions[kind])
    yield f"<path d='M14 72h22' stroke='{_INK}' stroke-width='1.5' stroke-dasharray='4 3'/>"
    yield _text(42, 76, "no other loader has as few of both and fewer of one", "font-size='12'")


def _form(kind: str, x: float, y: float) -> str:
    colour, form = _FORMS[kind]
    fill = f"fill='{colour}' fill-opacity='.75' stroke='#ffffff'"
    if form == "circle":
        return f"<circle cx='{x:.0f}' cy='{y:.0f}' r='{_RADIUS}' {fill}/>"
    path = f"M{x - 4.5:.1f} {y - 4.5:.1f}h9v9h-9z" if form == "square" else f"M{x:.1f} {y - 5.5:.1f}l5.5 10h-11z"
    return f"<path d='{path}' {fill}/>"


def _spot(spot: Spot, x: float, y: float) -> str:
    kind = "uncounted" if spot.read is None else spot.kind
    return f"<g>{_form(kind, x, y)}<title>{escape(spot.said)}</title></g>"


def _axes(across: Scale, upwards: Scale) -> Iterator[str]:
    rule = f"stroke='{_RULE}'"
    for value in (0.0, *decades(upwards)):
        y = upwards.at(value)
        yield f"<path d='M{_LEFT} {y:.0f}H{_RIGHT}M{_STRIP - 20} {y:.0f}h40' {rule}/>"
        yield _text(_LEFT - 8, y + 4, f"{value:,g}", "text-anchor='end'", _PALE)
    for value in decades(across):
        x = across.at(value)
        yield f"<path d='M{x:.0f} {_TOP}V{_BOTTOM}' {rule}/>"
        yield _text(x, _BOTTOM + 18, f"{value:,g}", "text-anchor='middle'", _PALE)
    middle = "text-anchor='middle' font-size='12'"
    yield _text((_LEFT + _RIGHT) / 2, _HEIGHT - 14, "rows read in a scenario", middle)
    yield _text(_STRIP, _BOTTOM + 18, "not", middle, _PALE)
    yield _text(_STRIP, _BOTTOM + 32, "counted", middle, _PALE)
    turned = f"transform='translate(16 {(_TOP + _BOTTOM) // 2}) rotate(-90)'"
    yield f"<text {turned} fill='{_INK}' {middle}>rows ever wrong in a scenario</text>"


def _joined(spots: Sequence[Spot], across: Scale, upwards: Scale) -> Iterator[str]:
    best = sorted((each.read, -each.wrong) for each in spots if each.joined and each.read is not None)
    points = " ".join(f"{across.at(read):.0f},{upwards.at(-wrong):.0f}" for read, wrong in best)
    yield f"<polyline points='{points}' fill='none' stroke='{_INK}' stroke-width='1.5' stroke-dasharray='4 3'/>"


def _field(spots: Sequence[Spot], across: Scale, upwards: Scale) -> Iterator[str]:
    """Draw those of which it is known what they read; the names that find room beside their points, the best first."""
    at = {each: (across.at(each.read), upwards.at(each.wrong)) for each in spots if each.read is not None}
    room = Box(_LEFT + 2, _TOP, _RIGHT + 24, _BOTTOM - 2)
    line = sorted(at[each] for each in spots if each.joined)
    taken = [_around(point) for point in at.values()] + [_around(point, 2) for point in _along(line)]
    for spot in sorted(at, key=lambda each: (not each.joined, each.kind != "own", -each.wrong, each.name)):
        x, y = at[spot]
        box = place_beside((x, y), (_BOLD if spot.joined else _LETTER) * len(spot.name), taken, room)
        if box is not None:
            taken.append(box)
            yield from _named(spot, (x, y), box)
    for spot, (x, y) in at.items():
        yield _spot(spot, x, y)


def _around(point: tuple[float, float], radius: float = _RADIUS) -> Box:
    return Box(point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius)


def _along(corners: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield points of a line, a few pixels apart."""
    for (x, y), (right, down) in pairwise(corners):
        steps = int(max(abs(right - x), abs(down - y)) // 4) + 1
        yield from ((x + (right - x) * at / steps, y + (down - y) * at / steps) for at in range(steps + 1))


def _named(spot: Spot, point: tuple[float, float], box: Box) -> Iterator[str]:
    """Write a name, with a line to its point where it stands away from it."""
    colour = _FORMS[spot.kind][0]
    x, y = min(max(point[0], box.left), box.right), min(max(point[1], box.top), box.bottom)
    if abs(x - point[0]) + abs(y - point[1]) > 2 * _RADIUS:
        yield f"<path d='M{point[0]:.0f} {point[1]:.0f}L{x:.0f} {y:.0f}' stroke='{colour}' stroke-width='.6'/>"
    weight = "font-weight='700'" if spot.joined else ""
    yield _text(box.left, box.bottom - 3, spot.name, weight, colour)


def _strip(spots: Sequence[Spot], upwards: Scale) -> Iterator[str]:
    """Draw those that do not say what they read, each with its name at the right."""
    ordered = sorted(spots, key=lambda each: (-each.wrong, each.name))
    lines = spread([upwards.at(each.wrong) for each in ordered], _LINE, (_TOP, _BOTTOM))
    for spot, line in zip(ordered, lines, strict=True):
        y, colour = upwards.at(spot.wrong), _FORMS["uncounted"][0]
        yield f"<path d='M{_STRIP} {y:.0f}L{_NAMES - 4} {line:.0f}' stroke='{colour}' stroke-width='.6'/>"
        yield _text(_NAMES, line + 4, spot.name, colour=colour)
    for spot in ordered:
        yield _spot(spot, _STRIP, upwards.at(spot.wrong))
