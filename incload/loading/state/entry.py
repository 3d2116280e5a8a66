"""One entry of the state table: a state as a text, and what its values mean.

The text is JSON. Beside the state it says by which strategy and for which key and cursor it was written, and in which
form the cursor's values were, so that none is ever read as something else; `shown` is the watermark as the source
writes it, for people who look into the table.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.ordered_ids import scale_of_tag
from incload.records import record, replace
from incload.strategy import State

if TYPE_CHECKING:
    from incload.cursor import Scale

VERSION = 1
"""Of the text; one of another version is refused."""

UNREADABLE = (ValueError, KeyError, TypeError)
"""What reading a text raises that is no entry of this version."""

_NONE = type(None)
_NUMBER, _LIST, _TEXT = (int, float, _NONE), (list, _NONE), (str, _NONE)
"""The types of what an entry holds, each with that of nothing."""
_PLAIN = (int, float, str, _NONE)
"""The types of values that JSON gives back as they were."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
_TAGS = ("cursor", "scale", "digest")


class OtherVersion(ValueError):  # noqa: N818 - it says what was found, and is read by the one who asked
    """An entry of another version than this one; its text is the version."""


@record
class Entry:
    """A state and what its values mean.

    Attributes:
        state: What is remembered.
        strategy: The name of the strategy that wrote it.
        key_columns: The key of the table that it speaks of.
        tags: What the values mean: the cursor's column and scale, the algorithm and columns of the digests.
        source: From which source it was made; None where that was not written down.
        spelled: The strategy with its parameters, as `incload load` takes it; None likewise.
    """

    state: State
    strategy: str
    key_columns: tuple[str, ...]
    tags: dict[str, str]
    source: str | None = None
    spelled: str | None = None

    @property
    def scale(self) -> Scale | None:
        """What the cursor's values meant; None without a cursor."""
        return scale_of_tag(self.tags["scale"])

    @property
    def shown(self) -> object:
        """The watermark as the source would write it."""
        return self.scale.shown(self.state.watermark) if self.scale else None

    @property
    def shown_key(self) -> str | None:
        """The key's values separated by commas, bytes in hexadecimal; None without a key."""
        key = self.state.key
        return None if key is None else ",".join(v.hex() if isinstance(v, bytes) else str(v) for v in key)

    def as_read(self) -> Entry | None:
        """Return the entry as its text is read: what the text leaves out is nothing. None where reading has to say it.

        That is with notes of more than plain values: JSON makes lists of tuples and texts of keys that are numbers.
        """
        notes = self.state.notes
        if not {*map(type, notes)} <= {str} or not all(isinstance(value, _PLAIN) for value in notes.values()):
            return None
        state = replace(self.state, position=self.state.position or None, notes=dict(self.state.notes))
        spelled = None if self.spelled == self.strategy else self.spelled
        return replace(self, state=state, source=self.source or None, spelled=spelled)

    def text(self) -> str:
        """Return the entry as it stands in the table."""
        state = self.state
        return _encode(
            {
                "version": VERSION,
                "strategy": self.strategy,
                "key_columns": self.key_columns,
                "watermark": state.watermark,
                "shown": self.shown,
                "key": None if state.key is None else [_packed(value) for value in state.key],
                "digests": state.digests,
                **({"position": state.position} if state.position else {}),
                "notes": dict(state.notes),
                **self.tags,
                **({"source": self.source} if self.source else {}),
                **({"spelled": self.spelled} if self.spelled not in {None, self.strategy} else {}),
            }
        )


def read_entry(text: str, whose: str, remedy: str) -> Entry:
    """Read the text of an entry; refuse one that is none, or of another version.

    Args:
        text: The text.
        whose: Whose state it is, for the sentence of a refusal.
        remedy: What to do about it, likewise.
    """
    try:
        return entry_of(text)
    except OtherVersion as other:
        raise Refused(
            f"{whose} has version {other}, not {VERSION}: use the incload that wrote it, or {remedy}."
        ) from None
    except UNREADABLE as error:
        raise Refused(f"{whose} cannot be read ({error!r}): {remedy}.") from error


def entry_of(text: str) -> Entry:
    """Read the text of an entry; raise one of `UNREADABLE` for one that is none, or of another version."""
    found = json.loads(text)
    if found["version"] != VERSION:
        raise OtherVersion(repr(found["version"]))
    return _entry(found)


def _entry(found: dict[str, object]) -> Entry:
    watermark, key, columns, notes = (found[name] for name in ("watermark", "key", "key_columns", "notes"))
    # What was written before there were change logs says nothing of one, and once nothing said its source.
    position, source, spelled = found.get("position"), found.get("source"), found.get("spelled")
    if not isinstance(watermark, _NUMBER) or not isinstance(key, _LIST):
        raise TypeError("a watermark is a number and a key a list")
    if not isinstance(columns, list) or not isinstance(notes, dict) or not isinstance(position, _TEXT):
        raise TypeError("the key's columns are a list, notes have names and a position is a text")
    if not isinstance(source, _TEXT) or not isinstance(spelled, _TEXT):
        raise TypeError("a source and a strategy are texts")
    kept = None if key is None else tuple(map(_unpacked, key))
    state = State(watermark, kept, bool(found["digests"]), position, notes)
    tags = {tag: str(found[tag]) for tag in _TAGS}
    return Entry(state, str(found["strategy"]), tuple(map(str, columns)), tags, source, spelled)


def _packed(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: object) -> object:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value
