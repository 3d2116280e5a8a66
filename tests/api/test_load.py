"""`load` as another program calls it: plain values in, a frozen record out, one sentence for what is wrong."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.load import load
from incload.errors import Refused
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Return a file of two records."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([{"id": 1, "at": 10}, {"id": 2, "at": 20}]), encoding="utf-8")
    return path


def loaded(events: Path, **options: Any) -> Any:  # noqa: ANN401 - wrong options are passed on purpose
    """Load the file by a watermark, with some options changed; None takes one away."""
    usual = {"table": "events", "key": "id", "cursor": "at", "strategy": "timestamp_watermark"}
    given = {name: value for name, value in {**usual, **options}.items() if value is not None}
    return load(events, f"sqlite:///{events.parent}/copy.db", **given)


def rows(events: Path) -> list[tuple[int, int]]:
    """Return the rows of the copy."""
    with closing(sqlite3.connect(events.parent / "copy.db")) as connection:
        return connection.execute("SELECT id, at FROM events ORDER BY id").fetchall()


def test_a_load_returns_what_it_did(events: Path) -> None:
    """The record says what was loaded, and the rows are there."""
    summary = loaded(events)

    assert (summary.loaded, summary.new_watermark, summary.state) == (2, 20, "written")
    assert rows(events) == [(1, 10), (2, 20)]


def test_the_record_as_plain_values(events: Path) -> None:
    """`to_dict` holds what `--output` writes."""
    assert loaded(events, dry_run=True).to_dict() == {
        "table": "events",
        "strategy": "timestamp_watermark",
        "write_rule": "merge",
        "source_records": 2,
        "loaded": 2,
        "skipped": 0,
        "removed": 0,
        "held_back": 0,
        "backfilled": 0,
        "held_columns": (),
        "previous_watermark": None,
        "new_watermark": 20,
        "total_in_target": 0,
        "state": "written",
        "dry_run": True,
        "warnings": (),
    }


def test_a_record_cannot_be_changed(events: Path) -> None:
    """It is frozen."""
    with pytest.raises(AttributeError):
        loaded(events).loaded = 3


@pytest.mark.parametrize("key", ["id", ["id"], ("id",)])
def test_the_key_is_one_name_or_several(events: Path, key: object) -> None:
    """A text, a list and a tuple are taken alike."""
    assert loaded(events, key=key).loaded == 2


def test_a_strategy_may_be_an_object(events: Path) -> None:
    """An instance is used as it is."""
    assert loaded(events, strategy=strategy("timestamp_watermark:inclusive=true")).loaded == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tabel": "x"}, r"unknown option of incload\.load 'tabel': did you mean table\?"),
        ({"strategy": None}, r"incload\.load needs strategy: pass strategy=\.\.\. by name\."),
        ({"table": None, "key": None}, r"incload\.load needs table and key: pass table=\.\.\. by name\."),
        ({"key": ()}, r"the key \(\) names an empty column"),
        ({"write_rule": "merg"}, r"unknown write_rule 'merg': did you mean merge\?"),
        ({"cursor_unit": "m"}, r"unknown cursor_unit 'm': did you mean ms\?"),
    ],
)
def test_wrong_options_are_refused(events: Path, options: dict[str, object], sentence: str) -> None:
    """In one sentence, before anything is opened."""
    with pytest.raises(Refused, match=sentence):
        loaded(events, **options)
    assert not (events.parent / "copy.db").exists()


def test_a_file_is_no_target(events: Path) -> None:
    """Rows are loaded into databases only."""
    with pytest.raises(Refused, match=r"is no database: write sqlite:///path or duckdb:///path\."):
        load(events, str(events), table="events", key="id", strategy="full_refresh")
