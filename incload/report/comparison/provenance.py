"""Where the figures come from: machine, versions, histories, and the command that makes them again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.report.format import listed, whole
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Table, Verbatim

if TYPE_CHECKING:
    import pandas as pd


def origin_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the environment, the digests of the histories and the command."""
    blocks: list[Block] = [Heading(2, "Where this comes from")]
    environments = _distinct([text for text in in_order(frame["environment"]) if text])
    if len(environments) > 1:
        blocks.append(
            Paragraph(f"The trials were run in {len(environments)} environments, listed one after the other.")
        )
    blocks += [Points(_environment(text)) for text in environments]
    if not environments:
        blocks.append(Paragraph("Environment and command are not known: the JSON file beside the CSV is missing."))
    histories = _histories(frame)
    if histories.rows:
        blocks += [Paragraph("Histories, each with the digest of all its rows and times:"), histories]
    commands = [text for text in in_order(frame["command"]) if text]
    if commands:
        blocks += [Paragraph("To run it again:"), Verbatim("\n".join(commands))]
    return blocks


def _environment(text: str) -> tuple[tuple[str, str], ...]:
    """Return the facts of an environment; a text that is no JSON object is shown as it is."""
    facts = _facts(text)
    if facts is None:
        return (("environment:", text),)
    return tuple((f"{name}:", _fact(value)) for name, value in facts.items())


def _facts(text: str) -> dict[str, object] | None:
    try:
        facts = json.loads(text)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _distinct(environments: list[str]) -> list[str]:
    """Leave out an environment that says nothing which another does not: of trials without the server of the others."""
    known = {text: _facts(text) or {"environment": text} for text in environments}
    return [text for text, facts in known.items() if not any(_is_part(facts, other) for other in known.values())]


def _is_part(facts: dict[str, object], other: dict[str, object]) -> bool:
    return facts != other and facts.items() <= other.items()


def _fact(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_fact, value))
    return value if isinstance(value, str) else json.dumps(value)


def _histories(frame: pd.DataFrame) -> Table:
    """Return one row for each history, with the suites that used it; suites without one are left out."""
    frame = frame[frame["history_digest"] != ""]
    rows = tuple(
        (str(scenario), listed(in_order(part["suite"])), whole(size), str(seed), str(digest))
        for (scenario, size, seed, digest), part in frame.groupby(
            ["scenario", "rows", "seed", "history_digest"], sort=False
        )
    )
    return Table(("scenario", "suite", "rows", "seed", "digest"), rows, left=2, left_last=True)
