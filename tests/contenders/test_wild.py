"""The loaders of `bench/wild`: found by their files, small, and right or wrong exactly where they say that they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.assumptions import OF_READING, Assumption, unmet
from incload.contenders.named import named
from incload.contenders.wild import ALL, FOLDER, WildContender, loaders, wild
from incload.errors import Refused, Unable
from incload.harness.trials.faults import require_capability
from incload.history.faults.between_queries import ChangeDuringSync
from incload.report.foreign.needs import infer
from tests.contenders.wild_cells import evidence

if TYPE_CHECKING:
    from incload.report.foreign.evidence import Evidence

LOADERS = loaders()
MOST_LINES = 60
every_loader = pytest.mark.parametrize("who", LOADERS, ids=lambda who: who.id)


def test_a_loader_is_found_by_its_file_alone(tmp_path: Path) -> None:
    """A file of the folder is a loader under its name, and one with an underscore is none."""
    (tmp_path / "mine.py").write_text('"""Mine."""\nNEEDS, CAUSES = "NO_TIES LAG_WITHIN=5", ("C02",)\n')
    (tmp_path / "_helper.py").write_text("")
    found = wild(tmp_path)

    assert list(found) == ["wild", "mine"]
    assert {(need.assumption.name, str(need.within)) for need in found["mine"][0].stated} == {
        ("NO_TIES", "None"),
        ("LAG_WITHIN", "0:05:00"),
    }
    assert (found["mine"][0].causes, found["mine"][0].about) == (("C02",), "Mine.")


def test_one_name_stands_for_all_of_them() -> None:
    """`wild` names every loader of the folder, and each is named by itself as well."""
    assert [each.id for each in named([ALL], 60.0, "", ())] == [each.id for each in LOADERS]
    assert [each.id for each in named(["id_cursor"], 60.0, "", ())] == ["id_cursor"]


def test_an_installed_package_has_none(tmp_path: Path) -> None:
    """Without the folder there is nothing that `wild` could name."""
    assert wild(tmp_path) == {}


def test_an_unknown_name_is_refused_in_a_sentence() -> None:
    """The names that are known include the loaders."""
    with pytest.raises(Refused, match=r"id_cursor, id_cursor_with_gaps"):
        named(["id_cursors"], 60.0, "", ())


@every_loader
def test_a_loader_says_what_people_write_and_where_it_was_seen(who: WildContender) -> None:
    """Its file is short, begins with a sentence, and links a public thread or says that there is none."""
    text = Path(who.folder, f"{who.id}.py").read_text(encoding="utf-8")
    described = text.split('"""')[1]

    assert len(text.splitlines()) <= MOST_LINES
    assert re.fullmatch(r"[A-Z].*\.", who.about)
    assert "https://github.com/" in described or "No public thread" in described
    assert who.causes


@every_loader
def test_a_loader_whose_needs_hold_is_right(who: WildContender) -> None:
    """Where rows only come, or the table is never touched wrongly, a loader is right unless it is wrong anywhere."""
    (cell,) = evidence(who.id, ("inserts_only",))

    assert cell.wrong == (who.is_wrong_anywhere and who.id != "state_as_short_float") or "WHOLE_SECONDS" in {
        need.assumption.name for need in who.stated
    }


@pytest.mark.slow
@every_loader
def test_inferred_needs_are_the_declared_ones(who: WildContender) -> None:
    """Every verdict is what the declared needs say, both ways, and no smaller set explains the verdicts."""
    cells = evidence(who.id)
    found = infer(cells)
    if who.is_wrong_anywhere:
        # Wrong everywhere, or somewhere where nothing is broken that a right copy elsewhere does not break as well.
        assert found.unexplained or all(each.wrong for each in cells)
        return

    assert differing(who, cells) == []
    assert found.unexplained == ()
    assert smallest(who, cells) in [frozenset(need.assumption for need in needs) for needs in found.alternatives]


def differing(who: WildContender, cells: tuple[Evidence, ...]) -> list[str]:
    """Return the scenarios in which the verdict is not what the declared needs say."""
    return [each.scenario for each in cells if bool(unmet(who.stated, (), each.breaks)) != each.wrong]


def smallest(who: WildContender, cells: tuple[Evidence, ...]) -> frozenset[Assumption]:
    """Return the declared needs without those that no scenario breaks unless it breaks another one as well."""
    left = sorted(who.stated, key=lambda need: (need.assumption in OF_READING, need.assumption.name))
    for need in tuple(left):
        rest = [each for each in left if each != need]
        if all(unmet(rest, (), each.breaks) for each in cells if each.wrong):
            left = rest
    return frozenset(need.assumption for need in left)


def test_a_wrong_declaration_is_found() -> None:
    """With a need too few, or one too many, the verdicts are not what is declared."""
    cells = evidence("id_cursor", ("clean", "inserts_only", "id_order_is_not_commit_order"))
    (who,) = wild()["id_cursor"]

    assert differing(who, cells) == []
    assert differing(Claiming(who.name, said="INSERT_ONLY"), cells) == ["id_order_is_not_commit_order"]
    assert differing(Claiming(who.name, said="INSERT_ONLY WHOLE_SECONDS"), cells) == ["inserts_only"]


class Claiming(WildContender):
    """A loader that says something else about itself."""

    def __init__(self, name: str, said: str) -> None:
        """Take what it says."""
        super().__init__(name)
        object.__setattr__(self, "said", said)

    @property
    def stated(self) -> frozenset:
        """Return what it was given."""
        from incload.assumptions import Need

        return frozenset(Need(Assumption[name]) for name in self.said.split())


def test_what_needs_steps_is_refused_for_a_loader_without_any() -> None:
    """A command does not let the harness act between its queries, which is said in a sentence."""
    (command,) = named(["mine=true"], 60.0, "", ())

    with pytest.raises(Unable, match="change_during_sync cannot happen to mine"):
        require_capability(command, [ChangeDuringSync(1)])


def test_the_folder_is_that_of_the_checkout(root: Path) -> None:
    """What the tests run is what stands in the repository."""
    assert root / "bench" / "wild" == FOLDER
    assert len(LOADERS) >= 40
