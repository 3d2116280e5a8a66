"""What every test shares: a Hypothesis profile, where the repository stands, what must not be imported at the start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from incload.lab import server

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        {
            "adbc_driver_manager",
            "adbc_driver_sqlite",
            "duckdb",
            "faker",
            "matplotlib",
            "numpy",
            "pandas",
            "psycopg",
            "pyarrow",
        }
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what names PostgreSQL among its parameters where there is no server."""
    reason = server.missing()
    for item in items if reason else ():
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any("postgres" in value for value in params if isinstance(value, tuple | str)):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Return the URL of a PostgreSQL database, or skip with the reason why there is none."""
    reason = server.missing()
    if reason:
        pytest.skip(reason)
    return server.url()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:  # noqa: ARG001 - a schema is made on it
    """Return the URL of a schema of its own."""
    with server.schema() as url:
        yield url
