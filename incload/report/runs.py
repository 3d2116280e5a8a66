"""The file beside a report's CSV: in which environment, and by which command, each of its runs was made.

A report may hold several runs. A line of the CSV names its run by number, and this file says what the number stands
for. What must stay true: a file that is no such file is never written over.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

Run = tuple[str, str]
"""The environment of a run, as JSON, and the command that makes it again; empty where they are not known."""

_KEYS = {"run", "environment", "command"}


def beside(path: Path) -> Path:
    """Return the file that belongs to a CSV."""
    return path.with_suffix(".json")


def check_replaceable(path: Path) -> None:
    """Refuse to replace a file that says something else."""
    if path.exists() and _runs(path) is None:
        raise Refused(f"{path} would be replaced and is no file of a report: move it, or name another folder.")


def write_runs(runs: Sequence[Run], file: TextIO, schema_version: int) -> None:
    """Write what the runs of a report are, numbered from 1."""
    listed = [
        {"run": number, "environment": facts(environment), "command": command}
        for number, (environment, command) in enumerate(runs, start=1)
    ]
    json.dump({"schema_version": schema_version, "runs": listed}, file, ensure_ascii=False, indent=2)
    file.write("\n")


def read_runs(path: Path) -> dict[int, Run]:
    """Return the runs of a report by number; none where the file is missing."""
    if not path.exists():
        return {}
    runs = _runs(path)
    if runs is None:
        raise Refused(f"{path} is not the file that belongs to a report: move it away, or run the benchmark again.")
    return runs


def _runs(path: Path) -> dict[int, Run] | None:
    """Return the runs that a file lists; None for a file of another kind."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): it belongs to the report beside it.") from error
    except ValueError:
        return None
    listed = said.get("runs") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) and each.keys() >= _KEYS for each in listed):
        return None
    return {each["run"]: (_text(each["environment"]), str(each["command"])) for each in listed}


def facts(environment: str) -> object:
    """Return an environment as the object that its text describes, where the object makes the same text again."""
    try:
        facts = json.loads(environment)
    except ValueError:
        return environment
    return facts if isinstance(facts, dict) and json.dumps(facts) == environment else environment


def _text(facts: object) -> str:
    return facts if isinstance(facts, str) else json.dumps(facts)
