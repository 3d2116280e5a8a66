"""The options that say where the records are in a file, the same for every command that reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_layout_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--records", default="", help="the dotted path of the records inside a JSON file; . for the document itself"
    )
    parser.add_argument(
        "--key-from-name",
        default="",
        metavar="FIELD",
        help="the records are an object of objects: put the name of each into this field",
    )
    parser.add_argument(
        "--encoding", default="", help="the encoding of a file of text, such as latin-1 (default UTF-8)"
    )
