"""What a newcomer's change touches: a strategy, a scenario, an engine and a contender are found without another edit.

Each is added to a copy of the project, in as many files as CONTRIBUTING.md says; then `list`, `compare` and the report
have all four. The engine is the one of the tests that can commit nothing but snapshots.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.report.outcome_csv import read_outcomes

if TYPE_CHECKING:
    from pathlib import Path

STRATEGY = '''"""Night owl: reads at night."""

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class NightOwl(Strategy):
    """Reads everything there is, as long as it is dark."""

    name: ClassVar[str] = "night_owl"

    @property
    def needs(self) -> frozenset[Need]:
        """That nothing is deleted, and that everything is read."""
        return frozenset({Need(Assumption.NO_HARD_DELETES), Need(Assumption.COMPLETE_READ)})

    @property
    def breaks(self) -> frozenset[Assumption]:
        """Every row is read at every sync."""
        return frozenset({Assumption.READ_ONCE})

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep nothing."""
        return state
'''
SCENARIO = """    Scenario(
        id="full_moon",
        sentence="Rows are deleted at full moon.",
        causes=("C28",),
        threads=("an/example#1",),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES},
        build=life(row_flaws.delete_rows),
    ),
    *ACCIDENTS,
"""
ENGINE = {
    "__init__.py": """'''Lake: snapshots. What must stay true: it is small.'''

DRIVERS, WORDS = ("duckdb",), ("LAKE",)
""",
    "session.py": """from tests.loading.snapshot_engine import SnapshotSession


class LakeSession(SnapshotSession):
    engine = "lake"
""",
    "sandbox.py": """from tests.loading.snapshot_engine import DATABASES, FIXTURE

__all__ = ["DATABASES", "FIXTURE"]
""",
}
LINE = '    "lake": _Entry("lake.session", "LakeSession", schemes=("lake",)),\n'
CONTENDER = f"""command = '''{sys.executable} -c "
import json, pathlib, sqlite3, sys
source, target = (pathlib.Path(url.partition('://')[2]) for url in sys.argv[1:3])
found = sqlite3.connect(source).execute('SELECT * FROM ' + sys.argv[3])
names, rows = [each[0] for each in found.description], found.fetchall()
columns = [[name, 'BIGINT' if isinstance(value, int) else 'VARCHAR'] for name, value in zip(names, rows[0])]
target.touch()
target.with_suffix('.snapshot').write_text(json.dumps(dict(orders=dict(columns=columns, rows=rows, states=dict()))))
" {{source}} {{target}} {{table}}'''
"""
"""Copies everything every time, which is right."""


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    """Return a copy of the project, as it is installed: the strategies are a part of the package."""
    for name, to in {"incload": "incload", "strategies": "incload/strategies"}.items():
        shutil.copytree(root / name, tmp_path / to, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def changed(path: Path, old: str, new: str) -> None:
    """Replace the one place of a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_all(folder: Path) -> None:
    """Add a strategy, a scenario, an engine and a contender."""
    (folder / "incload/strategies/night_owl.py").write_text(STRATEGY, encoding="utf-8")
    changed(folder / "incload/history/synthetic/scenarios.py", "    *ACCIDENTS,\n", SCENARIO)
    (folder / "incload/engines/lake").mkdir()
    for name, text in ENGINE.items():
        (folder / "incload/engines/lake" / name).write_text(text, encoding="utf-8")
    changed(folder / "incload/engines/registry.py", "_ENGINES = {\n", "_ENGINES = {\n" + LINE)
    (folder / "bench/peers/mine").mkdir(parents=True)
    (folder / "bench/peers/mine/peer.toml").write_text(CONTENDER, encoding="utf-8")


def ran(folder: Path, root: Path, *words: str) -> str:
    """Return what the command of a copy prints."""
    paths = os.pathsep.join([str(folder), str(root)])
    done = subprocess.run(
        [sys.executable, "-m", "incload", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_what_is_added_is_found_without_another_edit(copied: Path, root: Path) -> None:
    """All four are listed, compared with each other, right or wrong as they are, and in the report."""
    add_all(copied)
    listed = ran(copied, root, "list")
    chosen = ["--strategies", "night_owl", "--scenarios", "full_moon", "--engines", "sqlite-lake"]
    chosen += ["--contender", "mine", "--rows", "100"]
    ran(copied, root, "compare", *chosen, "--report-dir", "reports")
    report = next((copied / "reports").glob("*.md")).read_text(encoding="utf-8")
    found = read_outcomes(next((copied / "reports").glob("*.csv")))

    assert [line.split()[0] for line in listed.splitlines() if line.split()[:1] and line.split()[0] in ADDED] == ADDED
    assert [(each.strategy, each.scenario, each.target_engine, each.outcome) for each in found] == [
        ("reference_copy", "full_moon", "lake", "sound"),
        ("night_owl", "full_moon", "lake", "wrong"),
        ("mine", "full_moon", "lake", "sound"),
    ]
    assert all(name in report for name in ADDED)


ADDED = ["night_owl", "full_moon", "lake", "mine"]
"""In the order of the lists."""
