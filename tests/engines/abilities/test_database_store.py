"""Databases that are made once and copied often."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from incload.engines.abilities.database_store import Files
from incload.engines.abilities.trials import databases

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_copy_is_on_the_disk_before_anybody_loads_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load that is timed does not write the copy out: that would cost as much as the table is large."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    database_store = Files("sqlite", tmp_path, databases("sqlite").writable)
    database_store.end("one").path.write_bytes(b"seven b")
    database_store.copy("two", "one")

    assert database_store.end("two").path.read_bytes() == b"seven b"
    assert synced == [7]
