"""Paths in a config: they are relative to the config's folder, wherever the command is run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from incload.engines.endpoints import at_home
from incload.engines.registry import SCHEMES, is_on_server

if TYPE_CHECKING:
    from pathlib import Path


def anchored(url: str, folder: Path) -> str:
    """Return a path or URL of a file with its path made absolute; the URL of a server as it is."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return str(folder / at_home(url))
    if scheme not in SCHEMES or is_on_server(SCHEMES[scheme]) or not rest.startswith("/"):
        return url  # what is no URL of a file is refused by its own sentence when it is opened
    place, mark, query = rest.partition("?")
    path = folder / at_home(unquote(place[1:]))
    return f"{scheme}:///{quote(str(path))}{mark}{query}"


def of_table(url: str, table: str) -> str:
    """Return the URL of a table of a database."""
    return f"{url}{'&' if '?' in url else '?'}table={quote(table, safe='')}"
