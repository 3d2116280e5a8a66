"""The forms of a check that programs read, held against schemas of their formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import xmlschema

from incload.cli import main
from incload.report.check import pages
from incload.report.check.findings import FailOn, judged
from incload.report.regression import Comparison, Difference, Slowdown, Trial

if TYPE_CHECKING:
    from incload.report.check.findings import Checked

SCHEMAS = Path(__file__).parent / "schemas"
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))
JSON = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "check.schema.json").read_text(encoding="utf-8")))
ONE: Trial = ("matrix", "a", "merge", "clean", "sqlite", "duckdb")
TWO: Trial = ("matrix", "b <&> \x00", "", "clean", "sqlite", "duckdb")
WORSE = Comparison(
    compared=2,
    differences=(Difference(ONE, "outcome", "sound", "wrong"), Difference(ONE, "heal_syncs_max", 3, None)),
    missing=(TWO,),
    gone=(),
    new=(("matrix", "d", "", "clean", "sqlite", "duckdb"),),
    slowdowns=(Slowdown(ONE, 1.0, 4.0, gross=True),),
    untimed=1,
    trials=(ONE, TWO),
)
EQUAL = Comparison(1, (), (), (), (), (), 0, (ONE,))
CHECKED = {
    "regression": judged(WORSE),
    "tolerated": judged(WORSE, FailOn.LOSS),
    "equal": judged(EQUAL),
}


@pytest.mark.parametrize("checked", CHECKED.values(), ids=CHECKED)
def test_junit_is_valid(checked: Checked) -> None:
    """Every element and attribute is one that the format has, with the values that it may have."""
    JUNIT.validate(pages.junit(checked))


@pytest.mark.parametrize("checked", CHECKED.values(), ids=CHECKED)
def test_json_is_valid(checked: Checked) -> None:
    """Every member is one that is written down, of its type."""
    JSON.validate(json.loads(pages.as_json(checked)))


def test_a_refusal_is_valid_in_both_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A report that is not there is an error in the test results, and an object with the sentence."""
    missing = str(tmp_path / "none.csv")

    assert main(["check", missing, missing, "--format", "junit"]) == 2
    said = capsys.readouterr()
    JUNIT.validate(said.out)
    assert said.out.count("<error ") == 1
    assert main(["check", missing, missing, "--format=json"]) == 2
    said = capsys.readouterr()
    found = json.loads(said.out)
    JSON.validate(found)
    assert said.err == f"incload: {found['error']}\n"


@pytest.mark.parametrize(
    "fault",
    [
        ('tests="1"', 'tests="one"'),
        ('<testcase name="a (merge)"', '<testcase called="a (merge)"'),
        (' classname="matrix.clean.sqlite-duckdb"', ""),
    ],
)
def test_the_schema_of_junit_finds_a_fault(fault: tuple[str, str]) -> None:
    """A count that is none, an attribute of another name, and a case of no class are refused."""
    text = pages.junit(judged(EQUAL))

    assert fault[0] in text
    assert not JUNIT.is_valid(text.replace(*fault))


@pytest.mark.parametrize("change", [{"verdict": "fine"}, {"compared": -1}, {"more": 1}, {"missing": [{}]}])
def test_the_schema_of_json_finds_a_fault(change: dict[str, Any]) -> None:
    """A verdict that there is not, a count below 0, a member too many and a trial without its names are refused."""
    assert not JSON.is_valid({**json.loads(pages.as_json(judged(EQUAL))), **change})
