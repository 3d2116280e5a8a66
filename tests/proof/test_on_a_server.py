"""No life makes a row wrong for a strategy that only a server can be asked, while all that it needs holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.harness.falsify.claims import attempt, drawn, unsound
from incload.registry import strategies

if TYPE_CHECKING:
    from pathlib import Path

    from incload.strategy import Strategy

pytestmark = pytest.mark.slow

PAIRS = (("postgres", "postgres"), ("postgres", "duckdb"))
ASKING = [each for each in strategies() if each.asks is not None]
LIVES = 8
"""Lives for each strategy and pair; some hundred with --hard."""


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("each", ASKING, ids=lambda each: each.id)
def test_no_row_is_wrong_while_every_need_is_met(
    each: Strategy, pair: tuple[str, str], postgres_server: str, tmp_path: Path, *, hard: bool
) -> None:
    """In lives of every sort, of which some break nothing that is needed and some do."""
    assert postgres_server
    tried = []
    for number, life in enumerate(drawn(300 if hard else LIVES, 11)):
        folder = tmp_path / str(number)
        folder.mkdir()
        tried.append(attempt(life, each, each.write_rule, pair, folder))

    assert [each.life for each in unsound(tried)] == []
    assert len([each for each in tried if not each.unmet]) >= LIVES // 4
