"""The script of the peers' report, with loaders that need nothing installed: what is run again, and what is kept."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from incload.contenders.contender import Capabilities
from incload.contenders.function import FunctionContender
from incload.report.outcome_csv import read_outcomes
from incload.report.peers.pages import Described
from tests.contenders import planted

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parents[3] / "bench" / "peers" / "report.py"
RUN = "These figures are of one run, "
SEVERAL = "These figures are of several runs, put together."


class Report:
    """The script: what it would start in a process of its own runs in this one, and its files lie in a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Load the script, and give it two loaders and two scenarios."""
        spec = importlib.util.spec_from_file_location("peers_report", SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        self.script: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.script)
        self.folder, self.set = folder, monkeypatch.setattr
        described = [Described(name, "Tool", "It loads.", "https://example.org", "") for name in ("one", "two")]
        for name, value in {
            "RESULTS": folder / "results", "RUN": folder / "results" / "run.txt", "REPORT": folder / "peers.csv",
            "subprocess": SimpleNamespace(run=self.start), "_all": lambda: ("clean", "late_arrivals"),
            "folders": lambda: [Path("one"), Path("two")], "_described": lambda: described,
        }.items():  # fmt: skip
            self.set(self.script, name, value)

    def start(self, words: list[str], **_: object) -> SimpleNamespace:
        """Run the script with arguments."""
        self.set(sys, "argv", words[1:])
        self.script.main()
        return SimpleNamespace(returncode=0)

    def run(self, one: Callable[[Any], int], *options: str) -> list[str]:
        """Run the script where the loader `one` is as given; return what the report holds of it, then of `two`."""
        able = Capabilities(pairs=("sqlite-sqlite",))
        loaders = {"one": one, "two": planted.watermark}
        known = {name: (FunctionContender(name, loads, able),) for name, loads in loaders.items()}
        self.set(self.script, "known", lambda _timeout: known)
        self.start(["", str(SCRIPT), "--jobs", "1", *options])
        found = {(each.strategy, each.scenario): each for each in read_outcomes(self.folder / "peers.csv")}
        cells = [found[name, scenario] for name in loaders for scenario in ("clean", "late_arrivals")]
        return ["duplicated" if each.duplicated else each.outcome for each in cells]

    @property
    def said(self) -> str:
        """What the page says of the runs."""
        return next(line for line in (self.folder / "peers.md").read_text().splitlines() if "These figures" in line)


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Return the script with the report of a whole run."""
    made = Report(tmp_path, monkeypatch)
    assert made.run(planted.watermark) == ["sound", "wrong", "sound", "wrong"]
    return made


def test_what_is_run_again_takes_the_place_of_what_was_kept(report: Report) -> None:
    """Of the loader and the scenario that are named, and of nothing else; the page goes on to speak of one run."""
    found = report.run(planted.twice, "--again", "--peers", "one", "--scenarios", "late_arrivals")

    assert found == ["sound", "duplicated", "sound", "wrong"]
    assert report.said.startswith(RUN)
    assert report.said.endswith("Run again afterwards, in place of what it had shown: one in late_arrivals.")


def test_a_loader_that_is_run_again_without_a_scenario_is_run_in_all(report: Report) -> None:
    """The other loader keeps what it has shown."""
    found = report.run(planted.twice, "--again", "--peers", "one")

    assert found == ["duplicated", "duplicated", "sound", "wrong"]
    assert report.said.endswith("Run again afterwards, in place of what it had shown: one.")


def test_what_is_resumed_is_not_run_again(report: Report) -> None:
    """Everything is kept, and nothing is left of the sentence of one run."""
    assert report.run(planted.twice, "--resume", "--peers", "one") == ["sound", "wrong", "sound", "wrong"]
    assert report.said == SEVERAL


def test_what_is_run_again_after_several_runs_leaves_them_several(report: Report) -> None:
    """A page that spoke of several runs does not speak of one afterwards."""
    report.run(planted.twice, "--resume", "--peers", "one")
    report.run(planted.twice, "--again", "--peers", "one")

    assert report.said == SEVERAL


def test_a_loader_that_is_run_without_keeping_has_shown_that_run_alone(report: Report) -> None:
    """Its file is of its last run: a scenario that it was not run in is not in the report."""
    with pytest.raises(KeyError, match="late_arrivals"):
        report.run(planted.twice, "--peers", "one", "--scenarios", "clean")
