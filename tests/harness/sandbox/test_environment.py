"""What a report says about the machine: enough to judge its figures, nothing about people and places."""

from __future__ import annotations

import getpass
import json
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from incload.engines.postgres import server
from incload.harness.sandbox import environment as room
from incload.harness.sandbox.environment import environment


def test_what_is_reported() -> None:
    """Versions and machine are reported, in this order."""
    facts = json.loads(environment())

    assert list(facts) == [
        "python",
        "system",
        "processor",
        "processors",
        "sqlite",
        "incload",
        "duckdb",
        "pyarrow",
        "adbc-driver-sqlite",
        "numpy",
        "faker",
        "pandas",
        "pytest-benchmark",
    ]
    assert facts["python"] == platform.python_version()
    assert facts["duckdb"] == version("duckdb")
    assert facts["processors"] >= 1


def test_a_server_that_took_part_is_reported(postgres_server: str) -> None:
    """Its version and its driver's stand in the trials on it, and in no others."""
    with psycopg.connect(postgres_server) as connection:
        number = connection.info.server_version
    facts = json.loads(environment.__wrapped__(("postgres", "duckdb")))

    assert facts["postgres"] == f"{number // 10_000}.{number % 10_000}"
    assert facts["psycopg"] == psycopg.__version__
    assert "postgres" not in json.loads(environment.__wrapped__(("sqlite", "duckdb")))


def test_a_server_that_does_not_answer_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trials on it say what is wrong with it."""
    monkeypatch.setenv(server.DSN, "postgresql://127.0.0.1:1/nowhere")

    assert "postgres" not in json.loads(environment.__wrapped__(("postgres", "duckdb")))


def test_it_is_the_same_throughout_a_run() -> None:
    """It is one line of JSON, and the same text each time."""
    assert environment() is environment()
    assert "\n" not in environment()


def test_neither_people_nor_hosts_nor_folders_are_reported() -> None:
    """Neither the user, nor the host, nor the home folder, nor the current one is named."""
    values = [str(value) for value in json.loads(environment()).values()]
    private = {getpass.getuser(), platform.node(), str(Path.home()), str(Path.cwd())} - {""}

    assert [value for value in values for name in private if name in value.split() or "/home" in value] == []


def test_a_package_that_is_missing_is_reported_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed is no error."""
    monkeypatch.setattr(room, "_PACKAGES", ("no-such-package",))
    facts = json.loads(environment.__wrapped__())

    assert facts["no-such-package"] == "not installed"


@pytest.mark.parametrize(
    ("said", "processor"),
    [
        ("processor : 0\nmodel name\t: Fast: 3000\nmodel name : other\n", "Fast: 3000"),
        ("Hardware : board\n", "as Python says"),
        (None, "as Python says"),
    ],
)
def test_the_name_of_the_processor(
    said: str | None, processor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor is named as Linux says it, and as Python does where that says nothing."""
    path = tmp_path / "cpuinfo"
    if said is not None:
        path.write_text(said, encoding="utf-8")
    monkeypatch.setattr(room, "Path", lambda _: path)
    monkeypatch.setattr("platform.processor", lambda: "as Python says")

    assert json.loads(environment.__wrapped__())["processor"] == processor


def test_a_processor_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no one knows the processor it is unknown, never blank."""
    monkeypatch.setattr(room, "Path", lambda _: tmp_path / "nothing")
    monkeypatch.setattr("platform.processor", str)

    assert json.loads(environment.__wrapped__())["processor"] == "unknown"
