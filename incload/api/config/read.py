"""Find `incload.toml`, read it, and refuse what is wrong in it by file and line."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incload.api.config.checks import checks_of, end_of, in_words_of_a_config
from incload.api.config.environment import Environment
from incload.api.config.lines import lines_of
from incload.api.config.model import Config, ConfiguredTable
from incload.api.config.options import OPTIONS, check_option, check_table
from incload.api.config.parsing import Unreadable, parsed, place_of
from incload.api.config.places import anchored, of_table
from incload.api.options import user_path
from incload.errors import Refused, on_one_line, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from incload.api.config.lines import Path as Place

NAME = "incload.toml"
"""What a config is called that is found without being named."""
_SECTIONS = ("sources", "targets", "defaults", "tables")
_ENDS = ("source", "target", "source_table")
"""The keys of a table that are no options of a load."""
_PLURAL = {"source": "sources", "sources": "sources", "target": "targets", "table": "tables", "default": "defaults"}
_OF_ENDS = {"target": "source", "table": "source_table"}


def find(start: Path | None = None) -> Path:
    """Return the config of a folder: `incload.toml` in it, or in the nearest folder above.

    Raises:
        Refused: Where there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder / NAME
    raise Refused(f"there is no {NAME} in {str(here)!r} or above it: write one with `incload init`, or give --config.")


def read_config(path: str | Path | None = None) -> Config:
    """Read a config, the one that `find` finds unless a path is given.

    Raises:
        Refused: For a file that cannot be read, and what is wrong in it, as `file:line: what`.
    """
    found = find() if path is None else user_path(path)
    try:
        text = found.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise Refused(f"there is no config {str(found)!r}: check the path of --config.") from None
    except (OSError, UnicodeError) as error:
        raise Refused(f"the config {str(found)!r} cannot be read ({_said(error)}): give a TOML file.") from None
    return _Reading(found, text).config()


def _said(error: OSError | UnicodeError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "it is no UTF-8 text"


@dataclass(slots=True)
class _Reading:
    """A config under way."""

    path: Path
    text: str = field(repr=False)
    environment: Environment = field(default_factory=Environment)
    lines: dict[Place, int] = field(default_factory=dict)

    def config(self) -> Config:
        """Return what the file says."""
        try:
            document = parsed(self.text)
        except tomllib.TOMLDecodeError as error:
            line, said = place_of(error, self.text)
            raise Refused(f"{self._shown}:{line}: no valid TOML: {on_one_line(said)}.") from None
        except Unreadable as error:
            raise Refused(f"{self._shown}:{error}") from None
        self.lines = lines_of(self.text)
        self._check_keys((), document, _SECTIONS, "section")
        sources, targets = self._ends(document, "sources"), self._ends(document, "targets")
        defaults = self._options(("defaults",), self._table(("defaults",), document.get("defaults", {})))
        tables = self._list(document.get("tables", []))
        made = tuple(
            self._entry(("tables", number), each, (sources, targets), defaults) for number, each in enumerate(tables)
        )
        self._check_repeated(made)
        return Config(self.path, made, self.environment)

    @property
    def _shown(self) -> str:
        here = Path.cwd()
        path = self.path.absolute()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    def _line(self, place: Place) -> int:
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def _refused(self, place: Place, what: object) -> Refused:
        return Refused(f"{self._shown}:{self._line(place)}: {self.environment.hidden(str(what))}")

    @contextmanager
    def _at(self, place: Place) -> Iterator[None]:
        """Say of what is refused where it stands."""
        try:
            yield
        except Refused as refusal:
            raise self._refused(place, in_words_of_a_config(str(refusal))) from None

    def _said_at(self, place: Place, key: str) -> Place:
        """Return where a key of a table is said: in the table itself, or among the defaults."""
        own = (*place, key)
        return ("defaults", key) if own not in self.lines and ("defaults", key) in self.lines else own

    def _check_keys(self, place: Place, given: Mapping[str, object], known: Iterable[str], kind: str) -> None:
        """Refuse a key that there is not, with what was meant."""
        names = list(known)
        for name in given:
            meant = _PLURAL.get(name) if not place else None
            if name not in names:
                raise self._refused((*place, name), unknown(kind, name, names) if not meant else _meant(name))

    def _table(self, place: Place, given: object) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise self._refused(place, f"{place[-1]} holds no keys: write [{'.'.join(map(str, place))}] above them.")
        return given

    def _list(self, given: object) -> list[Any]:
        if not isinstance(given, list):
            raise self._refused(("tables",), "tables are a list: write [[tables]] with two brackets, once for each.")
        return given

    def _ends(self, document: Mapping[str, object], kind: str) -> dict[str, str]:
        """Return the URLs of the sources or targets by their names."""
        found = {}
        for name, given in self._table((kind,), document.get(kind, {})).items():
            place = (kind, name)
            end = self._table(place, given)
            self._check_keys(place, end, ("url",), f"key of {kind[:-1]} {name!r}:")
            if "url" not in end:
                raise self._refused(place, f'{kind[:-1]} {name!r} has no url: write url = "...".')
            found[name] = self._url((*place, "url"), end["url"])
        return found

    def _url(self, place: Place, given: object) -> str:
        if not isinstance(given, str) or not given:
            raise self._refused(place, 'url is not a text: write url = "sqlite:///shop.db", for example.')
        url = self._expanded(place, given)
        if url == "-":  # every load of the config would read it, and a worker hears from its pool on it
            raise self._refused(place, 'url = "-" is the standard input: name a file, or run `incload load -`.')
        url = anchored(url, self.path.absolute().parent)
        with self._at(place):
            end_of(str(place[0]), url)
        return url

    def _expanded(self, place: Place, given: Any) -> Any:  # noqa: ANN401 - a value of TOML
        """Return a value with the variables in its texts put in."""
        if isinstance(given, list):
            return [self._expanded(place, each) for each in given]
        if isinstance(given, dict):
            return {name: self._expanded((*place, name), each) for name, each in given.items()}
        if not isinstance(given, str):
            return given
        with self._at(place):
            return self.environment.expanded(given)

    def _options(self, place: Place, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a load among the keys of a table, each of a type that it may have."""
        self._check_keys(place, given, (*_ENDS, *OPTIONS), "key")
        options = {name: self._expanded((*place, name), value) for name, value in given.items()}
        for name, value in options.items():
            with self._at((*place, name)):
                check_option(name, value)
        return options

    def _entry(
        self, place: Place, given: object, ends: tuple[dict[str, str], dict[str, str]], defaults: dict[str, Any]
    ) -> ConfiguredTable:
        """Return one table; refuse it for what it lacks."""
        options = defaults | self._options(place, self._table(place, given))
        source, target = (
            self._end(place, options.pop(kind, None), kind, known)
            for kind, known in zip(("source", "target"), ends, strict=True)
        )
        own = options.pop("source_table", None)
        url = self._named(place, ends[0][source], own)
        with self._at(place):
            plan = check_table(options)
        for key, check in checks_of(end_of("sources", url), end_of("targets", ends[1][target]), plan):
            with self._at(self._said_at(place, key)):
                check()
        return ConfiguredTable(options["table"], url, ends[1][target], options, self._line(place), target)

    def _end(self, place: Place, named: str | None, kind: str, known: Mapping[str, str]) -> str:
        """Return which source or target a table has: the one that it names, or the only one."""
        if named is None:
            if len(known) == 1:
                return next(iter(known))
            if not known:
                raise self._refused(place, f"there is no {kind}: add [{kind}s.NAME] with a url.")
            raise self._refused(place, f'name the {kind}, as there are {len(known)}: {kind} = "{next(iter(known))}".')
        if named not in known:
            raise self._refused((*place, kind), unknown(kind, named, known))
        return named

    def _named(self, place: Place, url: str, table: str | None) -> str:
        """Return the URL of a table's source."""
        if table is None:
            return url
        if "://" not in url:
            raise self._refused((*place, "source_table"), "source_table is for databases: a file holds one table.")
        return of_table(url, table)

    def _check_repeated(self, tables: Iterable[ConfiguredTable]) -> None:
        """Refuse two entries that would keep one state: the same table of a target, by the same strategy."""
        known: dict[tuple[str, str, str], ConfiguredTable] = {}
        for number, each in enumerate(tables):
            other = known.setdefault((each.target, each.name.lower(), each.strategy.partition(":")[0]), each)
            if other is not each:
                said = f"table {each.name!r} of {each.target_name!r} stands in line {other.line} with this strategy too"
                raise self._refused(("tables", number), f"{said}: give it another name or strategy.")


def _meant(name: str) -> str:
    return f"unknown section {name!r}: did you mean {_PLURAL[name]}?"
