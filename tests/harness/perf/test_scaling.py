"""Tables of which a known number of rows changes, whatever their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from incload.strategies.timestamp_watermark import TimestampWatermark

from incload.harness.perf.scaling import GrownText, grown

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("changed", [1, 2, 300, 999])
def test_as_many_texts_change_as_were_asked_for(changed: int, tmp_path: Path) -> None:
    """Numbers that do not divide the rows evenly, and a single row, are changed to the last one."""
    assert grown(1_000, changed, tmp_path, GrownText).cost(TimestampWatermark(), 1).read == changed
