"""The one transaction of a repair: wrong rows are read again from the source, and the copy is made to agree with it.

What is written follows from the rows as they are now, not as the audit saw them: a row that has come right by itself
is left alone, and a key that has returned to the source is not removed. Everything is set-wise and by standard SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from incload.engines.session import Query
from incload.engines.temporary.tables import KEPT, NUMBERED, REPAIRED, WANTED
from incload.errors import Refused
from incload.loading import guards
from incload.loading.columns.column_kinds import kinds_now, settle_kinds
from incload.loading.columns.describing import describe
from incload.loading.columns.equating import compare_keys
from incload.loading.columns.target_shape import fit
from incload.loading.state.table_store import TABLE as STATES
from incload.loading.state.table_store import TableStore
from incload.repairing.account import Action, Duplicates, RepairedRow
from incload.repairing.keys import NUMBER, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.engines.digests.canonical import Held
    from incload.engines.digests.forms import Pair
    from incload.engines.session import Session
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.repairing.account import WrongKey
    from incload.table import Table

_AT_ONCE = 500
"""How many keys one statement names."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be repaired.

    Attributes:
        keys: The wrong rows.
        pairs: The key columns of both sides.
        duplicates: What becomes of keys with several rows in the copy; None where there are none.
        filtered: Whether the audit saw the rows of a condition alone, on both sides.
    """

    keys: Sequence[WrongKey]
    pairs: tuple[Pair, ...]
    duplicates: Duplicates | None
    filtered: bool = False

    def named(self, session: Session, held: Sequence[Held]) -> Iterator[Query]:
        """Yield queries for the keys as values of one side, so many at once."""
        waiting = enumerate(each.texts for each in self.keys)
        while some := list(islice(waiting, _AT_ONCE)):
            yield numbered(session, held, some)


def repair(connections: Connections, plan: Plan, work: Work, *, lasting: bool) -> tuple[RepairedRow, ...]:
    """Repair a copy in one transaction; without `lasting` everything is undone.

    Raises:
        Refused: For a copy that cannot take the source's rows; it is then as it was.
    """
    connections.begin(plan.name)
    try:
        connections.describe(plan.name, STATES)
        done = _within(connections, plan, work)
        connections.commit(lasting=lasting)
    except BaseException as error:
        connections.rollback()
        if refusal := connections.broken(error):
            raise refusal from error
        raise
    return done


def _within(connections: Connections, plan: Plan, work: Work) -> tuple[RepairedRow, ...]:
    table = _fitted(connections, plan)
    relations = _Relations.staged(connections, table, work)
    if work.filtered:
        relations.refuse_repeated()
    rows = relations.judged(work)
    leaving = sum(row.removed for row in rows)
    total = connections.target.count(relations.copy)
    if leaving and not guards.may_remove(plan.guards)(leaving, total):
        rows = [_held_back(row) for row in rows]
    relations.remove(rows, work.duplicates)
    relations.write([at for at, row in enumerate(rows) if row.action not in _UNTOUCHED])
    store = TableStore(connections.target, table, "", {})
    if store.exists():
        store.outdate(connections.source.now())
    return tuple(rows)


_UNTOUCHED = {Action.LEFT, Action.HELD_BACK, Action.RIGHT}


def _held_back(row: RepairedRow) -> RepairedRow:
    if not row.removed:
        return row
    return RepairedRow(Action.HELD_BACK, row.kind, row.key, row.cause, row.removed)


def _fitted(connections: Connections, plan: Plan) -> Table:
    """Return what is copied; refuse a copy whose columns cannot take it. Columns of the copy's own are left alone."""
    table = compare_keys(connections, describe(connections, plan))
    recorded = TableStore(connections.target, table, "", {}).kinds()
    settle_kinds(connections, table, recorded, evolve=False)
    known = kinds_now(table, dict.fromkeys(table.names, ""), {}, ())
    fitted, _ = fit(connections, plan, table, known)
    return fitted


@dataclass(frozen=True, slots=True)
class _Relations:
    """What the transaction speaks of.

    Attributes:
        target: The session that writes.
        table: The table.
        copy: The copy.
        wanted: The keys of the wrong rows, numbered.
        rows: The source's rows of those keys, as they are now.
        has_nulls: Whether some of the keys, which only the copy can have, are null in part.
    """

    target: Session
    table: Table
    copy: str
    wanted: str
    rows: str
    has_nulls: bool

    @classmethod
    def staged(cls, connections: Connections, table: Table, work: Work) -> _Relations:
        """Bring the keys and the source's rows within reach."""
        target, source = connections.target, connections.source
        copy = target.name("target", table.name)
        fresh = True
        for keys in work.named(source, [each.source for each in work.pairs]):
            found = connections.incoming(source.named(table, keys, connections.relation), table)
            _stage(target, found, REPAIRED, fresh=fresh)
            fresh = False
        fresh = True
        for keys in work.named(target, [each.copy for each in work.pairs]):
            _stage(target, keys, WANTED, fresh=fresh)
            fresh = False
        has_nulls = any("n;" in key.texts for key in work.keys)
        return cls(target, table, copy, target.temporary(WANTED), target.temporary(REPAIRED), has_nulls)

    def refuse_repeated(self) -> None:
        """Refuse a key of several rows in the source, of which an audit with a condition has seen one at most."""
        listed = self.target.listed(self.table.key, "s")
        sql = f"SELECT {listed} FROM {self.rows} AS s GROUP BY {listed} HAVING count(*) > 1 LIMIT 1"
        for key in self.target.rows(sql):
            raise Refused(
                f"the source has several rows of the key {', '.join(map(str, key))}, of which --where leaves out some: "
                "repair from a view of the source that has one row of each key."
            )

    def judged(self, work: Work) -> list[RepairedRow]:
        """Return what is to become of each wrong row, as both sides are now."""
        number = f"w.{self.target.quote(NUMBER)}"
        counted = f"SELECT {number}, count(*) FROM {self._with_copy} GROUP BY {number}"
        present = f"SELECT {number} FROM {self.wanted} AS w JOIN {self.rows} AS s ON {self._equal('s', 'w')}"
        differing = (
            f"SELECT DISTINCT {number} FROM {self._with_copy} JOIN {self.rows} AS s ON {self._equal('s', 'w')}"
            f" WHERE {self._differ('t')}"
        )
        copies = {int(str(at)): int(str(count)) for at, count in self.target.rows(counted)}
        there, other = ({int(str(at)) for (at,) in self.target.rows(sql)} for sql in (present, differing))
        return [
            _row(wrong, work, copies.get(at, 0), is_there=at in there, differs=at in other)
            for at, wrong in enumerate(work.keys)
        ]

    def remove(self, rows: Sequence[RepairedRow], duplicates: Duplicates | None) -> None:
        """Remove the rows that leave the copy, and of keys with several rows those that are too many."""
        changed = [(at, row) for at, row in enumerate(rows) if row.action not in _UNTOUCHED]
        gone = [at for at, row in changed if row.action in {Action.REMOVED, Action.REPLACED}]
        if duplicates is Duplicates.KEEP_NEWEST:
            self._keep_newest([at for at, row in changed if row.removed and at not in set(gone)])
        if gone:
            keys = self._numbered(gone, "gone")
            if self.has_nulls:
                same = self._equal("k", self.copy)
                self.target.write(f"DELETE FROM {self.copy} WHERE EXISTS (SELECT 1 FROM {keys} AS k WHERE {same})")
            else:
                self.target.delete(self.table.key, self.copy, keys)

    def _keep_newest(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        keys, row = self._numbered(numbers, "several"), self.target.capabilities.row_id
        listed = self.target.listed(self.table.key, "t")
        order = f"t.{self.target.quote(self.table.cursor or '')} DESC NULLS LAST, t.{row} DESC"
        ranked = (
            f"SELECT t.{row} AS place, row_number() OVER (PARTITION BY {listed} ORDER BY {order}) AS rank"
            f" FROM {self.copy} AS t WHERE EXISTS (SELECT 1 FROM {keys} AS k WHERE {self._equal('k', 't')})"
        )
        older = f"SELECT place FROM ({ranked}) AS r WHERE rank > 1"
        self.target.write(f"DELETE FROM {self.copy} WHERE {row} IN ({older})")

    def write(self, numbers: Sequence[int]) -> None:
        """Update the rows of some numbers where they differ, and insert those that the copy does not have."""
        if not numbers:
            return
        target, table = self.target, self.table
        keys = self._numbered(numbers, "written")
        rows = target.stage(
            Query(f"SELECT s.* FROM {self.rows} AS s JOIN {keys} AS k ON {self._equal('k', 's')}"), KEPT
        )
        contents = target.contents(table.names, table.key)
        if contents:
            sets = ", ".join(f"{target.quote(name)} = s.{target.quote(name)}" for name in contents)
            where = f"{self._equal('s', 'held')} AND {self._differ('held')}"
            target.write(f"UPDATE {self.copy} AS held SET {sets} FROM {rows} AS s WHERE {where}")
        new = (
            f"SELECT {target.listed(table.names, 's')} FROM {rows} AS s LEFT JOIN {self.copy} AS t"
            f" ON {target.equal_keys(table.key, 't', 's')} WHERE t.{target.quote(table.key[0])} IS NULL"
        )
        target.insert(table, Query(new))

    def _differ(self, copy: str) -> str:
        """Return the condition that a row of the source differs from one of the copy, as the copy would keep both."""
        contents = {*self.target.contents(self.table.names, self.table.key)}
        held = [each for each in self.target.columns("target", self.table.name) or () if each.name in contents]
        return self.target.differ_in_form(held, "s", copy) if held else "false"

    @property
    def _with_copy(self) -> str:
        return f"{self.wanted} AS w JOIN {self.copy} AS t ON {self._equal('t', 'w')}"

    def _numbered(self, numbers: Sequence[int], use: str) -> str:
        """Stage the keys of some numbers for a use."""
        number = self.target.quote(NUMBER)
        listed = ", ".join(map(str, numbers))
        query = Query(f"SELECT * FROM {self.wanted} WHERE {number} IN ({listed})")
        return self.target.stage(query, f"{NUMBERED}_{use}")

    def _equal(self, one: str, other: str) -> str:
        """Return the condition that keys are equal; a key of the copy that is null in part equals itself."""
        if not self.has_nulls:
            return self.target.equal_keys(self.table.key, one, other)
        pairs = [(self.target.keyed_by(name, one), self.target.keyed_by(name, other)) for name in self.table.key]
        return " AND ".join(f"({a} = {b} OR ({a} IS NULL AND {b} IS NULL))" for a, b in pairs)


def _stage(target: Session, rows: Query, name: str, *, fresh: bool) -> None:
    if fresh:
        target.stage(rows, name)
    else:
        target.add_to_stage(rows, name)


def _row(wrong: WrongKey, work: Work, copies: int, *, is_there: bool, differs: bool) -> RepairedRow:
    """Say what is to become of one wrong row."""
    action, removed = Action.RIGHT, 0
    if not is_there:
        action, removed = (Action.REMOVED, copies) if copies else (Action.RIGHT, 0)
    elif copies > 1:
        action, removed = _of_several(wrong, work, copies, differs=differs)
    elif not copies:
        action = Action.INSERTED
    elif differs:
        action = Action.UPDATED
    return RepairedRow(action, wrong.kinds[0], wrong.key, wrong.cause, removed)


def _of_several(wrong: WrongKey, work: Work, copies: int, *, differs: bool) -> tuple[Action, int]:
    duplicates = work.duplicates
    if duplicates is None:
        key = ", ".join(map(str, wrong.key))
        if work.filtered:
            raise Refused(
                f"the copy has several rows of the key {key}, of which --where leaves out some: say what becomes of "
                "them, with --duplicates replace, keep-newest (by the cursor) or leave."
            )
        raise Refused(f"the copy has come to hold several rows of the key {key} since it was audited: repair again.")
    if duplicates is Duplicates.LEAVE:
        return Action.LEFT, 0
    if duplicates is Duplicates.REPLACE:
        return Action.REPLACED, copies - 1
    return (Action.UPDATED if differs else Action.THINNED), copies - 1
