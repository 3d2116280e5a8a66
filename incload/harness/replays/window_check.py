"""Windows predicted and tried: what the lags say of a lookback window, and what loads with that window did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.harness.replays.worst_rows import what_was_asked
from incload.registry import strategy
from incload.report.format import listed, plural
from incload.report.replay.facts import TriedWindow

if TYPE_CHECKING:
    from datetime import timedelta

    from incload.auditing.audit import Key
    from incload.harness.replays.follower import Followed
    from incload.history.lag_profile import PaperWindow
    from incload.strategy import Strategy

_SHOWN = 3
"""How many rows are named where prediction and replay differ."""


def window_strategy(window: timedelta) -> Strategy:
    """Return the lookback strategy of a window, as it would be named on the command line."""
    minutes = window.total_seconds() / 60
    return strategy(f"lookback_window:minutes={int(minutes) if minutes.is_integer() else minutes}")


def confirm(paper: PaperWindow, followed: Followed) -> TriedWindow:
    """Compare the prediction for a window with the strategy that tried it."""
    forecast, name = paper.forecast(), followed.contender.id
    if followed.failure:
        return TriedWindow(
            forecast=forecast, strategy=name, difference=(f"The replay of {name} ended early: {followed.failure}",)
        )
    wrong, read = followed.timeline.ever_wrong, followed.costs.rows_read
    sentences = []
    if read != forecast.rows_read:
        sentences.append(f"{name} read {read:,} rows, and {forecast.rows_read:,} were predicted.")
    predicted, found = set(paper.ever_wrong), set(wrong)
    sentences += _named(f"predicted wrong, and always right in the copy of {name}", predicted - found, followed)
    sentences += _named(f"predicted right, and wrong in the copy of {name}", found - predicted, followed)
    return TriedWindow(
        forecast=forecast, strategy=name, rows_ever_wrong=len(wrong), rows_read=read, difference=tuple(sentences)
    )


def _named(what: str, keys: set[Key], followed: Followed) -> list[str]:
    """Say in a sentence which rows were judged differently, and what was asked when; nothing for none."""
    if not keys:
        return []
    some = sorted(keys, key=repr)[:_SHOWN]
    sentence = (
        f"{plural(len(keys), 'row was', 'rows were')} {what}: {listed(['/'.join(map(str, key)) for key in some])}."
    )
    return [" ".join([sentence, *(_circumstance(followed, key) for key in some[:1])]).strip()]


def _circumstance(followed: Followed, key: Key) -> str:
    """Say when a row became wrong and what was asked then; empty for one that never was."""
    spell = followed.timeline.longest.get(key)
    if spell is None:
        return ""
    return (
        f"The first of them was {spell.kind} after sync {spell.since}. {what_was_asked(followed.contender.id, spell)}"
    )
