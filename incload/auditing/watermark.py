"""What the last sync of a copy had read: its watermark, and where the values of a cursor stand beside it.

What must stay true: the place of a value is exact, and a watermark that the cursor cannot have is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.auditing.values import position, shown
from incload.cursor import UNITS, MixedText
from incload.engines.digests.canonical import ISO
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from incload.engines.digests.canonical import Held

_ISO = re.compile(ISO, re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """How a loader reads, in ticks of the cursor.

    Attributes:
        rereads: How far behind its watermark it reads again at each sync, 0 for what has the watermark itself; None for
            nothing, and where that is not known.
        delay: How far behind the source's clock it leaves rows for a later sync.
        removes: Whether some syncs compare everything, and remove what the source does not have.
        from_clock: How far back from the source's clock it reads at each sync, whatever its watermark; 0 for one that
            goes by the watermark.
    """

    rereads: int | None = None
    delay: int = 0
    removes: bool = False
    from_clock: int = 0


_NO_WINDOW = Window()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader has kept of its syncs.

    Attributes:
        marks: The watermarks of all that are known, as canonical texts.
        looked: Up to where the last sync with a watermark has looked, by the source's clock in ticks of the cursor;
            empty where that holds no times.
        window: How it reads.
    """

    marks: Collection[str]
    looked: Mapping[str, int] = field(default_factory=dict)
    window: Window = _NO_WINDOW


@dataclass(frozen=True, slots=True)
class Mark:
    """What the last sync had read.

    Attributes:
        text: The watermark, as a canonical text.
        origin: How it is known.
        is_exact: Whether a user has said it, or incload has kept it.
        clock: The source's clock in microseconds; None where the cursor holds no time.
        per_second: How many ticks per second the cursor counts; 0 for plain numbers and texts.
        past: The watermarks of earlier syncs as canonical texts, where incload has kept them.
        largest: The copy's largest cursor, as a canonical text; empty where that is the watermark.
        syncs: The watermarks that were kept, the oldest first, with when the sync of each began in microseconds by the
            source's clock; None for one that was set by hand.
        window: How the loader reads, where that is known.
    """

    text: str
    origin: str
    is_exact: bool
    clock: int | None
    per_second: int
    past: frozenset[str] = frozenset()
    largest: str = ""
    syncs: tuple[tuple[str, int | None], ...] = ()
    window: Window = _NO_WINDOW

    @property
    def position(self) -> int | float | str | None:
        """Its place in the order of cursors."""
        return place_of(self.text)

    @property
    def now(self) -> int | None:
        """The source's clock in the cursor's ticks."""
        return None if self.clock is None or not self.per_second else self.clock * self.per_second // UNITS["us"]

    @property
    def began(self) -> list[int]:
        """When the syncs began that are known, in the cursor's ticks."""
        return [at * self.per_second // UNITS["us"] for _, at in self.syncs if at is not None]

    def has_gone_by(self, place: float) -> bool:
        """Return whether a cursor is behind all windows to come of a loader by the clock, from its last sync or now."""
        times = self.began if self.now is None else [*self.began, self.now]
        return bool(self.window.from_clock and times) and place < max(times) - self.window.from_clock

    @property
    def loaded(self) -> Loaded:
        """What the loader has kept of its syncs."""
        syncs = self.syncs if self.per_second else ()
        looked = {text: at * self.per_second // UNITS["us"] - self.window.delay for text, at in syncs if at is not None}
        return Loaded({self.text, *self.past}, looked, self.window)


def place_of(text: str) -> int | float | str | None:
    """Return the place of a cursor's canonical text in its order; an ISO text stands where its time does."""
    found = position(text)
    if isinstance(found, str) and _ISO.fullmatch(found):
        try:
            return int(MixedText(UNITS["us"], zoned=True).position(found))
        except Refused:
            return found
    return found


def ticks_per_second(held: Held, unit: int, example: str) -> int:
    """Return how many ticks per second the places of a cursor count; 0 for plain numbers and texts.

    Args:
        held: The cursor column.
        unit: What integers count, as the user says; 0 for plain numbers.
        example: The canonical text of one of its values.
    """
    if held.form.kind is Kind.TIMESTAMP:
        return held.form.per_second
    if held.form.kind is Kind.INTEGER:
        return unit
    return UNITS["us"] if example[0] == "t" and isinstance(place_of(example), int) else 0


def given_mark(text: str, held: Held) -> str:
    """Return the canonical text of a watermark as the source writes it; refuse one that the cursor cannot have."""
    form = held.form
    try:
        if form.kind is Kind.TIMESTAMP:
            whole = int(text) if re.fullmatch(r"-?\d+", text) else None
            ticks = MixedText(UNITS["us"], zoned=True).position(text) if whole is None else whole
            return f"m{int(ticks) * (form.per_second // UNITS['us'] if whole is None else 1)};"
        if form.kind is Kind.INTEGER:
            return f"i{int(text)};"
    except (ValueError, Refused):
        raise Refused(
            f"--watermark {text!r} is no value of the cursor column {held.column.name!r}: write it as the source does."
        ) from None
    return f"t{len(text.encode())}:{text};"


def shown_mark(mark: Mark) -> object:
    """Return a watermark as a reader writes it."""
    return shown(mark.text, mark.per_second or UNITS["us"])
