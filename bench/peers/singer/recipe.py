"""A Singer pair: tap-postgres piped into target-postgres, one process each, once for every sync.

Run in the environment of `make peers` by a worker of incload. The target has an environment inside that of the tap, as
the two ask for versions of a library that do not go together.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

HOME = Path(sys.prefix)
TAP, TARGET = HOME / "bin" / "tap-postgres", HOME / "target" / "bin" / "target-postgres"


def incremental(request: Any) -> None:
    """Send what the replication key says is new through the pipe, and keep the state that the target puts out."""
    folder = Path(request.state_dir)
    tap, target, catalog = folder / "tap.json", folder / "target.json", folder / "catalog.json"
    if not catalog.exists():
        source, schema = _end(request.source_url)
        goal, goal_schema = _end(request.target_url)
        tap.write_text(json.dumps({"sqlalchemy_url": source, "filter_schemas": [schema]}), encoding="utf-8")
        target.write_text(json.dumps({"sqlalchemy_url": goal, "default_target_schema": goal_schema}), encoding="utf-8")
        catalog.write_text(json.dumps(_catalog(tap, request)), encoding="utf-8")
    _pipe(folder)


def _catalog(tap: Path, request: Any) -> dict[str, Any]:
    """Discover the streams, and select that of the table with its replication key."""
    found = json.loads(_heard([str(TAP), "--config", str(tap), "--discover"]))
    (stream,) = (each for each in found["streams"] if each["tap_stream_id"].endswith(f"-{request.table}"))
    method = {"replication-method": "INCREMENTAL", "replication-key": request.cursor, "selected": True}
    for each in stream["metadata"]:
        if not each["breadcrumb"]:
            each["metadata"] |= method
    stream |= {"replication_method": "INCREMENTAL", "replication_key": request.cursor}
    return {"streams": [stream]}


def _pipe(folder: Path) -> None:
    """Run tap and target; the last line of state that comes out is kept once both have ended well."""
    state = folder / "state.json"
    words = [str(TAP), "--config", str(folder / "tap.json"), "--catalog", str(folder / "catalog.json")]
    words += ["--state", str(state)] if state.exists() else []
    with (folder / "tap.log").open("wb") as said:
        tap = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=said)
        states = _heard([str(TARGET), "--config", str(folder / "target.json")], tap.stdout)
        code = tap.wait()
    if code:
        raise RuntimeError(f"tap-postgres: {(folder / 'tap.log').read_text(encoding='utf-8')[-400:]}")
    if states.strip():
        state.write_text(states.strip().splitlines()[-1], encoding="utf-8")


def _heard(words: list[str], given: Any = None) -> str:
    done = subprocess.run(words, stdin=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(words[0]).name}: {done.stderr[-400:]}")
    return done.stdout


def _end(url: str) -> tuple[str, str]:
    """Return a URL as SQLAlchemy takes it, and the schema; the tap wants a host and a password to be named at least."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema, user = options.pop("schema"), parts.username or options.pop("user", "postgres")
    end = f"{user}:{parts.password or 'none'}@{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    return f"postgresql+psycopg2://{end}?{urlencode(options, quote_via=quote)}", schema
