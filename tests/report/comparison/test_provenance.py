"""Where the figures come from: environment, histories, command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.provenance import origin_blocks
from incload.report.render.blocks import Paragraph, Points, Table, Verbatim

if TYPE_CHECKING:
    from conftest import Framed


def test_an_environment_is_reported_fact_by_fact(framed: Framed) -> None:
    """Texts, numbers, lists and nested facts of the environment are reported as words."""
    said = '{"python": "3.11", "processors": 2, "flags": ["a", true], "libraries": {"x": "1", "y": null}}'
    blocks = origin_blocks(framed({"environment": said}))

    assert blocks[1] == Points(
        (("python:", "3.11"), ("processors:", "2"), ("flags:", "a, true"), ("libraries:", "x 1, y null"))
    )


def test_an_environment_that_is_no_json_is_reported_as_it_is(framed: Framed) -> None:
    """A text that cannot be taken apart is shown whole."""
    assert origin_blocks(framed({"environment": "a laptop"}))[1] == Points((("environment:", "a laptop"),))
    assert origin_blocks(framed({"environment": "[1]"}))[1] == Points((("environment:", "[1]"),))


def test_several_environments_are_pointed_out(framed: Framed) -> None:
    """A report put together from several machines says so, since its times do not compare."""
    blocks = origin_blocks(framed({"environment": "a"}, {"environment": "b", "scenario": "late_rows"}))

    assert blocks[1] == Paragraph("The trials were run in 2 environments, listed one after the other.")
    assert blocks[2:4] == [Points((("environment:", "a"),)), Points((("environment:", "b"),))]


def test_trials_without_the_server_of_the_others_are_of_the_same_environment(framed: Framed) -> None:
    """What says only a part of what another says is not reported; what contradicts it is."""
    said = ('{"python": "3.11", "x": [1]}', '{"python": "3.11", "x": [1], "postgres": "18.4"}', '{"python": "3.12"}')
    blocks = origin_blocks(framed(*({"environment": text, "strategy": text} for text in said)))

    assert blocks[1] == Paragraph("The trials were run in 2 environments, listed one after the other.")
    assert blocks[2:4] == [
        Points((("python:", "3.11"), ("x:", "1"), ("postgres:", "18.4"))),
        Points((("python:", "3.12"),)),
    ]


def test_histories_are_listed_once_with_their_digests(framed: Framed) -> None:
    """One line for each history, however many trials lived through it."""
    blocks = origin_blocks(framed({}, {"strategy": "b"}, {"scenario": "late_rows", "seed": 7, "history_digest": "ff"}))
    (table,) = [block for block in blocks if isinstance(block, Table)]

    assert table.rows == (
        ("clean", "matrix", "1,000", "42", "00c0ffee00c0ffee"),
        ("late_rows", "matrix", "1,000", "7", "ff"),
    )


def test_every_command_is_reported(framed: Framed) -> None:
    """The distinct commands stand below one another; without any, nothing is claimed."""
    two = framed({"command": "one"}, {"command": "two", "scenario": "late_rows"})

    assert origin_blocks(two)[-1] == Verbatim("one\ntwo")
    assert not any(isinstance(block, Verbatim) for block in origin_blocks(framed({})))
