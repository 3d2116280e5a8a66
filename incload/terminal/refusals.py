"""A refusal in the form that was asked for: a reader of JSON, or of test results, always gets one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXIT_CODE = 2
_JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="incload" tests="1" failures="0" errors="1">
  <testsuite name="incload" tests="1" failures="0" errors="1" skipped="0">
    <testcase name="input" classname="incload">
      <error message={said} type="refused" />
    </testcase>
  </testsuite>
</testsuites>
"""


def document(sentence: str, arguments: Sequence[str]) -> str:
    """Return what is printed on the output beside the sentence on standard error; empty where no form was asked for.

    Args:
        sentence: What was refused, and the remedy, on one line.
        arguments: The command line, which may not have been understood.
    """
    form = _form(arguments)
    if form == "json":
        import json

        return json.dumps({"error": sentence, "exit_code": _EXIT_CODE}, ensure_ascii=False) + "\n"
    if form != "junit":
        return ""
    from xml.sax.saxutils import quoteattr

    return _JUNIT.format(said=quoteattr(sentence))


def _form(arguments: Sequence[str]) -> str:
    """Return the value of `--format`, which may be shortened, as the parser of the command line takes it."""
    found = ""
    for number, argument in enumerate(arguments):
        if argument == "--":
            break
        name, is_joined, value = argument.partition("=")
        if len(name) > len("--fo") and "--format".startswith(name):
            found = value if is_joined else next(iter(arguments[number + 1 : number + 2]), "")
    return found
