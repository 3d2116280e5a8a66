"""A command as a contender: any program, run once for every sync, with the request in its environment and arguments."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from incload.contenders.contender import Capabilities, Contender, ContenderFailed, SyncResult
from incload.contenders.declared import Declared
from incload.contenders.peers.clock import REAL, Clock
from incload.contenders.program import end, environment, last_words, settings
from incload.contenders.worker_main import clock_setting, zone
from incload.engines.endpoints import with_home
from incload.errors import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from incload.contenders.contender import SyncRequest

_MAIN = Path(__file__).with_name("command_main.py")
_VARIABLES = {
    "source": "INCLOAD_SOURCE_URL",
    "target": "INCLOAD_TARGET_URL",
    "table": "INCLOAD_TABLE",
    "key": "INCLOAD_KEY",
    "cursor": "INCLOAD_CURSOR",
    "state": "INCLOAD_STATE_DIR",
    "now": "INCLOAD_NOW",
    "sync": "INCLOAD_SYNC",
}
"""What a placeholder of a command is called in its environment."""


@dataclass(frozen=True)
class CommandContender(Contender):
    """A command that performs one sync each time it is run; that it ends with 0 says that it has.

    Attributes:
        name: Its id.
        command: The program and its arguments, as a shell would split them; `{source}`, `{target}`, `{table}`, `{key}`,
            `{cursor}`, `{state}`, `{now}` and `{sync}` in an argument are replaced. No shell is started.
        timeout: After how many seconds it is ended.
        says: Where and how it keeps its copy.
        able: What may be done with it.
        known: What a record says about it.
        clock: Whose time its processes read.
    """

    name: str
    command: str
    timeout: float = 60.0
    says: Declared = field(default_factory=Declared)
    able: Capabilities = field(default_factory=Capabilities)
    known: tuple[tuple[str, str], ...] = ()
    clock: Clock = REAL

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def capabilities(self) -> Capabilities:
        """What was said of it, and whether the history has to come to its clock."""
        return replace(self.able, reads_machine_clock=self.clock.moves_history, starts_each_time=True)

    @property
    def declared(self) -> Declared:
        """What was said of its copy."""
        return self.says

    @property
    def facts(self) -> dict[str, str]:
        """What was said of it, and whose clock it reads."""
        return {**dict(self.known), "clock": self.clock.shown}

    def check(self) -> None:
        """Refuse a command that could not be started."""
        try:
            words = _words(self.command)
        except ValueError as error:
            raise Refused(f"the command of contender {self.name!r} cannot be split ({error}): {self.command}") from None
        if not words:
            raise Refused(f"contender {self.name!r} has no command: write --contender {self.name}='COMMAND ...'.")
        if shutil.which(words[0]) is None:
            raise Refused(f"contender {self.name!r}: there is no program {words[0]!r}; name one by its path.")

    def sync(self, request: SyncRequest) -> SyncResult:
        """Run the command and wait for its end.

        Raises:
            ContenderFailed: It cannot be started, does not end in time, or ends with another code than 0.
        """
        given = settings(request)
        words = [_filled(word, given) for word in _words(self.command)]
        variables = {_VARIABLES[name]: value for name, value in given.items()} | self._time(request.now)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as report:
            try:
                code = self._ended(_started(words, environment(variables), output, report))
            except OSError as error:
                raise ContenderFailed(f"{self.name} could not be started: {error.strerror}") from error
            said = _said(report)
            if why := said.get("error"):
                raise ContenderFailed(f"{self.name} could not be started: {why}")
            if code is None:
                raise ContenderFailed(f"{self.name} did not end within {self.timeout:g} s; {last_words(output)}")
            if code:
                raise ContenderFailed(f"{self.name} ended with {_code(code)}; {last_words(output)}")
        return SyncResult(peak_bytes=said.get("peak_bytes"))

    def _time(self, now: datetime | None) -> dict[str, str]:
        """Return what lets a program begin at a time, in the zone that the time is given in."""
        if now is None:
            return {}
        moves = {**self.clock.variables, **clock_setting(now)} if self.clock.library else {}
        return moves | ({"TZ": zone(now)} if now.utcoffset() else {})

    def _ended(self, process: subprocess.Popen[bytes]) -> int | None:
        """Return the code with which a program ended, None if it had to be ended; nothing of it is left."""
        try:
            return process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end(process)


def _started(
    words: list[str], variables: dict[str, str], output: BinaryIO, report: BinaryIO
) -> subprocess.Popen[bytes]:
    """Start a command, by way of a process that measures it where a process can be given an open file."""
    given = () if sys.platform == "win32" else (report.fileno(),)
    between = [sys.executable, "-I", "-S", "-B", str(_MAIN), str(report.fileno())] if given else []
    return subprocess.Popen(  # noqa: S603 - to run it is what the user asked for
        [*between, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        env=variables, start_new_session=True, pass_fds=given,
    )  # fmt: skip


def _said(report: BinaryIO) -> dict[str, Any]:
    """Return what the process between has written: nothing where it was ended."""
    report.seek(0)
    text = report.read()
    return json.loads(text) if text else {}


def _words(command: str) -> list[str]:
    """Split a command as a shell would, which puts the user's folder in the place of a `~` that begins a word."""
    return [with_home(word) for word in shlex.split(command)]


def _filled(word: str, given: dict[str, str]) -> str:
    """Replace placeholders; other braces stay what they are."""
    for name, value in given.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _code(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
