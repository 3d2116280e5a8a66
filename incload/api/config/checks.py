"""What a load would refuse whatever its ends hold: asked when a config is read, by the checks of the load itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.options import database
from incload.engines.endpoints import locate
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.engines.endpoint import Endpoint
    from incload.loading.plan import Plan

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?: (append|merge|newest|replace|mirror)\b)?")
_SWITCH = re.compile(r"--((?:allow|same)-[a-z-]+)")


def end_of(kind: str, url: str) -> Endpoint | None:
    """Return where a source or target is; None where that is not known before it is opened.

    A path without an ending may be a folder that is not there yet, and a package that is not installed is no mistake of
    the config: the tables that do without it can be loaded.

    Raises:
        Refused: For what is no URL of a database, and no file of records where that would do.
    """
    try:
        return database(url) if kind == "targets" else locate(url)
    except Refused as refusal:
        if isinstance(refusal.__cause__, ModuleNotFoundError):
            return None
        if kind == "sources" and "://" not in url and not Path(url).suffix:
            return None
        raise


def checks_of(
    source: Endpoint | None, target: Endpoint | None, plan: Plan
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each check of a load that needs nothing but its options and URLs, and the key that it is about."""
    from incload.loading import opening
    from incload.loading.columns.choosing import check_choice, check_signs
    from incload.loading.columns.describing import require_cursor
    from incload.loading.guards import mismatch

    yield "table", lambda: opening.check_plan(plan)
    yield "strategy", lambda: require_cursor(plan)
    yield "write_rule", lambda: mismatch(plan)
    yield "exclude", lambda: check_choice(plan)
    yield "where", lambda: check_signs(plan.choice.where)
    if target:
        yield "target", lambda: opening.refuse_named(target)
    if source and source.engine == "file":
        yield "strategy", lambda: opening.require_of_file(plan.strategy)
    elif source:
        yield "types" if plan.types else "records", lambda: opening.refuse_file_options(source, plan)


def in_words_of_a_config(text: str) -> str:
    """Return a sentence that names options of the command line with the keys of a config in their place."""
    text = _SWITCH.sub(lambda found: f"{found[1].replace('-', '_')} = true", text)
    return _OPTION.sub(lambda found: found[1].replace("-", "_") + (f' = "{found[2]}"' if found[2] else ""), text)
