"""What watches a PostgreSQL table for its change log: triggers of statements, on the table and on everything below it.

A trigger runs inside the application's own statement, so nothing in it may fail: what cannot be entered in the change
table is entered in a table beside it, which says that anything may have changed.
What the owner may do to either table, to the function or to a trigger shows in the catalogue: it is part of the
position, as `look` reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from incload.engines.abilities.change_log import WHOLE, Kept
from incload.engines.postgres.changes.tree import FORM, TREE, reads_as
from incload.strategy import Capability

if TYPE_CHECKING:
    from incload.engines.session import Session

NUMBER = "_incload_transaction"
KEY = "_incload_key"
FORM_OF_LOG = 2
"""The form of the change table: in the first, columns had the names and types of the key, and DDL made writes fail."""
_DIGITS = 20
"""Numbers of transactions are written with so many, so that a position always has the same length."""
_EVENTS = {
    "insert": "REFERENCING NEW TABLE AS incload_new",
    "update": "REFERENCING OLD TABLE AS incload_old NEW TABLE AS incload_new",
    "delete": "REFERENCING OLD TABLE AS incload_old",
    "truncate": "",
}
_LOOK = (
    f"{TREE}, log AS (SELECT oid, xmin, relnamespace, relrowsecurity FROM pg_class WHERE oid = to_regclass(?)),"
    " missed AS (SELECT oid, xmin, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(?)),"
    " note AS (SELECT oid, xmin, proowner FROM pg_proc WHERE oid = to_regprocedure(?)),"
    " watching AS (SELECT g.tgrelid, g.tgname, g.xmin FROM pg_trigger AS g JOIN note AS n ON g.tgfoid = n.oid"
    " WHERE g.tgenabled = 'A')"
    " SELECT obj_description(l.oid, 'pg_class'),"
    " concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT timeline_id FROM pg_control_checkpoint()), l.oid),"
    f" concat_ws(' ', {FORM}, l.xmin, m.oid, m.xmin, n.oid, n.xmin, s.xmin,"
    " (SELECT md5(string_agg(concat_ws(' ', w.tgrelid, w.tgname, w.xmin), ',' ORDER BY w.tgrelid, w.tgname))"
    " FROM watching AS w JOIN tree AS t ON t.member = w.tgrelid)),"
    " pg_snapshot_xmin(pg_current_snapshot())::text,"
    " (SELECT oid FROM root) IS NULL,"
    " m.oid IS NULL OR n.oid IS NULL,"
    " NOT (has_schema_privilege(n.proowner, s.oid, 'USAGE') AND has_table_privilege(n.proowner, l.oid, 'INSERT')"
    " AND has_table_privilege(n.proowner, m.oid, 'INSERT') AND NOT m.relforcerowsecurity),"
    " (SELECT string_agg(t.member::regclass::text, ', ' ORDER BY t.member) FROM tree AS t"
    f" WHERE (SELECT count(*) FROM watching AS w WHERE w.tgrelid = t.member) <> {len(_EVENTS)}),"
    " (SELECT string_agg(t.member::regclass::text, ', ') FROM tree AS t JOIN pg_class AS c ON c.oid = t.member"
    " WHERE c.relpersistence <> 'p' OR EXISTS (SELECT 1 FROM pg_subscription_rel AS r WHERE r.srrelid = c.oid)),"
    " (SELECT json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute AS a"
    " JOIN root AS r ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)"
    " FROM log AS l JOIN pg_namespace AS s ON s.oid = l.relnamespace"
    " LEFT JOIN missed AS m ON true LEFT JOIN note AS n ON true"
)


@dataclass(frozen=True, slots=True)
class Looked:
    """How the log of a table stands, as the catalogue says.

    Attributes:
        key: The columns by which it names rows.
        types: Their types when the log began; empty in a log of an earlier version.
        now: Their types now, of those that are there.
        log: Which log it is: it never comes back when the log is made or put in order again.
        form: What the table, the tree below it and all that keeps the log looks like.
        horizon: The number below which every transaction is over.
        state: `whole`, or what is wrong with it.
    """

    key: tuple[str, ...]
    types: list[str]
    now: list[str]
    log: str
    form: str
    horizon: int
    state: str

    @property
    def position(self) -> str:
        """Up to where the log goes."""
        return f"{self.log}-{self.form}.{self.horizon:0{_DIGITS}}"

    @property
    def has_key(self) -> bool:
        """Whether all columns are there by which it names rows."""
        return len(self.now) == len(self.key)

    def kept(self, table: str) -> Kept:
        """Describe it as every log is described."""
        return Kept(Capability.TRIGGERS, table, self.key, self.position, None, self.state)

    def why_not_since(self, after: str) -> str:
        """Say why the log does not know what changed since a position; empty when it does."""
        log, _, form = after.partition(".")[0].partition("-")
        if log != self.log:
            return "its change log was begun again"
        if form != self.form:
            return "it, a table below it or what keeps its change log was altered"
        if number_in(after) > self.horizon:
            return "its change log ends before the position of the last load"
        return ""


def look(session: Session, relation: str, names: tuple[str, str, str]) -> Looked | None:
    """Read how the log of a table stands; None when there is none.

    Args:
        session: The session.
        relation: The table.
        names: Its change table, the table beside that, and the function that its triggers call.
    """
    log, missed, function = names
    found = session.rows(_LOOK, (relation, log, missed, f"{function}()"))
    if not found or not found[0][0]:
        return None
    comment, of, form, horizon, *rest, declared = found[0]
    said: dict[str, Any] = json.loads(str(comment))
    types = dict(declared) if isinstance(declared, dict) else {}
    seen = Looked(
        tuple(said["key"]),
        said.get("types", []),
        [types[name] for name in said["key"] if name in types],
        _short(f"{of} {said.get('begun')}"),
        _short(str(form)),
        int(str(horizon)),
        WHOLE,
    )
    return replace(seen, state=_state(said, seen, [said.get("log") != log, *rest]))


def _state(said: dict[str, Any], seen: Looked, found: list[object]) -> str:
    """Say what is wrong with a log."""
    is_renamed, is_gone, is_incomplete, is_closed, unwatched, unfit = found
    if is_gone:
        return "the table is gone"
    if said.get("form") != FORM_OF_LOG:
        return "an earlier version of incload made it"
    reasons = {
        "the table is gone": is_gone,
        "an earlier version of incload made it": said.get("form") != FORM_OF_LOG,
        "its schema has another name": is_renamed,
        "a part of what keeps it is gone": is_incomplete,
        "its triggers may not write it any more": is_closed,
        f"triggers are missing on {unwatched}": unwatched,
        f"{unfit} can change without a trigger's seeing it, being unlogged or filled by logical replication": unfit,
        "a key column by which it names rows is gone": not seen.has_key,
        "the type of a key column is another": not reads_as(seen.types, seen.now),
    }
    return next((reason for reason, holds in reasons.items() if holds), WHOLE)


def watch(session: Session, names: tuple[str, str, str], key: tuple[str, ...], members: list[str]) -> None:
    """Make the function that enters changes, and triggers that call it; those that call the one of before go."""
    _, _, function = names
    mark = _short(function)
    session.write(f"DROP FUNCTION IF EXISTS {function}() CASCADE")
    session.write(_function(session, names, key))
    for member in members:
        for event, seen in _EVENTS.items():
            name = f"_incload_{event}_{mark}"
            session.write(
                f"CREATE TRIGGER {name} AFTER {event.upper()} ON {member} {seen}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
                # Without ONLY the triggers of partitions are looked for by name.
                f" ALTER TABLE ONLY {member} ENABLE ALWAYS TRIGGER {name}"
            )


def _function(session: Session, names: tuple[str, str, str], key: tuple[str, ...]) -> str:
    """Return the statement that makes the function; its settings are those on which a value's text depends."""
    log, missed, function = names
    values = ", ".join(f"{session.quote(name)}::text" for name in key)
    note, old, new = (
        f"INSERT INTO {log} ({KEY})",
        f"SELECT ARRAY[{values}] FROM incload_old",
        f"SELECT ARRAY[{values}] FROM incload_new",
    )
    return (
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO'"
        " SET IntervalStyle = 'postgres' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $incload$ BEGIN BEGIN"
        f" IF TG_OP = 'INSERT' THEN {note} {new}; ELSIF TG_OP = 'UPDATE' THEN {note} {old} UNION {new};"
        f" ELSIF TG_OP = 'DELETE' THEN {note} {old}; ELSE INSERT INTO {log} DEFAULT VALUES; END IF;"
        # A renamed key, a locked table, whatever it is: the application's write goes on.
        f" RETURN NULL; EXCEPTION WHEN OTHERS THEN NULL; END; INSERT INTO {missed} DEFAULT VALUES; RETURN NULL;"
        # The table beside is gone, or its schema has another name, which the next load sees in the catalogue.
        " EXCEPTION WHEN OTHERS THEN RETURN NULL; END $incload$"
    )


def number_in(position: str) -> int:
    """Return the number in a position; 0, before every entry, in a text that is none."""
    number = position.partition(".")[2]
    return int(number) if number.isdecimal() else 0


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
