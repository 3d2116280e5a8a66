"""The README speaks of what is there: every command, strategy, scenario and assumption, in their own words.

A rule is a function from the README's text to findings: over the README it must find nothing, over a planted fault
something. Run as a program, this file writes into the README what its tables should say.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from incload import cli
from incload.commands import COMMANDS
from incload.commands.compare import split
from incload.errors import Refused
from incload.harness.trials.matrix import CORE, Choice
from incload.history.synthetic.scenarios import SCENARIOS
from incload.registry import strategies, strategy_classes
from incload.report.comparison.verdict_matrix import grid, verdict_trials
from incload.report.frame import report_frame
from incload.strategy import SHOWN_BY_CURSOR, Assumption, Need, needs_of

if TYPE_CHECKING:
    from markdown_it.token import Token

    from incload.strategy import Strategy

Rule = Callable[[str], Iterator[str]]

ROOT = Path(__file__).parents[1]
THE_USUAL = SHOWN_BY_CURSOR | {Need(Assumption.NO_HARD_DELETES)}
"""What every strategy needs that goes by a cursor and merges; the table of needs has one word for them."""
NO_WORDS = ["", "", "", ""]
"""The cells of a strategy that the table does not have yet."""
SENTENCE_ENDS = re.compile(r"[.!?:;][\"')*_]*$")
NEXT_SENTENCE = re.compile(r"(?<!e\.g)(?<!i\.e)[.!?][\"')*_]* +(?=[\"'(*_`\[]*[A-Z0-9`])")
SAMPLE = (
    "composite_watermark",
    "full_refresh",
    "lookback_window",
    "row_hash_cdc",
    "timestamp_watermark",
    "timestamp_watermark_inclusive",
)
"""The strategies whose verdicts the README shows."""
OURS = [each for each in strategies() if type(each).__module__.startswith("incload.strategies.")]
"""Every variant of incload's own strategies; another package may have brought more."""


def tokens(readme: str) -> list[Token]:
    """Return what Markdown makes of a text."""
    return MarkdownIt("commonmark").enable("table").parse(readme)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table in Markdown."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def rows_under(readme: str, head: Iterable[str]) -> list[list[str]]:
    """Return the rows of the table with that head; nothing when there is none."""
    _, _, rest = readme.partition(table(head, []))
    lines = re.match(r"(?:\|.*\n)*", rest)
    return [line.strip("| ").split(" | ") for line in lines[0].splitlines()] if lines else []


def needs_table(readme: str) -> str:
    """Return the table of what strategies need; the columns that are prose are those of the README."""
    head = ("strategy", "reads", "needs", "forgives and loses")
    words = {row[0]: row for row in rows_under(readme, head) if len(row) == len(head)}
    rows = []
    for each in OURS:
        linked = f"[`{each.id}`](#{each.name})"
        _, reads, _, verdict = words.get(linked, NO_WORDS)
        rows.append((linked, reads, needed(each), verdict))
    return table(head, rows)


def usual() -> str:
    """Return the names that the table leaves out, in the order of the assumptions, as a sentence ends with them."""
    *names, last = [f"`{each.name}`" for each in Assumption if Need(each) in THE_USUAL]
    return f"goes by a cursor and merges: {', '.join(names)} and {last}.\n"


def needed(each: Strategy) -> str:
    """Name what a strategy needs with its own write rule, in the order of the assumptions."""
    needs = needs_of(each, each.write_rule)
    rest = needs - THE_USUAL if needs >= THE_USUAL else needs
    within = {need.assumption: size(need.within) for need in rest}
    named = [f"`{assumption.name}`{within[assumption]}" for assumption in Assumption if assumption in within]
    return ", ".join(["*the usual*"] * (needs >= THE_USUAL) + named)


def size(within: timedelta | None) -> str:
    """Write the size up to which a break does no harm."""
    if within is None:
        return ""
    minutes = within / timedelta(minutes=1)
    return f" ({minutes:g} min)" if minutes else " (0)"


def assumptions_table(readme: str = "") -> str:  # noqa: ARG001 - every table is made from the README
    """Return the table of assumptions."""
    return table(("assumption", "it holds when"), ((f"`{each.name}`", each.value) for each in Assumption))


def scenarios_table(readme: str = "") -> str:  # noqa: ARG001 - every table is made from the README
    """Return the table of scenarios."""
    return table(("scenario", "what happens"), ((f"`{each.id}`", each.sentence) for each in SCENARIOS))


def sample_table(readme: str = "") -> str:  # noqa: ARG001 - every table is made from the README
    """Return the verdicts of some strategies in the committed report, as it shows them."""
    frame = report_frame(ROOT / "reports" / "baseline.csv")
    matrix = grid(verdict_trials(frame[(frame["pair"] == "sqlite → sqlite") & (frame["suite"] == "matrix")]))
    places = [matrix.scenarios.index(name) for name in CORE]
    rows = (
        (f"`{name}`", *(cells[place].text for place in places))
        for name, cells in zip(matrix.contenders, matrix.cells, strict=True)
        if name in SAMPLE
    )
    return table(("strategy", *(name.replace("_", " ") for name in CORE)), rows)


TABLES = (needs_table, assumptions_table, scenarios_table, sample_table)


def refreshed(readme: str) -> str:
    """Return the README with its tables as they should be."""
    for made in TABLES:
        right = made(readme)
        head = "".join(right.splitlines(keepends=True)[:2])
        readme = re.sub(rf"{re.escape(head)}(?:\|.*\n)*", right.replace("\\", r"\\"), readme)
    return re.sub(r"goes by a cursor and merges: .*\n", usual(), readme)


def wrong_tables(readme: str) -> Iterator[str]:
    """The tables say what the registry says, and so does the sentence about the usual; no cell is empty."""
    for made in TABLES:
        right = made(readme)
        if f"\n\n{right}\n" not in readme:
            yield f"a table should be (python tests/test_docs.py writes it)\n{right}"
        yield from (f"an empty cell: {line}" for line in right.splitlines() if "|  |" in line)
    if usual() not in readme:
        yield f"a sentence should be: ... {usual()}"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser, by name."""
    return {
        name: command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def names() -> list[str]:
    """Return what the README has to name: every command, strategy and scenario."""
    return [f"incload {name}" for name in COMMANDS] + [each.id for each in OURS] + [each.id for each in SCENARIOS]


def unmentioned(readme: str) -> Iterator[str]:
    """Nothing that there is goes without its name."""
    yield from (name for name in names() if not re.search(rf"\b{name}\b", readme))


def broken_commands(readme: str) -> Iterator[str]:
    """Every command line is one that the real parser takes, with strategies, scenarios and engines that exist."""
    for line in shell_lines(readme, r"(\S*/)?incload\s"):
        try:
            with contextlib.redirect_stderr(io.StringIO()) as said:
                arguments = shlex.split(line, comments=True)[1:]
                resolve(cli._parser(arguments).parse_args(arguments))
        except SystemExit as ended:
            if ended.code:
                yield f"{line}: {said.getvalue().splitlines()[-1]}"
        except Refused as refusal:
            yield f"{line}: {refusal}"


def resolve(options: argparse.Namespace) -> None:
    """Look up the names that a command line gives; refuse one that does not exist."""
    given = {name: value for name, value in vars(options).items() if isinstance(value, str)}
    chosen = [*split(given.get("strategies", "")), *filter(None, [given.get("strategy")])]
    lives = [*split(given.get("scenarios", "")), *filter(None, [given.get("scenario")])]
    Choice(tuple(chosen), tuple(lives), split(given.get("engines", ""))).cells()


def unmade(readme: str) -> Iterator[str]:
    """Every target that make is asked for is one of the Makefile."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = [shlex.split(line, comments=True)[1:] for line in shell_lines(readme, r"make\s")]
    yield from (target for words in asked for target in words if target not in targets)


def shell_lines(readme: str, begin: str) -> list[str]:
    """Return the lines of the README's shell blocks that begin in a way; a line may go on after a backslash."""
    blocks = [token.content.replace("\\\n", " ") for token in tokens(readme) if token.info.strip() == "sh"]
    return [line for block in blocks for line in block.splitlines() if re.match(begin, line)]


def broken_links(readme: str) -> Iterator[str]:
    """A link leads to a heading or to a file that is there; one that leads elsewhere is at least complete."""
    anchors = {f"#{anchor}" for anchor in headings(readme)}
    inside = [child.attrs for token in tokens(readme) for child in token.children or ()]
    for target in (str(attrs.get("href", attrs.get("src"))) for attrs in inside if attrs.keys() & {"href", "src"}):
        there = urlsplit(target)
        if there.scheme:
            fine = there.scheme == "https" and bool(there.netloc)
        else:
            fine = target in anchors if not there.path else (ROOT / there.path).exists()
        if not fine:
            yield target


def headings(readme: str) -> list[str]:
    """Return the anchors of the headings."""
    found = tokens(readme)
    texts = [text.content for heading, text in pairwise(found) if heading.type == "heading_open"]
    return [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts]


def wrapped(readme: str) -> Iterator[str]:
    """Each sentence of the prose stands in a line of its own."""
    found = tokens(readme)
    for opened, text in pairwise(found):
        if opened.type != "paragraph_open":
            continue
        lines = re.sub(r"`[^`]+`", "`x`", text.content).splitlines()
        yield from (f"two sentences: {line}" for line in lines if NEXT_SENTENCE.search(line))
        yield from (f"half a sentence: {line}" for line in lines[:-1] if not SENTENCE_ENDS.search(line))


RULES: dict[str, Rule] = {
    "tables": wrong_tables,
    "names": unmentioned,
    "commands": broken_commands,
    "make": unmade,
    "links": broken_links,
    "sentences": wrapped,
}

PLANTED: dict[str, tuple[str, ...]] = {
    "commands": (
        "```sh\nincload lode a.json\n```\n",
        "```sh\nincload compare --scenario\n```\n",
        "```sh\n.venv/bin/incload compare \\\n    --strategies timestamp_watermarks\n```\n",
        "```sh\nincload compare --scenarios cleen  # all is well\n```\n",
        "```sh\nincload compare --engines sqlite-oracle\n```\n",
        "```sh\nincload load a.json --target b --table t --key id --strategy lookback_window:hours=1\n```\n",
    ),
    "make": ("```sh\nmake compare\nmake it  # so\n```\n",),
    "links": (
        "[a](nowhere.md)\n",
        "[a](#nowhere)\n",
        "[a](http://example.org)\n",
        "![a](reports/nothing.png)\n",
        "# What it is\n\n[a](#what-it-was)\n",
    ),
    "sentences": (
        "One. Two.\n",
        "- One sentence. `two` is another.\n",
        "A sentence that\ngoes on.\n",
        "1. **One.** And two.\n",
    ),
}
"""For each rule that can be broken by a text that is there, texts that break it once."""


@pytest.fixture(scope="module")
def readme() -> str:
    """Return the README."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RULES)
def test_the_readme_keeps_the_rule(name: str, readme: str) -> None:
    """The README has nothing for the rule to find."""
    assert "\n".join(RULES[name](readme)) == ""


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in PLANTED for text in PLANTED[name]])
def test_the_rule_finds_what_it_is_for(name: str, text: str) -> None:
    """A text that breaks a rule in one place is found, once."""
    assert len(list(RULES[name](text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "One sentence, e.g. This.\nAnother of incload.strategy.Strategy.\n",
        "| a | b |\n| --- | --- |\n| One. Two. | c |\n",
        "**What is it?**\n\n```text\nOne. Two\nThree\n```\n",
        "Version `1. A`; three\n",
        "Do this:\n\n- one\n- two, 3.11 or later\n",
    ],
)
def test_prose_in_lines_of_its_own_is_fine(text: str) -> None:
    """Abbreviations, tables, code, and paragraphs that are no sentences break no rule."""
    assert list(wrapped(text)) == []


@pytest.mark.parametrize(
    "text",
    ["[a](README.md)\n", "## What it is!\n\n[a](#what-it-is)\n", "[a](https://example.org/x#y)\n", "a@b.org\n"],
)
def test_a_link_that_leads_somewhere_is_fine(text: str) -> None:
    """Files, headings and complete addresses are found."""
    assert list(broken_links(text)) == []


@pytest.mark.parametrize(
    "name", ["incload load", "lookback_window", "timestamp_watermark_inclusive", "clean", "partial_read"]
)
def test_a_name_that_is_missing_is_found(name: str) -> None:
    """A command, a strategy, a variant or a scenario that is not named is found; a longer name is not it."""
    text = ", ".join(f"{each}s" if each == name else each for each in names())

    assert list(unmentioned(text)) == [name]


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("`LAG_WITHIN` (10 min)", "`LAG_WITHIN` (9 min)"),
        ("no two stamps are equal", "some stamps are equal"),
        ("the cursor is never null", "the cursor is null"),
        ("| `late_arrivals`", "| `late_arrival`"),
        ("merges: `CURSOR_PRESENT`, ", "merges: "),
        ("30 lost, 31 stale", "30 lost, 30 stale"),
    ],
)
def test_a_table_that_has_gone_stale_is_found(said: str, instead: str, readme: str) -> None:
    """A need, a sentence or an id that is not the registry's is found, once."""
    assert len(list(wrong_tables(readme.replace(said, instead)))) == 1


def test_an_empty_cell_is_found(readme: str) -> None:
    """A strategy that the table of needs says nothing about in words is found."""
    without = re.sub(r"^\| \[`full_refresh`\].*\n", "", readme, flags=re.MULTILINE)
    found = list(wrong_tables(without))

    assert [text.partition(" ")[0] for text in found] == ["a", "an"]
    assert found[1] == "an empty cell: | [`full_refresh`](#full_refresh) |  | `COMPLETE_READ`, `WHOLE_READ` |  |"


def test_stale_tables_are_refreshed(readme: str) -> None:
    """Tables with other needs, other words or too few rows become what they should be; the prose in them stays."""
    stale = (
        readme.replace("(10 min)", "(9 min)")
        .replace("no two stamps", "two stamps")
        .replace("merges: ", "merges: `A`, ")
    )
    stale = re.sub(r"^\| `(INSERT_ONLY|late_arrivals)` .*\n", "", stale, flags=re.MULTILINE)

    assert stale != readme
    assert refreshed(stale) == readme


def test_the_needs_of_a_strategy() -> None:
    """Needs are named in the order of the assumptions, with their sizes, and the usual ones in one word."""
    written = {each.id: needed(each) for each in OURS}

    assert written["full_refresh"] == "`COMPLETE_READ`, `WHOLE_READ`"
    assert written["settling_delay"] == (
        "*the usual*, `CURSOR_MOVES_ON_UPDATE`, `MEMORY_NOT_AHEAD`, `COMMIT_WITHIN` (10 min), `ATOMIC_COMMIT`"
    )
    assert [size(None), size(timedelta(0)), size(timedelta(seconds=90))] == ["", " (0)", " (1.5 min)"]


def test_every_command_line_is_looked_at(readme: str) -> None:
    """The command lines of the README are found, those that go on in the next line in one piece."""
    lines = shell_lines(readme, "incload")

    assert len(lines) >= 5
    assert any(line.startswith("make compare") for line in shell_lines(readme, "make"))
    assert any("--cursor-unit us" in line and line.startswith("incload load") for line in lines)


def test_names_are_those_of_the_registry() -> None:
    """Nothing is left out: the table of needs has every strategy of the folder."""
    files = {path.stem for path in (ROOT / "strategies").glob("*.py")} - {"__init__"}

    assert {each.name for each in OURS} == files == {*strategy_classes()} & files


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_page(name: str) -> None:
    """The help page of each command, and of each command inside it, can be written, whatever signs its texts hold."""
    command = commands(cli._parser([name]))[name]
    pages = [each.format_help() for each in (command, *commands(command).values())]

    assert [page.startswith(f"usage: {command.prog}") and "--help" in page for page in pages] == [True] * len(pages)


if __name__ == "__main__":
    page = ROOT / "README.md"
    page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
