"""Which values are old in the rows of a copy that are stale: the fields in which they differ from the source."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.auditing.audit import Row


def stale_fields(names: Sequence[str], pairs: Iterable[tuple[Row, Row]]) -> str:
    """Count the fields in which rows of source and copy differ.

    Args:
        names: The columns of the rows. One whose texts are JSON objects is taken apart into dotted paths.
        pairs: Each row as it is in the source and in the copy.

    Returns:
        A JSON object from fields to how many rows differ there, the most frequent first; empty when none does.
    """
    found: Counter[str] = Counter()
    for source, copy in pairs:
        here, there = (dict(_fields(names, row)) for row in (source, copy))
        found.update(name for name in here.keys() | there.keys() if here.get(name, ...) != there.get(name, ...))
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return json.dumps(dict(ordered), ensure_ascii=False) if ordered else ""


def _fields(names: Sequence[str], row: Row) -> Iterator[tuple[str, object]]:
    whole = (*row, *[None] * (len(names) - len(row)))  # a history leaves out the nulls at the end of a row
    for name, value in zip(names, whole, strict=True):
        document = _document(value)
        if document is None:
            yield name, value
        else:
            yield from _leaves(document)


def _document(value: object) -> dict[str, object] | None:
    """Return the JSON object that a text holds, or None."""
    if not isinstance(value, str) or not value.startswith("{"):
        return None
    try:
        document = json.loads(value)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _leaves(document: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
