"""The line of every key of a TOML document."""

from __future__ import annotations

from incload.api.config.lines import lines_of

DOCUMENT = """\
# what is loaded

[sources.shop]
url = "a" # comment

[[tables]]
key = [
  "id",
]
where = '''
[not.a.header]
'''
types = { price = "DOUBLE", code = "VARCHAR" }
[[tables]]
"quoted key" = 1
[tables.types]
a.b = 2
"""


def test_every_key_has_the_line_on_which_its_statement_begins() -> None:
    """Lists and texts of several lines, inline tables, quoted and dotted keys, and lists of tables among them."""
    assert lines_of(DOCUMENT) == {
        ("sources", "shop"): 3,
        ("sources", "shop", "url"): 4,
        ("tables", 0): 6,
        ("tables", 0, "key"): 7,
        ("tables", 0, "where"): 10,
        ("tables", 0, "types"): 13,
        ("tables", 0, "types", "price"): 13,
        ("tables", 0, "types", "code"): 13,
        ("tables", 1): 14,
        ("tables", 1, "quoted key"): 15,
        ("tables", 1, "types"): 16,
        ("tables", 1, "types", "a"): 17,
        ("tables", 1, "types", "a", "b"): 17,
    }


def test_only_line_feeds_end_a_line() -> None:
    """As in TOML: other signs that end one to Python may stand in a text or a comment."""
    document = '# a\u2028b\x85\r\n[a]\r\nb = "\u2028"\r\nc = 1'

    assert lines_of(document) == {("a",): 2, ("a", "b"): 3, ("a", "c"): 4}
