"""The scripts of the shells, made of what is known of every command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from incload.commands.setup.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.commands.setup.words import Command, Value

_BASH = """\
# Completion of incload for bash; made by `incload completion bash`.
# What the value of an option is, or what stands in a place: sets kind and words.
_incload_value() {{
    kind= words=
    case "$1 $2" in
{values}
    esac
}}
# The commands inside a command, and its options: sets inner and options.
_incload_command() {{
    inner= options=
    case "$1" in
{commands}
    esac
}}
# Offers the words that begin as the current one does, each behind what stands before it already.
_incload_offer() {{
    local word
    while IFS= read -r word; do
        [[ -n $word ]] && COMPREPLY+=("$2$word")
    done < <(compgen -W "$1" -- "$cur")
}}
# Offers files; a name with a space stays one.
_incload_files() {{
    local word typed="${{cur//\\\\/}}"
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
        [[ $1 != reports || -d ${{word/#\\~/$HOME}} || $word == *.csv ]] && COMPREPLY+=("$lead$word")
    done < <(compgen -f -- "${{typed#[\\"\\']}}")
}}
_incload() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" command= option= lead= word kind= words= inner= options= place=0 i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        if [[ -n $option && $word == "=" ]]; then continue; fi
        if [[ -n $option && $word != -* ]]; then option=; continue; fi
        option=
        _incload_command "$command"
        if [[ $word == --*=* ]]; then
            continue
        elif [[ $word == -* ]]; then
            _incload_value "$command" "$word"
            [[ -n $kind ]] && option=$word
        elif [[ " $inner " == *" $word "* ]]; then
            command="${{command:+$command }}$word"
        else
            place=$((place + 1))
        fi
    done
    if [[ -n $option && $cur == "=" ]]; then cur=; fi
    if [[ $cur == --*=* ]]; then
        option="${{cur%%=*}}" lead="${{cur%%=*}}=" cur="${{cur#*=}}"
    fi
    _incload_command "$command"
    if [[ $cur == -* && -z $lead ]]; then
        kind=words words=$options
    elif [[ -n $option ]]; then
        _incload_value "$command" "$option"
    elif [[ -n $inner ]]; then
        kind=words words=$inner
    else
        _incload_value "$command" "$place"
        if [[ -z $kind ]]; then kind=words words=$options; fi
    fi
    case "$kind" in
        words) _incload_offer "$words" "$lead" ;;
        list)
            if [[ $cur == *,* ]]; then lead="$lead${{cur%,*}}," cur="${{cur##*,}}"; fi
            _incload_offer "$words" "$lead" ;;
        files | reports) _incload_files "$kind" ;;
    esac
}}
complete -F _incload incload
"""


def bash(found: list[Command]) -> str:
    """Return the script for bash."""
    top = " ".join(each.name for each in found if " " not in each.name)
    commands = [f"        '') inner={shlex.quote(top)} options='--help --version --verbose' ;;"]
    for each in found:
        inner, options = " ".join(each.inner), " ".join([*each.options, "--help"])
        commands.append(
            f"        {shlex.quote(each.name)}) inner={shlex.quote(inner)} options={shlex.quote(options)} ;;"
        )
    quote = shlex.quote
    values = [
        f"        {quote(f'{each.name} {place}')}) kind={value.kind} words={quote(' '.join(value.words))} ;;"
        for each in found
        for place, value in _values(each)
    ]
    return _BASH.format(values="\n".join(values), commands="\n".join(commands))


def _values(command: Command) -> Iterator[tuple[str, Value]]:
    """Yield what is known of each value of a command, by its option or by the number of its place."""
    yield from ((option, value) for option, value in command.options.items() if value)
    yield from ((str(number), value) for number, value in enumerate(command.places))


def zsh(found: list[Command]) -> str:
    """Return the script for zsh, which reads that of bash."""
    made = bash(found).replace("Completion of incload for bash; made by `incload completion bash`", "As for bash")
    made = made.replace("complete -F", "complete -o filenames -F")
    about = "# Completion of incload for zsh; made by `incload completion zsh`."
    return f"{about}\nautoload -U +X bashcompinit && bashcompinit\n{made}"


def fish(found: list[Command]) -> str:
    """Return the script for fish."""
    lines = ["# Completion of incload for fish; made by `incload completion fish`.", "complete -c incload -f"]
    for each in found:
        outer, _, name = each.name.rpartition(" ")
        seen = f"__fish_seen_subcommand_from {outer}" if outer else "__fish_use_subcommand"
        lines.append(f"complete -c incload -n '{seen}' -a {name} -d {_in_fish(each.help)}")
        below = f"__fish_seen_subcommand_from {name}"
        below = f"{below}; and __fish_seen_subcommand_from {outer}" if outer else below
        start = f"complete -c incload -n '{below}'"
        for option, value in each.options.items():
            lines.append(f"{start} -l {option.removeprefix('--')}{_taken(value)}")
        lines += dict.fromkeys(f"{start}{_placed(value)}" for value in each.places)
    return "\n".join(lines) + "\n"


def _taken(value: Value | None) -> str:
    """Return how fish is to complete the value of an option."""
    if value is None:
        return ""
    if value.words:
        return f" -x -a {_in_fish(' '.join(value.words))}"
    return " -r -F" if value.kind in {Kind.FILES, Kind.REPORTS} else " -x"


def _placed(value: Value) -> str:
    """Return how fish is to complete what stands without an option."""
    if value.words:
        return f" -a {_in_fish(' '.join(value.words))}"
    return " -k -a '(__fish_complete_suffix .csv)'" if value.kind is Kind.REPORTS else " -F"


def _in_fish(text: str) -> str:
    """Return a text as a word of fish, in which a backslash stands before a quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
