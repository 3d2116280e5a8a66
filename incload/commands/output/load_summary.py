"""What a load did, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.loading.run import LoadSummary


def format_summary(summary: LoadSummary) -> str:
    """Return the summary as lines of `name: value`, after a sentence about what happened."""
    lines = [format_sentence(summary)]
    for name, value in summary.to_dict().items():
        shown = "-" if value in {None, ()} else json.dumps(value, ensure_ascii=False).strip('"')
        lines.append(f"  {name}: {shown}")
    return "\n".join(lines) + "\n"


def format_sentence(summary: LoadSummary) -> str:
    """Return what a load did as a sentence."""
    held = held_back(summary)
    if summary.dry_run:
        would = f"{_rows(summary.loaded)} would be written to {summary.table} and {summary.removed} removed"
        kept = f", and {held} held back" if held else ""
        return f"Dry run: {would}{kept}; nothing was changed."
    if held:
        return f"Held back {held}; {_rows(summary.loaded)} loaded into {summary.table}, {summary.removed} removed."
    if summary.loaded == summary.removed == summary.backfilled == 0:
        state = "the state is unchanged" if summary.state == "untouched" else "the state was updated"
        return f"Nothing to load into {summary.table}; {state}."
    gone = (
        f" in place of {summary.removed}" if summary.write_rule == WriteRule.REPLACE else f", {summary.removed} removed"
    )
    removed = gone if summary.removed else ""
    filled = f", new columns filled in {_rows(summary.backfilled)}" if summary.backfilled else ""
    return f"Loaded {_rows(summary.loaded)} into {summary.table}{removed}{filled}."


def held_back(summary: LoadSummary) -> str:
    """Say in a few words what was held back; empty when nothing was."""
    rows = f"the removal of {_rows(summary.held_back)} from {summary.table}" if summary.held_back else ""
    names = ", ".join(map(repr, summary.held_columns))
    return " and ".join(filter(None, [rows, names and f"the emptying of column {names} of {summary.table}"]))


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
