"""Log lines under the name `incload`: silent unless the program that runs incload, or `-v`, asks for them.

A program that listens has imported `logging`; where it was not imported no handler can be there, and a load
is spared the import, which takes longer than a load that finds nothing new.
"""

from __future__ import annotations

import sys

NAME = "incload"


def log(message: str, *values: object) -> None:
    """Write a line at the level INFO.

    Args:
        message: The line, with a `%s` for each value.
        values: The values.
    """
    if "logging" in sys.modules:
        import logging

        logging.getLogger(NAME).info(message, *values)


def show_on_stderr() -> None:
    """Show every line on standard error, as `-v` asks."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger(NAME).setLevel(logging.INFO)
