"""What is measured on request is tried at a small size, so that it runs on request."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.report.outcome_csv import read_outcomes

if TYPE_CHECKING:
    from pathlib import Path

SMALL = [
    "--scale", "1000", "--rounds", "1", "--memory-scale", "1000", "--dataset-rows", "1000",
    "--growth-rows", "1000,2000", "--growth-changes", "10,20",
]  # fmt: skip
SUITES = {"memory": 8, "start_up": 6, "dataset": 4, "growth": 24, "floor": 28}
"""How many figures each of them records."""


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_runs_when_its_name_is_given(suite: str, root: Path, tmp_path: Path) -> None:
    """It passes, and records all of its figures and nothing else."""
    arguments = ["bench", "--benchmark-only", "-q", "-k", suite, *SMALL, "--report-dir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *arguments]
    # A benchmark that finds itself in one of several test processes would not run.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(command, cwd=root, env=alone, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    found = [outcome.suite for outcome in read_outcomes(tmp_path / "latest-filtered.csv")]

    assert found == [suite] * SUITES[suite]
