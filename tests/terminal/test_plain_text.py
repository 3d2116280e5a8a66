"""Output that an encoding cannot take is spelled out, and arguments that a locale split are joined."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from incload.terminal.plain_text import read_as_utf8, spell_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", b"Zo\\xeb -> 3 x 4 \\u65e5"),
        ("latin-1", b"Zo\xeb -> 3 \xd7 4 \\u65e5"),
        ("utf-8", "Zoë → 3 × 4 日".encode()),  # noqa: RUF001 - the sign of multiplication is meant
    ],
)
def test_what_an_encoding_lacks_is_spelled_out(encoding: str, written: bytes) -> None:
    """Signs of incload's own become plain ones, other characters their numbers, and UTF-8 stays as it is."""
    held = io.BytesIO()
    stream = io.TextIOWrapper(held, encoding=encoding)
    spell_out(stream)

    stream.write("Zoë → 3 × 4 日")  # noqa: RUF001 - as above
    stream.flush()

    assert held.getvalue() == written


def test_an_argument_that_a_locale_left_as_bytes_is_a_text() -> None:
    """UTF-8 is read as what it is; what is none stays as it came, to be refused where it is used."""
    split = "tä".encode().decode("ascii", "surrogateescape")

    assert read_as_utf8(["t", split, "tä", "\udcff"]) == ["t", "tä", "tä", "\udcff"]


def test_a_load_speaks_ascii_where_it_must(tmp_path: Path) -> None:
    """Under a locale of ASCII alone, names that it lacks are loaded, and are spelled out in the summary."""
    (tmp_path / "a.json").write_text(json.dumps([{"id": 1, "né": "Zoë"}]), encoding="utf-8")
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "incload", "load", "a.json", "--target", "sqlite:///c.db", "--table", "tä"]

    done = subprocess.run(
        [*command, "--key", "id", "--strategy", "full_refresh"],
        cwd=tmp_path,
        env={**os.environ, **plain},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Loaded 1 row into t\\xe4.\n  table: t\\xe4\n")
