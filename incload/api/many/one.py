"""One of many loads: what became of it, whatever it raised."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

from incload.api.many.records import Status, TableLoad
from incload.errors import Refused, masked, on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.loading.run import LoadSummary


def load_one(source: str, target: str, options: dict[str, Any], note: Callable[[str], object]) -> TableLoad:
    """Load a table and return what became of it.

    Args:
        source: The source.
        target: The target.
        options: The options of `incload.load`.
        note: Is given the traceback of an error that is not the user's.
    """
    from incload.api.load import load

    started, table = time.monotonic(), str(options["table"])
    try:
        summary = load(source, target, **options)
    except Refused as refusal:
        return TableLoad(table, Status.REFUSED, time.monotonic() - started, error=_sentence(refusal))
    except Exception as error:  # noqa: BLE001 - one table that fails stops no other
        note(masked(traceback.format_exc()))
        said = _sentence(f"{type(error).__name__}: {error}")
        return TableLoad(table, Status.FAILED, time.monotonic() - started, error=said)
    return TableLoad(table, status_of(summary), time.monotonic() - started, summary)


def status_of(summary: LoadSummary) -> Status:
    """Return whether a load has held something back."""
    return Status.HELD_BACK if summary.held_back or summary.held_columns else Status.LOADED


def _sentence(error: object) -> str:
    return on_one_line(masked(str(error)))
