"""`incload list`: what there is to choose from."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING

from incload.commands.output.plain import add_format_to, json_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from incload.assumptions import Assumption
    from incload.contenders.contender import Contender
    from incload.strategy import Strategy, WriteRule

_WIDTH = 100
_ABOUT = """\
A load is right as long as nothing is broken that its strategy or its write rule needs. Where a span
is given, a break up to it does no harm; without one, any break does.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.add_argument(
        "--assumptions", action="store_true", help="show who needs which assumption, and what breaks it"
    )
    add_format_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the lists."""
    if options.assumptions:
        said = "\n".join(_assumptions())
        sys.stdout.write(json_text(_assumptions_by_name()) if options.format == "json" else said)
        return 0
    from incload.contenders.peers.known import known
    from incload.contenders.wild import loaders
    from incload.engines.files.layout import PACKED, RECORD_FILES
    from incload.engines.registry import needed_by
    from incload.history.synthetic.reading.scenarios import READING
    from incload.history.synthetic.scenarios import SCENARIOS
    from incload.registry import strategies

    packed = {
        kind: "source" if kind == "parquet" else f"source; {' or '.join(PACKED)} may follow"
        for kind in RECORD_FILES.values()
    }
    lists = {
        "Strategies": [(each.id, _described(each)) for each in strategies()],
        "Scenarios": [(each.id, each.sentence) for each in SCENARIOS],
        "Scenarios of other loaders": [(each.id, each.sentence) for each in READING],
        "Engines": [(each, f"source and target{needs and f'; needs {needs}'}") for each, needs in needed_by()],
        "Peers": [(name, _installed(found)) for name, found in known(timeout=0.0).items()],
        "Loaders in the wild": [(each.id, each.about) for each in loaders()],
        "Files of records": [(ending, packed[kind]) for ending, kind in RECORD_FILES.items()],
    }
    if options.format == "json":
        sys.stdout.write(json_text({title.lower().replace(" ", "_"): dict(rows) for title, rows in lists.items()}))
        return 0
    for title, rows in lists.items():
        _section(title, rows)
    return 0


def _installed(found: Sequence[Contender]) -> str:
    """Return what a peer's name stands for, and why it cannot run where that is so."""
    absent = next((each.capabilities.absent for each in found if each.capabilities.absent), "")
    return (
        absent or f"a contender: --contender {found[0].id}" if len(found) == 1 else absent or f"{len(found)} contenders"
    )


def _described(strategy: Strategy) -> str:
    """Return what a strategy reads, and of a variant by which parameters it differs from the one so described."""
    values = ((each.name, getattr(strategy, each.name), each.default) for each in fields(strategy))
    changed = [f"{name}={str(value).lower().replace(' ', '')}" for name, value, usual in values if value != usual]
    if changed:
        return f"The same as {strategy.name}:{','.join(changed)}."
    return (strategy.__doc__ or "").splitlines()[0]


def _section(title: str, lines: Iterable[tuple[str, str]]) -> None:
    rows = list(lines)
    if not rows:
        return
    width = max(len(name) for name, _ in rows)
    sys.stdout.write(f"{title}\n" + "".join(f"  {name:<{width}}  {text}\n" for name, text in rows) + "\n")


def _assumptions() -> Iterator[str]:
    """Yield a paragraph for each assumption: when it holds, who needs it, what breaks it."""
    from incload.assumptions import Assumption

    yield _ABOUT
    for each in Assumption:
        said = [("it holds when", each.value), *_needing(each), ("a write rule needs it", _rules_needing(each))]
        said += [("broken in", _breaking(each)), ("broken by design by", _by_design(each))]
        yield f"{each.name}\n" + "".join(_paragraph(name, text) for name, text in said if text)


def _assumptions_by_name() -> dict[str, dict[str, str]]:
    """Return the same as plain values."""
    from incload.assumptions import Assumption

    return {
        each.name: {
            "holds_when": each.value,
            **{name.replace(" ", "_"): said for name, said in _needing(each)},
            "needed_by_write_rules": _rules_needing(each),
            "broken_in": _breaking(each),
            "broken_by_design_by": _by_design(each),
        }
        for each in Assumption
    }


def _paragraph(name: str, text: str) -> str:
    lead = f"  {name:<25}"
    indent = " " * len(lead)
    return textwrap.fill(text, _WIDTH, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False) + "\n"


def _needing(assumption: Assumption) -> Iterator[tuple[str, str]]:
    """Yield the strategies that need it, those together that bear a break up to one size; and loaders in the wild."""
    from incload.assumptions import OF_READING
    from incload.contenders.wild import loaders
    from incload.registry import strategies

    known = strategies()
    by_size: dict[timedelta | None, list[str]] = {}
    for each in known:
        for need in each.needs:
            if need.assumption is assumption:
                by_size.setdefault(need.within, []).append(each.id)
    for within in sorted(by_size, key=lambda size: (size is not None, size or timedelta(0))):
        beyond = "" if within is None else f" beyond {within or 0}"
        yield f"needed{beyond} by", _named(by_size[within], [each.id for each in known], "strategy")
    if assumption in OF_READING:
        stated = [each.id for each in loaders() if assumption in {need.assumption for need in each.stated}]
        yield "loaders that need it", ", ".join(stated)


def _named(names: list[str], known: Sequence[str], kind: str) -> str:
    """List names, or when they are most of those known, the others."""
    others = [name for name in known if name not in names]
    if len(others) * 4 > len(known):
        return ", ".join(names)
    return f"every {kind}" + (f" but {', '.join(others)}" if others else "")


def _rules_needing(assumption: Assumption) -> str:
    """Name the write rules with which a strategy needs it that does not need it by itself, and if not all, which."""
    from incload.registry import strategies
    from incload.strategy import WriteRule, needs_of

    def adds(each: Strategy, rule: WriteRule) -> bool:
        return any(need.assumption is assumption for need in needs_of(each, rule) - each.needs)

    known = strategies()
    others = [each for each in known if assumption not in {need.assumption for need in each.needs}]
    by_names: dict[str, list[str]] = {}
    for rule in WriteRule:
        names = [each.id for each in others if adds(each, rule)]
        whose = "" if len(names) == len(others) else f" with {_named(names, [each.id for each in known], 'strategy')}"
        if names:
            by_names.setdefault(whose, []).append(rule)
    return "; ".join(", ".join(rules) + whose for whose, rules in by_names.items())


def _breaking(assumption: Assumption) -> str:
    from incload.history.breaks import BY_SIZE
    from incload.history.synthetic.scenarios import SCENARIOS

    if assumption in BY_SIZE:
        return BY_SIZE[assumption]
    known = [each.id for each in SCENARIOS]
    return _named([each.id for each in SCENARIOS if assumption in each.breaks], known, "scenario")


def _by_design(assumption: Assumption) -> str:
    from incload.registry import strategies

    known = [each.id for each in strategies()]
    return _named([each.id for each in strategies() if assumption in each.breaks], known, "strategy")
