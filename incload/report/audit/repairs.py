"""What a repair did, for readers: a sentence and the audit that followed, JSON, and the account of each row as CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from incload.report.audit.pages import cell, rendered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Found = Mapping[str, Any]


def repaired(found: Found, form: str) -> str:
    """Return a repair in one of the forms: text, json, csv, markdown, github."""
    if form == "json":
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    page = rendered(found["after"] or found["before"], form)
    if form == "csv":
        return page
    if form == "github":
        return f"::notice title=incload repair::{sentence(found)}\n{page}"
    return f"{sentence(found)}\n\n{page}"


def sentence(found: Found) -> str:
    """Return what was done, as one sentence."""
    if not found["before"]["wrong"]:
        return "Nothing to repair."
    would = "would be " if found["dry_run"] else ""
    done = ", ".join(f"{found[name]:,} {would}{name}" for name in ("inserted", "updated", "removed") if found[name])
    rest = [
        f"the removal of {_rows(found['held_back'])} held back, which --allow-removals lets pass"
        if found["held_back"]
        else "",
        f"{_keys(found['left'])} with several rows left as they are" if found["left"] else "",
        f"{_rows(found['right'])} right by now" if found["right"] else "",
        f"{_rows(found['different'])} still different, which the copy's engine takes for equal"
        if found["different"]
        else "",
    ]
    said = "; ".join([done or f"nothing {would}written", *filter(None, rest)])
    head, tail = ("Dry run", "; nothing was changed") if found["dry_run"] else ("Repaired", "")
    return f"{head}: {said}{tail}."


def account(key: Sequence[str], rows: Sequence[Found], *, done: bool) -> str:
    """Return what became of each wrong row as CSV; a text that a spreadsheet would run stands behind an apostrophe."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(["done", "action", "kind", *(f"key.{name}" for name in key), "cause", "rows_removed"])
    for row in rows:
        values = map(cell, row["key"])
        table.writerow(["yes" if done else "no", row["action"], row["kind"], *values, row["cause"], row["removed"]])
    return written.getvalue()


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _keys(number: int) -> str:
    return f"{number:,} key" if number == 1 else f"{number:,} keys"
