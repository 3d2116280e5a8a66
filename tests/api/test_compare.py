"""`compare` as another program calls it: plain values in, the outcomes out, files only where a folder is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from incload.api.compare import Comparison, compare
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"strategies": "composite_watermark", "scenarios": ["clean", "hard_deletes"], "engines": "sqlite-sqlite"}


def compared(**options: Any) -> Comparison:  # noqa: ANN401 - wrong options are passed on purpose
    """Compare one strategy on two scenarios of a hundred rows, with some options changed."""
    return compare(**{**SMALL, "rows": 100, **options})


def test_what_a_comparison_returns() -> None:
    """One outcome for each trial, the reference copy's among them, and no failure."""
    found = compared()

    assert [(each.strategy, each.scenario, each.outcome) for each in found.outcomes] == [
        ("reference_copy", "clean", "sound"),
        ("composite_watermark", "clean", "sound"),
        ("reference_copy", "hard_deletes", "sound"),
        ("composite_watermark", "hard_deletes", "wrong"),
    ]
    assert (found.failures, found.written) == ((), ())


def test_the_command_is_the_call() -> None:
    """Each outcome says which call makes it again."""
    assert {each.command for each in compared(scenarios="clean").outcomes} == {
        "incload.compare(strategies='composite_watermark', scenarios='clean', engines='sqlite-sqlite', rows=100)"
    }


def test_outcomes_as_a_frame_and_as_plain_values() -> None:
    """A row or a record for each trial."""
    found = compared(scenarios="hard_deletes")

    assert found.to_pandas()[["strategy", "phantom"]].to_dict("list") == {
        "strategy": ["reference_copy", "composite_watermark"],
        "phantom": [0, found.outcomes[1].phantom],
    }
    assert [each["outcome"] for each in found.to_dict()["outcomes"]] == ["sound", "wrong"]


def test_a_report_is_written_where_a_folder_is_named(tmp_path: Path) -> None:
    """The CSV first."""
    found = compared(scenarios="clean", report_dir=tmp_path / "new")

    assert [path.name for path in found.written] == [
        "latest-filtered.csv",
        "latest-filtered.json",
        "latest-filtered.md",
        "latest-filtered.html",
    ]
    assert all(path.is_file() for path in found.written)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"strategy": "x"}, r"unknown option of incload\.compare 'strategy': did you mean strategies\?"),
        ({"scenarios": "hard_delete"}, r"unknown scenario 'hard_delete': did you mean hard_deletes\?"),
        ({"workers": 0}, r"0 workers leave no process to run a trial: give 1 or more\."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], sentence: str) -> None:
    """In one sentence, before anything runs."""
    with pytest.raises(Refused, match=sentence):
        compared(**options)
