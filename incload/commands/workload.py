"""`incload workload`: strategies beside writers that really overlap, on a PostgreSQL server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from incload.commands.output.plain import add_format_to, json_text, plain
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse


_DESCRIPTION = """\
Writers change one PostgreSQL table at once, some keeping transactions open; beside them each strategy syncs into a copy
of its own. When the writers have stopped and each has synced once more, every copy is audited. The server is that of
INCLOAD_PG_DSN, or an embedded one. Exit code 1: a strategy that follows a log or a horizon lost something.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is written (default 60)")
    parser.add_argument("--writers", type=int, default=4, help="writers that commit at once (default 4)")
    parser.add_argument("--rate", type=float, default=500.0, help="their transactions a second, in all (default 500)")
    parser.add_argument("--slow", type=int, default=2, help="writers that keep transactions open (default 2)")
    parser.add_argument("--slow-seconds", type=float, default=3.0, help="for how long at most (default 3)")
    parser.add_argument("--every", type=float, default=1.0, help="seconds from sync to sync (default 1)")
    parser.add_argument("--rows", type=int, default=5_000, help="rows at first (default 5000)")
    parser.add_argument("--seed", type=int, default=1, help="what the transactions are drawn from (default 1)")
    parser.add_argument("--target", choices=["duckdb", "sqlite"], default="duckdb", help="the engine of the copies")
    parser.add_argument("--strategies", default="", help="names separated by commas (default: eight that differ)")
    add_format_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the workload and print what became of each copy."""
    from incload.commands.compare import split
    from incload.contenders.native import NativeContender
    from incload.engines.postgres.server import missing
    from incload.harness.concurrency.workload import STRATEGIES, format_summary
    from incload.harness.concurrency.workload import run as run_workload
    from incload.harness.concurrency.writers import Work
    from incload.loading.plan import Guards
    from incload.registry import strategy

    why = missing()
    if why:
        raise Refused(f"there is no PostgreSQL server: {why}")
    if min(options.seconds, options.rate, options.every, options.slow_seconds) <= 0 or options.writers < 1:
        raise Refused("--seconds, --rate, --every and --slow-seconds must be above 0, and --writers at least 1.")
    work = Work(
        seconds=options.seconds,
        writers=options.writers,
        rate=options.rate,
        slow=options.slow,
        slow_seconds=options.slow_seconds,
        rows=options.rows,
        seed=options.seed,
    )
    guards = Guards(allow_removals=True)
    chosen = [NativeContender(strategy(name), guards=guards) for name in split(options.strategies) or STRATEGIES]
    outcome = run_workload(work, chosen, options.every, options.target)
    found = {**plain(outcome), "broken": outcome.broken}
    sys.stdout.write(json_text(found) if options.format == "json" else format_summary(outcome))
    return 1 if outcome.broken else 0
