"""Loaders of others on the bench: each rule of the protocol, with a planted loader that breaks it or a right one."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.api.compare import compare
from incload.assumptions import Assumption
from incload.cli import main
from incload.contenders import contender as protocol
from incload.contenders import worker, worker_main
from incload.contenders.command import CommandContender
from incload.contenders.named import named
from incload.contenders.worker import WorkerContender
from incload.errors import Refused
from incload.harness.trials.matrix import Cell, Choice, breaks_of, contender
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario
from incload.registry import strategy
from incload.report.outcome_csv import read_outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.contenders.contender import Contender
    from incload.report.outcome import Outcome

PLANTED = Path(__file__).with_name("planted.py")
SQLITE = ("sqlite", "sqlite")


def by_command(what: str, timeout: float = 60.0) -> Contender:
    """Return a planted loader as a command."""
    return CommandContender("mine", f"{sys.executable} {PLANTED} {what}", timeout)


def by_worker(what: str, timeout: float = 60.0) -> Contender:
    """Return a planted loader as a callable."""
    return WorkerContender("mine", f"{PLANTED}:{what}", timeout=timeout)


both_kinds = pytest.mark.parametrize("kind", [by_command, by_worker], ids=["command", "worker"])


@pytest.fixture(autouse=True)
def _workers() -> Iterator[None]:
    """Let no worker outlive its test."""
    yield
    worker.stop_all()


def outcome(who: Contender, name: str = "clean", pair: tuple[str, str] = SQLITE) -> Outcome:
    """Return the outcome of a contender in a scenario of a hundred rows."""
    return run_once(Cell(who, scenario(name), pair, 100, 1))


@both_kinds
def test_a_right_loader_is_sound(kind: Callable[[str], Contender]) -> None:
    """It claims nothing, so nothing is predicted; what it does not count is unknown."""
    found = outcome(kind("everything"), "hard_deletes")

    assert (found.strategy, found.write_rule, found.outcome, found.reason) == ("mine", "", "sound", "")
    assert (found.predicted, found.rows_ever_wrong_predicted, found.assumption) == ("", None, "")
    assert (found.rows_read, found.queries, found.state_bytes) == (None, None, None)
    assert found.load_seconds_min is not None


@both_kinds
@pytest.mark.parametrize(
    ("what", "name", "kinds"),
    [
        ("watermark", "clean", set()),
        ("watermark", "duplicate_timestamps", {"lost"}),
        ("watermark", "hard_deletes", {"phantom"}),
        ("twice", "inserts_only", {"duplicated"}),
        ("state_file", "late_arrivals", {"lost", "stale"}),
        ("extra", "late_arrivals", set()),
        ("talks", "clean", set()),
    ],
)
def test_a_loader_gets_its_verdict(kind: Callable[[str], Contender], what: str, name: str, kinds: set[str]) -> None:
    """The report shows what each loses, and nothing else; its own columns and its output do not count."""
    found = outcome(kind(what), name)
    counts = {"lost": found.lost, "stale": found.stale, "phantom": found.phantom, "duplicated": found.duplicated}

    assert (found.outcome, found.reason) == ("wrong" if kinds else "sound", "")
    assert {each for each, count in counts.items() if count} <= kinds
    assert bool(kinds) == any(counts.values())


@both_kinds
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("edits", "the sync changed the source, which it may only read"),
        ("nothing", "the sync left no table 'orders' in the target, which holds no table at all"),
        ("narrow", "the sync left no column modified_at in the target's 'orders'"),
    ],
)
def test_a_broken_rule_is_a_cell_that_says_so(kind: Callable[[str], Contender], what: str, said: str) -> None:
    """It is unknown, never right and never wrong, and the reason names what was done."""
    found = outcome(kind(what))

    assert (found.outcome, found.reason) == ("unknown", f"ContenderFailed: {said}")


@both_kinds
def test_a_loader_that_does_not_answer_is_ended_with_all_that_it_started(kind: Callable[..., Contender]) -> None:
    """At its limit, and its last words are reported."""
    found = outcome(kind("sleeps", 3.0))

    assert found.outcome == "unknown"
    assert "within 3 s; its last words: going to sleep" in found.reason


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (by_command("crashes"), "ContenderFailed: mine ended with exit code 3; its last words: out of cheese"),
        (by_worker("crashes"), "ContenderFailed: mine died without an answer; its last words: out of cheese"),
        (by_worker("raises"), "ContenderFailed: mine raised LookupError: no such dataset"),
    ],
    ids=["command", "worker", "raising"],
)
def test_a_loader_that_fails_is_unknown(who: Contender, said: str) -> None:
    """With how it ended; the next trial of a worker that died starts another."""
    assert outcome(who).reason == said
    assert outcome(who).reason == said


def test_a_target_that_stays_locked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that keeps a transaction open is found out before anything is audited."""
    monkeypatch.setattr("incload.engines.sqlite.session.LOCK_SECONDS", 0.1)
    found = outcome(by_worker("holds"))

    assert found.outcome == "unknown"
    assert "locked when the sync has answered" in found.reason


def test_no_contender_knows_what_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither our settings nor the running test is in its environment, and no name of a file names a scenario."""
    monkeypatch.setenv("INCLOAD_POSTGRES_URL_OF_OURS", "secret")
    monkeypatch.setenv("PYTEST_OF_OURS", "late_arrivals")
    kept: list[str] = []

    class Kept:
        def __init__(self, prefix: str) -> None:
            self.name = str(tmp_path / f"{prefix}{len(kept)}")
            Path(self.name).mkdir()
            kept.append(self.name)

        def __enter__(self) -> str:
            return self.name

        def __exit__(self, *_: object) -> None:
            """Leave the files for the test to read."""

    monkeypatch.setattr("incload.harness.trials.matrix.tempfile.TemporaryDirectory", Kept)
    assert outcome(by_command("environment")).outcome == "sound"

    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"{kept[0]}/b.sqlite")) as target:
        text = set(target.execute("SELECT variables, files FROM text").fetchall())
    variables = ["CURSOR", "KEY", "NOW", "SOURCE_URL", "STATE_DIR", "SYNC", "TABLE", "TARGET_URL"]
    assert text == {(" ".join(f"INCLOAD_{name}" for name in variables), "a.sqlite b.sqlite state")}


def test_a_worker_gets_what_the_protocol_says() -> None:
    """The request of the process that knows nothing of incload has the same fields as ours."""
    assert [field.name for field in fields(worker_main.SyncRequest)] == [
        field.name for field in fields(protocol.SyncRequest)
    ]


@pytest.mark.parametrize("kind", [protocol.SyncRequest, worker_main.SyncRequest], ids=["ours", "worker"])
def test_a_request_names_the_files_of_its_urls(kind: Callable[..., protocol.SyncRequest]) -> None:
    """Decoded and without options; a database on a server has none."""
    ends = "sqlite:////data/a%20b.sqlite?table=x", "postgresql://me@host/shop?schema=copy"
    request = kind(*ends, "orders", ("id",), None, Path(), None, 0)

    assert (request.source_path, request.target_path) == ("/data/a b.sqlite", "")


def test_a_worker_stays_up_from_trial_to_trial() -> None:
    """What takes long to import is imported once in a process of the harness."""
    who = by_worker("everything")
    outcome(who)
    (first,) = worker._WORKERS.values()
    outcome(who, "hard_deletes")

    assert [each.process.pid for each in worker._WORKERS.values()] == [first.process.pid]


def test_a_fault_of_the_state_cannot_happen_to_it() -> None:
    """It is unknown which of its tables and files are its state, so the cell is n/a and says why."""
    found = outcome(by_command("everything"), "memory_lost")

    assert (found.outcome, found.reason) == (
        "not_applicable",
        "lose_state cannot happen to mine: it does not say where it keeps its state.",
    )


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["mine"], "is not NAME=COMMAND"),
        (["Mine=x"], "is not NAME=COMMAND"),
        (["mine= "], "is not NAME=COMMAND"),
        (["full_refresh=x"], "there is a contender of that name already"),
        (["mine=true", "mine=true"], "there is a contender of that name already"),
        (["mine='x"], "cannot be split"),
        (["mine=./is/not/there.sh"], "there is no program './is/not/there.sh'; name one by its path"),
        (["mine=no_such_module:sync"], "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        (["mine=json:no_such_function"], "cannot be imported: AttributeError"),
    ],
)
def test_what_cannot_be_started_is_refused_before_anything_runs(texts: list[str], said: str) -> None:
    """In one sentence that names it."""
    with pytest.raises(Refused) as refusal:
        named(texts, 60.0, "", {"full_refresh"})
    assert said in str(refusal.value)


def test_limits_and_interpreters_are_checked() -> None:
    """No time at all, and an interpreter that is not there."""
    with pytest.raises(Refused, match="--timeout 0 leaves no time"):
        named(["mine=true"], 0.0, "", ())
    with pytest.raises(Refused, match="there is no interpreter '/is/not/there' for contender 'mine'"):
        named(["mine=json:loads"], 60.0, "/is/not/there", ())


def test_placeholders_are_filled_and_other_braces_stay(tmp_path: Path) -> None:
    """Each argument is what the command line says, spaces and quotes included, without a shell."""
    script = tmp_path / "say.sh"
    script.write_text('#!/bin/sh\nprintf "%s|" "$@" >&2\nexit 1\n')
    script.chmod(0o755)
    who = CommandContender("mine", f"{script} '{{table}} {{other}}' {{key}} '$HOME;' {{cursor}}")

    assert outcome(who).reason == (
        "ContenderFailed: mine ended with exit code 1; its last words: orders {other}|id|$HOME;|modified_at|"
    )


def test_contenders_run_alone_unless_strategies_are_named() -> None:
    """The reference copy is there in any case."""
    mine = by_command("everything")
    alone = Choice(scenarios=("clean",), pairs=("sqlite-sqlite",), contenders=(mine,))
    beside = Choice(("full_refresh",), ("clean",), ("sqlite-sqlite",), contenders=(mine,))

    assert [cell.contender.id for cell in alone.cells()] == ["reference_copy", "mine"]
    assert [cell.contender.id for cell in beside.cells()] == ["reference_copy", "full_refresh", "mine"]


def test_the_command_line_runs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A contender that is named stands in the report beside the strategy that is named, and nothing else."""
    words = ["--scenarios", "hard_deletes", "--engines", "sqlite-sqlite", "--rows", "100", "--workers", "1"]
    who = f"mine={sys.executable} {PLANTED} watermark"
    said = main(["compare", *words, "--strategies", "row_hash_cdc", "--contender", who, "--report-dir", str(tmp_path)])
    found = {each.strategy: each.outcome for each in read_outcomes(tmp_path / "latest-filtered.csv")}

    assert (said, found.pop("row_hash_cdc_without_removes")) == (0, "wrong")
    assert found == {"reference_copy": "sound", "row_hash_cdc": "sound", "mine": "wrong"}
    assert "4 trials, 0 of them unknown" in capsys.readouterr().out


def test_the_command_line_refuses_what_cannot_be_started(capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with exit code 2, before any trial."""
    assert main(["compare", "--contender", "mine=./is/not/there.sh"]) == 2
    assert capsys.readouterr().err == (
        "incload: contender 'mine': there is no program './is/not/there.sh'; name one by its path.\n"
    )


def test_python_runs_it() -> None:
    """`incload.compare` takes contenders as the command does."""
    found = compare(
        contenders=[f"mine={PLANTED}:everything"], scenarios="clean", engines="sqlite-sqlite", rows=100, timeout=30.0
    )

    assert [(each.strategy, each.outcome) for each in found.outcomes] == [
        ("reference_copy", "sound"),
        ("mine", "sound"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "scenarios", "pair"),
    [
        ("timestamp_watermark", ("late_arrivals",), SQLITE),
        ("row_hash_cdc", ("hard_deletes",), ("duckdb", "duckdb")),
        pytest.param("timestamp_watermark", ("duplicate_timestamps",), SQLITE, marks=pytest.mark.hard),
        pytest.param("timestamp_watermark", ("late_arrivals",), ("duckdb", "duckdb"), marks=pytest.mark.hard),
        pytest.param("timestamp_watermark", ("duplicate_timestamps",), ("duckdb", "duckdb"), marks=pytest.mark.hard),
        pytest.param("row_hash_cdc", ("hard_deletes",), SQLITE, marks=pytest.mark.hard),
    ],
)
def test_our_own_load_as_a_command_shows_what_it_shows_inside(
    name: str, scenarios: tuple[str, ...], pair: tuple[str, str]
) -> None:
    """The verdict and every kind of wrong row are those of the native contender."""
    load = (
        f"{sys.executable} -m incload load {{source}} --target {{target}} --table {{table}} --key {{key}} "
        "--cursor {cursor} "
        f"--cursor-unit us --strategy {name} --allow-removals --evolve"
    )
    for each in scenarios:
        inside = outcome(contender(strategy(name)), each, pair)
        outside = outcome(CommandContender("mine", load), each, pair)
        assert (outside.reason, verdict(outside)) == ("", verdict(inside))


def verdict(found: Outcome) -> tuple[object, ...]:
    """Return all that an audit counted."""
    ever = (found.rows_ever_wrong, found.rows_never_healed, found.heal_syncs_median, found.heal_syncs_max)
    at_end = (found.lost, found.stale, found.phantom, found.duplicated)
    most = (found.lost_max, found.stale_max, found.phantom_max, found.duplicated_max)
    return found.outcome, *at_end, *most, *ever, found.syncs, found.wrong_syncs


def test_what_any_loader_needs_is_measured_where_a_scenario_of_loaders_is_chosen() -> None:
    """In every cell of the choice, so that a sound copy in one scenario counts against a need in another."""
    mine = (by_command("everything"),)
    alone = Choice(("full_refresh",), ("clean",), contenders=mine, rows=100).foreign_cells()
    beside = Choice((), ("clean", "loader_clock_fast"), (), 100, contenders=mine).cells()
    said = {cell.scenario.id: breaks_of(cell) for cell in beside if cell.contender in mine}

    assert Assumption.WHOLE_SECONDS not in breaks_of(alone[0])
    assert Assumption.WHOLE_SECONDS in said["clean"]
    assert Assumption.CLOCKS_AGREE in said["loader_clock_fast"]
