"""Newcomers: a strategy from a new file, or from another package, takes part everywhere without an edit anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from incload import cli
from incload.errors import Refused
from incload.harness.trials.matrix import Choice
from incload.registry import strategies, strategy, strategy_classes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = '''"""Night owl: reads at night."""

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, State, Need, Seen, Source, Strategy


@dataclass(frozen=True)
class NightOwl(Strategy):
    """Reads everything there is, as long as it is dark.

    Never sees a delete.
    """

    hours: int = 8
    name: ClassVar[str] = "night_owl"

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return a short night and a long one."""
        return (cls(), cls(hours=12))

    @property
    def needs(self) -> frozenset[Need]:
        """That nothing is deleted."""
        return frozenset({Need(Assumption.NO_HARD_DELETES)})

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep nothing."""
        return state
'''
NIGHT_OWLS = ["night_owl", "night_owl_hours_12"]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let the registry look again, in this test and after it, and forget the modules that the test brings in."""
    known = set(sys.modules)
    package = import_module("incload.strategies")
    strategy_classes.cache_clear()
    yield monkeypatch
    strategy_classes.cache_clear()
    for name in set(sys.modules) - known:
        if name.startswith(("incload.strategies.", "acme_")):
            del sys.modules[name]
            vars(package).pop(name.rpartition(".")[2], None)


@pytest.fixture
def dropped(tmp_path: Path, fresh: pytest.MonkeyPatch) -> Path:
    """Return a folder that belongs to the folder of strategies, with one new file in it."""
    package = import_module("incload.strategies")
    fresh.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / "night_owl.py").write_text(NEW, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("dropped")
def test_a_new_file_is_a_strategy() -> None:
    """One new file is found, with its variants, among the others."""
    ids = [each.id for each in strategies()]

    assert [name for name in ids if "owl" in name] == NIGHT_OWLS
    assert {"full_refresh", "timestamp_watermark_inclusive"} <= set(ids)
    assert strategy("night_owl:hours=3").id == "night_owl_hours_3"


@pytest.mark.usefixtures("dropped")
def test_a_new_file_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The list shows it with the first line of its docstring, and its variant with the parameters that make it."""
    assert cli.main(["list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines if "night_owl" in line] == [
        ["night_owl", "Reads everything there is, as long as it is dark."],
        ["night_owl_hours_12", "The same as night_owl:hours=12."],
    ]


@pytest.mark.usefixtures("dropped")
def test_a_new_file_is_compared() -> None:
    """Every scenario on every pair is tried with it."""
    everything, chosen = Choice(), Choice(strategies=("night_owl",))
    tried = [cell for cell in everything.cells() if cell.contender.id.startswith("night_owl")]

    assert len(tried) == 2 * len(everything.chosen_scenarios()) * len(everything.chosen_pairs())
    assert [each.id for each in chosen.chosen_strategies()] == NIGHT_OWLS


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *points: str) -> None:
    """Install a distribution with a module `acme_loads` and some entry points into a folder on the path."""
    (folder / "acme_loads.py").write_text(NEW.replace("night_owl", "acme_owl"), encoding="utf-8")
    facts = folder / "acme_loads-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-loads\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("\n".join(["[incload.strategies]", *points]) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize("point", ["acme = acme_loads", "acme = acme_loads:NightOwl"])
def test_an_entry_point_is_a_strategy(
    point: str, tmp_path: Path, fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another package adds strategies by naming a module or a class: found, listed, compared."""
    install(tmp_path, fresh, point)
    found = [each for each in strategies() if each.name == "acme_owl"]
    cells = [cell for cell in Choice().cells() if cell.contender.id.startswith("acme_owl")]
    cli.main(["list"])

    assert [each.id for each in found] == ["acme_owl", "acme_owl_hours_12"]
    assert "  acme_owl_hours_12 " in capsys.readouterr().out
    assert len(cells) == 2 * len(Choice().chosen_scenarios()) * len(Choice().chosen_pairs())


def test_one_strategy_may_have_two_entry_points(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    """A module and a class of it may both be named: the strategy is there once."""
    install(tmp_path, fresh, "acme = acme_loads", "owl = acme_loads:NightOwl")

    assert [each.id for each in strategies() if each.name == "acme_owl"] == ["acme_owl", "acme_owl_hours_12"]


def test_a_name_that_is_taken_is_refused(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    """Two strategies of one name would share a state; the second is refused."""
    install(tmp_path, fresh, "acme = acme_loads")
    module = tmp_path / "acme_loads.py"
    module.write_text(module.read_text(encoding="utf-8").replace("acme_owl", "full_refresh"), encoding="utf-8")

    with pytest.raises(Refused, match="two strategies are named 'full_refresh': rename one"):
        strategies()


def test_a_base_class_is_no_strategy(dropped: Path) -> None:
    """A class that other strategies are made of, and that has no name or is abstract, is not tried itself."""
    shared = (
        "from abc import abstractmethod\nfrom dataclasses import dataclass\nfrom incload.strategy import Strategy\n\n\n"
        "@dataclass(frozen=True)\nclass Owl(Strategy):\n    '''What owls share.'''\n\n"
        "    @abstractmethod\n    def hoot(self): ...\n"
    )
    (dropped / "owl.py").write_text(shared, encoding="utf-8")

    assert [each.id for each in strategies() if "owl" in each.id] == NIGHT_OWLS


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ("acme = acme_misspelt", "the entry point 'acme_misspelt' of strategies cannot be loaded"),
        ("acme = acme_loads:No one", "the entry point 'acme_loads:No one' of strategies cannot be loaded"),
        ("acme = json:loads", "the entry point 'json:loads' names no strategy"),
        ("acme = json:JSONDecoder", "the entry point 'json:JSONDecoder' names no strategy"),
    ],
)
def test_a_broken_entry_point_is_refused(point: str, message: str, tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    """A package whose entry point leads nowhere is named, so that its user can repair it."""
    install(tmp_path, fresh, point)

    with pytest.raises(Refused) as refusal:
        strategies()

    assert str(refusal.value).startswith(message)


def test_newcomers_are_held_to_the_contract(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of the contract, unedited, run over a new file and a new package, and find nothing."""
    folder = tmp_path / "dropped"
    folder.mkdir()
    (folder / "night_owl.py").write_text(NEW, encoding="utf-8")
    install(tmp_path, monkeypatch, "acme = acme_loads")
    plugin = f"import incload.strategies\nincload.strategies.__path__.append({str(folder)!r})\n"
    (tmp_path / "dropping.py").write_text(plugin, encoding="utf-8")
    options = ["-q", "-p", "dropping", "-p", "no:cacheprovider", "-rA", "-k", "keeps_the_rule and owl"]
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/test_contract.py"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED")]

    assert done.returncode == 0, done.stdout[-2000:]
    assert len(passed) == len(["night_owl", "night_owl_hours_12", "acme_owl", "acme_owl_hours_12"]) * 10
