"""pytest-benchmark's own options on a small matrix, as its users give them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MATRIX = (
    *("bench/test_matrix.py", "--benchmark-only", "--workers", "1", "--rows", "100", "--engines", "sqlite-sqlite"),
    *("--strategies", "full_refresh,log_cdc", "--scenarios", "clean,late_arrivals"),
)
TIMED = {
    (strategy, scenario) for strategy in ("reference_copy", "full_refresh") for scenario in ("clean", "late_arrivals")
}

DRAWS = find_spec("pygal") is not None
"""Whether there is what draws a histogram. It is not imported: its hook makes later imports warn, in every test."""

pytestmark = pytest.mark.slow


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the small matrix with more options; stored runs and reports go into a folder."""
    places = [f"--report-dir={folder}/reports", f"--benchmark-storage=file://{folder}/stored"]
    # A benchmark that finds itself in one of several test processes would not run.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *MATRIX, *places, *more]
    return subprocess.run(
        command, cwd=ROOT, env=alone | {"COLUMNS": "100"}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run once with everything that writes; return the folder and what was printed."""
    folder = tmp_path_factory.mktemp("benchmark")
    histogram = [f"--benchmark-histogram={folder}/histogram"] if DRAWS else []
    done = run(folder, f"--benchmark-json={folder}/run.json", "--benchmark-save=base", "-rs", *histogram)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def stored(folder: Path) -> Path:
    """Return the file of the run that was saved."""
    (path,) = (folder / "stored").rglob("*_base.json")
    return path


def test_every_benchmark_has_its_verdict_and_counters(saved: tuple[Path, str]) -> None:
    """Parameters are texts, and `extra_info` holds plain values; what cannot run is no benchmark."""
    found = json.loads((saved[0] / "run.json").read_text(encoding="utf-8"))["benchmarks"]
    by_name = {(each["params"]["strategy"], each["params"]["scenario"]): each for each in found}

    assert by_name.keys() == TIMED
    full = by_name["full_refresh", "late_arrivals"]
    assert (full["params"]["engines"], full["group"]) == ("sqlite-sqlite", "late_arrivals sqlite to sqlite")
    assert (full["extra_info"]["outcome"], full["extra_info"]["lost"]) == ("sound", 0)
    assert full["extra_info"]["rows_read"] > full["extra_info"]["rows"]
    assert not any(isinstance(value, str) and "UNSERIALIZABLE" in value for value in full["extra_info"].values())
    assert full["stats"]["min"] > 0


def test_what_cannot_run_is_skipped_with_its_reason(saved: tuple[Path, str]) -> None:
    """It stands in the report, and in no table of times."""
    assert "strategy 'log_cdc' cannot follow this source, because sqlite has no log of" in saved[1]
    assert "2 skipped" in saved[1]
    assert "log_cdc" in (saved[0] / "reports" / "latest-filtered.csv").read_text(encoding="utf-8")


def test_the_table_fits_and_the_summary_comes_last(saved: tuple[Path, str]) -> None:
    """A group for each scenario and pair, a line for each strategy, and the suite's own section behind them."""
    lines = saved[1].splitlines()
    table = [line for line in lines if line.startswith(("Name (", "full_refresh", "reference_copy"))]

    assert len(table) == 6
    assert max(map(len, table)) <= 100
    places = [
        saved[1].index(said) for said in ("benchmark 'clean sqlite to sqlite': 2 tests", "= incload =", "The report: ")
    ]
    assert places == sorted(places)
    assert " passed" in lines[-1]


@pytest.mark.skipif(not DRAWS, reason="pygal is not installed")
def test_a_histogram_is_drawn_for_each_group(saved: tuple[Path, str]) -> None:
    """Where what draws it is installed, as the extra `bench` does."""
    assert sorted(path.name for path in saved[0].glob("histogram*.svg")) == [
        "histogram-clean_sqlite_to_sqlite.svg",
        "histogram-late_arrivals_sqlite_to_sqlite.svg",
    ]


@pytest.mark.parametrize(
    ("by", "title", "names"),
    [
        ("param:strategy", "'strategy=full_refresh': 2 tests", ["clean sqlite-sqlite", "late_arrivals sqlite-sqlite"]),
        ("param:scenario", "'scenario=clean': 2 tests", ["full_refresh sqlite-sqlite", "reference_copy sqlite-sqlite"]),
        ("param:engines", "'engines=sqlite-sqlite': 4 tests", ["full_refresh late_arrivals", "reference_copy clean"]),
    ],
)
def test_tables_are_grouped_by_a_parameter(by: str, title: str, names: list[str], tmp_path: Path) -> None:
    """The names in each say what its title does not."""
    said = run(tmp_path, f"--benchmark-group-by={by}").stdout

    assert title in said
    assert [name for name in names if f"\n{name} " not in said] == []


@pytest.mark.parametrize(("factor", "code"), [(1000.0, 0), (0.001, 1)], ids=["it was slow", "it was fast"])
def test_a_run_is_compared_with_a_stored_one(factor: float, code: int, saved: tuple[Path, str], tmp_path: Path) -> None:
    """`--benchmark-compare-fail` fails a run that is much slower than the stored one, and the summary still stands."""
    document = json.loads(stored(saved[0]).read_text(encoding="utf-8"))
    for each in document["benchmarks"]:
        each["stats"] = {name: value * factor if name == "min" else value for name, value in each["stats"].items()}
    place = tmp_path / "stored" / stored(saved[0]).parent.name / "0001_base.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(document), encoding="utf-8")
    done = run(tmp_path, "--benchmark-compare=0001", "--benchmark-compare-fail=min:50%")

    assert done.returncode == code
    assert "(0001_base)" in done.stdout
    assert "The report: " in done.stdout
    assert ("Performance has regressed" in done.stdout + done.stderr) == bool(code)


@pytest.mark.parametrize(
    ("chosen", "passed"),
    [(["-k", "full_refresh and clean"], "1 passed"), (["-m", "benchmark", "-k", "clean"], "2 passed")],
    ids=["-k", "-m"],
)
def test_trials_are_chosen_by_name_and_by_mark(chosen: list[str], passed: str, tmp_path: Path) -> None:
    """As any tests of pytest."""
    assert passed in run(tmp_path, *chosen).stdout.splitlines()[-1]


PROBE = """
import json, pathlib, sys
import pytest

found, ids = {}, []

class Probe:
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        (suite,) = (each for each in session.config.pluginmanager.get_plugins() if hasattr(each, "is_part"))
        found[chosen] = suite.is_part(session)
        ids.extend(item.nodeid for item in session.items)

for chosen in json.loads(sys.argv[1]):
    file = pathlib.Path(sys.argv[2], "v", "cache", "lastfailed")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({each: True for each in ids[:1]}))
    suite = [] if chosen.startswith("bench/") else ["bench"]
    pytest.main([*suite, "--collect-only", "-qq", "-o", f"cache_dir={sys.argv[2]}", *chosen.split()], plugins=[Probe()])
print("FOUND", json.dumps(found))
"""
WHOLE = ["", "--scenarios all", "--rounds 5", "--failed-first"]
PART = [
    *("--rows 100", "--seed 7", "--scale 1000", "--engines sqlite-sqlite", "--scenarios clean"),
    *("--ignore bench/test_throughput.py", "--ignore-glob *throughput*", "--deselect bench/test_throughput.py"),
    *("-k clean", "-m benchmark", "bench/test_matrix.py", "--last-failed"),
]


def test_only_a_whole_run_of_the_usual_rows_is_the_report_of_all(tmp_path: Path) -> None:
    """Whatever leaves out a benchmark, or gives it other rows, makes the report one of a part."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-c", PROBE, json.dumps([*WHOLE, *PART]), str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)

    assert "FOUND " in ran.stdout, ran.stdout + ran.stderr
    assert json.loads(ran.stdout.rpartition("FOUND ")[2]) == dict.fromkeys(WHOLE, False) | dict.fromkeys(PART, True)
