"""`${NAME}` in a text of a config: the value of an environment variable, which is put in and never shown."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from incload.errors import Refused

_VARIABLE = re.compile(r"\$(?:\$(?=\{)|\{(?P<name>[^}]*)\})")
"""A variable, or the two signs that stand for one `$` in front of a brace."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|url|dsn|auth", re.IGNORECASE)
"""In the name of a variable whose value is not to be shown."""
HIDDEN = "***"


@dataclass(slots=True)
class Environment:
    """The environment as one config reads it.

    Attributes:
        secrets: The values that were put in and are not to be shown.
    """

    secrets: set[str] = field(default_factory=set, repr=False)

    def expanded(self, text: str) -> str:
        """Return a text with the values of the variables that it names.

        Raises:
            Refused: For a variable that is not set; the sentence has no line, which the caller knows.
        """
        return _VARIABLE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if not _NAME.fullmatch(name):
            raise Refused(f"${{{name}}} names no environment variable: write ${{NAME}}, or $${{ for the signs alone.")
        if name not in os.environ:
            raise Refused(f"the environment variable {name} is not set: set it, or write what it stands for.")
        value = os.environ[name]
        password = found.string[: found.start()].endswith(":") and found.string[found.end() :].startswith("@")
        if value and (password or _SECRET.search(name)):
            self.secrets.add(value)
        return value

    def hidden(self, text: str) -> str:
        """Return a text without the values that are not to be shown."""
        for value in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text
