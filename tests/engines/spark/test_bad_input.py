"""What stands in the way of a load into Iceberg or from it is one sentence, and nothing is left behind."""

from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from tests.engines.spark.small import ON_SPARK, SMALL
from tests.engines.spark.test_loads import Ends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = ON_SPARK


def said_by(capsys: pytest.CaptureFixture[str], source: str, target: str, table: str = "db.events") -> str:
    """Load, which is refused with one sentence; return it."""
    status = main(["load", source, "--target", target, "--table", table, "--key", "id", "--strategy", "full_refresh"])
    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    (line,) = captured.err.splitlines()
    return line


def test_a_folder_of_other_files_is_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not read as one, and no table is made in it."""
    ends = Ends(tmp_path)
    folder = tmp_path / "lake" / "db" / "events"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"")
    into = said_by(capsys, f"sqlite:///{tmp_path}/source.db?table=events", ends.target)
    out = said_by(capsys, f"{ends.target}&table=db.events", f"sqlite:///{tmp_path}/copy.db", "events")

    assert "holds files, such as 'part-0.parquet', and no Iceberg table: name another table" in into
    assert "'db.events'" in out
    assert [each.name for each in folder.iterdir()] == ["part-0.parquet"]
    assert not (tmp_path / "copy.db").exists()


@pytest.fixture
def silent() -> Iterator[int]:
    """Listen on a port, take connections and answer nothing; yield the port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in taken:
            each.close()


def test_a_catalog_that_does_not_answer_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], silent: int
) -> None:
    """One that is not there, and one that takes the connection and says nothing."""
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    source = f"sqlite:///{tmp_path}/source.db?table=events"
    rest = (
        f"iceberg:///?{SMALL}&catalog.type=rest&catalog.rest.client.socket-timeout-ms=300&catalog.uri=http://127.0.0.1"
    )
    absent = said_by(capsys, source, f"{rest}:1")
    mute = said_by(capsys, source, f"{rest}:{silent}")

    assert "does not answer" in absent
    assert "does not answer" in mute
