"""Record files of every shape: what `load` accepts, `replay` and `profile` accept too, and read alike."""

from __future__ import annotations

import gzip
import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.cli import main
from incload.engines.files.documents import Exact, exact_json, loads
from incload.engines.files.layout import Layout, Unusable
from incload.engines.files.reader import read_records
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.reader import open_history
from incload.history.recorded.records import canonical

if TYPE_CHECKING:
    from pathlib import Path


def parquet() -> bytes:
    """Return two records with the index that pandas adds, and the cursor inside a struct."""
    file = io.BytesIO()
    table = pa.table({"id": ["1", "2"], "p": [{"ts": 5}, {"ts": 6}], "__index_level_0__": [7, 9]})
    pq.write_table(table, file)
    return file.getvalue()


SHAPES: dict[str, tuple[str, bytes, list[str]]] = {
    "a list": ("e.json", b'[{"id": "1", "ts": 5}, {"id": "2", "ts": 6}]', ["--cursor", "ts"]),
    "a byte order mark": ("e.json", b'\xef\xbb\xbf[{"id": "1", "ts": 5}, {"id": "2", "ts": 6}]', ["--cursor", "ts"]),
    "UTF-16": ("e.json", '\ufeff[{"id": "1", "ts": 5}, {"id": "2", "ts": 6}]'.encode("utf-16-le"), ["--cursor", "ts"]),
    "lines": ("e.ndjson", b'{"id": "1", "ts": 5}\r\n\n{"id": "2", "ts": 6}', ["--cursor", "ts"]),
    "a path": (
        "e.json",
        b'{"d": {"rows": [{"id": "1", "ts": 5}, {"id": "2", "ts": 6}]}}',
        ["--cursor", "ts", "--records", "d.rows"],
    ),
    "GeoJSON": (
        "e.geojson",
        b'{"type": "F", "features": [{"id": "1", "p": {"ts": 5}}, {"id": "2", "p": {"ts": 6}}]}',
        ["--cursor", "p.ts", "--records", "features"],
    ),
    "a name with a dot": ("e.json", b'[{"id": "1", "p.ts": 5}, {"id": "2", "p.ts": 6}]', ["--cursor", "p.ts"]),
    "an object of objects": (
        "e.json",
        b'{"1": {"ts": 5}, "2": {"ts": 6}}',
        ["--cursor", "ts", "--records", ".", "--key-from-name", "id"],
    ),
    "an object of objects below": (
        "e.json",
        b'{"d": {"1": {"ts": 5}, "2": {"ts": 6}}}',
        ["--cursor", "ts", "--records", "d", "--key-from-name", "id"],
    ),
    "a time around": (
        "e.json",
        b'{"ts": 5, "rows": [{"id": "1"}, {"id": "2"}]}',
        ["--cursor", "..ts", "--records", "rows"],
    ),
    "lines with a path": (
        "e.ndjson",
        b'{"row": {"id": "1", "ts": 5}}\n{"row": {"id": "2", "ts": 6}}\n',
        ["--cursor", "ts", "--records", "row"],
    ),
    "epochs in quotes": ("e.json", b'[{"id": "1", "ts": "5"}, {"id": "2", "ts": "6"}]', ["--cursor", "ts"]),
    "CSV": ("e.csv", b"id,ts\n1,5\n2,6\n", ["--cursor", "ts"]),
    "spaces before quotes": ("e.csv", b'id, "ts", "v"\n1, "5", "a, ""b"""\n2,"6" , x\n', ["--cursor", "ts"]),
    "semicolons beside a comma": ("e.csv", b'id;"a,b";ts\n1;x,y;5\n2;z;6\n', ["--cursor", "ts"]),
    "mixed line ends": ("e.csv", b"id,ts\r\n1,5\n2,6\r\n", ["--cursor", "ts"]),
    "a delimiter too many": ("e.csv", b"id,ts\n1,5,\n2,6\n", ["--cursor", "ts"]),
    "Latin-1": ("e.csv", b"id,ts,v\n1,5,\xfc\n2,6,\xe9\n", ["--cursor", "ts", "--encoding", "latin-1"]),
    "CSV in UTF-16": ("e.csv", "\ufeffid,ts\n1,5\n2,6\n".encode("utf-16-le"), ["--cursor", "ts"]),
    "TSV": ("e.tsv", b"id\tts\tv\n1\t5\ta,b,c,d\n2\t6\tx\n", ["--cursor", "ts"]),
    "packed": ("e.tsv.gz", gzip.compress(b"id\tts\n1\t5\n2\t6\n", mtime=0), ["--cursor", "ts"]),
    "Parquet": ("e.parquet", parquet(), ["--cursor", "p.ts"]),
    "no cursor": ("e.json", b'[{"id": "1"}, {"id": "2"}]', []),
}
"""A file's name and bytes, and the options by which every command reads it: two records with the keys 1 and 2."""


@pytest.mark.parametrize("shape", SHAPES)
def test_every_command_reads_every_shape(shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two rows in the target, two rows in the history, two keys in the profile, by the same options."""
    name, data, options = SHAPES[shape]
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / name).write_bytes(data)
    target = tmp_path / "copy.db"
    source = [str(tmp_path / "feed" / name), "--target", f"sqlite:///{target}", "--table", "t", "--key", "id"]
    loaded = main(["load", *source, "--strategy", "full_refresh", *options])
    profiled = main(["profile", str(tmp_path / "feed"), "--key", "id", *options])
    how = ["--strategies=full_refresh", "--workers=1", f"--report-dir={tmp_path}/reports"]
    replayed = main(["replay", str(tmp_path / "feed"), "--key", "id", *how, *options])

    assert (loaded, profiled, replayed) == (0, 0, 0)
    assert "keys: 2, in 2 versions" in capsys.readouterr().out
    with closing(sqlite3.connect(target)) as copy:
        assert [str(key) for (key,) in copy.execute("SELECT id FROM t ORDER BY 1")] == ["1", "2"]


def test_a_load_names_a_column_inside_another_by_its_path(tmp_path: Path) -> None:
    """The object that holds it is loaded as JSON beside it."""
    (tmp_path / "e.json").write_text('[{"id": 1, "p": {"ts": 5, "x": {"a": 1.10}}}]', encoding="utf-8")
    target = tmp_path / "copy.db"
    options = ["--table", "t", "--key", "id", "--cursor", "p.ts", "--strategy", "timestamp_watermark"]
    main(["load", str(tmp_path / "e.json"), "--target", f"sqlite:///{target}", *options])

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute('SELECT id, p, "p.ts" FROM t').fetchall() == [(1, '{"ts":5,"x":{"a":1.1}}', 5)]


WRONG: dict[str, tuple[str, bytes, list[str], str]] = {
    "no such path": ("e.json", b'{"rows": [{"id": 1}]}', ["--records", "row"], "lists stand under rows"),
    "objects": ("e.json", b'{"d": {"1": {"ts": 5}}}', ["--records", "d"], "add --key-from-name FIELD"),
    "no such encoding": ("e.csv", b"id,ts\n1,5\n", ["--encoding", "nonsense"], "--encoding nonsense is no encoding"),
    "no text encoding": ("e.csv", b"id,ts\n1,5\n", ["--encoding", "hex"], "--encoding hex is no encoding of text"),
    "a path into CSV": ("e.csv", b"id,ts\n1,5\n", ["--records", "d"], "CSV, which has no path to its records"),
    "a name in CSV": (
        "e.csv",
        b"id,ts\n1,5\n",
        ["--key-from-name", "x"],
        "CSV, in which --key-from-name leads nowhere",
    ),
    "a name that is there": (
        "e.json",
        b'{"1": {"id": 1, "ts": 5}}',
        ["--records", ".", "--key-from-name", "id"],
        "has records with a field 'id' of their own",
    ),
    "nothing around": (
        "e.json",
        b'{"tz": 1, "d": [{"id": 1}]}',
        ["--records", "d", "--cursor", "..ts"],
        "has no 'ts' around",
    ),
    "a name twice": ("e.json", b'{"d": [{"id": 1, "ts": 5, "ts": 6}]}', ["--records", "d"], "names 'ts' twice"),
    "tabs": ("e.json", b"id\tts\n1\t5\n", [], "is a table of text with tabs between its fields"),
    "XML": ("e.json", b"<?xml version='1.0'?><a/>", [], "is XML: convert it to JSON or CSV"),
    "YAML": ("e.json", b"- id: 1\n", [], "is YAML: convert it to JSON"),
    "a pointer": ("e.json", b"version https://git-lfs.github.com/spec/v1\n", [], "is a pointer of Git LFS"),
}
"""A file, options, and a part of the sentence that every command refuses it with."""


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("command", ["load", "replay", "profile"])
def test_every_command_refuses_alike(
    command: str, case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence on one line, exit code 2, and nothing is left behind."""
    name, data, options, said = WRONG[case]
    feed = tmp_path / "feed"
    feed.mkdir()
    (feed / name).write_bytes(data)
    more = {
        "load": [
            str(feed / name),
            "--target",
            f"sqlite:///{tmp_path}/copy.db",
            "--table",
            "t",
            "--strategy",
            "full_refresh",
        ],
        "replay": [str(feed), "--report-dir", str(tmp_path / "reports")],
        "profile": [str(feed)],
    }[command]
    cursor = [] if "--cursor" in options else ["--cursor", "ts"]
    code = main([command, *more, "--key", "id", *cursor, *options])
    error = capsys.readouterr().err

    assert code == 2
    assert said in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["feed"]


@pytest.mark.parametrize("option", ["--records", "--key-from-name", "--encoding"])
def test_a_database_has_no_layout(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The options are of files."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as source:
        source.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    url = f"sqlite:///{tmp_path}/a.db?table=t"
    target = ["--target", f"sqlite:///{tmp_path}/copy.db", "--table", "t", "--key", "id", "--strategy", "full_refresh"]

    assert main(["load", url, *target, option, "utf-8"]) == 2
    assert "say where the records are in a file" in capsys.readouterr().err
    assert main(["profile", url, "--key", "id", "--cursor", "id", option, "utf-8"]) == 2
    assert f"{option} is for the versions of a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "canonical_text"),
    [
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("0.10", "0.1"),
        ("0.100000000000000000010", "0.10000000000000000001"),
        ("1e400", "1E+400"),
        ("1e-400", "1E-400"),
        ("9007199254740993.0", "9007199254740993"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-0.0", "0"),
        ("0.30000000000000004", "0.30000000000000004"),
    ],
)
def test_a_replay_keeps_every_digit_of_a_number(text: str, canonical_text: str) -> None:
    """Two versions that differ in the thirtieth digit differ; two that are one number do not."""
    (record,) = read_records("a.json", f'[{{"b":1,"a":{text}}}]'.encode())

    assert canonical(record) == f'{{"a":{canonical_text},"b":1}}'


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_read_back_is_the_same_number(number: object) -> None:
    """Whatever its digits and its exponent, its text names the same number."""
    text = str(number).replace("E+", "e").replace("E", "e")
    value = loads(text)
    again = loads(exact_json(value, in_order=True))

    assert again == value or (isinstance(value, Exact) and isinstance(again, Exact) and again.text == value.text)


FIELD = st.text(alphabet='ab1 ",;\té', max_size=4)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(FIELD, min_size=2, max_size=2), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_csv_is_read_alike_by_both_readers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], end: str
) -> None:
    """What a load reads with DuckDB and a replay with Python are the same fields."""
    import duckdb

    quoted = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows]
    path = tmp_path_factory.getbasetemp() / "alike.csv"
    path.write_bytes(end.join(["x,y", *quoted, ""]).encode())
    sql = (
        "SELECT * FROM read_csv(?, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
        " columns = {'x': 'VARCHAR', 'y': 'VARCHAR'})"
    )

    python = [tuple(record.values()) for record in read_records("a.csv", path.read_bytes())]  # type: ignore[attr-defined]
    assert python == duckdb.execute(sql, [str(path)]).fetchall()


def test_a_document_that_is_one_record_is_one(tmp_path: Path) -> None:
    """It has the fields that a record needs, and holds no records itself."""
    (tmp_path / "2024-01-01.json").write_text('{"id": 1, "ts": 5, "p": {"a": 1}}', encoding="utf-8")
    history, _ = open_history(tmp_path, ReplayOptions(key=("id",), cursor="ts"))

    assert history.base.num_rows == 1
    with pytest.raises(Unusable, match="holds no list of records"):
        read_records("a.json", b'{"id": 1, "of": [{"id": 2}]}', Layout(required=("id",)))


def test_nanoseconds_and_spans_of_parquet_are_whole_in_a_replay() -> None:
    """A time of a day keeps its ninth digit, a span its own unit, and a half its value."""
    file = io.BytesIO()
    columns = {
        "at": pa.array([1], pa.time64("ns")),
        "took": pa.array([5], pa.duration("ns")),
        "half": pa.array([1.5], pa.float32()).cast(pa.float16()),
        "timestamp": pa.array([1], pa.timestamp("ns")),
    }
    pq.write_table(pa.table(columns), file)

    assert read_records("a.parquet", file.getvalue()) == [
        {"at": "00:00:00.000000001", "took": 5, "half": 1.5, "timestamp": "1970-01-01T00:00:00.000000001"}
    ]
