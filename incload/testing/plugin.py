"""The pytest plugin: the fixture `incload_scenario`. Nothing heavy is imported until a decorated test runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from incload.testing.checking import ScenarioCheck


@pytest.fixture
def incload_scenario(request: pytest.FixtureRequest, tmp_path: Path) -> ScenarioCheck:
    """The scenario of a test that `incload.testing.scenarios` decorates; its databases are made in tmp_path."""
    check: ScenarioCheck | None = getattr(request, "param", None)
    if check is None:
        pytest.fail("incload_scenario comes from @incload.testing.scenarios(...): decorate the test.", pytrace=False)
    return replace(check, folder=tmp_path, cannot=pytest.skip)
