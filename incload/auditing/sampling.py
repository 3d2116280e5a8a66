"""An audit of some blocks alone: which, and what they say about the rest.

Blocks are drawn by a fixed seed, so that the same share of the same table is the same sample. What must stay true: the
confidence is that of blocks drawn at random, and is said beside every number that stands for more than was read.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from incload.engines.digests.blocks import block_names
from incload.engines.digests.canonical import Within
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from incload.auditing.compare_tables import Tables

_FEWEST_BLOCKS = 30
"""With fewer blocks their wrong rows do not lie about as a normal distribution has them."""
_NORMAL = 1.96
"""How many standard errors on both sides hold 95 % of a normal distribution."""


class Share(NamedTuple):
    """How much of the tables is compared: how many blocks of how many."""

    blocks: int
    of: int


def sampled(tables: Tables, given: str | None) -> tuple[Tables, Share | None]:
    """Return the tables with a sample of their blocks, and its share; all of them where no share is given."""
    if given is None:
        return tables, None
    share = _share(given)
    names = block_names(tables.source, tables.copy, tables.cut)
    chosen = Random(1).sample(names, max(round(len(names) * share), 1))  # noqa: S311 - a sample
    chosen.sort(key=lambda each: (each is None, each))
    return replace(tables, sample=Within(tables.cut, tuple(chosen))), Share(len(chosen), len(names))


def _share(given: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", given)
    share = float(match[1]) / 100 if match else 0.0
    if not 0 < share <= 1:
        raise Refused(f"--sample {given!r} is no share of a table: write per cent, as in 1%.")
    return share


def estimated(counts: dict[str, Any], share: Share | None, by_block: Collection[int]) -> dict[str, Any]:
    """Return what was counted, with what a sample says about the whole, and how surely.

    Args:
        counts: What was counted.
        share: How much was compared; None for all.
        by_block: How many wrong rows each of the compared blocks has, without those that have none.
    """
    if share is None:
        return counts
    part, wrong = share.blocks / share.of, sum(counts["causes"].values())
    bounds: dict[str, float] = {}
    seen = f"{share.blocks:,} of {share.of:,} blocks were compared"
    if share.blocks == share.of:
        said, most = f"{seen}.", float(wrong)
    elif counts["fetched"]:
        most = wrong / part
        said = f"{seen}, and about {round(most):,} rows are wrong in all of them"
        if share.blocks < _FEWEST_BLOCKS:
            said += f"; fewer than {_FEWEST_BLOCKS} blocks do not say how sure that is."
        else:
            low, high = _bounds(share, by_block)
            bounds = {"wrong_low": low, "wrong_high": high}
            said += f": {round(low):,} to {round(high):,} at 95 % confidence."
    else:
        # With no case in n, the share of cases is below 3 / n at a confidence of 95 %.
        limit = min(3 / share.blocks, 1.0)
        said = f"{seen}, and none differs: at 95 % confidence fewer than {limit:.1%} of all blocks do."
        most = 0.0
    found = {"share": part, "blocks": share.blocks, "of_blocks": share.of, "wrong_estimated": most, **bounds}
    compared = round(counts["compared"] * part)
    return {**counts, "compared": compared, "sampled": found, "notes": (said,)}


def _bounds(share: Share, by_block: Collection[int]) -> tuple[float, float]:
    """Return between which numbers of wrong rows all blocks have, at a confidence of 95 %; blocks differ in theirs."""
    number, wrong = share.blocks, sum(by_block)
    mean = wrong / number
    variance = (sum(each * each for each in by_block) - number * mean * mean) / (number - 1)
    error = share.of * math.sqrt(max(1 - number / share.of, 0.0) * variance / number)
    return max(share.of * mean - _NORMAL * error, float(wrong)), share.of * mean + _NORMAL * error
