"""Loaders that are planted: each does one thing wrong, but for those that show that a right one passes.

Each is a callable for a worker; run as a program with the name of one, it takes the request from the environment.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from types import SimpleNamespace
from typing import Any

HELD: list[sqlite3.Connection] = []
OPEN: list[sqlite3.Cursor] = []


def _path(url: str) -> str:
    return url.partition(":///")[2]


def _target(request: Any) -> closing[sqlite3.Connection]:  # noqa: ANN401 - whatever has the attributes
    """Open the target; no test waits for a disk."""
    connection = sqlite3.connect(_path(request.target_url))
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY").fetchall()
    return closing(connection)


def _copy(request: Any, where: str = "", rule: str = "OR REPLACE") -> int:  # noqa: ANN401 - whatever has the attributes
    with closing(sqlite3.connect(_path(request.source_url))) as source:
        names = [row[1] for row in source.execute(f"PRAGMA table_info({request.table})")]
        rows = source.execute(f"SELECT {', '.join(names)} FROM {request.table} {where}").fetchall()
    with _target(request) as target, target:
        key = "" if rule == "" else f", PRIMARY KEY ({', '.join(request.key)})"
        target.execute(f"CREATE TABLE IF NOT EXISTS {request.table} ({', '.join(names)}{key})")
        target.executemany(f"INSERT {rule} INTO {request.table} VALUES ({', '.join('?' * len(names))})", rows)
    return len(rows)


def _largest(request: Any) -> int | None:  # noqa: ANN401 - as above
    with _target(request) as target:
        if not target.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (request.table,)).fetchone():
            return None
        found: int | None = target.execute(f"SELECT max({request.cursor}) FROM {request.table}").fetchone()[0]
        return found


def everything(request: Any) -> int:  # noqa: ANN401 - as above
    """Replace the target with all that there is: right whatever happens."""
    with _target(request) as target:
        target.execute(f"DROP TABLE IF EXISTS {request.table}")
    return _copy(request)


def watermark(request: Any) -> int:  # noqa: ANN401 - as above
    """Read what is newer than all that the target has: ties, late rows and deletes are lost."""
    largest = _largest(request)
    return _copy(request, "" if largest is None else f"WHERE {request.cursor} > {largest}")


def twice(request: Any) -> int:  # noqa: ANN401 - as above
    """Append what is newer, two times."""
    largest = _largest(request)
    where = "" if largest is None else f"WHERE {request.cursor} > {largest}"
    return _copy(request, where, "") + _copy(request, where, "")


def extra(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and add a column of its own and another name's case."""
    written = everything(request)
    with _target(request) as target:
        target.execute(f"ALTER TABLE {request.table} ADD COLUMN _loaded_by DEFAULT 'me'")
        target.execute(f"ALTER TABLE {request.table} RENAME COLUMN {request.cursor} TO {request.cursor.upper()}")
        target.commit()
    return written


def ties(request: Any) -> int:  # noqa: ANN401 - as above
    """Replace the target with all that there is, but for new rows with the largest cursor value of the sync before."""
    largest, known = _largest(request), "NULL"
    if largest is not None:
        with _target(request) as target:
            known = ", ".join(str(row[0]) for row in target.execute(f"SELECT id FROM {request.table}"))
            target.execute(f"DROP TABLE {request.table}")
    cursor = request.cursor
    left = "" if largest is None else f"WHERE {cursor} IS NULL OR {cursor} <> {largest} OR id IN ({known})"
    return _copy(request, left)


def resurrects(request: Any) -> int:  # noqa: ANN401 - as above
    """Replace the target with all that there is, and at every other sync bring back what an old copy has besides."""
    old = os.path.join(str(request.state_dir), "old")  # noqa: PTH118 - another author's program
    written = everything(request)
    with _target(request) as target:
        target.execute("ATTACH ? AS old", (old,))
        names = ", ".join(row[1] for row in target.execute(f"PRAGMA old.table_info({request.table})"))
        if request.number % 2:
            target.execute(f"INSERT OR IGNORE INTO {request.table} ({names}) SELECT {names} FROM old.{request.table}")
            target.commit()
        else:
            target.execute(f"DROP TABLE IF EXISTS old.{request.table}")
            target.execute(f"CREATE TABLE old.{request.table} AS SELECT * FROM {request.table}")
    return written


def truncates(request: Any) -> int:  # noqa: ANN401 - as above
    """Empty the target and load what is newer than all that it had."""
    largest = _largest(request)
    if largest is None:
        return _copy(request)
    with _target(request) as target, target:
        target.execute(f"DELETE FROM {request.table}")
    return _copy(request, f"WHERE {request.cursor} > {largest}")


def sleeps(request: Any) -> int:  # noqa: ANN401 - as above
    """Do not answer at the second sync, and start something that would go on."""
    if request.number == 1:
        if hasattr(os, "fork") and os.fork() == 0:
            time.sleep(60)
        os.write(2, b"going to sleep\n")
        time.sleep(60)
    return everything(request)


def crashes(request: Any) -> int:  # noqa: ANN401 - as above
    """Die without a word of the protocol at the third sync."""
    if request.number == 2:
        os.write(2, b"out of cheese\n")
        os._exit(3)
    return everything(request)


def raises(request: Any) -> int:  # noqa: ANN401 - as above
    """Raise at the second sync."""
    if request.number == 1:
        raise LookupError("no such dataset")
    return everything(request)


def edits(request: Any) -> int:  # noqa: ANN401 - as above
    """Delete a row of the source at the second sync."""
    written = everything(request)
    if request.number == 1:
        with closing(sqlite3.connect(_path(request.source_url))) as source, source:
            source.execute(f"DELETE FROM {request.table} WHERE rowid = (SELECT min(rowid) FROM {request.table})")
    return written


def nothing(_: Any) -> None:  # noqa: ANN401 - as above
    """Load nothing at all."""


def narrow(request: Any) -> int:  # noqa: ANN401 - as above
    """Leave a column out."""
    written = everything(request)
    with _target(request) as target, target:
        target.execute(f"ALTER TABLE {request.table} DROP COLUMN {request.cursor}")
    return written


def talks(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and print what looks like answers of the protocol."""
    sys.stdout.write('{"ok": false, "error": "not mine"}\n')
    sys.stdout.flush()
    os.write(1, b'{"ok": false, "error": "nor mine"}\n')
    return everything(request)


def holds(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and keep the target locked."""
    written = everything(request)
    connection = sqlite3.connect(_path(request.target_url), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    HELD.append(connection)
    return written


def reads_on(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and leave a query of the source half read."""
    written = everything(request)
    connection = sqlite3.connect(_path(request.source_url))
    HELD.append(connection)
    connection.execute(f"SELECT * FROM {request.table}").fetchone()
    OPEN.append(connection.execute(f"SELECT * FROM {request.table} ORDER BY rowid"))
    OPEN[-1].fetchone()
    return written


def adds_index(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and leave a table of its own in the source."""
    written = everything(request)
    with closing(sqlite3.connect(_path(request.source_url))) as source, source:
        source.execute("CREATE TABLE IF NOT EXISTS _progress (at)")
    return written


def elsewhere(request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Copy everything into a file and a table of its own, under other names, and say where."""
    written = everything(request)
    other = _path(request.target_url) + "2"
    with closing(sqlite3.connect(_path(request.target_url))) as target:
        target.execute("ATTACH ? AS other", (other,))
        target.execute("DROP TABLE IF EXISTS other.final")
        target.execute(f"CREATE TABLE other.final AS SELECT * FROM {request.table}")
        target.execute(f"DROP TABLE {request.table}")
        target.commit()
    return {"written": written, "url": f"sqlite:///{other}", "table": "final"}


def shaped(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything with times as ISO text, booleans as words, another name of the key, and former versions."""
    written = everything(request)
    with closing(sqlite3.connect(_path(request.target_url))) as target:
        target.executescript(
            f"""DROP TABLE IF EXISTS shaped_{request.table};
            CREATE TABLE shaped_{request.table} AS SELECT id AS order_id, customer, status, items, amount_cents,
              CASE express WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS express, note,
              strftime('%Y-%m-%d %H:%M:%S', modified_at / 1000000, 'unixepoch')
                || printf('.%06d', modified_at % 1000000) AS modified_at, NULL AS until FROM {request.table};
            INSERT INTO shaped_{request.table} SELECT order_id, 'other', status, items, amount_cents, express,
              note, modified_at, 'yesterday' FROM shaped_{request.table};
            DROP TABLE {request.table};"""
        )
    return written


def tells_time(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and fail with what the clock shows."""
    everything(request)
    raise RuntimeError(time.strftime("%Y-%m-%d", time.gmtime()))


def tells_zone(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and fail with the zone of the process and the time that it is given."""
    everything(request)
    raise RuntimeError(f"{time.timezone} {request.now.isoformat()}")


def state_file(request: Any) -> int:  # noqa: ANN401 - as above
    """Keep the watermark in the state folder, and say so in the target for the test to see."""
    file = os.path.join(str(request.state_dir), "mark")  # noqa: PTH118 - another author's program
    known = open(file).read() if os.path.exists(file) else ""  # noqa: PTH110, PTH123, SIM115 - as above
    written = _copy(request, f"WHERE {request.cursor} > {known}" if known else "")
    with _target(request) as target:
        mark = target.execute(f"SELECT max({request.cursor}) FROM {request.table}").fetchone()[0]
    with open(file, "w") as kept:  # noqa: PTH123 - as above
        kept.write(str(mark))
    return written


def environment(request: Any) -> int:  # noqa: ANN401 - as above
    """Copy everything, and write down what it got: names of variables, arguments, files that it can see."""
    written = everything(request)
    seen = sorted(name for name in os.environ if name.startswith(("INCLOAD", "PYTEST")))
    with _target(request) as target, target:
        target.execute("CREATE TABLE IF NOT EXISTS text (variables, files)")
        files = sorted(os.listdir(os.path.dirname(_path(request.target_url))))  # noqa: PTH120, PTH208 - as above
        target.execute("INSERT INTO text VALUES (?, ?)", (" ".join(seen), " ".join(files)))
    return written


if __name__ == "__main__":
    text = os.environ
    globals()[sys.argv[1]](
        SimpleNamespace(
            source_url=text["INCLOAD_SOURCE_URL"],
            target_url=text["INCLOAD_TARGET_URL"],
            table=text["INCLOAD_TABLE"],
            key=tuple(text["INCLOAD_KEY"].split(",")),
            cursor=text["INCLOAD_CURSOR"],
            state_dir=text["INCLOAD_STATE_DIR"],
            number=int(text["INCLOAD_SYNC"]),
        )
    )
