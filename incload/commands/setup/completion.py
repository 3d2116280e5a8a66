"""`incload completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    sys.stdout.write({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](list(_commands())))
    return 0


@dataclass(frozen=True, slots=True)
class _Command:
    """A command, or one inside another.

    Attributes:
        name: Its name, behind that of the command that it is in.
        help: A line about it.
        options: Its options, each with the values that are known for it.
        inner: The commands inside it.
    """

    name: str
    help: str
    options: dict[str, tuple[str, ...]]
    inner: tuple[str, ...]


def _commands() -> Iterator[_Command]:
    """Yield every command, as its parser has it."""
    from incload import commands

    for name, text in commands.COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name, add_help=False)
        commands.add_options(name, parser)
        yield from _described(name, text, parser)


def _described(name: str, text: str, parser: argparse.ArgumentParser) -> Iterator[_Command]:
    options, inner, helps = dict[str, tuple[str, ...]](), dict[str, argparse.ArgumentParser](), dict[str, str]()
    for action in parser._actions:  # noqa: SLF001 - argparse shows them in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            inner = dict(action.choices)
            helps = {each.dest: str(each.help) for each in action._choices_actions}  # noqa: SLF001 - as above
        elif action.help is not argparse.SUPPRESS:
            values = tuple(map(str, action.choices)) if action.choices else _known(action.dest)
            options |= {each: values for each in action.option_strings if each.startswith("--")}
            if not action.option_strings and action.choices:
                inner |= {str(each): argparse.ArgumentParser(add_help=False) for each in action.choices}
    yield _Command(name, text, options, tuple(inner))
    for each, below in inner.items():
        yield from _described(f"{name} {each}", helps.get(each, ""), below)


def _known(dest: str) -> tuple[str, ...]:
    """Return the values that are known for an option that takes names."""
    if dest in {"strategy", "strategies"}:
        from incload.registry import strategies

        return tuple(each.id for each in strategies())
    if dest == "scenarios":
        from incload.history.synthetic.scenarios import SCENARIOS

        return ("core", "all", *(each.id for each in SCENARIOS))
    return ()


_BASH = """\
# Completion of incload for bash; made by `incload completion bash`.
_incload() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command= word words=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "${{command:+$command }}$word" in
{names}
        esac
    done
    case "$command $prev" in
{values}
    esac
    if [[ -z $words ]]; then
        case "$command" in
{words}
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [[ ${{#COMPREPLY[@]}} -eq 0 && $cur != -* ]]; then
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}}
complete -o filenames -F _incload incload
"""


def _bash(found: list[_Command]) -> str:
    names = [f"            {shlex.quote(each.name)}) command={shlex.quote(each.name)} ;;" for each in found]
    values = [
        f"        {shlex.quote(f'{each.name} {option}')}) words={shlex.quote(' '.join(known))} ;;"
        for each in found
        for option, known in each.options.items()
        if known
    ]
    top = " ".join([*(each.name for each in found if " " not in each.name), "--help", "--version", "--verbose"])
    words = [f"            '') words={shlex.quote(top)} ;;"]
    for each in found:
        listed = " ".join([*each.inner, *each.options, "--help"])
        words.append(f"            {shlex.quote(each.name)}) words={shlex.quote(listed)} ;;")
    return _BASH.format(names="\n".join(names), values="\n".join(values), words="\n".join(words))


def _zsh(found: list[_Command]) -> str:
    made = _bash(found).replace("completion of incload for bash", "Completion of incload for zsh")
    return f"# Bash's completion, which zsh reads.\nautoload -U +X bashcompinit && bashcompinit\n{made}"


def _fish(found: list[_Command]) -> str:
    lines = ["# Completion of incload for fish; made by `incload completion fish`."]
    for each in found:
        outer, _, name = each.name.rpartition(" ")
        seen = f"__fish_seen_subcommand_from {outer}" if outer else "__fish_use_subcommand"
        lines.append(f"complete -c incload -n '{seen}' -a {name} -d {_in_fish(each.help)}")
        below = f"__fish_seen_subcommand_from {name}"
        below = f"{below}; and __fish_seen_subcommand_from {outer}" if outer else below
        for option, known in each.options.items():
            takes = f" -x -a {_in_fish(' '.join(known))}" if known else ""
            lines.append(f"complete -c incload -n '{below}' -l {option.removeprefix('--')}{takes}")
    return "\n".join(lines) + "\n"


def _in_fish(text: str) -> str:
    """Return a text as a word of fish, in which a backslash stands before a quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
