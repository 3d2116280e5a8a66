"""`incload.init`: write a first config from what a source holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from incload.api.config.places import anchored
from incload.api.config.read import NAME
from incload.api.options import check_names, database, names_of, user_path
from incload.api.setup.advised import advised
from incload.api.setup.text import config_text, without_password
from incload.engines.endpoints import locate
from incload.errors import Refused
from incload.loading.columns.discover import look_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.api.setup.advised import Advised
    from incload.loading.columns.discover import FoundTable

_VARIABLES = ("INCLOAD_SOURCE_PASSWORD", "INCLOAD_TARGET_PASSWORD")


@dataclass(frozen=True, slots=True)
class Written:
    """A config that was written.

    Attributes:
        path: The file.
        tables: The tables that it loads.
        left_out: The tables that are in it as comments, as they declare no key.
        variables: The environment variables that stand for passwords, and have to be set.
    """

    path: Path
    tables: tuple[str, ...]
    left_out: tuple[str, ...]
    variables: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {
            "path": str(self.path),
            "tables": list(self.tables),
            "left_out": list(self.left_out),
            "variables": list(self.variables),
        }


class _RequiredOptions(TypedDict):
    target: str | Path


class InitOptions(_RequiredOptions, total=False):
    """The named options of `incload.init`; each is the option of `incload init` with that name.

    Attributes:
        target: The database to load into.
        config: The file to write; `incload.toml` in this folder by default.
        tables: The tables of the source that it loads; all by default.
        profile: Whether the values of cursor columns are counted, and advice is asked about each table, which reads it;
            True by default.
        force: Whether a file that is there is overwritten.
    """

    config: str | Path | None
    tables: str | Sequence[str] | None
    profile: bool
    force: bool


def init(source: str | Path, **options: Unpack[InitOptions]) -> Written:
    """Write a config that loads every table of a source, each by a strategy that is right whatever the source does.

    Args:
        source: The URL of a database, or a file of records.
        **options: See `InitOptions`; `target` is required.

    Raises:
        Refused: For a source that cannot be read, and a config that is there already.
    """
    check_names("init", options, InitOptions)
    path, names = user_path(options.get("config") or NAME), options.get("tables")
    _check_file(path, force=options.get("force", False))
    target = str(options["target"])
    if database(target).table is not None:
        raise Refused("the target names a table: leave ?table=NAME out, as a config names the tables.")
    end, count = locate(str(source)), options.get("profile", True)
    found = look_at(end, None if names is None else names_of(names), count=count)
    advice = advised(str(source), found) if count and end.engine != "file" else {}
    return _written(path, (str(source), target), found, advice)


def _check_file(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise Refused(f"{str(path)!r} is there already: write another with --config FILE, or over it with --force.")
    if not path.parent.is_dir():
        raise Refused(f"the folder {str(path.parent)!r} does not exist: create it first.")


def _written(path: Path, ends: tuple[str, str], found: Sequence[FoundTable], advice: Mapping[str, Advised]) -> Written:
    said, variables = [], []
    for end, variable in zip(ends, _VARIABLES, strict=True):
        text, has_password = without_password(_placed(end, path), variable)
        said.append(text)
        variables += [variable] if has_password else []
    try:
        path.write_text(config_text((said[0], said[1]), found, advice), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{str(path)!r} cannot be written ({error.strerror}): name another with --config.") from None
    return Written(
        path,
        tuple(each.name for each in found if each.is_sure),
        tuple(each.name for each in found if not each.is_sure),
        tuple(variables),
    )


def _placed(url: str, config: Path) -> str:
    """Return a URL for a config: as it is where the config is in this folder, else with its path made absolute."""
    here = config.absolute().parent == Path.cwd()
    return url if here else anchored(url, Path.cwd())
