"""The pages of an audit: text for people, JSON and CSV for programs, Markdown, and annotations for GitHub Actions."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from incload.report.render.blocks import Paragraph, Points, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from incload.report.render.blocks import Block

    Found = Mapping[str, Any]

KINDS = ("lost", "stale", "phantom", "duplicated")
_MEANINGS = {
    "late": "the cursor is behind the watermark: the row became visible late, or a sync read in part",
    "tie": "the cursor equals the watermark",
    "null cursor": "the cursor is null, and no cursor strategy sees the row",
    "future timestamp": "a cursor ahead of the source's clock",
    "state ahead of the rows": "the state has passed rows that the copy never had",
    "left out of a sync": "a recording shows that the row was there when the sync began that should have read it",
    "in a missing part of a sync": "neighbours by key of which the copy has nothing, in what a sync has read",
    "never in any window": "no window that is known has covered the cursor, or the copy has nothing of a whole stretch "
    "of cursors: no sync has read it, or none kept it",
    "not read yet": "the cursor is beyond the watermark: no sync has read it yet",
    "updated without touching the cursor": "no cursor strategy sees the change",
    "hard delete": "the source does not have the row, and no cursor shows that",
    "read again": "the copy has several rows of the key",
    "older over newer": "the copy has a newer cursor than the source",
    "unknown": "the cursors do not say",
}
_GUARDED = tuple("=+-@\t\r'")
"""How a text begins that a spreadsheet would run as a formula."""


def rendered(found: Found, form: str) -> str:
    """Return an audit in one of the forms: text, json, csv, markdown, github."""
    return _FORMS[form](found)


def meaning_of(cause: str) -> str:
    """Return the evidence of a cause in a few words."""
    return _MEANINGS[cause]


def headline(found: Found) -> str:
    """Return the verdict as one sentence."""
    undecided = f"{found['undecided']:,} of them were still changing at the last look" if found["undecided"] else ""
    flying = f"{_rows(found['in_flight'])} changed between two looks" if found["in_flight"] else ""
    said = "; ".join(filter(None, [flying, undecided]))
    behind = f" ({said})" if said else ""
    if not found["wrong"]:
        verdict = "Undecided" if found["undecided"] else "Equal"
        return f"{verdict}: {_rows(found['compared'])} compared, none of them wrong{behind}."
    counts = ", ".join(f"{found[kind]:,} {kind}" for kind in KINDS if found[kind])
    return f"Wrong: {_rows(found['wrong'])} of {found['compared']:,} compared: {counts}{behind}."


def blocks(found: Found) -> list[Block]:
    """Return the page: verdict, causes, samples, rules."""
    page: list[Block] = [
        Paragraph(headline(found)),
        Paragraph(
            f"source: {found['source']}, {_rows(found['source_rows'])}; copy: {found['copy']}, "
            f"{_rows(found['copy_rows'])}; key: {', '.join(found['key'])}"
        ),
    ]
    if found["causes"]:
        rows = tuple((name, meaning_of(name), f"{count:,}") for name, count in found["causes"].items())
        page += [Table(("cause", "evidence", "rows"), rows, left=2), Paragraph(_confidence(found))]
    if late := _lateness(found):
        page.append(Paragraph(late))
    if found["samples"]:
        page.append(_samples(found))
    if found["differing"]:
        named = ", ".join(f"{name} ({count:,})" for name, count in found["differing"].items())
        page.append(Paragraph(f"Columns in which stale rows differ: {named}."))
    if found["rules"]:
        page.append(Points(tuple((name, rule) for name, rule in found["rules"].items())))
    if found["not_compared"]:
        page.append(Paragraph(f"Columns of the copy that were not compared: {', '.join(found['not_compared'])}."))
    page += [Paragraph(note) for note in found["notes"]]
    return page


def _confidence(found: Found) -> str:
    if found["watermark_from"] is None:
        return "Causes are inferred without a cursor: name one with --cursor."
    how = "inferred from" if found["inferred"] else "judged by the watermark of"
    return f"Causes are {how} {found['watermark_from']}: {found['watermark']}."


def _lateness(found: Found) -> str:
    """Return the sum of the causes: what was late, what a lookback would have read, and what no cursor load sees."""
    late, causes = found["late"], found["causes"]
    said = []
    if late is not None:
        median, most = (span(late[name], found["late_unit"]) for name in ("median", "most"))
        said.append(f"{_were(causes['late'])} late (median {median}, most {most})")
    blind = [words(causes[name]) for name, words in _BLIND.items() if causes.get(name)]
    said += blind
    if not said:
        return ""
    unseen = ": no cursor strategy sees these" if blind else ""
    head = f"Of {_rows(found['wrong'])} that are wrong, {', '.join(said)}{unseen}"
    if late is None or "share" not in late:
        return f"{head}."
    window, share = span(late["lookback"], "seconds"), late["share"]
    return f"{head}; a lookback of {window} would have read {share:.0%} of the late ones."


def _were(count: int) -> str:
    return f"{count:,} {'was' if count == 1 else 'were'}"


_BLIND: dict[str, Callable[[int], str]] = {
    "updated without touching the cursor": lambda count: f"{_were(count)} updated without touching the cursor",
    "null cursor": lambda count: f"{count:,} {'has' if count == 1 else 'have'} no cursor",
    "hard delete": lambda count: f"{_were(count)} deleted in the source",
}
"""Causes that no cursor strategy sees, in words."""


def span(number: float, unit: str) -> str:
    """Return a lateness for people."""
    if unit != "seconds":
        return f"{number:g}"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if number >= size:
            return f"{number / size:.1f} {name}".replace(".0 ", " ")
    return f"{number:g} s"


def _samples(found: Found) -> Table:
    rows: tuple[tuple[str, ...], ...] = tuple(_cells(found, sample) for sample in found["samples"])
    heads: tuple[str, ...] = ("wrong", "key", "cause", "columns")
    if any(sample["source"] or sample["copy"] for sample in found["samples"]):
        rows = tuple(
            (*cells, _values(sample["source"]), _values(sample["copy"]))
            for cells, sample in zip(rows, found["samples"], strict=True)
        )
        heads = (*heads, "source", "copy")
    return Table(heads, rows, left=len(heads))


def _cells(found: Found, sample: Found) -> tuple[str, ...]:
    late = "" if sample["late_by"] is None else f" by {span(sample['late_by'], found['late_unit'])}"
    key = ", ".join(map(str, sample["key"]))
    return sample["kind"], key, f"{sample['cause']}{late}", ", ".join(sample["columns"])


def _values(values: Mapping[str, object] | None) -> str:
    return "-" if values is None else ", ".join(f"{name}={value!r}" for name, value in values.items())


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _text(found: Found) -> str:
    from incload.report.render.text import plain

    return f"{plain(blocks(found)).rstrip()}\n"


def _markdown(found: Found) -> str:
    from incload.report.render.markdown import markdown

    return f"{markdown(blocks(found)).rstrip()}\n"


def _json(found: Found) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _csv(found: Found) -> str:
    """Return the samples, a line each; a text that a spreadsheet would run stands behind an apostrophe."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    keys = [f"key.{name}" for name in found["key"]]
    table.writerow(["kind", *keys, "cause", "late_by", "columns"])
    for sample in found["samples"]:
        late = "" if sample["late_by"] is None else repr(sample["late_by"])
        cells = [sample["kind"], *map(cell, sample["key"]), sample["cause"], late, " ".join(sample["columns"])]
        table.writerow(cells)
    return written.getvalue()


def cell(value: object) -> object:
    """Return a value for a CSV file, in which no spreadsheet runs a text as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_GUARDED) else "" if value is None else value


def github(found: Found, table: str = "") -> str:
    """Return an annotation for the verdict and one for each cause.

    Args:
        found: The audit.
        table: What each annotation names besides, where the tables of several audits are annotated.
    """
    level, of = "error" if found["wrong"] else "warning" if found["undecided"] else "notice", table and f" of {table}"
    lines = [f"::{level} title={_title(f'incload audit{of}')}::{_annotated(headline(found))}"]
    for name, count in found["causes"].items():
        said = f"{_rows(count)}{of}: {_MEANINGS[name]}"
        lines.append(f"::error title={_title(f'{table}: {name}' if table else name)}::{_annotated(said)}")
    return "\n".join(lines) + "\n"


def _title(text: str) -> str:
    return _annotated(text).replace(":", "%3A").replace(",", "%2C")


def _annotated(text: str) -> str:
    """Return a text as the runner of a workflow reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_FORMS: dict[str, Callable[[Found], str]] = {
    "text": _text,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "github": github,
}
