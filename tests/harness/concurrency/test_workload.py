"""The concurrent workload: what writers do is drawn from the seed, and who promised to lose nothing is held to it."""

from __future__ import annotations

from itertools import islice, takewhile

import pytest

from incload.cli import main
from incload.contenders.native import NativeContender
from incload.harness.concurrency.workload import STRATEGIES, Follower, Outcome, format_summary, run
from incload.harness.concurrency.writers import Work, transactions
from incload.loading.plan import Guards
from incload.registry import strategy

WORK = Work(seconds=6, writers=4, rate=100, slow=2, slow_seconds=1.5, rows=300, seed=3)


def test_the_schedule_is_drawn_from_the_seed() -> None:
    """The same seed and writer give the same transactions at the same times, others give others."""
    first = list(islice(transactions(WORK, 0), 20))

    assert first == list(islice(transactions(WORK, 0), 20))
    assert first != list(islice(transactions(WORK, 1), 20))
    assert first != list(islice(transactions(Work(seed=4), 0), 20))


def test_writers_share_the_rate() -> None:
    """Four writers at a hundred a second begin about 25 transactions each in a second, none of them kept open."""
    begun = [list(transactions(Work(seconds=20, rate=100), number)) for number in range(4)]

    assert 1_800 < sum(map(len, begun)) < 2_200
    assert {open_for for each in begun for _, open_for, _ in each} == {0.0}


def test_slow_writers_keep_transactions_open() -> None:
    """One after the other, each for at least a fifth of the longest time, and all end within the time."""
    slow = list(transactions(WORK, WORK.writers))

    assert all(0.3 <= open_for <= 1.5 for _, open_for, _ in slow)
    assert list(takewhile(lambda each: each[0] < WORK.seconds, slow)) == slow


@pytest.mark.parametrize(
    ("name", "wrong", "error", "said"),
    [
        ("log_cdc", (0, 0, 0, 0), "", ""),
        ("log_cdc", (1, 0, 0, 0), "", "log_cdc promises to lose nothing: 1 rows lost, 0 stale, 0 phantom."),
        ("log_cdc", (0, 0, 2, 0), "", "log_cdc promises to lose nothing: 0 rows lost, 0 stale, 2 phantom."),
        ("commit_horizon", (0, 0, 2, 0), "", ""),
        (
            "commit_horizon",
            (0, 3, 2, 0),
            "",
            "commit_horizon promises to lose nothing: 0 rows lost, 3 stale, 2 phantom.",
        ),
        ("timestamp_watermark", (9, 9, 9, 0), "", ""),
        ("timestamp_watermark", (0, 0, 0, 0), "OSError: x", "timestamp_watermark raised: OSError: x"),
    ],
)
def test_a_broken_promise_is_reported(name: str, wrong: tuple[int, int, int, int], error: str, said: str) -> None:
    """Whoever follows a log or a horizon may lose nothing; whoever raises has shown nothing; others are counted."""
    follower = Follower(NativeContender(strategy(name)), wrong=wrong, error=error)

    assert follower.broken == said
    assert format_summary(Outcome(WORK, 1, 1, 1, (follower,))).endswith(f"{said}\n")


@pytest.mark.slow
@pytest.mark.usefixtures("postgres_server")
def test_logs_and_horizons_lose_nothing_beside_writers() -> None:
    """Six seconds of writers that overlap: no copy by a log or a horizon lacks a row or has an old one."""
    chosen = [
        NativeContender(strategy(name), guards=Guards(allow_removals=True))
        for name in (*STRATEGIES[-3:], "incrementing_id")
    ]
    outcome = run(WORK, chosen, every=0.5, target="sqlite")

    assert outcome.broken == ()
    assert outcome.committed > 400
    assert outcome.slow >= 4
    assert outcome.followers[-1].wrong[1] > 0  # it sees no update, so that an audit that finds nothing is noticed
    assert all(len(each.seconds) > 1 for each in outcome.followers)


@pytest.mark.slow
@pytest.mark.usefixtures("postgres_server")
def test_the_command_says_what_became_of_each_copy(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each strategy, under one that says how much was written."""
    words = ["--seconds", "1", "--rate", "20", "--rows", "100", "--target", "sqlite", "--slow", "0"]

    assert main(["workload", *words, "--strategies", "log_cdc"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.endswith("a second.")
    assert last.split()[0] == "log_cdc"
    assert last.split()[-4:] == ["0", "0", "0", "0"]


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--writers", "0"], ["--rate", "-1"], ["--every", "0"]])
@pytest.mark.usefixtures("postgres_server")
def test_what_cannot_be_run_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence with exit code 2."""
    assert main(["workload", *words]) == 2
    assert capsys.readouterr().err.startswith("incload: --seconds, --rate, --every and --slow-seconds must be above 0")
