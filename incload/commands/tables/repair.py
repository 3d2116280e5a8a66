"""`incload repair`: write exactly the wrong rows into a copy, and audit it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.commands.audit import add_audit_to, add_repair_to, run_a_repair

if TYPE_CHECKING:
    import argparse

_DESCRIPTION = """\
Audit a copy, read its wrong rows again from the source, and write them into the copy, in one transaction: lost rows are
inserted, stale ones updated, phantoms removed. The source is only read. Another audit follows and is printed. Removals
of more than 20 % of the copy, and more than 10 rows, are held back.
Exit codes: 0 the copy is right, 1 rows are still wrong, 2 refused and nothing changed, 3 held back, or undecided.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    add_audit_to(parser)
    add_repair_to(parser)
    parser.set_defaults(run=run_a_repair, stopped="stopped before the repair was committed, or while it was audited.")
