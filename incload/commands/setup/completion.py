"""`incload completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from incload.commands.setup.shells import bash, fish, zsh
from incload.commands.setup.words import FREE, Command, Value, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTION = """\
Print a script for a shell. Bash: `source <(incload completion bash)` in ~/.bashrc. Zsh: the same in ~/.zshrc, behind
compinit. Fish: `incload completion fish > ~/.config/fish/completions/incload.fish`.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[options.shell](list(_commands())))
    return 0


def _commands() -> Iterator[Command]:
    """Yield every command, as its parser has it."""
    from incload import commands

    for name, text in commands.COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name, add_help=False)
        commands.add_options(name, parser)
        yield from _described(name, text, parser)


def _described(name: str, text: str, parser: argparse.ArgumentParser) -> Iterator[Command]:
    options, places = dict[str, Value | None](), list[Value]()
    inner, helps = dict[str, argparse.ArgumentParser](), dict[str, str]()
    for action in parser._actions:  # noqa: SLF001 - argparse shows them in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            inner = dict(action.choices)
            helps = {each.dest: str(each.help) for each in action._choices_actions}  # noqa: SLF001 - as above
        elif action.option_strings and action.help is not argparse.SUPPRESS:
            value = None if action.nargs == 0 else FREE if action.nargs == "?" else value_of(name, action)
            options |= {each: value for each in action.option_strings if each.startswith("--")}
        elif not action.option_strings:
            places.append(value_of(name, action))
    yield Command(name, text, options, tuple(places), tuple(inner))
    for each, below in inner.items():
        yield from _described(f"{name} {each}", helps.get(each, ""), below)
