"""The strategy of docs/extending.md: what it declares to need is what a comparison observes."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from incload.harness.trials.matrix import Cell, contender
from incload.harness.trials.prediction import disagreement
from incload.harness.trials.runner import run_cells
from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.strategy import Strategy


@pytest.fixture
def read_all(root: Path) -> Iterator[Strategy]:
    """Return the strategy of the page."""
    page = (root / "docs" / "extending.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module = sys.modules["read_all_example"] = ModuleType("read_all_example")
    exec(compile(code, "docs/extending.md", "exec"), vars(module))  # noqa: S102 - the page's own example
    yield module.ReadAll()
    del sys.modules["read_all_example"]


@pytest.mark.parametrize(("name", "outcome"), [("late_arrivals", "sound"), ("hard_deletes", "wrong")])
def test_the_example_is_predicted_from_its_needs(name: str, outcome: str, read_all: Strategy) -> None:
    """The strategy merges late rows, keeps deleted ones, and both follow from what it says it needs."""
    cell = Cell(contender(read_all), scenario(name), ("sqlite", "sqlite"), 200, 1)
    (found,) = run_cells([cell], 1, lambda _: None, workers=1)

    assert found.outcome == outcome
    assert not disagreement(found)
