"""The text of a first config: one section a table, and in comments what was found and what may be cheaper."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from incload.errors import on_one_line
from incload.report.format import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from incload.advice.result import Advice
    from incload.api.setup.advised import Advised
    from incload.loading.columns.discover import Candidate, FoundTable

SAFE = "snapshot_diff"
"""The strategy of a table about which there is no advice: right whatever the source does, and it reads all of it."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PASSWORDS = (re.compile(r"(?<=://)([^/@?:]*):([^/@?]*)@"), re.compile(r"(?<=[?&])password=[^&]*"))
_ABOUT = """\
# Which tables incload keeps up to date. Run `incload load --all`; `incload audit --all` compares every copy.
# Paths are relative to this file. ${NAME} is the environment variable NAME.
"""


def without_password(url: str, variable: str) -> tuple[str, bool]:
    """Return the text of a URL for a config, with a variable in the place of a password, and whether there was one."""
    url = url.replace("${", "$${")
    in_user, in_query = _PASSWORDS
    named = in_user.sub(rf"\1:${{{variable}}}@", url, count=1)
    named = in_query.sub(f"password=${{{variable}}}", named)
    return named, named != url


def config_text(urls: tuple[str, str], tables: Sequence[FoundTable], advice: Mapping[str, Advised]) -> str:
    """Return the config.

    Args:
        urls: The URLs of source and target, as the config is to say them.
        tables: What was found in the source.
        advice: What advice says of tables, by their names.
    """
    ends = f"[sources.source]\nurl = {_quoted(urls[0])}\n\n[targets.copy]\nurl = {_quoted(urls[1])}\n"
    sections = ("\n".join(_section(each, advice.get(each.name))) + "\n" for each in tables)
    return "\n".join([_ABOUT, ends, *sections])


def _section(table: FoundTable, advised: Advised | None) -> Iterator[str]:
    if table.rows is not None:
        yield f"# {table.rows:,} row{'' if table.rows == 1 else 's'}"
    if not table.key:
        yield f"# {_said(table.name)} has no primary key: name columns that are there and different in every row."
    elif not table.declared:
        what, then = ("A file", "") if table.is_file else (_said(table.name), "; take the signs away if it always is")
        yield f"# {what} declares no key: {_said(', '.join(table.key))} is different in every row today{then}."
    out = "" if table.is_sure else "# "
    yield f"{out}[[tables]]"
    yield f"{out}table = {_quoted(table.name)}"
    yield f"{out}key = {_key(table.key)}"
    advice = advised.advice if advised else None
    strategy = advice.strategy if advice else SAFE
    yield f"{out}strategy = {_quoted(strategy)}  # right whatever the source does; reads the whole table"
    for each in table.cursors:
        yield f"# cursor candidate {_said(each.name)}{_found(each)}"
    if advice:
        yield from _advice(advice, table.cursors[0])
    elif table.cursors:
        yield from _guess(table.cursors, advised.why_not if advised else "")


def _advice(advice: Advice, cursor: Candidate) -> Iterator[str]:
    """Say what advice knows from one state, which other load may do, and what would decide."""
    yield from (f"# {on_one_line(each)}" for each in advice.because[1:])
    for other in advice.alternatives:
        if not other.is_sound:
            yield f"# {on_one_line(other.why)}:"
            yield f"# cursor = {_quoted(cursor.name)}"
            yield f"# strategy = {_quoted(other.strategy)}"
    yield f"# What decides: {on_one_line(advice.decide)}"


def _guess(cursors: Sequence[Candidate], why: str) -> Iterator[str]:
    """Say what has to be true of a column that may find changes, where there is no advice."""
    if why:
        yield f"# No advice: {on_one_line(why)}"
    best = cursors[0]
    why = "moves with every update" if best.says_changed else "is set once, and rows are never updated"
    yield f"# Reads less, if {_said(best.name)} {why}, no row is deleted, and none is later than the window:"
    yield f"# cursor = {_quoted(best.name)}"
    yield '# strategy = "lookback_window:minutes=30"'


def _found(each: Candidate) -> str:
    if each.values is None:
        return ""
    values, different = each.values
    if not values:
        return ": no value yet"
    return f": {plural(values, 'value')}, {different:,} different, {_said(each.bounds[0])} to {_said(each.bounds[1])}"


def _key(key: Sequence[str]) -> str:
    if not key:
        return '""'
    return _quoted(key[0]) if len(key) == 1 else f"[{', '.join(map(_quoted, key))}]"


def _quoted(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return json.dumps(text.replace("${", "$${") if "://" not in text else text, ensure_ascii=False).replace(
        "\x7f", "\\u007F"
    )


def _said(text: str) -> str:
    """Return a text for a comment, which ends with its line."""
    return on_one_line(text)[:60]
