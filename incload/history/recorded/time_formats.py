"""Times in a form that the user names (`--cursor-format`), and which form values seem to have that were not understood.

A form is one of `datetime.strptime`: `%m/%d/%Y`, `%d.%m.%Y %H:%M`, `%Y%m%d%H`. Month names are English. Two digits of a
year mean 1969 to 2068.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAMPLE = datetime(2021, 11, 25, 13, 14, 15)  # noqa: DTZ001 - a form need not hold a zone
_DAYS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
)
_NAMED_DAYS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", "T%H:%M:%S")
_USUAL = (*(day + time for day in (*_DAYS, *_NAMED_DAYS) for time in _TIMES), "%Y%m%d%H", "%a %b %d %H:%M:%S %Y")
"""The forms that are offered for values that were not understood. None is ever taken without being named: 03/04/2024 is
a day in March and a day in April."""


def check_format(text: str) -> None:
    """Refuse a form that `strptime` does not have, or that gives no day."""
    try:
        found = datetime.strptime(_SAMPLE.strftime(text), text)  # noqa: DTZ007 - as above
    except ValueError as error:
        raise Refused(
            f"--cursor-format {text!r} is no form of a time ({error}): give one of strptime, such as %m/%d/%Y."
        ) from None
    if found.date() != _SAMPLE.date():
        raise Refused(
            f"--cursor-format {text!r} does not give the day of a time: give year, month and day, such as %m/%d/%Y."
        )


def read_format(value: object, form: str) -> datetime | None:
    """Return the time that a text, or the digits of a whole number, say in a form; None when they say none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return datetime.strptime(str(value).strip(), form)  # noqa: DTZ007 - the caller takes one without a zone for UTC
    except ValueError:
        return None


def usual_formats(examples: Sequence[str]) -> list[str]:
    """Return the usual forms in which all of some values can be read."""
    return [form for form in _USUAL if examples and all(read_format(text, form) for text in examples)]


def advice(examples: Sequence[str]) -> str:
    """Say how the form of values that were not understood is named; `examples` are as Python writes texts."""
    fitting = usual_formats([example.strip("'") for example in examples])
    if not fitting:
        return "name their form with --cursor-format, such as %m/%d/%Y"
    if len(fitting) == 1:
        return f"--cursor-format '{fitting[0]}' would read them"
    return f"--cursor-format '{fitting[0]}' would read them, and so would '{fitting[1]}': name the one that is meant"
