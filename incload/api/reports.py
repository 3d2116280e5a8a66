"""`incload.read_report`: the CSV of a comparison or of a replay as a typed frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.api.options import user_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

_DTYPES = {"int": "Int64", "int | None": "Int64", "float | None": "Float64", "str": "string"}


def read_report(path: str | Path) -> pd.DataFrame:
    """Return a report, a row for each trial, with a type for each column and missing values where nothing was measured.

    Counts are `Int64`, measures `Float64` and texts `string`, types that hold a missing value; a text that does not
    apply, such as the reason of a sound trial, is missing as well. `frame.attrs["runs"]` has the environment, as
    a dict, and the command of each run of a comparison by its number (the column `run`), if the file beside the CSV is
    there.

    Args:
        path: The CSV of a comparison or of a replay.

    Raises:
        Refused: For a file that is missing, no report, of another schema version, or damaged.
    """
    from incload.report.replay.record import holds_replay

    path = user_path(path)
    return _of_replay(path) if holds_replay(path) else _of_comparison(path)


def _of_comparison(path: Path) -> pd.DataFrame:
    from incload.report.outcome_csv import COLUMNS, RUN, TYPES, read_outcomes
    from incload.report.runs import beside, facts, read_runs

    outcomes, runs = read_outcomes(path), read_runs(beside(path))
    numbers = {run: number for number, run in runs.items()}
    records = [
        {
            name: numbers.get((each.environment, each.command)) if name == RUN else getattr(each, name)
            for name in COLUMNS
        }
        for each in outcomes
    ]
    frame = _typed(records, {name: TYPES[name] for name in COLUMNS})
    frame.attrs["runs"] = {number: {"environment": facts(run[0]), "command": run[1]} for number, run in runs.items()}
    return frame


def _of_replay(path: Path) -> pd.DataFrame:
    from incload.report.replay.record import COLUMNS, TYPES, read_replayed

    records = [{name: getattr(each, name) for name in COLUMNS} for each in read_replayed(path)]
    return _typed(records, {name: TYPES[name] for name in COLUMNS})


def _typed(records: Iterable[Mapping[str, object]], types: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    kept = list(records)
    return pd.DataFrame(
        {
            name: pd.Series([None if each[name] == "" else each[name] for each in kept], dtype=_DTYPES[kind])
            for name, kind in types.items()
        }
    )
