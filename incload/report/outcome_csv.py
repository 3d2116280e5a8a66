"""The CSV of a report: one line for each outcome, written whole or not at all, read back exactly as it was.

Environment and command stand in the JSON file beside it (see `incload.report.runs`), once for each run.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.report.csv_records import Columns, replacing, write_into
from incload.report.outcome import SCHEMA_VERSION, Outcome
from incload.report.runs import beside, check_replaceable, read_runs, write_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from incload.report.csv_records import Value
    from incload.report.runs import Run

_CHOICES = {
    "outcome": ("sound", "wrong", "unknown", "not_applicable", "measured"),
    "predicted": ("", "sound", "wrong"),
}
RUN = "run"
"""The column with the number of the run, which the file beside the CSV describes; empty where it is not known."""

_COLUMNS = Columns(Outcome, _CHOICES, signed=frozenset({"seed"}), instead={"environment": "", "command": RUN})

COLUMNS = _COLUMNS.names
"""The columns of the CSV, in order."""

TYPES = _COLUMNS.types
"""The type of each column, as `Outcome` annotates it; of environment and command as well."""

RENEW = (
    "run the benchmark again, and renew a committed baseline by `incload check --accept` after `make compare` "
    "or `incload compare`"
)
"""What to do with a report of another version."""


def write_outcomes(outcomes: Iterable[Outcome], path: Path | str) -> None:
    """Write a report, and the file beside it; both appear complete or stay as they were.

    Raises `Refused` for a value that could not be read back, such as a float that is not finite.
    """
    path, kept = Path(path), tuple(outcomes)
    runs = {run: number for number, run in enumerate(dict.fromkeys(filter(any, map(_run, kept))), start=1)}
    lines = [[*(_cell(each, column) for column in COLUMNS[:-1]), str(runs.get(_run(each), ""))] for each in kept]
    path.parent.mkdir(parents=True, exist_ok=True)
    check_replaceable(beside(path))
    with replacing(beside(path)) as said, replacing(path) as file:
        write_runs(tuple(runs), said, SCHEMA_VERSION)
        write_into(file, [COLUMNS, *lines])


def _run(outcome: Outcome) -> Run:
    return outcome.environment, outcome.command


def read_outcomes(path: Path | str) -> tuple[Outcome, ...]:
    """Read a report, in the order of its lines.

    Raises `Refused` for a file that is missing, empty, not a report, of another schema version, or that holds a value
    which its column cannot have.
    """
    path = Path(path)
    records = _records(path)
    if not records:
        raise Refused(f"{path} is empty: run the benchmark to write it.")
    (_, header), *lines = records
    _check_version(path, header, lines)
    _check_header(path, header)
    runs = read_runs(beside(path))
    return tuple(_outcome(path, number, cells, runs) for number, cells in lines)


def _cell(outcome: Outcome, column: str) -> str:
    """Return a value as its cell; refuse one that would not come back the same."""
    try:
        return _COLUMNS.cell(outcome, column)
    except ValueError:
        value, wanted = getattr(outcome, column), _COLUMNS.wanted(column)
        raise Refused(f"{column} of the trial {' '.join(outcome.trial)} cannot be {value!r}: {wanted}.") from None


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines of a CSV file, each with the number of its first line in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_numbered(file))
    except FileNotFoundError:
        raise Refused(f"{path} does not exist: run the benchmark to write it, or name another report.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): name the CSV of a report.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} is not a CSV file in UTF-8 ({error}): name the CSV of a report.") from error


def _numbered(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, strict=True)
    first = 1
    for cells in reader:
        if cells:
            yield first, cells
        first = reader.line_num + 1


def _check_version(path: Path, header: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse what is no report, and a report of another version before its columns are looked at."""
    if "schema_version" not in header:
        raise Refused(f"{path} is not a report of incload: line 1 has no column schema_version; name another file.")
    if not lines:
        raise Refused(f"{path} holds no trials: run the benchmark again.")
    at = header.index("schema_version")
    for number, cells in lines:
        if at < len(cells) and cells[at] != str(SCHEMA_VERSION):
            raise Refused(
                f"{path}, line {number}, column schema_version: {cells[at]!r} is not {SCHEMA_VERSION}, the version "
                f"that this incload reads; {RENEW}."
            )


def _check_header(path: Path, header: Sequence[str]) -> None:
    for column in COLUMNS:
        if column not in header:
            raise Refused(f"{path}, line 1: the column {column} is missing; run the benchmark again.")
    if tuple(header) != COLUMNS:
        at = next(index for index, name in enumerate(header) if name != "".join(COLUMNS[index : index + 1]))
        raise Refused(f"{path}, line 1: column {at + 1} is {header[at]!r}, out of place; run the benchmark again.")


def _outcome(path: Path, number: int, cells: Sequence[str], runs: Mapping[int, Run]) -> Outcome:
    if len(cells) != len(COLUMNS):
        raise Refused(
            f"{path}, line {number}: there are {len(cells)} cells for {len(COLUMNS)} columns; run the benchmark again."
        )
    values: dict[str, Value] = {}
    for column, cell in zip(COLUMNS, cells, strict=True):
        try:
            values[column] = _COLUMNS.parsed(column, cell)
        except ValueError:
            wanted = _COLUMNS.wanted(column)
            raise Refused(f"{path}, line {number}, column {column}: {cell!r} cannot be; {wanted}.") from None
    environment, command = _known(f"{path}, line {number}", values.pop(RUN), runs, beside(path))
    return Outcome(**values, environment=environment, command=command)  # type: ignore[arg-type]  # parsed by type


def _known(place: str, run: Value, runs: Mapping[int, Run], described: Path) -> Run:
    """Return environment and command of a line's run: nothing where the file beside the report is missing."""
    if run is None or not runs:
        return "", ""
    if run not in runs:
        raise Refused(
            f"{place}, column {RUN}: {described} describes no run {run}: the two files do not belong together; "
            "run the benchmark again."
        )
    return runs[int(run)]
