"""A password that is given to incload comes out of it nowhere: not in a sentence, a summary, a report or a state."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest

from incload.cli import main
from incload.engines.endpoints import locate
from incload.errors import masked

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2/%&@ 'x\""  # noqa: S105 - this is what must not come out
PLAIN = "hunter2"
"""What every form of it holds."""
QUOTED = quote(SECRET, safe="")
NO_SERVER = "127.0.0.1:1"
"""Where no server listens."""
URLS = {
    "in the URL": f"postgresql://me:{QUOTED}@{NO_SERVER}/db?table=t",
    "in the query": f"postgresql://me@{NO_SERVER}/db?table=t&password={QUOTED}",
    "under the alias": f"postgres://me:{QUOTED}@{NO_SERVER}/db?table=t",
    "with an unquoted @": f"postgresql://me:{PLAIN}@home@{NO_SERVER}/db?table=t",
    "with an unquoted /": f"postgresql://me:{PLAIN}/home@{NO_SERVER}/db?table=t",
    "with an unquoted ?": f"postgresql://me:{PLAIN}?home@{NO_SERVER}/db?table=t",
    "with an unquoted %": f"postgresql://me:{PLAIN}%home@{NO_SERVER}/db?table=t",
    "with a space": f"postgresql://me:{PLAIN} home@{NO_SERVER}/db?table=t",
    "with a port that is none": f"postgresql://me:{QUOTED}@{NO_SERVER}x/db?table=t",
    "with an option that is none": f"postgresql://me:{QUOTED}@{NO_SERVER}/db?table=t&tabel=t",
    "as an option that is none": f"postgresql://me@{NO_SERVER}/db?{PLAIN}",
    "with a table that is none": f"postgresql://me:{QUOTED}@{NO_SERVER}/db?table=",
    "of another engine": f"mysql://me:{QUOTED}@{NO_SERVER}/db?table=t",
    "of another driver": f"postgresql+psycopg://me:{QUOTED}@{NO_SERVER}/db?table=t",
    "without a scheme": f"me:{QUOTED}@{NO_SERVER}/db",
    "without a user": f":{QUOTED}@{NO_SERVER}/db",
    "with one slash": f"postgresql:/me:{QUOTED}@{NO_SERVER}/db.json",
    "in libpq's own form": f"host=127.0.0.1 user=me password={PLAIN}",
}
COMMANDS = {
    "source": ["load", "URL", "--target", "sqlite:///copy.db"],
    "target": ["load", "sqlite:///shop.db", "--target", "URL"],
    "too many": ["load", "sqlite:///shop.db", "URL", "--target", "sqlite:///copy.db"],
    "show": ["state", "show", "URL", "--table", "t"],
    "set": ["state", "set", "URL", "--table", "t", "--watermark", "1"],
    "no command": ["URL"],
    "no such state command": ["state", "URL"],
    "engines": ["compare", "--engines", "URL"],
    "replay": ["replay", "URL"],
}
LOAD = ["--table", "t", "--key", "id", "--strategy", "full_refresh"]


def run(arguments: list[str], url: str) -> int:
    """Run a command with a URL in it; return its exit code."""
    more = LOAD if arguments[0] == "load" else []
    try:
        return main([*(url if each == "URL" else each for each in arguments), *more])
    except SystemExit as left:
        return int(str(left.code))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_no_refusal_repeats_a_password(
    url: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is wrong with a URL, and wherever it is given, the sentence does not hold its password."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    code = run(command, url)
    said = capsys.readouterr()
    assert code == 2
    assert said.err
    assert PLAIN not in said.out + said.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot read postgresql://me:a@b:c@host/db", "cannot read postgresql://me:***@host/db"),
        ("cannot read postgresql://me:a b@host/db", "cannot read postgresql://me:***@host/db"),
        ("postgresql://me@host/db?passw=abc&x=1 is", "postgresql://me@host/db?*** is"),
        ("invalid choice: 'me:abc@host'", "invalid choice: 'me:***@host'"),
        ("host=h password='a b' user=me", "host=h password=*** user=me"),
        ("sqlite:///my@file.db: no such table", "sqlite:///my@file.db: no such table"),
        (
            "loading 'a.json' into 'postgresql://me@host/db?schema=s'",
            "loading 'a.json' into 'postgresql://me@host/db?schema=s'",
        ),
    ],
)
def test_passwords_are_masked(text: str, shown: str) -> None:
    """Only what stands where a password stands is hidden."""
    assert masked(text) == shown


def test_a_location_does_not_show_its_password() -> None:
    """Neither its name for sentences nor its form for programmers holds the password."""
    server = locate(f"postgresql://me:{QUOTED}@host:5433/db?schema=sales&password={QUOTED}")
    assert server.shown == "'postgresql://me@host:5433/db?schema=sales'"
    assert PLAIN not in repr(server)


def test_a_load_keeps_its_password_to_itself(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Summary, output file, state and the errors of a connection that works are free of it."""
    monkeypatch.chdir(tmp_path)
    url = f"{postgres_url}&password={QUOTED}"
    schema = postgres_url.partition("schema=")[2]
    with psycopg.connect(postgres_url.partition("&schema")[0], autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {schema}.t (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute(f"INSERT INTO {schema}.t VALUES (1, 'a')")
    copy = ["--target", "sqlite:///copy.db"]
    codes = [
        main(["load", f"{url}&table=t", *copy, *LOAD, "--output", "out.json"]),
        main(["load", f"{url}&table=missing", *copy, *LOAD]),
        main(["load", "sqlite:///copy.db?table=t", "--target", url, "--table", "u", *LOAD[2:]]),
        main(["load", "sqlite:///copy.db?table=t", "--target", url, "--table", "u", "--key", "name", *LOAD[4:]]),
        main(["state", "show", url, "--table", "t"]),
    ]
    printed = capsys.readouterr()
    assert codes == [0, 2, 0, 2, 2]
    assert (tmp_path / "out.json").exists()
    assert PLAIN not in printed.out + printed.err
    assert [path.name for path in tmp_path.iterdir() if PLAIN.encode() in path.read_bytes()] == []
