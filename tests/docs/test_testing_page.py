"""What docs/testing.md shows is what happens: the story of the spoiled script, and the options with their names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sql_sync import SCRIPT, sync

import incload.testing
from incload.testing.checking import CheckOptions

if TYPE_CHECKING:
    from incload.testing import SyncRequest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def test_the_story_of_the_page_is_the_one_that_is_printed() -> None:
    """Of the script without its lookback, on the table of the page."""
    (shape,) = re.findall(r"^CUSTOMERS = (incload\.testing\.Table\(.*?^\))", PAGE, re.MULTILINE | re.DOTALL)
    table = eval(shape, {"incload": incload})  # noqa: S307 - the page's own code
    (story,) = re.findall(r"^```\nWrongCopy: (.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)

    def spoiled(request: SyncRequest) -> None:
        script = SCRIPT.replace("datetime(max(updated_at), '-15 minutes')", "max(updated_at)")
        sync(request.source_path, request.target_path, script)

    with pytest.raises(incload.testing.WrongCopy) as failure:
        incload.testing.check(spoiled, "late_arrivals", table=table)
    assert str(failure.value) == story


def test_every_option_is_on_the_page() -> None:
    """The table has a row for each, and no other."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert named == set(CheckOptions.__annotations__)
