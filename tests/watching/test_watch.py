"""A table that is watched: what came, changed and went, in a recording that is a history; no test waits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.profile import profile
from incload.api.replay import replay
from incload.api.tables.advise import advise
from incload.api.tables.watch import WatchOptions, run_watch
from incload.cli import main
from incload.commands.tables.watch import line
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.watching.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.watching.seen import Seen

ENGINES = ("sqlite", "duckdb", "postgres")
NOON = "2026-03-01T12:00:"


class Hands:
    """A clock that does not wait: between two looks it runs the statements that are due."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        """Take what happens between the looks."""
        self._steps, self._now = list(steps), 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Return the time that was slept."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let happen what is next."""
        self.slept.append(seconds)
        self._now += seconds
        if self._steps:
            self._steps.pop(0)()


class Watched:
    """A table of an engine, and a recording."""

    def __init__(self, engine: str, folder: Path, server: str | None) -> None:
        """Make a table of three rows."""
        self.base = str(server) if engine == "postgres" else f"{engine}:///{folder}/live.{engine}"
        self.url = f"{self.base}{'&' if '?' in self.base else '?'}table=orders"
        self.to = folder / "watch.db"
        self.looks: list[Seen] = []
        self.run("CREATE TABLE {t} (id BIGINT, v TEXT, at TEXT)".replace(" at ", ' "at" '))
        self.run(f"INSERT INTO {{t}} VALUES (1, 'a', '{NOON}01Z'), (2, 'b', '{NOON}02Z'), (3, 'c', '{NOON}03Z')")

    def run(self, *statements: str) -> None:
        """Run statements on the table."""
        end = locate(self.base)
        with closing(session_type(end.engine).open(None, end)) as session:
            for sql in statements:
                session.write(sql.replace("{t}", session.name("target", "orders")))

    def watch(self, *steps: Callable[[], object], copy: str | None = None, **options: Any) -> Hands:  # noqa: ANN401 - any option
        """Watch for one look more than there are steps."""
        hands = Hands(*steps)
        given: WatchOptions = {"key": "id", "cursor": "at", "to": self.to, "report": self.looks.append}
        given["duration"] = f"{30 * len(steps)}s"
        run_watch(self.url, copy, {**given, **options}, hands)  # type: ignore[typeddict-item]  # options of a test
        return hands


@pytest.fixture(params=ENGINES)
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Watched:
    """Return a table of each engine."""
    server = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return Watched(request.param, tmp_path, server)


@pytest.fixture
def table(tmp_path: Path) -> Watched:
    """Return a table of one engine."""
    return Watched("sqlite", tmp_path, None)


def test_what_came_changed_and_went(watched: Watched) -> None:
    """Each look counts what happened since the one before, late rows and untouched updates among it."""
    hands = watched.watch(
        lambda: watched.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}04Z'), (5, 'e', '{NOON}01Z')"),
        lambda: watched.run("UPDATE {t} SET v = 'x' WHERE id = 2", "DELETE FROM {t} WHERE id = 1"),
        lambda: None,
    )

    counts = [(each.rows, each.appeared, each.changed, each.untouched, each.vanished) for each in watched.looks]
    assert counts == [(3, 0, 0, 0, 0), (5, 2, 0, 0, 0), (4, 0, 1, 1, 1), (4, 0, 0, 0, 0)]
    assert [each.late for each in watched.looks] == [0, 1, 2, 2]
    assert watched.looks[-1].lag_seconds["100"] == 2.0
    assert watched.looks[-1].fetched == 0
    assert hands.slept == [30.0, 30.0, 30.0]


def test_the_recording_is_a_history(table: Watched) -> None:
    """A profile and advice take it as they take the versions of a file."""
    table.watch(
        lambda: table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}04Z'), (5, 'e', '{NOON}01Z')"),
        lambda: table.run(f"UPDATE {{t}} SET v = 'x', at = '{NOON}09Z' WHERE id = 2"),
        lambda: table.run("DELETE FROM {t} WHERE id = 1"),
    )

    found = profile(table.to, key="id", cursor="at").history
    assert found is not None
    late = found.lateness
    assert (late.syncs, late.base_rows, late.inserts, late.updates, late.deletes, late.late) == (4, 3, 2, 1, 1, 1)
    assert advise(table.to, key="id", cursor="at").strategy in {
        "row_hash_cdc",
        "snapshot_diff",
        "digest_blocks",
        "full_refresh",
    }
    advice = advise(table.to, key="id", cursor="at", deletes="never")
    assert (advice.basis, advice.command.split()[2]) == ("history", f"'{table.url}'")


def test_no_value_is_recorded_unless_asked(table: Watched, tmp_path: Path) -> None:
    """Without --keep-values the recording holds keys, cursors and digests alone."""
    table.run("UPDATE {t} SET v = 'secret-value'")
    table.watch()
    assert b"secret-value" not in table.to.read_bytes()

    table.to = tmp_path / "other.db"
    table.watch(keep_values=True)
    assert b"secret-value" in table.to.read_bytes()


def test_going_on(table: Watched) -> None:
    """A recording of the same table is gone on with: what happened meanwhile is one look, and lags are kept."""
    table.watch(lambda: table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}01Z')"))
    table.run("DELETE FROM {t} WHERE id = 3", f"INSERT INTO {{t}} VALUES (6, 'f', '{NOON}06Z')")
    table.watch()

    last = table.looks[-1]
    assert (last.look, last.rows, last.appeared, last.vanished, last.late) == (2, 4, 1, 1, 1)
    found = profile(table.to, key="id", cursor="at").history
    assert found is not None
    assert (found.lateness.syncs, found.lateness.inserts, found.lateness.deletes) == (3, 2, 1)


def test_a_look_that_fails_is_recorded_as_one(table: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look connects again and finds what happened meanwhile; the history has one tick fewer."""
    look = Watcher._looked

    def broken(_: Watcher) -> Seen:
        raise OSError("the server closed the connection")

    def breaks() -> None:
        monkeypatch.setattr(Watcher, "_looked", broken)

    def mends() -> None:
        table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}04Z')")
        monkeypatch.setattr(Watcher, "_looked", look)

    table.watch(breaks, mends, metrics=table.to.with_suffix(".prom"))

    assert [(each.look, each.failure, each.appeared) for each in table.looks] == [
        (0, "", 0),
        (1, "the server closed the connection.", 0),
        (2, "", 1),
    ]
    assert "incload_watch_look_failures 1" in table.to.with_suffix(".prom").read_text()
    found = profile(table.to, key="id", cursor="at").history
    assert found is not None
    assert found.lateness.syncs == 2


def test_a_copy_is_audited(table: Watched, tmp_path: Path) -> None:
    """Rows of the copy that are wrong are counted, and since when."""
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, v TEXT, at TEXT)")
        connection.execute(f"INSERT INTO orders VALUES (1, 'a', '{NOON}01Z'), (2, 'b', '{NOON}02Z')")

    def mends() -> None:
        with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
            connection.execute(f"INSERT INTO orders VALUES (3, 'c', '{NOON}03Z')")

    table.watch(lambda: None, mends, copy=f"sqlite:///{tmp_path}/copy.db?table=orders")

    assert [each.wrong for each in table.looks] == [1, 1, 0]
    assert table.looks[0].wrong_causes == {"not read yet": 1}
    assert table.looks[1].wrong_longest_seconds is not None
    assert table.looks[2].wrong_longest_seconds == 0


def test_metrics(table: Watched) -> None:
    """The file has a line for each number, in the form that Prometheus reads."""
    path = table.to.with_suffix(".prom")
    table.watch(lambda: table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}01Z')"), metrics=path)

    lines = path.read_text().splitlines()
    assert "incload_watch_rows 4" in lines
    assert "incload_watch_late 1" in lines
    assert 'incload_watch_lag_seconds{quantile="1"} 2.0' in lines
    assert all(line.startswith(("# HELP ", "# TYPE ", "incload_watch_")) for line in lines)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"key": "nothing"}, "unknown column 'nothing'"),
        ({"every": "0"}, "--every 0 looks all the time"),
        ({"to": Path("nowhere") / "watch.db"}, "the folder of --to"),
        ({"key": "v"}, "several rows of the key v"),
    ],
)
def test_bad_input(table: Watched, options: Any, said: str) -> None:  # noqa: ANN401 - options of any kind
    """One sentence, and no recording."""
    table.run("UPDATE {t} SET v = 'same'")
    with pytest.raises(Refused, match=said):
        table.watch(**options)
    assert not table.to.exists()


def test_another_file_is_not_overwritten(table: Watched) -> None:
    """A file that is no recording stays as it is, and so does the recording of another key."""
    table.to.write_text("my notes")
    with pytest.raises(Refused, match="is a file and no recording"):
        table.watch()
    assert table.to.read_text() == "my notes"

    table.to.unlink()
    table.watch()
    with pytest.raises(Refused, match="is of cursor at, not : name another file"):
        table.watch(cursor=None)


def test_options_of_files_are_refused(table: Watched) -> None:
    """A recording has no versions of a file, and its own key."""
    table.watch(lambda: None)
    with pytest.raises(Refused, match="is for the versions of a file"):
        profile(table.to, key="id", cursor="at", records="a")
    with pytest.raises(Refused, match="names rows by id: give that as --key"):
        profile(table.to, key="v", cursor="at")


def test_json_lines(table: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a line of JSON for each look, or of text."""
    arguments = ["watch", table.url, "--key", "id", "--cursor", "at", "--to", str(table.to), "--for", "0"]
    assert main([*arguments, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 3
    assert main(arguments) == 0
    assert capsys.readouterr().out == "look 1: 3 rows, 0 new, 0 changed (0 untouched), 0 gone\n"


@pytest.mark.parametrize("column", ["id", "at"])
def test_a_column_that_is_renamed_is_a_failed_look(watched: Watched, column: str) -> None:
    """The look names the column, and the next one goes on when it is back."""
    rename = 'ALTER TABLE {{t}} RENAME COLUMN "{}" TO "{}"'
    watched.watch(
        lambda: watched.run(rename.format(column, "other")),
        lambda: watched.run(rename.format("other", column)),
    )

    assert [each.failure.partition(":")[0] for each in watched.looks] == ["", f"unknown column '{column}'", ""]
    assert [each.changed for each in watched.looks] == [0, 0, 0]


def test_metrics_that_cannot_be_written_are_counted(table: Watched) -> None:
    """The watch goes on, and each look says why and how often."""
    path = table.to.with_suffix(".prom")

    def breaks() -> None:
        path.unlink()
        path.mkdir()

    table.watch(breaks, path.rmdir, metrics=path)

    assert [(each.rows, each.metrics_failures, bool(each.metrics_failure)) for each in table.looks] == [
        (3, 0, False),
        (3, 1, True),
        (3, 1, False),
    ]
    assert "; metrics not written: " in line(table.looks[1])


def test_a_recording_that_cannot_be_written_is_one_sentence(table: Watched) -> None:
    """The watch ends with it, and the looks so far stay."""

    def breaks() -> None:
        table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}04Z')")
        with closing(sqlite3.connect(table.to)) as connection, connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON incload_looks BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
            )

    with pytest.raises(Refused, match=r"^the recording '.*watch.db' cannot be written: disk is full\. See to"):
        table.watch(breaks)
    with closing(sqlite3.connect(table.to)) as connection:
        assert connection.execute("SELECT count(*) FROM incload_looks").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM incload_changes").fetchone() == (3,)


def test_a_recording_that_cannot_be_opened_is_one_sentence(table: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the file."""

    def broken(*_: object) -> object:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr("incload.watching.recording.session_type", lambda _: _Engine(broken))
    with pytest.raises(Refused, match=r"watch.db' cannot be written: unable to open database file\. See to"):
        table.watch()


class _Engine:
    """An engine that opens files as a function does."""

    error = sqlite3.Error

    def __init__(self, opens: Callable[..., object]) -> None:
        """Take the function."""
        self.open = opens


def test_a_copy_that_cannot_be_read_costs_no_look(table: Watched, tmp_path: Path) -> None:
    """What happened in the source is recorded, and beside it why the copy was not audited."""
    copy = tmp_path / "copy.db"
    whole = (tmp_path / "live.sqlite").read_bytes()
    copy.write_bytes(whole)

    table.watch(
        lambda: copy.write_text("no database at all, but a text"),
        lambda: copy.write_bytes(whole),
        copy=f"sqlite:///{copy}?table=orders",
    )

    assert [(each.failure, each.rows, each.wrong) for each in table.looks] == [("", 3, 0), ("", 3, None), ("", 3, 0)]
    assert [bool(each.copy_failure) for each in table.looks] == [False, True, False]
    with closing(sqlite3.connect(table.to)) as connection:
        assert connection.execute("SELECT look FROM incload_copy_failures").fetchall() == [(1,)]


def test_a_new_column_is_no_update_of_every_row(watched: Watched) -> None:
    """Rows that kept their cursor count as unchanged, in the looks, in the history and when it is gone on with."""
    steps = (
        lambda: watched.run(
            "ALTER TABLE {t} ADD COLUMN more INTEGER",
            f"UPDATE {{t}} SET at = '{NOON}08Z' WHERE id = 1".replace(" at ", ' "at" '),
        ),
        lambda: watched.run("UPDATE {t} SET more = 5 WHERE id = 2"),
    )
    watched.watch(*steps)
    watched.watch()

    assert [(each.changed, each.untouched) for each in watched.looks] == [(0, 0), (1, 0), (1, 1), (0, 0)]
    assert [each.columns_changed for each in watched.looks] == [False, True, False, False]
    found = profile(watched.to, key="id", cursor="at").history
    assert found is not None
    assert (found.lateness.updates, found.lateness.untouched) == (2, 1)
    advice = advise(watched.to, key="id", cursor="at")
    assert any("At 1 look the columns were others" in each for each in advice.unknown)
    assert [each["times_broken"] for each in advice.assumptions if each["assumption"] == "FIXED_SCHEMA"] == [1]


def test_a_recording_of_an_earlier_version_is_gone_on_with(table: Watched) -> None:
    """It has no table of columns: the next look enters them, and calls nothing changed."""
    table.watch()
    with closing(sqlite3.connect(table.to)) as connection, connection:
        connection.executescript("DROP TABLE incload_columns; DROP TABLE incload_copy_failures")
    table.watch()

    assert [(each.look, each.changed, each.columns_changed) for each in table.looks] == [(0, 0, False), (1, 0, False)]


@pytest.fixture
def recorded(tmp_path: Path) -> Watched:
    """Return a table that was watched: of two new rows one is late, a row changes and another one goes."""
    table = Watched("sqlite", tmp_path, None)
    table.watch(
        lambda: table.run(f"INSERT INTO {{t}} VALUES (4, 'd', '{NOON}04Z'), (5, 'e', '{NOON}01Z')"),
        lambda: table.run(f"UPDATE {{t}} SET v = 'x', \"at\" = '{NOON}09Z' WHERE id = 2"),
        lambda: table.run("DELETE FROM {t} WHERE id = 1"),
    )
    return table


def test_a_replay(recorded: Watched) -> None:
    """The late row is lost by a watermark, the row that went is a phantom; a comparison of all rows is right."""
    found = replay(recorded.to, key="id", cursor="at", strategies=["timestamp_watermark", "row_hash_cdc"])

    assert [(each.strategy, each.outcome, each.lost_permanently, each.phantom) for each in found.rows] == [
        ("timestamp_watermark", "wrong", 1, 1),
        ("row_hash_cdc", "sound", 0, 0),
    ]


@pytest.mark.parametrize("named", [["--key", "id", "--cursor", "at"], []], ids=["named", "its own"])
@pytest.mark.parametrize(
    ("command", "code"),
    [("profile", 0), ("replay", 0), ("advise", 0)],
)
def test_the_commands_for_histories_take_it(
    command: str, code: int, named: list[str], recorded: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each prints JSON about it, and needs no key and no cursor but those that it was made with."""
    assert main([command, str(recorded.to), *named, "--format", "json"]) == code
    assert json.loads(capsys.readouterr().out)


def test_on_a_terminal_there_is_a_page(
    recorded: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what the last look has shown, and stays when the watch is over."""
    monkeypatch.setattr("incload.terminal.live_text.is_drawn", lambda: True)
    arguments = ["watch", recorded.url, "--key", "id", "--cursor", "at", "--to", str(recorded.to), "--for", "0"]

    assert main(arguments) == 0

    shown = capsys.readouterr().out
    assert "4 rows: 0 new, 0 changed (0 untouched), 0 gone since the look before" in shown
    assert "Late so far: 1 change." in shown


def test_a_recording_has_its_key_and_its_cursor(recorded: Watched) -> None:
    """Neither has to be named again: the load that is recommended has both, and the profile counts the late row."""
    assert " --key id --cursor at " in advise(recorded.to).command
    facts, named = profile(recorded.to).history, profile(recorded.to, key="id", cursor="at").history
    assert facts is not None
    assert replace(facts, command="") == (named and replace(named, command=""))
    assert [row.lost_permanently for row in replay(recorded.to, strategies="timestamp_watermark").rows] == [1]


@pytest.mark.parametrize("command", ["advise", "profile", "replay"])
def test_no_key_is_refused_where_nothing_holds_one(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of snapshots says nothing of the key."""
    (tmp_path / "2026-03-01.csv").write_text("id,at\n1,2026-03-01\n")

    assert main([command, str(tmp_path)]) == 2
    assert "no key is given: name the column that distinguishes rows with --key" in capsys.readouterr().err
