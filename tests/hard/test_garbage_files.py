"""Broken files of records: whatever they hold is loaded or refused in one sentence, and a refusal changes nothing."""

from __future__ import annotations

import io
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offering import files, offer

if TYPE_CHECKING:
    from conftest import Tally
    from offering import Answer

TIMESTAMP = "2026-01-01T00:00:00Z"
GOOD = [{"id": 1, "at": TIMESTAMP, "v": "a"}, {"id": 2, "at": "2026-01-02T00:00:00Z", "v": "b"}]
ENGINES = ("sqlite", "duckdb")
NAMES = ("timestamp_watermark", "row_hash_cdc", "full_refresh", "boundary_dedup")


@cache
def loaded(engine: str) -> bytes:
    """Return a target that was loaded once."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "good.json", Path(folder) / "target"
        source.write_text(json.dumps(GOOD), encoding="utf-8")
        assert load(source, target, engine).code == 0
        return target.read_bytes()


def load(source: Path, target: Path, engine: str, strategy: str = "timestamp_watermark", **options: float) -> Answer:
    """Load a file by the command line, whatever file the state was made from."""
    arguments = ["load", str(source), "--target", f"{engine}:///{target}", "--table", "t", "--key", "id"]
    arguments.append("--same-source")
    return offer([*arguments, "--cursor", "at", "--strategy", strategy], **options)


def offered(name: str, content: bytes, engine: str, strategy: str = "timestamp_watermark", **options: float) -> Answer:
    """Offer a file to a target that was loaded before, and to none; return the answer of the first."""
    before = loaded(engine)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / name, Path(folder) / "target"
        source.write_bytes(content)
        target.write_bytes(before)
        answer = load(source, target, engine, strategy, **options)
        left = files(Path(folder))
        assert left.keys() == {name, "target"}
        if answer.code == 2:
            assert left["target"] == before
        target.unlink()
        code = load(source, target, engine, strategy, **options).code
        assert code == 0 or [path.name for path in Path(folder).iterdir()] == [name]
        return answer


# What a generator of files writes

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8),
    st.just(TIMESTAMP),
    st.sampled_from(["2026-13-01", "2026-01-01", "2026-01-01 00:00:00+99:99", "0001-01-01T00:00:00Z"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["id", "at", "v", "ID", "rowid", "", "a.b", "~1/~0", "true", 'q"', "source", "\u00e9", "\U0001f389"]
)
RECORDS = st.dictionaries(FIELDS, VALUES, max_size=5)
PLAUSIBLE = st.builds(
    lambda key, at, more: {"id": key, "at": at, **more},
    st.integers(1, 4) | SCALARS, st.just(TIMESTAMP) | SCALARS, RECORDS,
)  # fmt: skip
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"])


@st.composite
def json_files(draw: st.DrawFn) -> bytes:
    """Write records as a list or one on each line, and bend the text."""
    records = draw(st.lists(st.one_of(PLAUSIBLE, RECORDS, VALUES), max_size=4))
    text = json.dumps(records) if draw(st.booleans()) else "\n".join(map(json.dumps, records))
    return bent(draw, text)


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    """Write lines of odd fields under a header that may be plausible, and bend the text."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "::", " "]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\r", "\n\n"]))
    field = st.one_of(
        st.text(alphabet=',;"\t\'\r\n \0ab1-.\u00e9=', max_size=6), st.just(TIMESTAMP), st.integers(1, 4).map(str),
        st.sampled_from(['""', '"a', 'a"', '"a""b"', '"a"b', "1e5", "007", "-0", "NaN", "1.5", "99999999999999999999"]),
    )  # fmt: skip
    header = draw(st.just(["id", "at", "v"]) | st.lists(field, max_size=4))
    lines = draw(st.lists(st.lists(field, max_size=5) | st.just(["1", TIMESTAMP, "x"]), max_size=5))
    return bent(draw, end.join(delimiter.join(line) for line in [header, *lines]) + draw(st.sampled_from(["", end])))


def bent(draw: st.DrawFn, text: str) -> bytes:
    """Encode a text, and now and then cut a piece out of it or put one in."""
    content = text.encode(draw(st.just("utf-8") | ENCODINGS), "surrogatepass" if "\ud800" in text else "replace")
    if draw(st.integers(0, 2)) == 0 and content:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=6)) + content[at + draw(st.integers(0, 8)) :]
    return content


@cache
def parquet() -> bytes:
    """Return a good Parquet file."""
    file = io.BytesIO()
    pa.parquet.write_table(pa.Table.from_pylist(GOOD), file)
    return file.getvalue()


@st.composite
def parquet_files(draw: st.DrawFn) -> bytes:
    """Truncate a Parquet file, or change some of its bytes."""
    content = bytearray(parquet())
    if draw(st.booleans()):
        return bytes(content[: draw(st.integers(0, len(content)))])
    for at in draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[at] = draw(st.integers(0, 255))
    return bytes(content)


KINDS = {
    "records.json": json_files(),
    "records.ndjson": json_files(),
    "records.csv": csv_files(),
    "records.parquet": parquet_files(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_anything_is_loaded_or_refused(name: str, tally: Tally, *, hard: bool) -> None:
    """On every engine, by a strategy of each kind; where it is refused, the target is what it was (see `offered`)."""
    tried = 0

    @settings(max_examples=3_000 if hard else 20)
    @given(KINDS[name], st.sampled_from(ENGINES), st.sampled_from(NAMES))
    def offer_one(content: bytes, engine: str, strategy: str) -> None:
        nonlocal tried
        tried += 1
        assert offered(name, content, engine, strategy).code in {0, 2}

    offer_one()
    tally("garbage: files of records", tried)


def record(**more: object) -> str:
    """Return a list of one record."""
    return json.dumps([{"id": 3, "at": TIMESTAMP, "v": "c", **more}])


def wide(count: int) -> dict[str, int]:
    """Return so many columns."""
    return {f"c{number}": number for number in range(count)}


LOADED = {
    "a text of 10 MB": ("x.json", record(v="x" * 10_000_000)),
    "a name of 1 MB": ("x.json", record(**{"n" * 1_000_000: 1})),
    "lists in lists, 100,000 deep": (
        "x.json",
        f'[{{"id": 3, "at": "{TIMESTAMP}", "v": {"[" * 100_000}{"]" * 100_000}}}]',
    ),
    "numbers beyond 64 bits": ("x.ndjson", f'{{"id": 3, "at": "{TIMESTAMP}", "v": {10**40}}}'),
    "numbers that are none": ("x.json", record(v=[float("nan"), float("inf")])),
    "a NUL in a text": ("x.json", record(v="a\0b")),
    "a byte order mark before a header": ("x.csv", f"\ufeffid,at,v\n3,{TIMESTAMP},c\n"),
    "a header over two lines": ("x.csv", f'id,at,"v\nw"\n3,{TIMESTAMP},c\n'),
    "line ends of an old Mac": ("x.csv", f"id,at,v\r3,{TIMESTAMP},c\r"),
    "a field of 10 MB": ("x.csv", f"id,at,v\n3,{TIMESTAMP},{'x' * 10_000_000}\n"),
    "a quote in a header": ("x.csv", f'id,at,v"w\n3,{TIMESTAMP},c\n'),
}
REFUSED = {
    "an open list, a million deep": ("x.json", "[" * 1_000_000, "is nested too deeply"),
    "half a pair of surrogates": ("x.json", record(v="\ud800"), "no low surrogate"),
    "two lists": ("x.json", record() + record(), "every record is a JSON object"),
    "an open quote in a header": ("x.csv", f'id,at,"v\n3,{TIMESTAMP},c\n', "no header that can be read"),
    "a name of 1 MB in a header": ("x.csv", f"id,at,{'x' * 1_000_000}\n3,{TIMESTAMP},c\n", "keep its names short"),
    "a NUL in a name": ("x.csv", f"id,at,v\0\n3,{TIMESTAMP},c\n", "NUL"),
    "UTF-16 without a mark": (
        "x.csv",
        f"id,at,v\n3,{TIMESTAMP},\u00fc\n".encode("utf-16-le").decode("latin-1"),
        "not UTF-8",
    ),
    "no columns at all": ("x.json", "[{}]", "its columns are none"),
    "a date in year 0": ("x.json", record(at="0000-00-00T00:00:00Z"), "names no real time"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("what", LOADED)
def test_what_is_odd_but_means_something_is_loaded(what: str, engine: str, tmp_path: Path, tally: Tally) -> None:
    """Into a target of its own, where the file alone says what its columns are."""
    name, content = LOADED[what]
    (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    answer = load(tmp_path / name, tmp_path / "target", engine)
    tally("garbage: files of records", 1)

    assert (answer.code, "loaded: 1\n" in answer.out) == (0, True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("what", REFUSED)
def test_what_means_nothing_is_refused(what: str, engine: str, tally: Tally) -> None:
    """The sentence says what is wrong with it."""
    name, content, said = REFUSED[what]
    encoded = content.encode("latin-1" if what == "UTF-16 without a mark" else "utf-8")
    tally("garbage: files of records", 1)

    assert said in offered(name, encoded, engine).err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "columns", "code"), [("sqlite", 2_000, 0), ("sqlite", 2_001, 2), ("duckdb", 2_001, 0)]
)
def test_two_thousand_columns(  # noqa: PLR0913 - its parameters and its fixtures
    engine: str, columns: int, code: int, tmp_path: Path, tally: Tally, *, hard: bool
) -> None:
    """SQLite has a limit, which is named; up to it even every column is part of a digest."""
    (tmp_path / "x.json").write_text(record(**wide(columns - 3)), encoding="utf-8")
    answers = [
        load(tmp_path / "x.json", tmp_path / "target", engine, name, seconds=120)
        for name in (("row_hash_cdc", "boundary_dedup") if hard else ("row_hash_cdc",))
    ]
    tally("garbage: files of records", 1)

    assert {answer.code for answer in answers} == {code}
    assert ("a table of SQLite holds 2,000" in answers[0].err) is (code == 2)
