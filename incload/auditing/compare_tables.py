"""The audit of two real tables: blocks of digests first, rows where they differ, and a cause for each wrong row."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

from incload.auditing.causes import Cause
from incload.auditing.result import Sample
from incload.auditing.values import shown
from incload.auditing.wrong_rows import DUPLICATED, KINDS, LOST, PHANTOM, STALE, wrong_rows
from incload.engines.digests.blocks import block_names, block_of, first_cut, portioned, unequal
from incload.engines.digests.canonical import Ranges, Within
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.auditing.causes import Causes, Verdict
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.canonical import Block, Cut, Digests
    from incload.engines.digests.forms import Pair

    Keep = Callable[[WrongRow, tuple[Pair, ...], Verdict], None]

_PART_ROWS, _PART_SECONDS = 250_000, 0.5
"""How many rows the first part has after which an audit says how far it is, and how long a part takes at least before
those behind it stop growing: many small ones cost an engine more than they say."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What an audit calls while it runs.

    Attributes:
        wait: Waits for so many seconds before rows that differ are looked at again.
        keep: Is handed each wrong row, the columns that were compared, and why the row is wrong, which is settled when
            the audit returns.
        at: Is handed how many rows are compared, and of how many, as the audit goes on.
    """

    wait: Callable[[float], None] = time.sleep
    keep: Keep | None = None
    at: Callable[[int, int], None] | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """How rows that differ are looked at again.

    Attributes:
        rechecks: How often.
        wait: Is called before each look, and returns when it is time.
    """

    rechecks: int = 0
    wait: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the result shows of wrong rows.

    Attributes:
        limit: How many samples of each kind.
        values: Whether their values are shown as well as their keys.
    """

    limit: int = 10
    values: bool = False


@dataclass(slots=True)
class Tally:
    """Adds up what is found, and keeps some samples.

    Attributes:
        pairs: The columns that are compared.
        causes: Says why a row is wrong.
        shown: What is kept of the rows.
        keep: Is handed each wrong row as well, the columns that are compared, and why it is wrong.
        cut: The blocks whose wrong rows are counted apart; None where they are not.
        by_block: How many wrong rows each of these has.
    """

    pairs: tuple[Pair, ...]
    causes: Causes
    shown: Shown
    keep: Keep | None = None
    cut: Cut | None = None
    by_block: Counter[Block] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[Sample, Verdict]]] = field(default_factory=dict)
    in_flight: int = 0
    undecided: int = 0
    fetched: int = 0

    def add(self, row: WrongRow) -> None:
        """Count one wrong row."""
        for kind in row.kinds:
            self.counts[kind] += row.too_many if kind == DUPLICATED else 1
        columns = tuple(self.pairs[at].source.column.name for at in row.differing) if STALE in row.kinds else ()
        self.differing.update(columns)
        if self.cut:
            self.by_block[block_of(self.cut, row.key)] += 1
        cause, lag = self.causes.add(row)
        verdict = self.causes.verdict(row, cause)
        if self.keep:
            self.keep(row, self.pairs, verdict)
        kept = self.samples.setdefault(row.kinds[0], [])
        if len(kept) < self.shown.limit:
            kept.append((self._sample(row, str(cause), lag, columns), verdict))

    @staticmethod
    def settled(sample: Sample, verdict: Verdict) -> Sample:
        """Return a sample with the cause that it has once causes are settled."""
        late_by = sample.late_by if verdict.cause is Cause.LATE else None
        return replace(sample, cause=str(verdict.cause), late_by=late_by)

    def _sample(self, row: WrongRow, cause: str, lag: float | None, columns: tuple[str, ...]) -> Sample:
        mark = self.causes.mark
        late = None if lag is None else lag / ((mark.per_second if mark else 0) or 1)
        key = tuple(shown(text, self.pairs[at].source.form.per_second) for at, text in enumerate(row.key))
        source = copy = None
        if self.shown.values:
            wanted = set(row.differing) if STALE in row.kinds else set(range(len(self.pairs)))
            source = self._values(row.source, wanted)
            copy = self._values(row.copies[0] if row.copies else None, wanted)
        return Sample(row.kinds[0], key, cause, late, columns, source, copy)

    def _values(self, row: tuple[str, ...] | None, places: set[int]) -> dict[str, object] | None:
        if row is None:
            return None
        held = [each.source for each in self.pairs]
        return {held[at].column.name: shown(row[at], held[at].form.per_second) for at in sorted(places)}


@dataclass(frozen=True, slots=True)
class Tables:
    """Both sides as their engines digest them, cut into blocks.

    Attributes:
        source, copy: The sides.
        cut: The first cut.
        rows: How many rows each has.
        sample: The blocks that are compared; None for all.
        at: Is handed how many rows are compared, and of how many; the tables are then compared part by part.
    """

    source: Digests
    copy: Digests
    cut: Cut
    rows: tuple[int, int]

    sample: Within | None = None
    at: Callable[[int, int], None] | None = None

    @classmethod
    def of(cls, source: Digests, copy: Digests) -> Tables:
        """Count both sides and cut them."""
        cut, mine, other = first_cut(source, copy)
        return cls(source, copy, cut, (mine, other))

    def portions(self) -> Iterator[Within]:
        """Yield the blocks that differ, of all or of the sample."""
        most = max(self.rows)
        if self.sample:
            parts = self._portioned(self.sample)
        elif self.at is None or most < 2 * _PART_ROWS or not isinstance(self.cut, Ranges):
            parts = iter([(None, 1.0)])
        elif self.source.reads_both(self.copy, self.cut):
            self.source.at = self._of_rows(most)
            yield from unequal(self.source, self.copy, self.cut)
            return
        else:
            parts = self._parts()
        for part, done in parts:
            yield from unequal(self.source, self.copy, self.cut, part)
            if self.at:
                self.at(int(most * done), most)

    def _of_rows(self, rows: int) -> Callable[[int, int], None]:
        """Return what is handed a number of parts, and says so in rows."""
        return lambda done, number: self.at(rows * done // number, rows) if self.at else None

    def _portioned(self, sample: Within) -> Iterator[tuple[Within | None, float]]:
        """Yield the blocks of a sample together that one query can ask about, and what share is done with them."""
        parts = list(portioned(sample))
        yield from ((part, number / len(parts)) for number, part in enumerate(parts, start=1))

    def _parts(self) -> Iterator[tuple[Within | None, float]]:
        """Yield the blocks of neighbouring keys together, and what share is done with them."""
        names = block_names(self.source, self.copy, self.cut)
        size, done = max(len(names) * _PART_ROWS // max(self.rows), 1), 0
        while done < len(names):
            began = time.perf_counter()
            some = tuple(names[done : done + size])
            done += len(some)
            yield Within(self.cut, some), done / len(names)
            if time.perf_counter() - began < _PART_SECONDS:
                size *= 2

    def wrong(self, within: Within) -> Iterator[WrongRow]:
        """Yield the wrong rows of some blocks, as they are now."""
        return wrong_rows(self.source, self.copy, within)


def refuse_repeated(source: Digests, names: tuple[str, ...], *, is_promised: bool) -> None:
    """Refuse a key that is null somewhere in the source or stands in several rows, unless the database promises it."""
    found = None if is_promised else source.repeated()
    if found is None:
        return
    key, value = ", ".join(names), ", ".join(str(each) for each in found)
    if any(each is None for each in found):
        raise Refused(f"the key {key} is null in a row of the source: name a key that every row has.")
    raise Refused(f"the source has several rows of the key {key} = {value}: name a key that one row has.")


def look(tables: Tables, tally: Tally, looks: Looks) -> None:
    """Compare the tables, and look again at what differs."""
    pending: list[tuple[Within, dict[tuple[str, ...], bytes]]] = []
    for within in tables.portions():
        tally.fetched += len(within.blocks)
        if not looks.rechecks:
            for row in tables.wrong(within):
                tally.add(row)
        elif found := {row.key: _mark(row) for row in tables.wrong(within)}:
            pending.append((within, found))
    for _ in range(looks.rechecks):
        if not pending:
            return
        looks.wait()
        pending = [each for each in (_again(tables, tally, *some) for some in pending) if each[1]]
    left = sum(len(found) for _, found in pending)
    tally.in_flight += left
    tally.undecided += left


def _again(
    tables: Tables, tally: Tally, within: Within, before: dict[tuple[str, ...], bytes]
) -> tuple[Within, dict[tuple[str, ...], bytes]]:
    """Count the rows that are wrong as before, and those that are right by now; return those that have changed."""
    moving: dict[tuple[str, ...], bytes] = {}
    wrong = set()
    for row in tables.wrong(within):
        now = _mark(row)
        wrong.add(row.key)
        if row.key not in before:
            continue
        if before[row.key] == now:
            tally.add(row)
        else:
            moving[row.key] = now
    tally.in_flight += len(before.keys() - wrong)
    return within, moving


def _mark(row: WrongRow) -> bytes:
    """Return what distinguishes a wrong row from its state at another time."""
    return md5(repr((row.source, row.copies)).encode(), usedforsecurity=False).digest()


def counted(tables: Tables, tally: Tally) -> dict[str, Any]:
    """Return what was counted, by the names of the result's attributes."""
    tally.causes.settle(tables.copy)
    lateness = tally.causes.lateness()
    mark = tally.causes.mark
    return {
        "source_rows": tables.rows[0],
        "copy_rows": tables.rows[1],
        "compared": max(tables.rows),
        "fetched": tally.fetched,
        "lost": tally.counts[LOST],
        "stale": tally.counts[STALE],
        "phantom": tally.counts[PHANTOM],
        "duplicated": tally.counts[DUPLICATED],
        "in_flight": tally.in_flight,
        "undecided": tally.undecided,
        "causes": {str(cause): number for cause, number in tally.causes.counts.most_common()},
        "certain": tally.causes.certain,
        "late": lateness,
        "late_unit": "seconds" if mark and mark.per_second else "cursor",
        "differing": dict(tally.differing.most_common()),
        "samples": tuple(tally.settled(*kept) for kind in KINDS for kept in tally.samples.get(kind, [])),
        "rules": {each.source.column.name: each.rule for each in tally.pairs if each.rule},
    }
