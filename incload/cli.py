"""The command line: one sentence for what went wrong, and an exit code.

0 is success, 1 a regression, 2 bad input that was refused, 3 a load that held back what may be an accident.

Only the command that is run imports what it needs, so that help and small loads start at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from incload.errors import Refused, masked, meant_by, on_one_line, unknown
from incload.terminal import logs, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

_ABOUT = """\
Which rows will an incremental copy of a table get wrong, for how long, and what does it cost?

incload loads a table incrementally by a strategy of your choice, and compares strategies by doing real
loads of histories whose flaws are known, audited row by row.
"""
_EXAMPLES = """\
examples:
  incload load events.json --target sqlite:///copy.db --table events --key id --cursor modified_at \\
      --strategy timestamp_watermark
  incload load 'sqlite:///shop.db?table=orders' --target duckdb:///copy.duckdb --table orders --key id \\
      --cursor modified_at --strategy lookback_window:minutes=30 --cursor-unit us
  incload compare --scenarios late_arrivals --engines sqlite-sqlite
  incload replay feed.bundle --file incidents.json --records Incidents --key UniqueId --cursor Updated
  incload list

`incload COMMAND --help` says more about each command.
"""


_REFUSED = 2
"""The exit code of bad input."""
_UNREAD = 141
"""What shells say of a command whose reader has gone: 128 and the number of SIGPIPE."""
_STOPPED = "stopped before the command had finished: run it again."
"""What is said of a command that was stopped, unless the command itself says what it leaves behind."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    An interrupt or a signal to end undoes everything that was under way, whatever a library made of it. A
    reader of the output who goes away, as `head` does, undoes nothing: a load speaks when it has committed.
    """
    asked: list[int] = []
    given: Sequence[str] = ()
    options = argparse.Namespace()
    plain_text.spell_out(sys.stdout, sys.stderr)
    try:
        with _stoppable(asked):
            given = plain_text.read_as_utf8(sys.argv[1:] if arguments is None else arguments)
            parser = _parser(given)
            _check_options(parser, given)
            options = parser.parse_args(given)
            if options.verbose:
                logs.show_on_stderr()
            code = int(options.run(options))
            sys.stdout.flush()
            return code
    except BrokenPipeError:
        _read_no_more()
        return _UNREAD
    except _Misused as misused:
        sys.stdout.write(_document(on_one_line(misused.said), given))
        raise
    except (Exception, KeyboardInterrupt) as error:
        if asked or _interrupted(error):
            sys.stderr.write(f"incload: {getattr(options, 'stopped', _STOPPED)}\n")
            return 128 + (asked[0] if asked else signal.SIGINT)
        if isinstance(error, ModuleNotFoundError):
            error = _lacking(error)
        if not isinstance(error, Refused):
            raise
        said = on_one_line(masked(str(error)))
        sys.stderr.write(f"incload: {said}\n")
        sys.stdout.write(_document(said, given))
        return _REFUSED


def _document(sentence: str, given: Sequence[str]) -> str:
    """Return a refusal in the form that the command line asks for; this imports what no other command needs."""
    from incload.terminal.refusals import document

    return document(sentence, given)


def _lacking(error: ModuleNotFoundError) -> Exception:
    """Return the refusal of a command whose extra is not installed; the error itself for any other module."""
    from incload.extras import missing_extra

    return missing_extra(error) or error


def _read_no_more() -> None:
    """Send what is left of the output nowhere, so that the interpreter does not fail on it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _interrupted(error: BaseException | None) -> bool:
    """Return whether an interrupt is behind what a library made of it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


@contextmanager
def _stoppable(asked: list[int]) -> Iterator[None]:
    """Let both signals that ask a process to end raise KeyboardInterrupt, and note which came.

    Only a main thread can. What the process was started to ignore stays ignored. A driver may put a handler of its own
    in place of this one while it works.
    """

    def stop(number: int, _: FrameType | None) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _columns() -> int:
    """Return how wide the terminal is; as shutil says it, which would bring four compressors along."""
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]  # an error as well
    except (AttributeError, ValueError, OSError):
        return 80


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal."""

    def __init__(self, prog: str) -> None:
        """Take the width once it is known."""
        super().__init__(prog, width=_columns() - 2)


class _PlainHelp(_Help, argparse.RawDescriptionHelpFormatter):
    """Help whose description and examples keep their lines."""


class _Misused(SystemExit):
    """The end of a command whose options the parser does not understand; what is wrong has been said."""

    def __init__(self, said: str) -> None:
        """Take what has been said."""
        super().__init__(_REFUSED)
        self.said = said


class _Parser(argparse.ArgumentParser):
    """A parser that complains without repeating a password, and says what may have been meant."""

    def error(self, message: str) -> NoReturn:
        """End with the usage and what is wrong."""
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: error: {masked(message)}\n")
        raise _Misused(masked(message))

    def _check_value(self, action: argparse.Action, value: str) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            if meant := meant_by(str(value), list(map(str, action.choices or ()))):
                error.message += f"; did you mean {' or '.join(meant)}?"
            raise


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of a command line: only the command that it names gets its options, as each costs an import."""
    from incload import commands

    parser: argparse.ArgumentParser = _Parser(
        prog="incload", description=_ABOUT, epilog=_EXAMPLES, formatter_class=_PlainHelp
    )
    parser.add_argument("--version", action="version", version=f"incload {commands.version()}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is read and written on standard error")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    if named in commands.RENAMED:
        raise Refused(f"`incload {named}` is `incload {commands.RENAMED[named]}` now: its options are the same.")
    if named and named not in commands.COMMANDS:
        raise unknown("command", named, commands.COMMANDS)
    for command, text in commands.COMMANDS.items():
        added = subparsers.add_parser(command, help=text, formatter_class=_Help)
        if command == named:
            commands.add_options(command, added)
    return parser


def _check_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Refuse an option that a command does not have, with what was meant; argparse would miss another one first."""
    known = {option: None for action in parser._actions for option in action.option_strings}  # noqa: SLF001 - it shows them in no other way
    for number, argument in enumerate(arguments):
        if argument == "--":
            return None
        inner = _inner(parser, argument)
        if inner is not None:
            return _check_options(inner, arguments[number + 1 :])
        if not argument.startswith("-") and (known_inside := _inside(parser)):
            raise unknown(f"command of {parser.prog}", argument, known_inside)
        name = argument.partition("=")[0]
        if argument.startswith("--") and not any(option.startswith(name) for option in known):
            raise _no_option(parser.prog, name, [option for option in known if option.startswith("--")])
    return None


def _inner(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser | None:
    """Return the parser of a command inside another, if there is one of that name."""
    return _inside(parser).get(name)


def _inside(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Return the commands inside another."""
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            found: Mapping[str, argparse.ArgumentParser] = action.choices
            return found
    return {}


def _no_option(program: str, name: str, known: list[str]) -> Refused:
    meant = meant_by(name, known)
    hint = f"did you mean {' or '.join(meant)}?" if meant else f"`{program} --help` lists them."
    return Refused(f"unknown option of {program} {name!r}: {hint}")
