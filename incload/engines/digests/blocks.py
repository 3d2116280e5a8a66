"""Which blocks of two tables differ: all are digested once, those that differ are cut again, and the rest is done.

What must stay true: what is held in memory follows neither the size of a table nor the number of its differences. A
level has at most so many blocks, and rows are handed out in portions.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from incload.engines.digests.canonical import Alike, Buckets, Digests, Ranges, Unmatched, Within
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from incload.engines.digests.canonical import Block, Blocks, Cut, Digest, Held

Answer = TypeVar("Answer")

MOST_BLOCKS = 4_096
"""How many blocks the first cut makes, about."""
BLOCK_ROWS = 1_000
"""How many rows a block of the first cut has where that makes fewer blocks."""
BOTTOM_ROWS = 500
"""A block with no more rows than this is not cut again."""
_BUCKETS = 1_000
"""How many blocks that are no ranges are asked about in one query, which finds them by reading all."""
_PORTION = 20_000
"""How many rows are fetched at once, unless one block alone has more."""


def first_cut(source: Digests, copy: Digests) -> tuple[Cut, int, int]:
    """Return how the tables are cut first, and how many rows each has.

    Keys of one column of whole numbers are cut into ranges, which an index finds. All others are cut by digests of the
    keys, which need no order and so depend on no collation.
    """
    spans = []
    if len(source.key) == 1 and all(side.held[side.key[0]].column.kind is Kind.INTEGER for side in (source, copy)):
        spans = [side.key_span() for side in (source, copy)]
        counts = [int(str(count)) for count, _, _ in spans]
    else:
        counts = [side.count() for side in (source, copy)]
    keys = [key for _, low, high in spans for key in (low, high) if isinstance(key, int)]
    wanted = min(max(max(counts) // BLOCK_ROWS, 1), MOST_BLOCKS)
    if keys and max(keys) - min(keys) < 2**62:
        bits = max(((max(keys) - min(keys)) // wanted).bit_length(), 0)
        return Ranges(min(keys), bits), counts[0], counts[1]
    digits = next(number for number in range(1, 5) if 16**number >= wanted or number == 3)
    return Buckets(digits), counts[0], counts[1]


def block_names(source: Digests, copy: Digests, cut: Cut) -> list[Block]:
    """Return the names of all blocks of a cut."""
    if not isinstance(cut, Ranges):
        return [f"{number:0{cut.digits}x}" for number in range(16**cut.digits)]
    keys = [key for side in (source, copy) for key in side.key_ends() if isinstance(key, int)]
    return [*range(((max(keys) - cut.start) >> cut.bits) + 1), None] if keys else [None]


def block_of(cut: Cut, key: Sequence[str]) -> Block:
    """Return the block in which a key is, given the canonical texts of its values."""
    if isinstance(cut, Buckets):
        return md5("".join(key).encode(), usedforsecurity=False).hexdigest()[: cut.digits]
    return (int(key[0][1:-1]) - cut.start) >> cut.bits if key[0][0] == "i" else None


def match(source: Digests, copy: Digests) -> None:
    """Compare two tables by the means of an engine from here on, if one can and says what canonical texts say.

    Such digests find blocks alone: of blocks that differ, rows are compared by their canonical texts in any case.
    """
    if source.can_match(copy):
        is_one = source.session.engine == copy.session.engine
        pairs = zip(source.held, copy.held, strict=True)
        source.alike = copy.alike = tuple(_alike(one, other, is_one=is_one) for one, other in pairs)


def _alike(one: Held, other: Held, *, is_one: bool) -> Alike:
    """Return what two columns have in common; those of two engines never their type, whatever its name."""
    columns = one.column, other.column
    if is_one and columns[0].kind is columns[1].kind and columns[0].declared == columns[1].declared:
        return Alike.TYPE
    is_form = one.form.kind is Kind.INTEGER or all(each.kind is Kind.TEXT and not each.shared for each in columns)
    return Alike.FORM if is_form else Alike.TEXTS


def unequal(source: Digests, copy: Digests, cut: Cut, within: Within | None = None) -> Iterator[Within]:
    """Yield the blocks in which the tables differ, cut where it pays, in portions of not too many rows."""
    one, other = at_once(source, copy, lambda side: side.total(within))
    if one is None or one != other:
        yield from _unequal(source, copy, cut, within)


def _unequal(source: Digests, copy: Digests, cut: Cut, within: Within | None) -> Iterator[Within]:
    waiting: list[Block] = []
    rows = 0
    most = min(source.most_ranges, copy.most_ranges) if isinstance(cut, Ranges) else _BUCKETS
    large: list[Block] = []
    for block, size in _differing(*both(source, copy, cut, within)):
        if size > BOTTOM_ROWS and cut.finer and block is not None:
            large.append(block)
            continue
        if waiting and (rows + size > _PORTION or len(waiting) == most):
            yield Within(cut, tuple(waiting))
            waiting, rows = [], 0
        waiting.append(block)
        rows += size
    if waiting:
        yield Within(cut, tuple(waiting))
    for some in _batches(large, most):
        assert cut.finer is not None  # noqa: S101 - only then is a block large
        yield from _unequal(source, copy, cut.finer, Within(cut, some))


def portioned(within: Within) -> Iterator[Within]:
    """Yield some blocks in portions that one query can ask about: a condition of too many ranges is too deep for some.

    All buckets stay together, since each query about some of them reads the whole table.
    """
    if not isinstance(within.cut, Ranges):
        yield within
        return
    for some in _batches(within.blocks, Digests.most_ranges):
        yield Within(within.cut, some)


def both(source: Digests, copy: Digests, cut: Cut, within: Within | None) -> tuple[Blocks, Blocks]:
    """Digest the blocks of both sides at once."""
    found = source.beside(copy, cut, within)
    return at_once(source, copy, lambda side: side.blocks(cut, within)) if found is None else found


def at_once(source: Digests, copy: Digests, ask: Callable[[Digests], Answer]) -> tuple[Answer, Answer]:
    """Ask both sides the same at once, and again for canonical digests where their engines' own do not serve."""
    try:
        return _asked(source, copy, ask)
    except Unmatched:
        source.alike = copy.alike = None
        return _asked(source, copy, ask)


def _asked(source: Digests, copy: Digests, ask: Callable[[Digests], Answer]) -> tuple[Answer, Answer]:
    """Ask both sides, one of them in another thread if its engine allows it."""
    sides = (source, copy)
    aside = next((at for at in (0, 1) if sides[at].session.capabilities.serves_threads), None)
    if aside is None or source.session is copy.session:
        return ask(source), ask(copy)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, sides[aside])
        here = ask(sides[1 - aside])
        there = waiting.result()
    return (there, here) if aside == 0 else (here, there)


def _differing(source: dict[Block, Digest], copy: dict[Block, Digest]) -> Iterator[tuple[Block, int]]:
    """Yield the blocks whose digests differ, in the order of their names, each with its number of rows."""
    none = (0, 0)
    for block in sorted(source.keys() | copy.keys(), key=lambda each: (each is None, each)):
        one, other = source.get(block, none), copy.get(block, none)
        if one != other:
            yield block, max(one[0], other[0])


def _batches(blocks: Iterable[Block], size: int) -> Iterator[tuple[Block, ...]]:
    left = iter(blocks)
    while some := tuple(islice(left, size)):
        yield some
