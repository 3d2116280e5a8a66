"""Escaping and tables, checked with a markdown reader: what goes in is what a reader sees."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incload.report.render.markdown_tables import escaped, escaped_line, even_parts, table_lines

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = st.text(st.sampled_from("ab1_*`|\\<>&[](){}#+-=.!~$\"' \n\r\t:/"), max_size=15)


def words(text: str) -> str:
    """Return a text with every run of white space as one space."""
    return " ".join(text.split())


def seen(rendered: str) -> str:
    """Return what a reader sees of HTML."""
    return words(html.unescape(re.sub(r"<[^>]*>", "", rendered)))


@given(text=NASTY)
def test_a_line_is_shown_as_it_is(text: str) -> None:
    """No text becomes markup, wherever on a line it stands."""
    shown = READER.render(escaped_line(text))

    assert seen(shown) == words(text)
    assert set(re.findall(r"<(\w+)", shown)) <= {"p"}


@given(cells=st.lists(NASTY, min_size=4, max_size=4))
def test_a_table_keeps_its_cells(cells: list[str]) -> None:
    """No text breaks out of its cell."""
    lines = table_lines(["a", "b"], [[*map(escaped, cells[:2])], [*map(escaped, cells[2:])]], left=1)
    shown = READER.render("\n".join(lines))

    assert [seen(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", shown, re.DOTALL)] == [*map(words, cells)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("timestamp_watermark", "timestamp_watermark"),
        ("a|b", "a\\|b"),
        ("`x`", "\\`x\\`"),
        ("one\ntwo", "one two"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("_x_", "\\_x\\_"),
        ("$x$", "\\$x\\$"),
    ],
)
def test_escaped_text(text: str, shown: str) -> None:
    """What markdown would read as markup is escaped; an underscore inside a word is not."""
    assert escaped(text) == shown


def test_pipes_stand_below_one_another() -> None:
    """Columns are padded to one width, to the left or to the right as asked."""
    lines = table_lines(["name", "n", "note"], [["a", "1", "x"], ["longer", "1,000", "yy"]], left=1, left_last=True)

    assert lines == [
        "| name   |     n | note |",
        "| ------ | ----: | ---- |",
        "| a      |     1 | x    |",
        "| longer | 1,000 | yy   |",
    ]


@given(length=st.integers(0, 40), most=st.integers(1, 10))
def test_parts_are_even_and_few(length: int, most: int) -> None:
    """The parts cover everything in order, none holds too many, and they differ by one at most."""
    parts = [list(range(length))[part] for part in even_parts(length, most)]

    assert sum(parts, []) == list(range(length))  # noqa: RUF017 - forty numbers
    assert len(parts) == -(-length // most)
    assert all(len(part) <= most for part in parts)
    assert max(map(len, parts), default=0) - min(map(len, parts), default=0) <= 1
