"""What every test shares: a Hypothesis profile, where the repository stands, what must not be imported at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def heavy() -> frozenset[str]:
    """Return the top-level names of what is slow to import, so that only what uses it may import it."""
    return frozenset(
        {"adbc_driver_manager", "adbc_driver_sqlite", "duckdb", "faker", "matplotlib", "numpy", "pandas", "pyarrow"}
    )
