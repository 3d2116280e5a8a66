"""Kills loads at their boundaries: a process that imports everything, does nothing itself, and forks for every act.

    python killing.py FOLDER SOURCE TARGET CELLS LOADER EVERY

Every cell is loaded in peace, then once for each boundary in a process that ends there by `os._exit`; another process
looks at what is left, loads again and audits. It prints one JSON object: how many boundaries were crossed, and what was
wrong. A boundary that another cell has between the same two statements is crossed once, unless CELLS begins with `all`.
Of those that are left, it is one of EVERY so many at which a load is killed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import traceback
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_sqlite.dbapi  # noqa: F401 - before the first fork, as are all of these
from crashes import EVENTS, HISTORY, TICK, Cell, cells, rows_first, state_first, written
from dying import Tape, taped

from incload.auditing.audit import audit
from incload.engines.endpoints import Location, locate
from incload.engines.postgres.server import schema
from incload.engines.registry import fixture, session_type
from incload.loading.opening import connect, reopen
from incload.loading.run import load
from incload.registry import strategy
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.auditing.audit import Row
    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.loading.plan import Plan

NAMES = ("source", "target")
KEPT: list[AbstractContextManager[str]] = []
KILLED = 77
"""The exit code of a process that died where it was to die."""

LOADERS = {"memory_first": state_first, "rows_first": rows_first}
"""The loaders that lose something, by name; any other name is the command line."""


class Site:
    """A source and a target of their own: in files of one folder, or in new schemas of the server.

    Attributes:
        source, target: The two ends.
        copies: Whether a copy of the folder is a copy of both.
    """

    def __init__(self, folder: Path, pair: tuple[str, str]) -> None:
        """Take a folder, which may hold them already."""
        self.folder, self._pair = folder, pair
        self.source, self.target = (_end(engine, folder / name) for engine, name in zip(pair, NAMES, strict=True))
        self.copies = "postgres" not in pair

    def fill(self, cell: Cell, loader: Callable[[Site, Plan], object]) -> None:
        """Create the source and bring it, and for a second load the target, to where the load is to die."""
        with closing(_opened(self.source)) as writer:
            fixture(writer).settle("target", EVENTS)
            fixture(writer).put("target", EVENTS, HISTORY.base)
            if cell.strategy.asks is not None:
                writer.logs.change_log(cell.strategy.asks, "target", EVENTS.name).install(EVENTS.key)
        if cell.second:
            loader(self, cell.plan)
            with closing(_opened(self.source)) as writer:
                fixture(writer).remove("target", EVENTS, TICK.deletes)
                fixture(writer).put("target", EVENTS, TICK.upserts)

    def content(self) -> dict[str, list[str]]:
        """Return everything that the target holds, wherever its source is; nothing without a target."""
        if not self.target.is_there:
            return {}
        with closing(reopen(self.target)) as session:
            return {
                name: sorted(_placeless(written(row)) for row in session.rows(_all(session, name)))
                for name in session.tables("target")
            }

    def wrong(self) -> str:
        """Audit the target."""
        with closing(_opened(self.source)) as source, closing(_opened(self.target)) as target:
            return repr(audit(_ordered(source), _ordered(target), (0,)))


def _end(engine: str, path: Path) -> Endpoint:
    """Return an end; where a server is asked for, in a schema that is made when its name is not on file yet."""
    if engine != "postgres":
        return Location(engine, path)
    if not path.exists():
        path.write_text(forked(_schema)[1], encoding="utf-8")
    return locate(path.read_text(encoding="utf-8"))


def _schema() -> str:
    """Make a schema; it goes with the server, or stays on one that is not ours for its owner to look into."""
    KEPT.append(schema())  # what ends with its owner would be dropped
    return KEPT[-1].__enter__()


def _opened(end: Endpoint) -> Session:
    return session_type(end.engine).open(None, end)


def _ordered(session: Session) -> Iterator[list[Row]]:
    columns = session.columns("target", EVENTS.name) or ()
    return fixture(session).ordered("target", replace(EVENTS, columns=columns))


def _placeless(row: str) -> str:
    """Return a row without the place of the source, which a state names and every site has for itself."""
    return re.sub(r'"source": "[^"]*"', '"source": "?"', row)


def _all(session: Session, name: str) -> str:
    return f"SELECT * FROM {session.name('target', name)}"


def at_the_door(site: Site, plan: Plan) -> object:
    """Load as the command does."""
    return load(site.source, site.target, plan)


def planted(name: str) -> Callable[[Site, Plan], object]:
    """Return a loader that loses something."""

    def run(site: Site, plan: Plan) -> None:
        connections = connect(site.source, site.target, plan)
        LOADERS[name](connections, plan)
        connections.close()

    return run


def forked(act: Callable[[], object]) -> tuple[int, Any]:
    """Run an act in a process of its own; return its exit code and its result, brought home as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(act(), pipe)
            code = 0
        except BaseException:  # noqa: BLE001 - the process ends here, and its parent has to know why
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, json.loads(said) if said else None


class Killer:
    """Crosses cells.

    Attributes:
        crossed: How many loads were killed.
        wrong: What was wrong afterwards, a sentence each.
    """

    def __init__(self, folder: Path, pair: tuple[str, str], loader: Callable[[Site, Plan], object], every: int) -> None:
        """Work in a folder of its own."""
        self._folder, self._pair, self._loader, self._every = folder, pair, loader, every
        self._met = 0
        self._known: set[tuple[bool, str, str]] = set()
        self.crossed = 0
        self.wrong: list[str] = []

    def cross(self, cell: Cell, *, everything: bool) -> None:
        """Kill the load of a cell at each boundary that is new."""
        folder = self._folder / "template"
        folder.mkdir()
        template = Site(folder, self._pair)
        code, peace = forked(lambda: self._peace(template, cell))
        assert code == 0, "an undisturbed load failed"
        steps = ["", *cell.shape(peace["statements"]), ""]
        for at, boundary in enumerate(pairwise(steps)):
            if everything or (cell.second, *boundary) not in self._known:
                self._known.add((cell.second, *boundary))
                self._met += 1
                if self._met % self._every == 0:
                    self._kill(template, cell, at, peace)
        shutil.rmtree(template.folder)

    def _peace(self, template: Site, cell: Cell) -> dict[str, object]:
        template.fill(cell, self._loader)
        before = template.content()
        site = self._copy(template, cell)
        with taped(Tape()) as tape:
            self._loader(site, cell.plan)
        after, wrong = site.content(), site.wrong()
        self._loader(site, cell.plan)
        later, at_last = site.content(), site.wrong()
        shutil.rmtree(site.folder)
        return {
            "statements": tape.crossed,
            "before": before,
            "goals": {json.dumps(before): [after, wrong], json.dumps(after): [later, at_last]},
        }

    def _copy(self, template: Site, cell: Cell) -> Site:
        """Return another site as the template was filled."""
        folder = self._folder / "site"
        if template.copies:
            return Site(Path(shutil.copytree(template.folder, folder)), self._pair)
        folder.mkdir()
        site = Site(folder, self._pair)
        code, _ = forked(lambda: site.fill(cell, self._loader))
        assert code == 0, "a site cannot be filled"
        return site

    def _kill(self, template: Site, cell: Cell, at: int, peace: dict[str, Any]) -> None:
        site = self._copy(template, cell)

        def die() -> None:
            with taped(Tape(at, lambda: os._exit(KILLED))) as tape:
                self._loader(site, cell.plan)
                tape.cross("the end")

        def look() -> object:
            found = site.content()
            self._loader(site, cell.plan)
            return found, site.content(), site.wrong()

        where = f"{cell.strategy.id} {cell.rule} before boundary {at}"
        code, _ = forked(die)
        self.crossed += 1
        if code != KILLED:
            self.wrong.append(f"{where}: it ended with {code} instead of dying")
        code, left = forked(look)
        if code:
            self.wrong.append(f"{where}: it cannot be run again")
        elif json.dumps(left[0]) not in peace["goals"]:
            self.wrong.append(f"{where}: a mixture is left")
        elif peace["goals"][json.dumps(left[0])] != left[1:]:
            self.wrong.append(f"{where}: running again ends elsewhere")
        shutil.rmtree(site.folder)


def chosen(text: str, pair: tuple[str, str]) -> Iterator[Cell]:
    """Return the cells that a text names: `all`, or strategies with their rules such as `row_hash_cdc/merge`."""
    if text == "all":
        yield from cells(pair)
        return
    for name, _, rule in (each.partition("/") for each in text.split(",")):
        yield from (Cell(strategy(name), WriteRule(rule), pair, second) for second in (False, True))


def main(*given: str) -> None:
    """Cross the cells and print what was found."""
    folder, source, target, named, loader, every = given
    tempfile.tempdir = folder  # a process that is killed leaves its scratch files behind, until the next needs some
    pair = (source, target)
    killer = Killer(Path(folder), pair, planted(loader) if loader in LOADERS else at_the_door, int(every))
    for cell in chosen(named, pair):
        killer.cross(cell, everything=named == "all" or loader in LOADERS)
    left = sorted(each.name for each in Path(folder).glob("incload-*"))
    if len(left) > 1:
        killer.wrong.append(f"the dead have left {len(left)} folders: {', '.join(left)}")
    print(json.dumps({"crossed": killer.crossed, "wrong": killer.wrong}))  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
