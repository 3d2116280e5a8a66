"""The load clock adds up what it was let run for, and nothing else."""

from __future__ import annotations

import pytest

from incload.harness.load_timer import CLOCK, LoadClock


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a machine's clock, which stands still unless a test sets it."""
    now = [1_000.0]
    monkeypatch.setattr("incload.harness.load_timer.time.perf_counter", lambda: now[0])
    return now


def test_it_starts_at_zero() -> None:
    """A new clock has not run."""
    assert LoadClock().read() == 0.0


def test_it_adds_up_while_it_runs(machine: list[float]) -> None:
    """Time inside the blocks is added up, time between them is not."""
    clock = LoadClock()
    for seconds in (2.0, 3.5):
        with clock.running():
            machine[0] += seconds
        machine[0] += 100

    assert clock.read() == 5.5


def test_it_stops_when_the_load_fails(machine: list[float]) -> None:
    """The time of a load that raised is counted, and the error goes on."""
    clock = LoadClock()

    def fail() -> None:
        machine[0] += 4
        raise ArithmeticError

    with pytest.raises(ArithmeticError), clock.running():
        fail()
    machine[0] += 100

    assert clock.read() == 4.0


def test_it_is_read_between_loads(machine: list[float]) -> None:
    """What is read inside a block is the sum of the blocks before it."""
    clock = LoadClock()
    with clock.running():
        machine[0] += 1
    with clock.running():
        machine[0] += 1
        assert clock.read() == 1.0

    assert clock.read() == 2.0


def test_the_session_has_one_clock() -> None:
    """There is one clock for a whole benchmark session."""
    assert isinstance(CLOCK, LoadClock)
