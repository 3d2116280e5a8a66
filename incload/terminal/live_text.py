"""A text on a terminal that is drawn again in its place whenever there is something new to see."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


def is_drawn() -> bool:
    """Return whether standard output is a terminal on which a text can be drawn again."""
    return sys.stdout.isatty() and bool(find_spec("rich"))


class LiveText:
    """A text of as many characters a line as the terminal has; the last one stays there in the end."""

    def __init__(self, text: Callable[[int], str]) -> None:
        """Draw what a function returns for a width."""
        from rich.console import Console
        from rich.live import Live

        self._text, self._console = text, Console()
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")

    def draw(self) -> None:
        """Draw the text as it is now."""
        from rich.text import Text

        self._live.update(Text(self._text(self._console.width), no_wrap=True, overflow="crop"), refresh=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last text where it is."""
        self._live.stop()
