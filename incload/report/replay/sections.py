"""The report of a replay as blocks: what each strategy would have lost comes first, then the worst rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.history.recorded.evidence import doubtful_times, without_change, without_times
from incload.report.format import MISSING, listed, plural, ratio, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Points, Story, Table, Verbatim
from incload.report.replay.history_sections import behind_sentence, span, unjudged
from incload.report.verdict import SHOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.report.replay.facts import HistoryFacts, WorstRow
    from incload.report.replay.record import Replayed

_POPULAR = "timestamp_watermark"
"""The strategy that a headline speaks of if it was replayed: the one that most loads use."""

_LISTED = 4
"""How many strategies a sentence names."""

_FIELDS = 5
"""How many fields are named of which a copy has old values."""

_WAITING = "Waiting are rows that the copy lacks or has old and that the strategy has left for later."


def replay_blocks(rows: Sequence[Replayed], facts: HistoryFacts) -> list[Block]:
    """Return the headline, the answers of each strategy, and the stories of the worst rows."""
    return [
        Heading(1, f"Replay of {facts.name}"),
        Paragraph("", lead=headline(rows, facts)),
        *hint_blocks(facts),
        Paragraph(_setting(rows, facts)),
        *answer_blocks(rows),
        *_stories(facts.worst),
    ]


def hint_blocks(facts: HistoryFacts) -> list[Block]:
    """Return what was left out of the history, and how to take it in."""
    return [Points(tuple(("Note:", hint) for hint in facts.account.hints))] if facts.account.hints else []


def answer_blocks(rows: Sequence[Replayed]) -> list[Block]:
    """Return one line of figures for each strategy, the best first, and what cannot be said of some, and why."""
    ran = sorted(_ran(rows), key=_rank)
    waiting = any(row.rows_waiting for row in ran)
    heads = (
        *("strategy", "permanently lost", "permanently stale", "rows ever wrong", "syncs wrong", "heals after, median"),
        *("heals after, most", "phantoms at the end", *_if(waiting, "waiting at the end")),
        *("rows read per row changed", "seconds"),
    )
    pairs = len({(row.source_engine, row.target_engine) for row in rows}) > 1
    lines = tuple(
        (
            *(called(row, pairs=pairs), *map(whole, _figures(row)), *_if(waiting, whole(row.rows_waiting))),
            *(ratio(row.rows_read_per_row_changed), _seconds(row.load_seconds)),
        )
        for row in ran
    )
    note = (
        "A row is permanently lost or stale if it was so when it was last in the source. Wrong is a row that is lost "
        "or stale; times to heal are counted in syncs; phantoms, rows that only the copy still has, stand apart."
    )
    table: list[Block] = [Table(heads, lines, left=1)] if lines else []
    return [
        Heading(2, "What each strategy would have lost"),
        Paragraph(" ".join([note, *_if(waiting, _WAITING)])),
        *table,
        *_stale(ran, pairs=pairs),
        *_reasons("Not called right, and why:", [row for row in rows if row.outcome == "unproven"], pairs=pairs),
        *_reasons("Not replayed:", [row for row in rows if row.outcome in {"not_applicable", "unknown"}], pairs=pairs),
    ]


def _stale(rows: Sequence[Replayed], *, pairs: bool) -> list[Block]:
    """Return which fields are old in the rows that are stale at the end, strategies with the same ones together."""
    named: dict[str, list[str]] = {}
    for row in rows:
        if row.stale_fields:
            named.setdefault(row.stale_fields, []).append(called(row, pairs=pairs))
    points = tuple((f"{listed(names)}:", _fields(fields)) for fields, names in named.items())
    return [Paragraph("Old values in the rows that are stale at the end:"), Points(points)] if points else []


def _fields(text: str) -> str:
    counted = [f"{field} in {plural(number, 'row')}" for field, number in json.loads(text).items()]
    more = len(counted) - _FIELDS
    return listed([*counted[:_FIELDS], *([f"{more} more {'field' if more == 1 else 'fields'}"] if more > 0 else [])])


def _reasons(head: str, rows: Sequence[Replayed], *, pairs: bool) -> list[Block]:
    """Return why nothing is said of some strategies, those with one reason together."""
    named: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        named.setdefault((row.outcome, row.reason), []).append(called(row, pairs=pairs))
    points = tuple(
        (f"{listed(names)}{'' if outcome == 'unproven' else f', {SHOWN.get(outcome, outcome)}'}:", reason)
        for (outcome, reason), names in named.items()
    )
    return [Paragraph(head), Points(points)] if points else []


def _ran(rows: Sequence[Replayed]) -> list[Replayed]:
    """Return the strategies of which there are figures."""
    return [row for row in rows if row.outcome in {"sound", "wrong", "unproven"} and row.rows_ever_wrong is not None]


def headline(rows: Sequence[Replayed], facts: HistoryFacts) -> str:
    """Return the one sentence that says what the replay showed, and no more than it showed."""
    ran = _ran(rows)
    over = f"Over {plural(facts.account.snapshots, 'snapshot')} of {facts.name}"
    still, blind = without_change(facts.lateness), without_times(facts.account, facts.cursor)
    if not ran:
        return f"{over}, {blind or 'no strategy could be replayed to its end'}."
    if still:
        return f"{over}, {still}."
    parts = [f"{over}, {blind}"] if blind else _popular_part(over, ran, facts)
    return "; ".join([*parts, _right(ran, facts), *_unseen(facts)]) + "."


def _popular_part(over: str, ran: Sequence[Replayed], facts: HistoryFacts) -> list[str]:
    """Say what the strategy that most loads use would have lost, and which window would have helped."""
    popular = next((row for row in ran if row.strategy == _POPULAR), max(ran, key=_rank))
    on = f" on {facts.cursor}" if popular.strategy == _POPULAR else ""
    doubt = doubtful_times(facts.account, facts.lateness, facts.cursor)
    if popular.outcome == "unproven":
        return [f"{over}, {popular.strategy}{on} had no row wrong, which proves nothing: {popular.reason}"]
    return [
        f"{over}, {popular.strategy}{on} would have {_lost(popular, facts)}",
        *([doubt] if doubt else _window_part(facts)),
    ]


def _unseen(facts: HistoryFacts) -> list[str]:
    """Say how many rows came and went between two syncs."""
    unseen, seen = facts.account.unseen_keys, facts.account.keys
    if not unseen:
        return []
    return [f"{unseen:,} of {plural(unseen + seen, 'row')} {'was' if unseen == 1 else 'were'} never seen by any sync"]


def profile_headline(facts: HistoryFacts) -> str:
    """Return the one sentence that says what a history is like."""
    by = f", by {facts.cursor}" if facts.cursor else ""
    where = f"{plural(facts.account.snapshots, 'snapshot')} of {facts.name}{by}"
    reason = unjudged(facts)
    found = reason or behind_sentence(facts.lateness).removesuffix(".")
    doubt = "" if reason else doubtful_times(facts.account, facts.lateness, facts.cursor)
    said = [f"{found[:1].lower()}{found[1:]}", *([doubt] if doubt else []), *_unseen(facts)]
    return f"{where}: {'; '.join(said)}."


def origin_blocks(facts: HistoryFacts) -> list[Block]:
    """Return where the figures come from."""
    blocks: list[Block] = [Heading(2, "Where this comes from")]
    known = json.loads(facts.environment) if facts.environment else {}
    points = [(f"{name}:", str(value)) for name, value in known.items()]
    blocks.append(Points((("digest of the history:", facts.account.digest), *points)))
    if facts.command:
        blocks += [Paragraph("To run it again:"), Verbatim(facts.command)]
    return blocks


def _setting(rows: Sequence[Replayed], facts: HistoryFacts) -> str:
    pairs = dict.fromkeys(f"{row.source_engine} to {row.target_engine}" for row in rows)
    rows_gone = "is gone from the source" if facts.vanished == "delete" else "stays in the source as it was last"
    cursor = f"cursor {facts.cursor}" if facts.cursor else "no cursor"
    return (
        f"All strategies followed the same source, from {listed(list(pairs))}, with {facts.schedule}; key "
        f"{', '.join(facts.key)}, {cursor}. A row that is missing from a snapshot {rows_gone}. Every copy "
        "was audited after every sync, and the load's guard against mass removal was off: what was gone was gone."
    )


def _stories(worst: Sequence[WorstRow]) -> list[Block]:
    if not worst:
        return []
    stories = [
        Story(
            f"{row.key}: wrong in the copies of {plural(row.strategies, 'strategy', 'strategies')}, for "
            f"{plural(row.syncs, 'sync')} in all",
            row.lines,
        )
        for row in worst
    ]
    intro = (
        "The rows that were wrong for the longest, the syncs of all strategies added up. A row may be wrong several "
        "times in one copy: of each copy the longest time is shown."
    )
    return [Heading(2, "The worst rows"), Paragraph(intro), *stories]


def _rank(row: Replayed) -> tuple[int, int, int, int, int, str]:
    """Order strategies: fewest rows permanently wrong, then fewest ever wrong, phantoms, waiting, rows read."""
    for_ever = (row.lost_permanently or 0) + (row.stale_permanently or 0)
    harm = (for_ever, row.rows_ever_wrong or 0, row.phantom_max or 0, row.rows_waiting or 0)
    return (*harm, row.rows_read or 0, row.strategy)


def _figures(row: Replayed) -> tuple[float | None, ...]:
    return (
        *(row.lost_permanently, row.stale_permanently, row.rows_ever_wrong, row.wrong_syncs),
        *(row.heal_syncs_median, row.heal_syncs_max, row.phantom),
    )


def _if(said: bool, text: str) -> tuple[str, ...]:  # noqa: FBT001 - it reads as the condition it is
    return (text,) if said else ()


def _seconds(seconds: float | None) -> str:
    return MISSING if seconds is None else f"{seconds:.2f}"


def called(row: Replayed, *, pairs: bool) -> str:
    """Return the name of a strategy, with its engines where there are several pairs."""
    return f"{row.strategy} ({row.source_engine} to {row.target_engine})" if pairs else row.strategy


def _lost(row: Replayed, facts: HistoryFacts) -> str:
    if row.outcome == "sound":
        waiting = f", but for {row.rows_waiting:,} that waited at the end" if row.rows_waiting else ""
        return f"kept all {plural(row.keys, 'row')} right {_throughout(facts)}{waiting}"
    lost, stale = row.lost_permanently or 0, row.stale_permanently or 0
    for_ever = f"{lost + stale:,} of {plural(row.keys, 'row')} permanently wrong ({lost:,} lost, {stale:,} stale)"
    phantoms = [f"{plural(row.phantom, 'phantom')} at the end"] if row.phantom else []
    return f"left {listed([for_ever, f'{row.rows_ever_wrong:,} wrong at some time', *phantoms])}"


def _throughout(facts: HistoryFacts) -> str:
    """Say when copies were right: what came and went between two syncs was never in any."""
    return "after every sync" if facts.account.unseen_keys else "throughout"


def _window_part(facts: HistoryFacts) -> list[str]:
    """Say which window would have been enough."""
    tried = [window for window in facts.windows if window.rows_ever_wrong is not None]
    if not tried:
        return []
    enough = min((window.forecast.seconds for window in tried if window.rows_ever_wrong == 0), default=None)
    if enough is not None:
        which = f"a lookback window of {span(enough)}" if enough else "an inclusive bound"
        but = " but deletes" if facts.lateness.deletes else ""
        return [
            f"{which} would have missed nothing{but}{' of what its syncs saw' if facts.account.unseen_keys else ''}"
        ]
    widest = max(tried, key=lambda window: window.forecast.seconds)
    wrong = plural(widest.rows_ever_wrong or 0, "row")
    return [f"even a lookback window of {span(widest.forecast.seconds)} would have had {wrong} wrong"]


def _right(ran: Sequence[Replayed], facts: HistoryFacts) -> str:
    """Say who was right; a copy that is not yet what the source is at the end is none that could be named."""
    throughout = _throughout(facts)
    done = [row for row in ran if row.outcome == "sound" and not row.rows_waiting]
    sound = sorted(done, key=lambda row: (row.rows_read or 0, row.strategy))
    if not sound:
        known = "is known to have been" if any(row.outcome == "unproven" for row in ran) else "was"
        return f"no strategy {known} right {throughout}"
    names = list(dict.fromkeys(row.strategy for row in sound))
    some = [*names[:_LISTED], *([f"{len(names) - _LISTED} more"] if len(names) > _LISTED else [])]
    cost = f"at {ratio(sound[0].rows_read_per_row_changed)} rows read for each row changed"
    verb = "was" if len(names) == 1 else "were"
    return f"{listed(some)} {verb} right {throughout}, {cost if len(names) == 1 else f'the cheapest {cost}'}"
