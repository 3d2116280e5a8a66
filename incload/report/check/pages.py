"""A checked comparison as text, JSON, Markdown, JUnit's XML, and annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from incload.report.format import plural, ratio
from incload.report.frame import trial_name
from incload.report.regression import TIME_RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from incload.report.check.findings import Checked, Finding
    from incload.report.regression import Comparison, Trial
    from incload.report.render.blocks import Block

_ANNOTATIONS = 9
"""How many findings are annotated: GitHub shows ten errors of a step, and the verdict is one."""
_NAMES = ("suite", "strategy", "write_rule", "scenario", "source_engine", "target_engine")
"""What the parts of a trial's identity are called."""


def text(checked: Checked) -> str:
    """Return lines for a terminal: the verdict, a line for each regression, and counts of what does not fail."""
    lines = [checked.headline, *_lines("fails", checked, checked.failures)]
    lines += _lines("passes", checked, checked.tolerated)
    lines += [f"{said}." for said in _counts(checked.comparison)]
    return "\n".join([*lines, TIME_RULE]) + "\n"


def _lines(title: str, checked: Checked, findings: Iterable[Finding]) -> list[str]:
    shown = [f"  {kind}: {name}: {said}" for kind, name, said in _rows(checked, findings)]
    return [f"{title}:", *shown] if shown else []


def _rows(checked: Checked, findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and text of each finding; what is missing altogether is said once, and not for each trial."""
    gone = {name for _, name in checked.comparison.gone}
    said = [(each.kind, each.name, each.text) for each in findings if gone.isdisjoint(_parts(each))]
    whole = any(not gone.isdisjoint(_parts(each)) for each in findings)
    names = checked.comparison.gone if whole else ()
    return [*said, *(("missing", f"{noun} {name}", "everywhere in the latest report") for noun, name in names)]


def _parts(finding: Finding) -> tuple[str, ...]:
    """Return the suite, strategy and scenario of a missing trial; nothing of a trial that is there."""
    suite, strategy, _, scenario, *_ = finding.trial
    return (suite, strategy, scenario) if finding.kind == "missing" else ()


def _counts(comparison: Comparison) -> list[str]:
    """Return what is only worth a number: slower trials, new ones, and those that were not timed."""
    slower = [each for each in comparison.slowdowns if not each.gross]
    said = []
    if slower:
        worst = max(slower, key=lambda each: each.latest / each.baseline)
        times = f"{ratio(worst.baseline)} -> {ratio(worst.latest)} times the reference copy"
        said.append(f"slower, a warning only: {plural(len(slower), 'trial')}, most {trial_name(worst.trial)} ({times})")
    if comparison.new:
        said.append(f"new, passed: {plural(len(comparison.new), 'trial')}")
    if comparison.untimed:
        said.append(f"without a time against a reference, not judged by time: {plural(comparison.untimed, 'trial')}")
    return said


def as_json(checked: Checked) -> str:
    """Return everything as one JSON object."""
    found = checked.comparison
    document = {
        "verdict": checked.headline.partition(":")[0],
        "exit_code": checked.exit_code,
        "fail_on": checked.fail_on.value,
        "headline": checked.headline,
        "compared": found.compared,
        "failures": [_finding(each) for each in checked.failures],
        "tolerated": [_finding(each) for each in checked.tolerated],
        "differences": [
            {**_trial(each.trial), "column": each.column, "baseline": each.baseline, "latest": each.latest}
            for each in found.differences
        ],
        "missing": [_trial(each) for each in found.missing],
        "new": [_trial(each) for each in found.new],
        "slowdowns": [
            {**_trial(each.trial), "baseline": each.baseline, "latest": each.latest, "gross": each.gross}
            for each in found.slowdowns
        ],
        "untimed": found.untimed,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finding(each: Finding) -> dict[str, Any]:
    return {"kind": each.kind, "is_loss": each.is_loss, **_trial(each.trial), "text": each.text}


def _trial(trial: Trial) -> dict[str, str]:
    return dict(zip(_NAMES, trial, strict=True))


def junit(checked: Checked) -> str:
    """Return a JUnit document: one test case for each trial, so that a CI system shows which fail."""
    failures = {each.trial: each for each in checked.failures}
    found = checked.comparison
    trials = [*dict.fromkeys((*found.trials, *found.missing, *failures)), *found.new]
    counts = {"tests": str(len(trials)), "failures": str(len(failures)), "errors": "0"}
    root = ET.Element("testsuites", {"name": "incload check", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "incload check", **counts, "skipped": "0"})
    for trial in trials:
        own, strategy, rule, scenario, *engines = trial
        name = f"{strategy} ({rule})" if rule else strategy
        case = {"name": _printable(name), "classname": _printable(f"{own}.{scenario}.{'-'.join(engines)}")}
        made = ET.SubElement(suite, "testcase", case)
        if failure := failures.get(trial):
            said = {"message": _printable(f"{failure.kind}: {failure.text}"), "type": failure.kind}
            ET.SubElement(made, "failure", said).text = _printable(f"{failure.name}: {failure.text}")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _printable(said: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return "".join(each if each.isprintable() else " " for each in said)


def github(checked: Checked, annotation: Callable[[str, str, str], str]) -> str:
    """Return annotations: the verdict, and the regressions, of which GitHub shows nine."""
    level = "error" if checked.exit_code else "notice"
    lines = [annotation(level, "incload check", checked.headline)]
    rows = _rows(checked, checked.failures)
    lines += [annotation("error", name, f"{kind}: {said}") for kind, name, said in rows[:_ANNOTATIONS]]
    rest = [f"  {kind}: {name}: {said}\n" for kind, name, said in rows[_ANNOTATIONS:]]
    return "".join([*lines, *rest])


def markdown(checked: Checked, latest: Path) -> str:
    """Return a page for the summary of a job: the verdict, the regressions, and the heat map of the latest report."""
    from incload.report.comparison.verdict_matrix import matrix_blocks
    from incload.report.frame import report_frame
    from incload.report.render.blocks import Heading, Paragraph, Points, Table
    from incload.report.render.markdown import markdown as rendered

    rows = tuple(_rows(checked, checked.failures))
    page: list[Block] = [Heading(2, "incload check"), Paragraph(checked.headline)]
    page += [Table(("regression", "trial", "baseline -> latest"), rows, left=3)] if rows else []
    tolerated = [(kind, f"{name}: {said}") for kind, name, said in _rows(checked, checked.tolerated)]
    points = (*tolerated, *(("", f"{said}.") for said in _counts(checked.comparison)))
    page += [Points(points)] if points else []
    return rendered([*page, *matrix_blocks(report_frame(latest))])
