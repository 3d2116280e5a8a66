"""Runs the peers that are set up through every scenario, and writes the report: `make peers-report`.

Each peer runs in a process of its own, and what it has shown is kept after every scenario, so that a run that was
stopped goes on where it was with `--resume`. The page says whether its figures are of one run of all peers, and which
of them have been run again since, with `--again`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from incload.contenders.peers.files import variants
from incload.contenders.peers.known import FILE, ROOT, folders, known
from incload.harness.sandbox.environment import processors
from incload.harness.trials.matrix import CORE, Choice
from incload.harness.trials.runner import run_cells
from incload.history.synthetic.scenarios import EVERY_SCENARIO
from incload.report.frame import report_frame
from incload.report.outcome_csv import read_outcomes, write_outcomes
from incload.report.peers.pages import TITLE, Described, again_sentence, peer_blocks, run_sentence
from incload.report.render.html import page
from incload.report.render.markdown import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.report.outcome import Outcome

REPORT = ROOT / "reports" / "peers.csv"
RESULTS = ROOT / ".peers" / "results"
RUN = RESULTS / "run.txt"
"""What is said of the run that has shown all that is kept; it is not there when several runs have."""
COMMAND = "make peers-report"
ROWS = 100
TIMEOUT = 120.0


def main() -> None:
    """Run what is asked for, then write the report of all that there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="", help="names of folders of bench/peers, separated by commas")
    parser.add_argument("--scenarios", default="", help="ids, separated by commas (default: all)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of each history's base (default {ROWS})")
    parser.add_argument("--jobs", type=int, default=2, help="how many peers run at once (default 2)")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has shown")
    parser.add_argument("--again", action="store_true", help="run these again, in the place of what is kept of them")
    parser.add_argument("--note", default="", help="what is to be said of the run, in a sentence")
    parser.add_argument("--render", action="store_true", help="run nothing: write the report of what is kept")
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    scenarios = tuple(filter(None, given.scenarios.split(","))) or _all()
    if given.only:
        run(given.only, scenarios, given.rows, _kept(given, scenarios))
        return
    RESULTS.mkdir(parents=True, exist_ok=True)
    if not given.render:
        _run_all(given)
    _publish([RUN.read_text(encoding="utf-8") if RUN.exists() else run_sentence(None), given.note])


def _run_all(given: argparse.Namespace) -> None:
    """Run the peers that are asked for; what is kept of other runs stays beside it only where not all are."""
    names = tuple(filter(None, given.peers.split(",")))
    said = RUN.read_text(encoding="utf-8") if given.again and RUN.exists() else ""
    RUN.unlink(missing_ok=True)
    is_whole = not (names or given.scenarios or given.resume or given.again)
    for kept in RESULTS.iterdir() if is_whole else ():
        kept.unlink()
    started, load = time.monotonic(), os.getloadavg()[0]
    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(lambda name: _started(name, given), names or tuple(each.name for each in folders())))
    if is_whole:
        figures = (time.monotonic() - started, given.jobs, processors(), load)
        RUN.write_text(run_sentence(figures), encoding="utf-8")
    elif said:
        RUN.write_text(f"{said} {again_sentence(names, given.scenarios.split(','))}", encoding="utf-8")


def _kept(given: argparse.Namespace, scenarios: tuple[str, ...]) -> list[Outcome]:
    """Return the outcomes of a peer that stay: all with `--resume`, and with `--again` those of other scenarios."""
    file = RESULTS / f"{given.only}.csv"
    found = list(read_outcomes(file)) if (given.resume or given.again) and file.exists() else []
    return [each for each in found if given.resume or each.scenario not in scenarios]


def run(name: str, scenarios: tuple[str, ...], rows: int, outcomes: list[Outcome]) -> None:
    """Run one peer through scenarios that have no outcome yet, and keep its outcomes after each."""
    contenders, file = known(TIMEOUT)[name], RESULTS / f"{name}.csv"
    pair = contenders[0].capabilities.pairs[0]
    there = {each.scenario for each in outcomes}
    for scenario in (each for each in scenarios if each not in there):
        choice = Choice(scenarios=(scenario,), pairs=(pair,), rows=rows, contenders=contenders, any_loader=True)
        started = time.monotonic()
        outcomes += run_cells(choice.cells(COMMAND), 1, lambda _: None, 1)
        write_outcomes(outcomes, file)
        sys.stdout.write(f"{name}: {scenario}, {time.monotonic() - started:.0f} s\n")
        sys.stdout.flush()


def _all() -> tuple[str, ...]:
    """Return the ids of all scenarios, those of other loaders included, the best known first."""
    return tuple(dict.fromkeys((*CORE, *(each.id for each in EVERY_SCENARIO))))


def _started(name: str, given: argparse.Namespace) -> None:
    """Run one peer in a process of its own; what it raises ends that process and no other."""
    words = ["--only", name, "--rows", str(given.rows), "--scenarios", given.scenarios]
    words += [option for option, is_given in (("--resume", given.resume), ("--again", given.again)) if is_given]
    done = subprocess.run([sys.executable, __file__, *words], check=False)
    if done.returncode:
        sys.stdout.write(f"{name}: ended with exit code {done.returncode}\n")


def _publish(notes: Sequence[str]) -> None:
    """Write the report of all outcomes that are kept: CSV, Markdown and HTML."""
    outcomes = {
        each.trial: _without_places(each) for file in sorted(RESULTS.glob("*.csv")) for each in read_outcomes(file)
    }
    write_outcomes(outcomes.values(), REPORT)
    blocks = peer_blocks(report_frame(REPORT), _described(), notes)
    REPORT.with_suffix(".md").write_text(markdown(blocks), encoding="utf-8")
    REPORT.with_suffix(".html").write_text(page(blocks, TITLE), encoding="utf-8")
    sys.stdout.write(f"{REPORT.with_suffix('.md')}\n")


def _without_places(outcome: Outcome) -> Outcome:
    """Return an outcome whose reason names no folder of the machine that it was run on."""
    reason = outcome.reason.replace(f"{ROOT}/", "")
    return replace(outcome, reason=re.sub(r"/\S*/incload-\w+/|/\S*/(?=\.peers/)", "", reason))


def _described() -> list[Described]:
    """Return what the recipes say about themselves."""
    return [
        Described(name, said["tool"], said["about"], said["link"], said.get("remedy", ""))
        for folder in folders()
        for name, said in variants(folder / FILE).items()
    ]


if __name__ == "__main__":
    main()
