"""The page of advice: the recommendation first, then why, what else would do, and what may still go wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from incload.report.render.blocks import Heading, Paragraph, Points, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.report.render.blocks import Block

    Found = Mapping[str, Any]

_SHOWN = 8
"""How many other loads the page shows."""


def rendered(found: Found, form: str) -> str:
    """Return advice in one of the forms: text, json, markdown."""
    if form == "json":
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if form == "markdown":
        from incload.report.render.markdown import markdown

        return f"{markdown(blocks(found)).rstrip()}\n"
    from incload.report.render.text import plain

    return f"{plain(blocks(found)).rstrip()}\n"


def blocks(found: Found) -> list[Block]:
    """Return the page."""
    page: list[Block] = [
        Paragraph(f"Load {found['source']} with {found['strategy']}, write rule {found['write_rule']}:"),
        Paragraph(found["command"]),
        *([Paragraph(found["hidden"])] if found["hidden"] else []),
        Heading(2, "Why"),
        _points(found["because"]),
    ]
    if found["gives_up"]:
        page += [Heading(2, "What it gives up"), _points(found["gives_up"])]
    page += [Heading(2, "What may still go wrong"), Paragraph(found["residual_risk"])]
    page += [Heading(2, "What is not known"), _points(found["unknown"])]
    if found["decide"]:
        page.append(Paragraph(f"What would decide it: {found['decide']}"))
    if found["alternatives"]:
        page += [Heading(2, "Other loads"), _others(found)]
    if found["assumptions"]:
        page += [Heading(2, "Assumptions"), _assumptions(found)]
    if found["other_tools"]:
        page += [Heading(2, "In other tools"), Points(tuple(found["other_tools"].items()))]
    return page


def _points(sentences: list[str] | tuple[str, ...]) -> Points:
    return Points(tuple(("", each) for each in sentences))


def _others(found: Found) -> Table:
    rows = tuple(
        (each["strategy"], "sound" if each["is_sound"] else "no", each["why"], each["asks"] or "nothing")
        for each in found["alternatives"][:_SHOWN]
    )
    return Table(("load", "right here", "why", "asks the source for"), rows, left=4)


def _assumptions(found: Found) -> Table:
    rows = tuple(
        (
            each["says"],
            "held" if each["held"] else f"broken {each['times_broken']:,} times",
            "-" if each["largest_seconds"] is None else f"{each['largest_seconds']:,.0f} s",
        )
        for each in found["assumptions"]
    )
    return Table(("assumption", "here", "by at most"), rows, left=2)
