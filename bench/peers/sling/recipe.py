"""Sling's program, run once for every sync: incremental, and backfill of the last three days.

Run in the environment of `make peers` by a worker of incload.
"""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import sling_linux_amd64

(PROGRAM,) = Path(sling_linux_amd64.__path__[0], "bin").glob("sling*")
DAYS = 3


def incremental(request: Any) -> None:
    """Load what the update key says is new, and merge it."""
    _run(request, "--mode", "incremental")


def backfill(request: Any) -> None:
    """Load everything once, then the rows of the last three days, and merge them."""
    if not request.number:
        incremental(request)
        return
    until = request.now + timedelta(days=1)
    since = until - timedelta(days=1 + DAYS)
    _run(request, "--mode", "backfill", "--range", f"{since:%Y-%m-%d %H:%M:%S},{until:%Y-%m-%d %H:%M:%S}")


def _run(request: Any, *options: str) -> None:
    source, stream = _end(request.source_url, request.table)
    target, goal = _end(request.target_url, request.table)
    words = ["--src-conn", source, "--src-stream", stream, "--tgt-conn", target, "--tgt-object", goal]
    words += ["--primary-key", ",".join(request.key), "--update-key", request.cursor]
    home = {"SLING_HOME_DIR": str(request.state_dir), "SLING_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [str(PROGRAM), "run", *words, *options], env=os.environ | home, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-400:])


def _end(url: str, table: str) -> tuple[str, str]:
    """Return a connection and a table as Sling names them."""
    if url.startswith("sqlite"):
        return f"sqlite://{unquote(url.partition(':///')[2])}", f"main.{table}"
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema")
    query = urlencode({**options, "sslmode": "disable"}, quote_via=quote)
    return f"postgresql://{parts.netloc}{parts.path}?{query}", f"{schema}.{table}"


if not os.access(PROGRAM, os.X_OK):
    PROGRAM.chmod(0o755)
