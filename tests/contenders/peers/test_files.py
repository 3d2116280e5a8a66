"""Descriptions of contenders in TOML, and the peers that are known by name."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.contenders.command import CommandContender
from incload.contenders.declared import Declared, declared
from incload.contenders.named import named
from incload.contenders.peers.clock import ENDS_NOW, Clock, moved
from incload.contenders.peers.files import Setting, contender, variants
from incload.contenders.peers.known import ROOT, folders, known
from incload.contenders.worker import WorkerContender
from incload.errors import Refused
from incload.harness.trials.matrix import Cell
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from pathlib import Path


def test_a_description_makes_a_contender(tmp_path: Path) -> None:
    """What stands above the variants holds for each; a file is named from the folder of the description."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'pairs = ["sqlite-duckdb"]\ntimeout = 5\nadds = ["_m_*"]\n'
        '[variants.one]\ncall = "recipe.py:sync"\n[variants.two]\ncommand = "true {source}"\ntable = "{table}_now"\n'
    )
    one, two = (contender(file, name, said, Setting()) for name, said in variants(file).items())

    assert isinstance(one, WorkerContender)
    assert (one.id, one.place, one.timeout) == ("one", f"{tmp_path.resolve()}/recipe.py:sync", 5.0)
    assert one.capabilities.pairs == ("sqlite-duckdb",)
    assert isinstance(two, CommandContender)
    assert two.declared == Declared(table="{table}_now", adds=("_m_*",))
    assert two.facts == {"declared": "its table is {table}_now; it adds _m_*", "clock": "the machine's time"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("call = ", "describes? no contender"),
        ('cal = "x.py:y"', "unknown setting of mine in .*mine.toml 'cal': did you mean call"),
        ("", "give call = 'FILE.py:FUNCTION' or command = '...', and not both"),
        ('call = "x.py:y"\ncommand = "true"', "and not both"),
        ("call = 1", "call cannot be 1; it is a text"),
        ('command = "true"\npairs = "sqlite-duckdb"', "pairs cannot be 'sqlite-duckdb'; it is a list of texts"),
        ('command = "true"\nclock = "mine"', "clock cannot be 'mine'; it is 'history' or 'ends_now', or left out"),
        ('command = "true"\ntimeout = 0', "timeout cannot be 0; it is a number of seconds above 0"),
        ('command = "true"\ntimes = "moon"', "times cannot be 'moon'; it is one of iso, seconds, milliseconds"),
        ('command = "true"\nbooleans = "oui"', "booleans cannot be 'oui'; it is one of text, letters"),
        ('command = "true"\nadds = "x"', "adds cannot be 'x'"),
        ('command = "true"\nrenames = ["x"]', "renames cannot be"),
        ('[variants.other]\ncommand = "true"', "unknown variant 'mine': known: other"),
    ],
)
def test_what_is_no_description_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """In one sentence that names the file and what is wrong in it."""
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(
        Refused, match=said.replace("describes?", "(describes|does not describe)").replace(" no c", ".* c")
    ):
        named([f"mine={file}"], 60.0, "", ())


def test_every_known_peer_has_a_recipe_a_page_and_pins() -> None:
    """A page says which default it shows and links to the tool's documentation; no version is left open."""
    for folder in folders():
        page = (folder / "README.md").read_text(encoding="utf-8")
        for name, said in variants(folder / "peer.toml").items():
            assert f"`{name}`" in page
            assert said["about"]
            assert str(said["link"]).startswith("https://")
            assert str(said["link"]) in page
            assert (folder / said["call"].partition(":")[0]).exists()
        for line in (folder / "requirements.txt").read_text(encoding="utf-8").split():
            assert "==" in line


def test_the_name_of_a_tool_stands_for_all_of_its_variants() -> None:
    """As the name of a strategy does."""
    peers = known(60.0)

    assert [each.id for each in peers["dlt"]] == ["dlt_merge", "dlt_merge_drop_pending", "dlt_merge_lag", "dlt_scd2"]
    assert [each.id for each in peers["dbt_incremental"]] == ["dbt_incremental"]
    assert len(peers["dbt"]) == 5
    assert len(peers["handwritten"]) == 4


def test_a_peer_that_is_not_there_is_not_applicable(tmp_path: Path) -> None:
    """With what to do, or with why it could not be installed; nothing of it is started."""
    (tmp_path / "bench").symlink_to(ROOT / "bench")
    cell = Cell(known(60.0, tmp_path)["dlt_merge"][0], scenario("clean"), ("sqlite", "duckdb"), 100, 1)
    absent = run_once(cell)
    (tmp_path / ".peers" / "dlt").mkdir(parents=True)
    (tmp_path / ".peers" / "dlt" / "failed.txt").write_text("No matching distribution found\n")
    cell = Cell(known(60.0, tmp_path)["dlt_merge"][0], scenario("clean"), ("sqlite", "duckdb"), 100, 1)
    failed = run_once(cell)

    assert absent.outcome == failed.outcome != "unknown"
    assert absent.reason == "dlt is not installed: run `make peers PEERS=dlt`."
    assert failed.reason == "dlt could not be installed: No matching distribution found"


def test_a_pair_that_is_not_offered_is_not_applicable(tmp_path: Path) -> None:
    """The cell says on which pairs the contender is offered."""
    file = tmp_path / "mine.toml"
    file.write_text('command = "true"\npairs = ["sqlite-duckdb"]\n')
    (mine,) = named([f"mine={file}"], 60.0, "", ())
    found = run_once(Cell(mine, scenario("clean"), ("sqlite", "sqlite"), 100, 1))

    assert found.reason == "mine is offered on sqlite-duckdb, not on sqlite-sqlite."


def test_the_library_of_the_clock_is_looked_for(tmp_path: Path) -> None:
    """In the environment first, then where systems keep it; without it the history comes to the machine's time."""
    packaged = tmp_path / "env" / "lib/python3.11/site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1"
    system = tmp_path / "usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
    none = moved(tmp_path / "env", tmp_path)
    for each in (system, packaged):
        each.parent.mkdir(parents=True)
        each.touch()

    assert (none, none.variables) == (ENDS_NOW, {})
    assert none.shown == "the machine's time, at which the history is moved to end"
    assert Clock().shown == "the machine's time"
    assert moved(tmp_path / "env", tmp_path) == Clock(str(packaged))
    assert moved(None, tmp_path) == Clock(str(system))
    assert Clock("x").shown == "the history's time, by libfaketime"


@pytest.mark.parametrize(
    ("said", "value", "meant"),
    [
        ("iso", "2026-01-01T00:00:00+00:00", 1_767_225_600_000_000),
        ("iso", "2026-01-01 01:00:00.000001+01:00", 1_767_225_600_000_001),
        ("iso", "2026-01-01", 1_767_225_600_000_000),
        ("iso", '"2026-01-01"', '"2026-01-01"'),
        ("iso", None, None),
        ("seconds", 1_767_225_600, 1_767_225_600_000_000),
        ("milliseconds", 1_767_225_600_001, 1_767_225_600_001_000),
        ("seconds", "1767225600", "1767225600"),
    ],
)
def test_times_are_read_as_declared(said: str, value: object, meant: object) -> None:
    """What is not of the declared form stays what it is, and is reported as wrong."""
    from incload.contenders.declared import TIMES

    assert TIMES[said](value) == meant


def test_declarations_are_listed() -> None:
    """A sentence for each, for the report."""
    said = {
        "url": "{target}?schema=copy",
        "renames": {"id": "ID_"},
        "current": "until",
        "times": "iso",
        "booleans": "text",
    }

    assert declared(said, "mine").listed() == (
        "the copy is in {target}?schema=copy",
        "id is called ID_",
        "rows with a value in until are former versions",
        "ISO text is read as a time",
        "the texts true and false are read as a boolean",
    )


def test_a_peer_that_does_not_exist_is_named_before_anything_is_installed() -> None:
    """`make peers` says which there are, and installs none."""
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "peers" / "setup.py", "dlt,oddity"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == (
        "there is no peer 'oddity'; there are dbt, dlt, handwritten, reladiff, singer, sling, sqlmesh.\n"
    )


def test_the_number_of_trials_at_once_can_be_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    """`--jobs` is `--workers`: none at all leaves nothing to run in."""
    assert main(["compare", "--jobs", "0", "--scenarios", "clean", "--engines", "sqlite-sqlite", "--rows", "100"]) == 2
    assert "0 workers leave no process to run a trial" in capsys.readouterr().err
