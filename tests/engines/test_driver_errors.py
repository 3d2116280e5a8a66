"""What a driver says, brought into one line."""

from __future__ import annotations

import pytest

from incload.engines.driver_errors import reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("database is locked", "database is locked."),
        ("IO Error: no such file!", "IO Error: no such file!"),
        ("Parser Error: syntax error\n\nLINE 1: SELECT\n        ^", "Parser Error: syntax error."),
        ("Conversion Error: 'x'\nLINE 1: SELECT", "Conversion Error: 'x'."),
        (
            "CSV Error on Line: 2\nOriginal Line: a,b\nExpected Number of Columns: 2 Found: 1\nPossible fixes:\n* many",
            "CSV Error on Line: 2 Expected Number of Columns: 2 Found: 1.",
        ),
        (
            'IO Error: Could not set lock on file "/a": Conflicting lock is held in /bin/python3 (PID 220). See also x',
            "'/a' is open in another program (PID 220): try again when it has closed it.",
        ),
        ("\n  spread\n  out \n", "spread out."),
        ("", "ValueError."),
    ],
)
def test_only_what_went_wrong_is_said(text: str, said: str) -> None:
    """The statement, the advice to programmers and the line breaks are left out; what is left is a sentence."""
    assert reason(ValueError(text)) == said
