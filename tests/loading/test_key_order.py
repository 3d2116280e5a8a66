"""A strategy that goes by the order of keys is refused where the two engines order them otherwise, and only there."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incload.errors import Refused

if TYPE_CHECKING:
    from tests.ends import Between

KEYS = {
    "integers": pa.array([9, 10, 100], pa.int64()),
    "texts": pa.array(["a", "b", "c"]),
    "decimals": pa.array([Decimal("9.0"), Decimal("10.0"), Decimal("100.0")], pa.decimal128(9, 1)),
}


@pytest.mark.parametrize("name", ["integers", "texts"])
def test_keys_that_stay_what_they_are_may_be_gone_by(name: str, between: Between) -> None:
    """Numbers and texts of a file are so in the target too: the next load goes on behind the largest key."""
    ends = between("sqlite", "sqlite")
    path = ends.folder / "events.parquet"
    pq.write_table(pa.table({"id": KEYS[name], "ts": [1, 1, 1]}), path)

    assert ends.load("composite_watermark", file=path).loaded == 3
    assert ends.load("composite_watermark", file=path).loaded == 0


def test_decimals_that_become_text_may_not(between: Between) -> None:
    """SQLite would order them as texts, 100.0 before 9.0; a strategy that goes by the cursor alone may load them."""
    ends = between("sqlite", "sqlite")
    path = ends.folder / "events.parquet"
    pq.write_table(pa.table({"id": KEYS["decimals"], "ts": [1, 1, 1]}), path)

    with pytest.raises(Refused, match=r"key column 'id' of type DECIMAL\(9,1\) becomes text in sqlite, which"):
        ends.load("composite_watermark", file=path)
    assert ends.load("timestamp_watermark", file=path).loaded == 3
