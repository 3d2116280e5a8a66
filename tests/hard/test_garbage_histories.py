"""Histories of anything, in folders, repositories and bundles: replayed or refused, every snapshot accounted for.

What fails is shown as it was found: every attempt takes too long for a search for a smaller one.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from offering import files, offer

from incload.errors import Refused
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.reader import open_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Tally

    from incload.history.recorded.read_log import ReadLog

PHASES = (Phase.explicit, Phase.generate)

# What snapshots hold

KEYS = st.sampled_from([
    *(1, 2, 3, 1.0, "1", True, None, "", "x", "\u00e9", "e\u0301", "\U0001f389", "\ud800", "a\nb", "a\0b", 2**53 + 1),
    *(2**64, -(10**40), 1e300, float("nan"), float("inf"), [1], {"a": 1}, [], -0.0),
])  # fmt: skip
CURSORS = st.sampled_from([
    *("2026-01-01T00:00:00Z", "2026-01-02 00:00:00+05:30", "2026-01-01", "9999-12-31T23:59:60Z", "0000-01-01"),
    *("", "yesterday", None, True, [], {}, 0, -1, 1_767_225_600, 1_767_225_600_000, 1_767_225_600_000_000_000, 10**30),
    *(1.5, -1e300, float("nan"), float("-inf"), "1767225600", "\ud800", "Thu, 01 Jan 2026 00:00:00 GMT"),
])  # fmt: skip
VALUES = st.recursive(
    KEYS | CURSORS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
RECORDS = st.one_of(
    st.builds(lambda key, at, more: {"id": key, "at": at, **more}, KEYS, CURSORS, st.dictionaries(
        st.sampled_from(["v", "w", "", "id.x", "at", "\u00e9", "content", "ID"]), VALUES, max_size=2)),
    VALUES,
)  # fmt: skip
DEEP = b'[{"id": 1, "at": 1, "v": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]"
SOUND = [{"id": 1, "at": "2026-01-01T00:00:00Z"}, {"id": 2, "at": "2026-01-02T00:00:00Z"}]
NAMES = st.sampled_from([
    *(b"2026-01-01.json", b"2026-01-02.json", b"2026-01-03T12.json", b"a.json", b"b.ndjson", b"c.csv", b"d.parquet"),
    *(b"2026-13-45.json", b"9999-99-99T99.json", b"0000-00-00.json", b" .json", b"--help.json", b"a\nb.json"),
    *(b"a|b`<b>.json", b"\xff.json", b"\xc3\xa9.jsonl", b"x.json.gz", b"y.csv.gz", b".hidden.json", b"x.txt"),
    b"n" * 240 + b".json",
])  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Write a snapshot: records as a list, under a name, or one on each line; whole, cut off, bent or of nothing."""
    kind = draw(st.integers(0, 11))
    if kind == 0:
        return draw(
            st.sampled_from([b"", b" \n", b"null", b"{}", b"[]", b"\xef\xbb\xbf", DEEP, b"[" * 100_000, b"\0" * 50])
        )
    records = draw(st.lists(RECORDS, max_size=4)) if kind > 3 else SOUND[: draw(st.integers(1, 2))]
    shape = draw(st.sampled_from(["list", "list", "under", "lines", "object", "csv"]))
    texts = {
        "list": lambda: json.dumps(records),
        "under": lambda: json.dumps({"rows": records}),
        "object": lambda: json.dumps({"rows": {str(at): each for at, each in enumerate(records)}}),
        "lines": lambda: "\n".join(map(json.dumps, records)),
        "csv": lambda: "id,at\n" + "\n".join(f"{at},{each}" for at, each in enumerate(records)),
    }
    content = texts[shape]().encode(
        draw(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-32", "latin-1"])), "replace"
    )
    match draw(st.integers(0, 7)):
        case 0:
            return content[: draw(st.integers(0, len(content)))]
        case 1 if content:
            at = draw(st.integers(0, len(content) - 1))
            return content[:at] + draw(st.binary(min_size=1, max_size=3)) + content[at + 1 :]
        case 2:
            return gzip.compress(content)[: draw(st.integers(0, 400))]
    return content


SNAPSHOTS = st.dictionaries(NAMES, bodies(), min_size=1, max_size=5)
RECORDS_PATHS = st.sampled_from(["", "", "rows", "rows.0", ".", "no"])


def counted(names: Sequence[bytes]) -> int:
    """Return how many files of a folder are snapshots."""
    kinds = (
        b".json",
        b".ndjson",
        b".jsonl",
        b".csv",
        b".json.gz",
        b".ndjson.gz",
        b".jsonl.gz",
        b".csv.gz",
        b".parquet",
    )
    return sum(name.lower().endswith(kinds) and not name.startswith(b".") for name in names)


def lived(path: Path, options: ReplayOptions) -> tuple[set[tuple[object, ...]], ReadLog] | None:
    """Take every tick of a history; return the keys that are left at its end, or None if it is refused."""
    try:
        history, account = open_history(path, options)
    except Refused:
        return None
    left = set(zip(*(history.base[name].to_pylist() for name in history.table.key), strict=True))
    for tick in history.ticks:
        left |= set(zip(*(tick.upserts[name].to_pylist() for name in history.table.key), strict=True))
        left -= set(zip(*(tick.deletes[name].to_pylist() for name in history.table.key), strict=True))
    return left, account


def replayed(path: Path, report: Path, *more: str) -> None:
    """Replay and profile by the command line: a report or a sentence, and files of a report that are text."""
    common = ["--key=id", "--cursor=at", *more]
    profile = offer(["profile", *common, "--", str(path)])
    replay = offer(
        [
            "replay",
            *common,
            "--strategies=timestamp_watermark,row_hash_cdc",
            "--windows=1h",
            "--workers=1",
            "--",
            str(path),
        ]
    )
    assert profile.code == replay.code
    for answer in (profile, replay):
        answer.out.encode()
    for name, content in files(report).items():
        assert name.endswith(".png") or content.decode()


@pytest.mark.slow
def test_a_folder_of_anything_is_replayed_or_refused(tally: Tally, *, hard: bool) -> None:
    """Every snapshot is usable or skipped with a reason, and none is dropped."""
    tried = used = skipped = 0

    @settings(max_examples=4_000 if hard else 200, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
    @given(SNAPSHOTS, RECORDS_PATHS, st.sampled_from(["delete", "keep"]), st.integers(1, 2))
    def replay_one(snapshots: dict[bytes, bytes], records: str, vanished: str, every: int) -> None:
        nonlocal tried, used, skipped
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "history"
            folder.mkdir()
            for file, content in snapshots.items():
                Path(os.fsdecode(os.fsencode(folder) + b"/" + file)).write_bytes(content)
            options = ReplayOptions(
                key=("id",),
                cursor="at",
                records=records,
                every=every,
                vanished="keep" if vanished == "keep" else "delete",
            )
            found = lived(folder, options)
            tried += counted(list(snapshots))
            if found:
                account = found[1]
                assert account.snapshots == account.usable + account.skipped == counted(list(snapshots))
                assert sum(note.snapshots for note in account.notes) == account.skipped
                assert all(note.reason for note in account.notes)
                used, skipped = used + account.usable, skipped + account.skipped
            replayed(
                folder, Path(name) / "report", f"--records={records}", f"--vanished={vanished}", f"--every={every}"
            )

    replay_one()
    tally("garbage: snapshots of folders", tried)

    assert used > 20
    assert skipped > 5


STEPS = st.lists(
    st.lists(st.tuples(st.sampled_from([1, 2, 3, "1", "x", 2**70, 1.0, "\u00e9"]), CURSORS), min_size=1, max_size=4),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=100)
@given(snapshots=STEPS, keep=st.booleans())
def test_the_keys_that_are_left_are_those_of_the_snapshots(
    snapshots: list[list[tuple[object, object]]], *, keep: bool
) -> None:
    """Of the last one, or of all where rows are kept; the texts of keys distinguish rows."""
    spelled = [{"1" if key == 1 else str(key) for key, _ in rows} for rows in snapshots]
    with tempfile.TemporaryDirectory() as name:
        for number, rows in enumerate(snapshots):
            body = json.dumps([{"id": key, "at": at} for key, at in rows])
            (Path(name) / f"2026-01-0{number + 1}.json").write_text(body, encoding="utf-8")
        found = lived(Path(name), ReplayOptions(key=("id",), cursor="at", vanished="keep" if keep else "delete"))

    assert found is not None
    assert {key for (key,) in found[0]} == (set.union(*spelled) if keep else spelled[-1])
    assert (found[1].usable, found[1].skipped) == (len(snapshots), 0)
    assert found[1].keys == len(set.union(*spelled))


# Repositories

PATHS = ("f.json", "-f.json", "a b\n\u00e9.json", 'd/"q".json', ":(glob)*.json", "HEAD", "..json", "f.json/x.json")
MODES = ("100644", "100755", "120000", "160000", "gone")
COMMITS = st.lists(
    st.tuples(st.sampled_from(MODES + ("100644",) * 8), bodies(), st.integers(-(2**31), 2**33)), max_size=5
)
REFS = st.sampled_from(
    ["refs/heads/main", "refs/heads/main", "refs/heads/a--b", "refs/heads/HEAD", "refs/tags/v1", "refs/x/y"]
)


def repository(folder: Path, ref: str, path: str, commits: Sequence[tuple[str, bytes, int]]) -> None:
    """Build a repository by git's own means of import, with settings and hooks that must be ignored."""
    stream = [b"feature done\n", b"blob\nmark :1\ndata 1\nx\n"]
    named = b'"' + path.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    for mode, body, at in commits:
        stream.append(b"commit %s\ncommitter a <a@b> %d +0000\ndata 0\n" % (ref.encode(), max(at, 0)))
        if mode == "gone":
            stream.append(b"D %s\n" % named)
        elif mode == "160000":
            stream.append(b"M 160000 %s %s\n" % (b"1" * 40, named))
        else:
            stream.append(b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), named, len(body), body))
        stream.append(b"M 100644 :1 other\nM 100644 inline .gitattributes\ndata 24\n* filter=evil text=auto\n\n")
    stream.append(b"done\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments: str, given: bytes = b"") -> None:
        subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
            input=given, check=True, capture_output=True, env=environment,
        )  # fmt: skip

    git("init", "--quiet", "--bare", "--initial-branch=main")
    git("fast-import", "--quiet", "--done", given=b"".join(stream))
    for name, value in {"filter.evil.smudge": "false", "core.pager": "false", "core.editor": "false"}.items():
        git("config", name, value)
    (folder / "hooks").mkdir(exist_ok=True)
    (folder / "hooks" / "post-checkout").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")


def bundle(folder: Path, to: Path) -> bytes:
    """Return a bundle of everything in a repository; nothing where there is nothing."""
    subprocess.run(
        ["git", "-C", str(folder), "bundle", "create", "--quiet", str(to), "--all"],  # noqa: S607 - as above
        check=False, capture_output=True,
    )  # fmt: skip
    return to.read_bytes() if to.exists() else b""


def touched(commits: Sequence[tuple[str, bytes, int]]) -> int:
    """Return how many commits left another file than the one before."""
    states = [
        None,
        *(None if mode == "gone" else (mode, b"" if mode == "160000" else body) for mode, body, _ in commits),
    ]
    return sum(before != after for before, after in pairwise(states))


@pytest.mark.slow
def test_a_repository_of_anything_is_replayed_or_refused(tally: Tally, *, hard: bool) -> None:
    """Every commit that touched the file is usable, skipped or one that removed it."""
    tried = used = 0

    @settings(max_examples=1_000 if hard else 30, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
    @given(REFS, st.sampled_from(PATHS[:1] * 4 + PATHS), COMMITS, RECORDS_PATHS)
    def replay_one(ref: str, path: str, commits: list[tuple[str, bytes, int]], records: str) -> None:
        nonlocal tried, used
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "r.git"
            folder.mkdir()
            repository(folder, ref, path, commits)
            found = lived(folder, ReplayOptions(key=("id",), cursor="at", file=path, records=records))
            tried += touched(commits)
            if found:
                account = found[1]
                assert account.snapshots == account.usable + account.skipped + account.absent == touched(commits)
                used += account.usable
            replayed(folder, Path(name) / "report", f"--file={path}", f"--records={records}")

    replay_one()
    tally("garbage: snapshots of repositories", tried)

    assert used > 5


@pytest.mark.slow
def test_a_damaged_bundle_is_replayed_or_refused(tmp_path: Path, tally: Tally, *, hard: bool) -> None:
    """Cut off, with some of its bytes changed, or with a header of its own."""
    folder = tmp_path / "r.git"
    folder.mkdir()
    repository(folder, "refs/heads/main", "f.json", [("100644", json.dumps(SOUND[:at]).encode(), at) for at in (1, 2)])
    whole = bundle(folder, tmp_path / "whole.bundle")
    assert len(whole) > 100
    tried = 0

    @settings(max_examples=2_000 if hard else 50, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.integers(0, len(whole)) | st.just(len(whole)),
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=3),
        st.sampled_from(
            [b"", b"", b"# v3 git bundle\n@filter=blob:none\n", b"# v3 git bundle\n@object-format=no\n", b"\n"]
        ),
    )
    def replay_one(cut: int, flips: list[tuple[int, int]], header: bytes) -> None:
        nonlocal tried
        tried += 1
        content = bytearray(whole)
        for at, byte in flips:
            content[at] = byte
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.bundle"
            path.write_bytes(header + bytes(content[:cut]))
            answer = offer(["profile", "--key=id", "--cursor=at", "--file=f.json", str(path)])
            assert (answer.code == 0) <= (len(content[:cut]) > 100)

    replay_one()
    tally("garbage: damaged bundles", tried)

    assert offer(["profile", "--key=id", "--cursor=at", "--file=f.json", str(tmp_path / "whole.bundle")]).code == 0
