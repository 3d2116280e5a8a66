"""Names of columns on the command line: any name can be said."""

from __future__ import annotations

import pytest

from incload.commands.options.columns import named
from incload.errors import Refused


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("id", ("id",)),
        ("a,b", ("a", "b")),
        (" a , b ", ("a", "b")),
        ("order id,line", ("order id", "line")),
        ('order id,"line,no"', ("order id", "line,no")),
        ('" id"', (" id",)),
        ('" id" , "a ""b"""', (" id", 'a "b"')),
        ('5" pipe', ('5" pipe',)),
        ('"a"b,c', ('"a"b', "c")),
    ],
)
def test_names_are_divided_at_commas(text: str, names: tuple[str, ...]) -> None:
    """Outer spaces do not count and a name in double quotes is taken as it is, as in CSV."""
    assert named("--key", text) == names


@pytest.mark.parametrize("text", ["", ",", "a,", ",a", "a,,b", '""', " "])
def test_an_empty_name_is_refused(text: str) -> None:
    """With the option and what was given."""
    with pytest.raises(Refused, match=r"^--key .* names an empty column: give names of columns, separated by commas"):
        named("--key", text)
