"""Columns of a PostgreSQL table get other types: the server rewrites them, and says what depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.session import Place, Session

_KEEPS_TYPE = (errors.FeatureNotSupported, errors.InvalidTableDefinition, errors.DatatypeMismatch)
"""How the server refuses to change a type on which something depends: a view, a rule, a policy, a default."""


def retype(session: Session, place: Place, table: str, types: Mapping[str, str]) -> None:
    """Give columns of a table other types, within the transaction; all else that belongs to the table stays.

    Raises:
        Refused: When something depends on the type of a column.
    """
    present = {column.name: column.declared for column in session.columns(place, table) or ()}
    changed = {name: declared for name, declared in types.items() if present[name] != declared}
    changes = [
        f"ALTER COLUMN {name} TYPE {declared} USING {name}::{declared}"
        for name, declared in ((session.quote(name), declared) for name, declared in changed.items())
    ]
    if not changes:
        return
    try:
        session.write(f"ALTER TABLE {session.name(place, table)} {', '.join(changes)}")
    except _KEEPS_TYPE as error:
        said = " ".join(filter(None, [error.diag.message_primary, error.diag.message_detail])) or str(error)
        names = ", ".join(f"{name!r} to {declared}" for name, declared in changed.items())
        raise Refused(
            f"the type of a column of target table {table!r} cannot change ({names}), because PostgreSQL says: {said}: "
            "drop what depends on it, load, and make it again."
        ) from error
