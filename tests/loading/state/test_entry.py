"""An entry: a state as a text that says whose it is, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.errors import Refused
from incload.loading.state.entry import Entry, read_entry
from incload.strategy import State

TAGS = {"cursor": "ts", "scale": "text like 1970-01-01T00:00:00Z", "digest": "d"}
NOON = 1_767_268_800
KEYS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(), st.binary())
SAID = ("the state of x", "forget it")


def entry(state: State) -> Entry:
    """Return an entry with a state."""
    return Entry(state, "composite_watermark", ("shop", "id"), TAGS)


def test_the_text_of_an_entry() -> None:
    """It is JSON: the watermark as a number and as the source writes it, the key, and what both mean."""
    text = entry(State(watermark=NOON, key=("ü", b"\x01"), notes={"boundary": ["7"]})).text()

    assert json.loads(text) == {
        "version": 1,
        "strategy": "composite_watermark",
        "key_columns": ["shop", "id"],
        "watermark": NOON,
        "shown": "2026-01-01T12:00:00Z",
        "key": ["ü", {"bytes": "AQ=="}],
        "digests": False,
        "notes": {"boundary": ["7"]},
        "cursor": "ts",
        "scale": "text like 1970-01-01T00:00:00Z",
        "digest": "d",
    }


@given(
    st.none() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.lists(KEYS, min_size=1, max_size=3).map(tuple),
    st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text())),
)
def test_what_is_written_is_read(
    watermark: float | None, key: tuple[object, ...] | None, notes: dict[str, object]
) -> None:
    """Any state comes back as it was, with what it means."""
    written = Entry(State(watermark, key, notes=notes), "s", ("id",), {"cursor": "c", "scale": "number", "digest": "d"})

    assert read_entry(written.text(), *SAID) == written
    assert written.as_read() == (None if any(isinstance(each, list) for each in notes.values()) else written)


@pytest.mark.parametrize("position", [None, "", "42"])
@pytest.mark.parametrize("source", [None, "", "sqlite a.db"])
@pytest.mark.parametrize("spelled", [None, "s", "s:window=1h"])
def test_an_entry_as_it_is_read(position: str | None, source: str | None, spelled: str | None) -> None:
    """What its text leaves out is nothing, in what a sync takes for read as well."""
    written = Entry(State(1, position=position), "s", ("id",), TAGS, source, spelled)

    assert read_entry(written.text(), *SAID) == written.as_read()


@pytest.mark.parametrize("notes", [{"a": (1, 2)}, {"a": [1]}, {"a": {"b": 1}}, {1: "a"}])
def test_notes_that_json_changes_are_read(notes: dict[str, object]) -> None:
    """Nothing but the text says how they come back."""
    assert entry(State(1, notes=notes)).as_read() is None


@pytest.mark.parametrize(
    ("state", "watermark", "key"),
    [
        (State(), None, None),
        (State(watermark=NOON), "2026-01-01T12:00:00Z", None),
        (State(key=(5,)), None, "5"),
        (State(key=("a", b"\xff\x00", 1.5)), None, "a,ff00,1.5"),
    ],
)
def test_what_people_see(state: State, watermark: object, key: str | None) -> None:
    """The watermark is shown as the source writes it, bytes of a key as hexadecimal."""
    assert (entry(state).shown, entry(state).shown_key) == (watermark, key)


def test_where_a_state_comes_from_is_kept() -> None:
    """The source, what the user wrote for the strategy, and the place in a change log, each where there is one."""
    whole = Entry(State(position="9"), "s", ("id",), TAGS, "sqlite:///a.db", "s:minutes=5")
    found = json.loads(whole.text())

    assert (found["position"], found["source"], found["spelled"]) == ("9", "sqlite:///a.db", "s:minutes=5")
    assert read_entry(whole.text(), *SAID) == whole


def test_a_state_without_a_cursor_shows_no_watermark() -> None:
    """A strategy that goes by the key has no scale."""
    assert Entry(State(key=(5,)), "s", ("id",), {**TAGS, "scale": "none"}).shown is None


def broken(**changes: object) -> str:
    """Return the text of an entry with some parts replaced."""
    return json.dumps({**json.loads(entry(State(watermark=NOON)).text()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[1]",
        "{}",
        broken(watermark="2026"),
        broken(key=5),
        broken(key_columns="id"),
        broken(notes=[]),
        broken(key=[{"bytes": 5}]),
        broken(key=[{"octets": "AQ=="}]),
        broken(position=5),
        broken(source=5),
        broken(spelled=["x"]),
    ],
)
def test_what_is_no_entry_is_refused(text: str) -> None:
    """A text that this version cannot have written is named, with what to do."""
    with pytest.raises(Refused, match=r"^the state of x cannot be read \(.*\): forget it\.$"):
        read_entry(text, *SAID)


@pytest.mark.parametrize("part", ["strategy", "key_columns", "watermark", "key", "digests", "notes", "cursor", "scale"])
def test_every_part_is_needed(part: str) -> None:
    """An entry that lacks a part is not filled up by guessing."""
    parts = json.loads(entry(State(watermark=NOON)).text())
    del parts[part]

    with pytest.raises(Refused, match="cannot be read"):
        read_entry(json.dumps(parts), *SAID)


@pytest.mark.parametrize("text", [broken(version=2), '{"version": 2}', broken(version="1")])
def test_another_version_is_refused(text: str) -> None:
    """An entry of another version is not looked into, whatever it holds."""
    with pytest.raises(Refused, match=r"has version .*, not 1: use the incload that wrote it, or forget it\.$"):
        read_entry(text, *SAID)
