"""The README and the pages of docs/ describe what exists: every command, strategy, scenario and assumption.

A rule is a function from the name and the text of a page to findings: over every page it must find nothing, over a
planted fault something. Run as a program, this file writes the generated tables and the picture of the README.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from incload import cli
from incload.commands import COMMANDS
from incload.commands.compare import split
from incload.contenders.wild import WildContender, loaders
from incload.errors import Refused
from incload.harness.trials.matrix import CORE, Choice
from incload.history.synthetic.reading.scenarios import READING
from incload.history.synthetic.scenarios import SCENARIOS
from incload.registry import strategies, strategy_classes
from incload.report.answers.overview import overview
from incload.report.catalogue.causes import is_cause
from incload.report.comparison.verdict_matrix import verdict_trials
from incload.report.frame import report_frame
from incload.report.render.heat_map import heat_map
from incload.strategy import SHOWN_BY_CURSOR, Assumption, Need, needs_of

if TYPE_CHECKING:
    from markdown_it.token import Token

    from incload.report.render.blocks import Grid
    from incload.strategy import Strategy

Rule = Callable[[str, str], Iterator[str]]

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
}
"""The README, the page for contributors and every page of docs/, by name."""
THE_USUAL = SHOWN_BY_CURSOR | {Need(Assumption.NO_HARD_DELETES)}
"""What every strategy needs that goes by a cursor and merges; the table of needs has one word for them."""
USUAL_OF_LOADERS = frozenset(
    Need(Assumption[name])
    for name in ("LAG_WITHIN", "CURSOR_MOVES_ON_UPDATE", "CURSOR_PRESENT", "CURSOR_NOT_IN_FUTURE", "NO_HARD_DELETES")
) | {Need(Assumption.COMPLETE_READ)}
"""What a loader in the wild needs that upserts the rows above its watermark."""
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
"""The strategies whose verdicts the page on scenarios shows."""
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
    head = ("strategy", "reads", "needs", "right and wrong")
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


def assumptions_table(page: str = "") -> str:  # noqa: ARG001 - every table is made from its page
    """Return the table of assumptions."""
    return table(("assumption", "it holds when"), ((f"`{each.name}`", each.value) for each in Assumption))


def scenarios_table(page: str = "") -> str:  # noqa: ARG001 - every table is made from its page
    """Return the table of scenarios."""
    return table(("scenario", "what happens"), ((f"`{each.id}`", each.sentence) for each in SCENARIOS))


def reading_table(page: str = "") -> str:  # noqa: ARG001 - every table is made from its page
    """Return the table of the scenarios of other loaders."""
    return table(("scenario of other loaders", "what happens"), ((f"`{each.id}`", each.sentence) for each in READING))


def loaders_table(page: str = "") -> str:  # noqa: ARG001 - every table is made from its page
    """Return the table of the loaders in the wild."""
    rows = ((f"[`{each.id}`](../bench/wild/{each.id}.py)", each.about, _shown(each)) for each in loaders())
    return table(("loader", "what it does", "what it needs beside `COMPLETE_READ`"), rows)


def _shown(loader: WildContender) -> str:
    """Name the needs of a loader, or say that nothing makes it right."""
    if loader.is_wrong_anywhere:
        return "wrong anywhere"
    usual = USUAL_OF_LOADERS if loader.stated >= USUAL_OF_LOADERS else {Need(Assumption.COMPLETE_READ)}
    names = sorted(need.assumption.name for need in loader.stated - usual)
    return ", ".join(["*the usual*"] * (len(usual) > 1) + [f"`{name}`" for name in names]) or "nothing else"


def sample_table(page: str = "") -> str:  # noqa: ARG001 - every table is made from its page
    """Return the verdicts of some strategies in the committed report, as it shows them."""
    matrix = committed_matrix()
    places = [matrix.scenarios.index(name) for name in CORE]
    rows = (
        (f"`{name}`", *(cells[place].text for place in places))
        for name, cells in zip(matrix.contenders, matrix.cells, strict=True)
        if name in SAMPLE
    )
    return table(("strategy", *(name.replace("_", " ") for name in CORE)), rows)


@cache
def committed_matrix() -> Grid:
    """Return the verdicts of the committed report, from SQLite to SQLite."""
    frame = report_frame(ROOT / "reports" / "baseline.csv")
    trials = frame[(frame["pair"] == "sqlite → sqlite") & (frame["suite"] == "matrix")]
    return overview(verdict_trials(trials), {})


GENERATED = {
    "docs/strategies.md": (needs_table, assumptions_table),
    "docs/scenarios.md": (scenarios_table, reading_table, sample_table),
    "docs/contenders.md": (loaders_table,),
}
"""The pages with tables that are generated, and the functions that make these."""

PICTURE = ROOT / "docs" / "heat-map.svg"
"""The picture in the README, drawn from the committed report."""


def picture() -> str:
    """Draw the verdicts of all strategies in the committed report."""
    title = "Wrong rows in a copy of about 1,100 rows after ten syncs, by strategy and by flaw of the source"
    return heat_map(committed_matrix(), title)


def refreshed(page: str, text: str) -> str:
    """Return a page with its generated tables as they should be."""
    for made in GENERATED.get(page, ()):
        right = made(text)
        head = "".join(right.splitlines(keepends=True)[:2])
        text = re.sub(rf"{re.escape(head)}(?:\|.*\n)*", right.replace("\\", r"\\"), text)
    return re.sub(r"goes by a cursor and merges: .*\n", usual(), text)


def wrong_tables(page: str, text: str) -> Iterator[str]:
    """The tables say what the registry says, and so does the sentence about the usual; no cell is empty."""
    for made in GENERATED.get(page, ()):
        right = made(text)
        if f"\n\n{right}" not in text:
            yield f"a table should be (python tests/docs/test_pages.py writes it)\n{right}"
        yield from (f"an empty cell: {line}" for line in right.splitlines() if "|  |" in line)
    if page == "docs/strategies.md" and usual() not in text:
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
    """Return what the pages have to name: every command, strategy and scenario."""
    return [f"incload {name}" for name in COMMANDS] + [each.id for each in OURS] + [each.id for each in SCENARIOS]


def unmentioned(text: str) -> Iterator[str]:
    """Every command, strategy and scenario has its name somewhere."""
    yield from (name for name in names() if not re.search(rf"\b{name}\b", text))


OPERATORS = {">", ">>", "<", "|"}
"""What a shell takes for itself, with all that follows."""


def broken_commands(page: str, text: str) -> Iterator[str]:  # noqa: ARG001 - a rule is given both
    """Every command line is one that the real parser takes, with strategies, scenarios and engines that exist."""
    for line in shell_lines(text, r"(\S*/)?incload\s"):
        try:
            with contextlib.redirect_stderr(io.StringIO()) as said:
                words = shlex.split(line, comments=True)[1:]
                arguments = list(takewhile(lambda word: word not in OPERATORS, words))
                resolve(cli._parser(arguments).parse_args(arguments))
        except SystemExit as ended:
            if ended.code:
                yield f"{line}: {said.getvalue().splitlines()[-1]}"
        except Refused as refusal:
            yield f"{line}: {refusal}"


def resolve(options: argparse.Namespace) -> None:
    """Look up the names that a command line gives; refuse one that does not exist."""
    given = {name: value for name, value in vars(options).items() if isinstance(value, str)}
    loaders = {each.partition("=")[0] for each in vars(options).get("contenders") or ()}
    chosen = [*split(given.get("strategies", "")), *filter(None, [given.get("strategy")])]
    chosen = [name for name in chosen if name not in loaders and not is_cause(name)]
    lives = [*split(given.get("scenarios", "")), *filter(None, [given.get("scenario")])]
    Choice(tuple(chosen), tuple(lives), split(given.get("engines", ""))).cells()


def unmade(page: str, text: str) -> Iterator[str]:  # noqa: ARG001 - a rule is given both
    """Every target that make is asked for is one of the Makefile."""
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = [shlex.split(line, comments=True)[1:] for line in shell_lines(text, r"make\s")]
    yield from (target for words in asked for target in words if "=" not in target and target not in targets)


def shell_lines(readme: str, begin: str) -> list[str]:
    """Return the lines of the README's shell blocks that begin in a way; a line may go on after a backslash."""
    blocks = [token.content.replace("\\\n", " ") for token in tokens(readme) if token.info.strip() == "sh"]
    return [line for block in blocks for line in block.splitlines() if re.match(begin, line)]


def broken_links(page: str, text: str) -> Iterator[str]:
    """A link leads to a heading or to a file that is there; one that leads elsewhere is at least complete."""
    inside = [child.attrs for token in tokens(text) for child in token.children or ()]
    for target in (str(attrs.get("href", attrs.get("src"))) for attrs in inside if attrs.keys() & {"href", "src"}):
        there = urlsplit(target)
        if there.scheme:
            fine = there.scheme == "https" and bool(there.netloc)
        else:
            file = (ROOT / page).parent / there.path if there.path else ROOT / page
            fine = file.exists() and (not there.fragment or there.fragment in anchors(file, page, text))
        if not fine:
            yield target


def anchors(file: Path, page: str, text: str) -> list[str]:
    """Return the anchors of a file; those of the page that is looked at come from its text."""
    return headings(text if file == ROOT / page else file.read_text(encoding="utf-8"))


def headings(readme: str) -> list[str]:
    """Return the anchors of the headings."""
    found = tokens(readme)
    texts = [text.content for heading, text in pairwise(found) if heading.type == "heading_open"]
    return [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts]


def wrapped(page: str, text: str) -> Iterator[str]:
    """Each sentence of the prose stands in a line of its own, but for pages that are wrapped at a width."""
    if page in WRAPPED:
        return
    for opened, said in pairwise(tokens(text)):
        if opened.type != "paragraph_open":
            continue
        lines = re.sub(r"`[^`]+`", "`x`", said.content).splitlines()
        yield from (f"two sentences: {line}" for line in lines if NEXT_SENTENCE.search(line))
        yield from (f"half a sentence: {line}" for line in lines[:-1] if not SENTENCE_ENDS.search(line))


def unquoted(page: str, text: str) -> Iterator[str]:  # noqa: ARG001 - a rule is given both
    """A shell takes `?` for a pattern and `&` for the end of a command, so that URLs with these are in quotes."""
    for line in shell_lines(text, ""):
        bare = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line)
        yield from (f"not quoted: {word}" for word in bare.split() if re.search(r"[?&]", word.replace("&&", "")))


def without_purpose(page: str, text: str) -> Iterator[str]:
    """A page begins with a title and then says in a paragraph what it is for."""
    kinds = [token.type for token in tokens(text) if token.level == 0 and token.type.endswith("_open")]
    if kinds[:2] != ["heading_open", "paragraph_open"]:
        yield f"{page} does not begin with a title and a paragraph"


def old_words(page: str, text: str) -> Iterator[str]:
    """Prose has the words of the field, and none that only this project had; quotes and code are not prose."""
    prose = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)\n]*\)|^>[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE)
    if page in GENERATED:
        prose = re.sub(r"^\|.*", "", prose, flags=re.MULTILINE)
    yield from (match[0] for match in OLD_WORDS.finditer(prose))


def missing_paths(page: str, text: str) -> Iterator[str]:  # noqa: ARG001 - a rule is given both
    """A file or folder of this repository that code names is there; what a run writes is not looked for."""
    for word in re.findall(r"[\w./-]+", " ".join(code_of(text))):
        inside = re.match(r"(?:incload|strategies|tests|bench|docs|reports)/", word)
        if inside and not word.startswith("reports/latest") and not (ROOT / word).exists():
            yield word


def unknown_options(page: str, text: str) -> Iterator[str]:  # noqa: ARG001 - a rule is given both
    """An option that prose names is one of a command."""
    named = (child.content for token in tokens(text) for child in token.children or () if child.type == "code_inline")
    yield from (code for code in named if code.startswith("--") and re.match(r"--[\w-]*", code)[0] not in options())


def code_of(text: str) -> list[str]:
    """Return what stands as code in a text, in sentences and in blocks of a shell."""
    found = tokens(text)
    inline = [child.content for token in found for child in token.children or () if child.type == "code_inline"]
    return inline + [token.content for token in found if token.info.strip() == "sh"]


@cache
def options() -> frozenset[str]:
    """Return the options of all commands, and of the commands inside them."""
    parsers = [commands(cli._parser([name]))[name] for name in COMMANDS]
    inner = [each for parser in parsers for each in commands(parser).values()]
    return frozenset(option for parser in parsers + inner for option in parser._option_string_actions)


def too_long(page: str, text: str) -> Iterator[str]:
    """The README can be read in some minutes."""
    if page == "README.md" and len(text.splitlines()) > 150:
        yield f"{len(text.splitlines())} lines"


WRAPPED = (
    "docs/audit.md",
    "docs/capture.md",
    "docs/contenders.md",
    "docs/files.md",
    "docs/guarantees.md",
    "docs/repair.md",
)
"""Pages whose prose is wrapped at a width."""

OLD_WORDS = re.compile(
    r"\b(?:told|tells|anew|befall(?:en|s)|the door|strangers?|somebody|nobody|for ever|were it|as far as|foretells?"
    r"|(?:re)?stamps?|stamped|unread|memories|remember(?:s|ed)?|dear|thereby|whatsoever)\b",
    re.IGNORECASE,
)
"""Words that the field does not use, or that a reader who learned English from documentation does not know."""

RULES: dict[str, Rule] = {
    "tables": wrong_tables,
    "commands": broken_commands,
    "make": unmade,
    "links": broken_links,
    "sentences": wrapped,
    "quotes": unquoted,
    "purpose": without_purpose,
    "words": old_words,
    "paths": missing_paths,
    "options": unknown_options,
    "length": too_long,
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
        "[a](docs/strategies.md#no-strategy)\n",
    ),
    "quotes": (
        "```sh\nincload load sqlite:///shop.db?table=orders --target 'sqlite:///copy.db'\n```\n",
        "```sh\nincload load 'sqlite:///shop.db' \\\n    --target duckdb:///copy.duckdb?schema=raw\n```\n",
        "```sh\nmake compare & # in the background\n```\n",
    ),
    "purpose": ("Text.\n", "# Title\n\n## Part\n\nText.\n", "# Title\n\n- a point\n"),
    "words": (
        "It is told.\n",
        "A *stamp* in the future.\n",
        "For\never, or For ever.\n",
        "| a |\n| - |\n| dear |\n\n> It is told.\n",
    ),
    "paths": (
        "`incload/nothing.py`\n",
        "```sh\npytest tests/hard tests/nowhere.py\n```\n",
        "`reports/` and `docs/no/`\n",
    ),
    "options": ("`--evolved`\n", "`--evolve` and `--no-such 3`\n"),
    "length": ("a\n" * 151,),
    "sentences": (
        "One. Two.\n",
        "- One sentence. `two` is another.\n",
        "A sentence that\ngoes on.\n",
        "1. **One.** And two.\n",
    ),
}
"""For each rule that can be broken by a text that is there, texts that break it once."""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", RULES)
def test_the_page_keeps_the_rule(name: str, page: str) -> None:
    """A page has nothing for the rule to find."""
    assert "\n".join(RULES[name](page, PAGES[page])) == ""


def test_the_pages_name_everything() -> None:
    """Every command, strategy and scenario has its name on some page."""
    assert "\n".join(unmentioned("\n".join(PAGES.values()))) == ""


def test_the_readme_links_every_page() -> None:
    """A page of docs/ that the README does not link is not found by its readers."""
    assert [page for page in PAGES if page != "README.md" and f"]({page}" not in PAGES["README.md"]] == []


def test_a_note_says_why_urls_are_quoted() -> None:
    """The page on loading says what a shell does with an unquoted URL."""
    assert "a shell takes `?` for a pattern and `&` for the end of a command" in PAGES["docs/loading.md"]


def test_the_picture_is_that_of_the_report() -> None:
    """The picture in the README shows the verdicts of the committed report (python tests/docs/test_pages.py)."""
    assert PICTURE.read_text(encoding="utf-8") == picture()
    assert "](docs/heat-map.svg)" in PAGES["README.md"]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in PLANTED for text in PLANTED[name]])
def test_the_rule_finds_what_it_is_for(name: str, text: str) -> None:
    """A text that breaks a rule in one place is found, once."""
    assert len(list(RULES[name]("README.md", text))) == 1


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
    assert list(wrapped("README.md", text)) == []


@pytest.mark.parametrize(
    "text",
    ["[a](README.md)\n", "## What it is!\n\n[a](#what-it-is)\n", "[a](https://example.org/x#y)\n", "a@b.org\n"],
)
def test_a_link_that_leads_somewhere_is_fine(text: str) -> None:
    """Files, headings and complete addresses are found."""
    assert list(broken_links("README.md", text)) == []


@pytest.mark.parametrize(
    "name", ["incload load", "lookback_window", "timestamp_watermark_inclusive", "clean", "partial_read"]
)
def test_a_name_that_is_missing_is_found(name: str) -> None:
    """A command, a strategy, a variant or a scenario that is not named is found; a longer name is not it."""
    text = ", ".join(f"{each}s" if each == name else each for each in names())

    assert list(unmentioned(text)) == [name]


@pytest.mark.parametrize(
    ("page", "said", "instead"),
    [
        ("docs/strategies.md", "`LAG_WITHIN` (10 min)", "`LAG_WITHIN` (9 min)"),
        ("docs/strategies.md", "the cursor is never null", "the cursor is null"),
        ("docs/strategies.md", "merges: `CURSOR_PRESENT`, ", "merges: "),
        ("docs/scenarios.md", "| `late_arrivals`", "| `late_arrival`"),
        ("docs/scenarios.md", "30 lost, 31 stale", "30 lost, 30 stale"),
    ],
)
def test_a_table_that_has_gone_stale_is_found(page: str, said: str, instead: str) -> None:
    """A need, a sentence or an id that is not the registry's is found, once."""
    assert said in PAGES[page]

    assert len(list(wrong_tables(page, PAGES[page].replace(said, instead)))) == 1


def test_an_empty_cell_is_found() -> None:
    """A strategy that the table of needs says nothing about in words is found."""
    page = "docs/strategies.md"
    without = re.sub(r"^\| \[`full_refresh`\].*\n", "", PAGES[page], flags=re.MULTILINE)
    found = list(wrong_tables(page, without))

    assert [text.partition(" ")[0] for text in found] == ["a", "an"]
    assert found[1] == "an empty cell: | [`full_refresh`](#full_refresh) |  | `COMPLETE_READ`, `WHOLE_READ` |  |"


@pytest.mark.parametrize(
    ("page", "row"), [("docs/strategies.md", "INSERT_ONLY"), ("docs/scenarios.md", "late_arrivals")]
)
def test_stale_tables_are_refreshed(page: str, row: str) -> None:
    """Tables with other needs or too few rows become what they should be; the prose in them stays."""
    stale = PAGES[page].replace("(10 min)", "(9 min)").replace("merges: ", "merges: `A`, ")
    stale = re.sub(rf"^\| `{row}` .*\n", "", stale, flags=re.MULTILINE)

    assert stale != PAGES[page]
    assert refreshed(page, stale) == PAGES[page]


def test_the_needs_of_a_strategy() -> None:
    """Needs are named in the order of the assumptions, with their sizes, and the usual ones in one word."""
    written = {each.id: needed(each) for each in OURS}

    assert written["full_refresh"] == "`COMPLETE_READ`, `WHOLE_READ`"
    assert written["settling_delay"] == (
        "*the usual*, `CURSOR_MOVES_ON_UPDATE`, `STATE_NOT_AHEAD`, `COMMIT_WITHIN` (10 min), `ATOMIC_COMMIT`"
    )
    assert [size(None), size(timedelta(0)), size(timedelta(seconds=90))] == ["", " (0)", " (1.5 min)"]


def test_every_command_line_is_looked_at() -> None:
    """The command lines of the pages are found, those that go on in the next line in one piece."""
    lines = [line for text in PAGES.values() for line in shell_lines(text, "incload")]

    assert len(lines) >= 20
    assert any(line.startswith("make compare") for line in shell_lines(PAGES["README.md"], "make"))
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
    for each, written in PAGES.items():
        (ROOT / each).write_text(refreshed(each, written), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
