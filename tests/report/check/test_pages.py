"""A checked comparison in every form: the verdict first, a line for each regression, what its readers ask."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from incload.commands.output.github import annotation
from incload.report.check import pages
from incload.report.check.findings import FailOn, judged
from incload.report.regression import TIME_RULE, Comparison, Difference, Slowdown, Trial

ROOT = Path(__file__).parents[3]
ONE: Trial = ("matrix", "a", "merge", "clean", "sqlite", "duckdb")
TWO: Trial = ("matrix", "b", "", "clean", "sqlite", "duckdb")
THREE: Trial = ("tutorial", "c", "append", "no_change", "sqlite", "duckdb")
FOUR: Trial = ("matrix", "d", "", "clean", "sqlite", "duckdb")
FOUND = Comparison(
    compared=3,
    differences=(
        Difference(ONE, "outcome", "sound", "wrong"),
        Difference(ONE, "lost", 0, 12),
        Difference(TWO, "heal_syncs_max", 3, None),
    ),
    missing=(THREE, ("matrix", "e", "", "clean", "sqlite", "duckdb")),
    gone=(("suite", "tutorial"),),
    new=(FOUR,),
    slowdowns=(
        Slowdown(ONE, 1.0, 4.0, gross=True),
        Slowdown(TWO, 0.5, 0.75, gross=False),
        Slowdown(FOUR, 1.0, 2.0, gross=False),
    ),
    untimed=1,
    trials=(ONE, TWO),
)
TIMES = "times the reference copy"
NOTHING = Comparison(1, (), (), (), (), (), 0, (ONE,))


def test_the_text_is_the_one_that_is_written_down() -> None:
    """The verdict, a line for each regression with both values, and counts of what is only worth knowing."""
    assert pages.text(judged(FOUND)).splitlines() == [
        "regression: 3 trials compared, 2 different, 2 missing, 1 much slower, 2 slower, 1 new.",
        "fails:",
        "  different: matrix: a (merge), clean, sqlite -> duckdb: outcome 'sound' -> 'wrong'; lost 0 -> 12",
        "  different: matrix: b, clean, sqlite -> duckdb: heal_syncs_max 3 -> nothing",
        "  missing: matrix: e, clean, sqlite -> duckdb: stands in the baseline and not in the latest report",
        "  much slower: matrix: a (merge), clean, sqlite -> duckdb: 1.00 -> 4.00 times the reference copy",
        "  missing: suite tutorial: everywhere in the latest report",
        f"slower, a warning only: 2 trials, most matrix: d, clean, sqlite -> duckdb (1.00 -> 2.00 {TIMES}).",
        "new, passed: 1 trial.",
        "without a time against a reference, not judged by time: 1 trial.",
        TIME_RULE,
    ]


def test_on_loss_alone_what_only_differs_passes() -> None:
    """A counter that is no wrong row, and time, are shown and do not fail; missing trials do."""
    lines = pages.text(judged(FOUND, FailOn.LOSS)).splitlines()

    assert lines[0].startswith("regression: ")
    assert [line.partition(":")[0].strip() for line in lines[1:8]] == [
        *("fails", "different", "missing", "missing"),
        *("passes", "different", "much slower"),
    ]


@pytest.mark.parametrize(
    ("column", "before", "after", "code"),
    [
        ("stale", 0, 1, 1),
        ("stale", 2, 1, 0),
        ("rows_never_healed", 0, 1, 1),
        ("duplicated_max", 0, 1, 1),
        ("outcome", "sound", "wrong", 1),
        ("outcome", "wrong", "unknown", 1),
        ("outcome", "wrong", "sound", 0),
        ("rows_read", 5, 9, 0),
        ("witness", "a", "b", 0),
    ],
)
def test_what_is_a_loss(column: str, before: object, after: object, code: int) -> None:
    """More wrong rows, or a verdict that is no longer sound or no longer known; `any` fails for each of them."""
    found = Comparison(1, (Difference(ONE, column, before, after),), (), (), (), (), 0)  # type: ignore[arg-type]

    assert (judged(found, FailOn.LOSS).exit_code, judged(found).exit_code) == (code, 1)
    assert judged(found, FailOn.LOSS).headline.startswith("regression" if code else "passed")


def test_an_equal_comparison_is_two_lines() -> None:
    """Nothing to report is said briefly, with the rule for times."""
    assert pages.text(judged(NOTHING)) == f"equal: 1 trial compared, none different.\n{TIME_RULE}\n"


def test_a_long_text_is_shown_where_it_differs() -> None:
    """Of two long stories only the part around the first difference is shown."""
    difference = Difference(ONE, "witness", "x" * 200 + "one" + "y" * 200, "x" * 200 + "two" + "y" * 200)
    line = pages.text(judged(Comparison(1, (difference,), (), (), (), (), 0))).splitlines()[2]

    assert line.endswith(f"witness …'{'x' * 20}one{'y' * 57}'… -> …'{'x' * 20}two{'y' * 57}'…")


def test_a_text_of_several_lines_stays_on_one() -> None:
    """A line feed in a value does not break the line of its trial."""
    difference = Difference(ONE, "witness", "one\ntwo", "")
    lines = pages.text(judged(Comparison(1, (difference,), (), (), (), (), 0))).splitlines()

    assert lines[2] == r"  different: matrix: a (merge), clean, sqlite -> duckdb: witness 'one\ntwo' -> ''"


def test_json_has_every_part_under_its_name() -> None:
    """A program reads values and not sentences."""
    found = json.loads(pages.as_json(judged(FOUND)))

    assert (found["verdict"], found["exit_code"], found["fail_on"], found["compared"]) == ("regression", 1, "any", 3)
    assert found["differences"][1] == {
        "suite": "matrix",
        "strategy": "a",
        "write_rule": "merge",
        "scenario": "clean",
        "source_engine": "sqlite",
        "target_engine": "duckdb",
        "column": "lost",
        "baseline": 0,
        "latest": 12,
    }
    assert [len(found[name]) for name in ("failures", "tolerated", "missing", "new", "slowdowns")] == [5, 0, 2, 1, 3]
    assert found["slowdowns"][0]["gross"] is True


JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname"}, {"failure"}),
    "failure": ({"message", "type"}, set()),
}
"""The elements of the format that CI systems read which are used here: attributes and children of each."""


def check_junit(element: ET.Element) -> None:
    """Assert that an element has the attributes and children that its kind has, and no others."""
    attributes, children = JUNIT[element.tag]
    assert element.attrib.keys() == attributes
    for child in element:
        assert child.tag in children
        check_junit(child)


@pytest.mark.parametrize("found", [FOUND, NOTHING], ids=["regression", "equal"])
def test_junit_has_a_case_for_each_trial(found: Comparison) -> None:
    """Its counts are those of its cases, and each trial stands in it once."""
    root = ET.fromstring(pages.junit(judged(found)))  # noqa: S314 - it is our own
    check_junit(root)
    suite = root[0]
    cases = [(case.get("classname"), case.get("name")) for case in suite]

    assert int(suite.get("tests", "")) == len(cases) == len(set(cases))
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert int(root.get("failures", "")) == len({each.trial for each in judged(found).failures})


def test_junit_says_both_values_even_where_xml_has_no_sign() -> None:
    """What XML cannot hold is a space."""
    difference = Difference(ONE, "witness", "a\x00<b>", "c")
    root = ET.fromstring(pages.junit(judged(Comparison(1, (difference,), (), (), (), (), 0, (ONE,)))))  # noqa: S314
    failure = root.find("testsuite/testcase/failure")

    assert failure is not None
    assert failure.get("message") == r"different: witness 'a\x00<b>' -> 'c'"


ANNOTATION = re.compile(r"::(?:error|notice|warning) title=[^:,\r\n]*(?:%3A|%2C|[^:,\r\n])*::[^\r\n]+")
"""A line that the runner of a workflow takes for an annotation: a colon or comma of a title would end it."""


def test_annotations_are_lines_that_the_runner_reads() -> None:
    """The verdict first, then a line for each regression."""
    lines = pages.github(judged(FOUND), annotation).splitlines()

    assert [line for line in lines if not ANNOTATION.fullmatch(line)] == []
    assert lines[0] == (
        "::error title=incload check::regression: 3 trials compared, 2 different, 2 missing, 1 much slower, 2 slower, "
        "1 new."
    )
    assert lines[1].startswith("::error title=matrix%3A a (merge)%2C clean%2C sqlite -> duckdb::different: outcome")
    assert pages.github(judged(NOTHING), annotation).startswith("::notice title=incload check::equal: 1 trial")


def test_what_github_does_not_show_is_printed() -> None:
    """Of many regressions nine are annotated, and the others are lines of the log."""
    many = tuple(Difference((*ONE[:3], f"s{number}", *ONE[4:]), "lost", 0, 1) for number in range(12))
    lines = pages.github(judged(Comparison(12, many, (), (), (), (), 0)), annotation).splitlines()

    assert (len(lines), sum(line.startswith("::") for line in lines)) == (13, 10)


def test_an_annotation_escapes_what_would_end_it() -> None:
    """Signs of the grammar in its text or title."""
    assert annotation("error", "a:b,c%", "x\ny%") == "::error title=a%3Ab%2Cc%25::x%0Ay%25\n"


def test_the_summary_of_a_job_has_the_heat_map() -> None:
    """Behind the verdict and the regressions; in it every strategy of the latest report has its row."""
    page = pages.markdown(judged(FOUND), ROOT / "tests/golden/report.csv")

    assert page.startswith("## incload check\n\nregression: 3 trials compared")
    assert "| regression" in page
    assert page.index("outcome 'sound'") < page.index("## Verdicts") < page.index("timestamp_watermark")
