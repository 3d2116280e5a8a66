"""The canonical text of a row, from which every engine computes one digest; docs/audit.md describes it to the byte.

A value is written as a letter for its form, its text and a semicolon; a null is `n;`. Texts carry their length in
bytes, so that no value can be mistaken for the end of another. The digest of a row is the first eight bytes of the md5
of its text, as an unsigned big-endian number; the digest of a block is the number of its rows and the sum of theirs.
What must stay true: two engines that hold the same value write the same text, and no other value has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from incload.records import record
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from incload.engines.session import Row, Session
    from incload.engines.sql import Query
    from incload.table import Column

NULL = "n;"
TAGS = {
    Kind.INTEGER: "i",
    Kind.REAL: "r",
    Kind.TEXT: "t",
    Kind.TIMESTAMP: "m",
    Kind.DECIMAL: "d",
    Kind.BLOB: "b",
}
"""The letter of each form."""
ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
"""The texts that are read as times: none that is finer than a microsecond."""
DECIMAL = r"-?(0|[1-9]\d*)(\.\d+)?"
"""The texts that are read as exact numbers."""

LARGEST_SINGLE = 3.4028235677973362e38
"""Every float of 64 bits below this has a nearest one of 32 bits; those beyond are compared as they are."""

Block = int | str | None
"""The name of a block: the number of a range of keys, the first digits of keys' digests, or None for keys of no range.
"""
Digest = tuple[int, int]
"""How many rows a block has, and the sum of their digests modulo 2 to the power of 64."""
Blocks = dict[Block, Digest]


@record
class Form:
    """The form in which the values of a column are compared.

    Attributes:
        kind: A kind that has a letter.
        per_second: In how many ticks per second times are compared.
        single: Whether floats are compared as those of 32 bits.
        trimmed: Whether spaces at the end of texts do not count.
        lossy: Whether NaN and times without end count as null, because one side cannot hold them.
        listed: Whether values are lists of floats, written as the text of a list of their bits.
    """

    kind: Kind
    per_second: int = 0
    single: bool = False
    trimmed: bool = False
    lossy: bool = False
    listed: bool = False


@record
class Held:
    """A column of one side, and the form in which its values are compared.

    Attributes:
        column: The column.
        form: The form.
        unit: How many ticks per second it counts, where it holds times as integers.
    """

    column: Column
    form: Form
    unit: int = 0

    @property
    def factor(self) -> int:
        """By what the ticks of the column are multiplied for the comparison."""
        return self.form.per_second // (self.unit or self.column.per_second)


@record
class Ranges:
    """Blocks of neighbouring whole numbers: block n holds the keys of which `(key - start) >> bits` is n."""

    start: int
    bits: int

    @property
    def finer(self) -> Ranges | None:
        """Blocks of a part of the size, each within one of these; None where a block is one key."""
        return Ranges(self.start, max(self.bits - 5, 0)) if self.bits else None

    def bounds(self, block: int) -> tuple[int, int]:
        """Return the first and the last key of a block."""
        first = self.start + (block << self.bits)
        return first, first + (1 << self.bits) - 1

    def spans(self, blocks: Iterable[Block]) -> list[tuple[int, int]]:
        """Return the first and the last keys of some blocks, neighbours taken together."""
        spans: list[tuple[int, int]] = []
        for first, last in map(self.bounds, sorted(block for block in blocks if isinstance(block, int))):
            if spans and spans[-1][1] + 1 == first:
                spans[-1] = spans[-1][0], last
            else:
                spans.append((first, last))
        return spans


@record
class Buckets:
    """Blocks of keys with the same first hexadecimal digits of the md5 of their canonical text, whatever they are."""

    digits: int

    @property
    def finer(self) -> Buckets | None:
        """Blocks of a part of the size, each within one of these."""
        return Buckets(self.digits + 1) if self.digits < 16 else None


Cut = Ranges | Buckets


class Alike(IntEnum):
    """How much the types of two columns have in common that are compared by an engine's own means."""

    TEXTS = 0
    """Their canonical texts alone."""
    FORM = 1
    """Both are whole numbers, or texts."""
    TYPE = 2
    """They are the same."""


class Unmatched(Exception):  # noqa: N818 - it reads as what was found
    """Two tables cannot be compared by an engine's own means after all: a value is none of its column's type."""


class Digests(ABC):
    """The rows of one table as an engine writes and digests them.

    Attributes:
        session: The session that reads the table.
        relation: What stands behind FROM, with the alias `r`.
        held: The columns that are compared.
        key: Which of them are the key.
        alike: How much the type of each column has in common with that of the other table, where both are compared by
            an engine's own means; None where rows are compared by their canonical texts.
        most_ranges: How many ranges of keys are asked about in one query: each is looked up, and a condition of too
            many is too deep for some engines.
        at: Is handed how many parts of both whole tables are compared, and of how many, where an engine reads both at
            once.
    """

    most_ranges: ClassVar[int] = 50
    alike: tuple[Alike, ...] | None = None
    at: Callable[[int, int], None] | None = None

    def __init__(self, session: Session, relation: str, held: Sequence[Held], key: Sequence[int]) -> None:
        """Digest the columns of a relation."""
        self.session, self.relation = session, f"{relation} AS r"
        self.held, self.key = tuple(held), tuple(key)

    @property
    def is_alike(self) -> bool:
        """Whether the digests of blocks are the engine's own, which only another table of it compares with."""
        return self.alike is not None

    def can_match(self, other: Digests) -> bool:  # noqa: ARG002 - an engine may be able to
        """Return whether the engine's own digests say of two of its tables what the canonical ones say."""
        return False

    def reads_both(self, other: Digests, cut: Cut) -> bool:  # noqa: ARG002 - an engine may do so
        """Return whether the engine reads two of its tables at once, and itself says how far it is."""
        return False

    def beside(self, other: Digests, cut: Cut, within: Within | None) -> tuple[Blocks, Blocks] | None:  # noqa: ARG002 - an engine may
        """Return the blocks that differ, where the engine reads two of its tables at once; None where it does not."""
        return None

    def total(self, within: Within | None) -> Digest | None:  # noqa: ARG002 - an engine may have one
        """Return the digest of all blocks, where that takes less time than those of each; None where it does not."""
        return None

    @property
    def quoted_key(self) -> str:
        """The first key column in SQL."""
        return self.session.quote(self.held[self.key[0]].column.name)

    @abstractmethod
    def blocks(self, cut: Cut, within: Within | None = None) -> dict[Block, Digest]:
        """Return the digest of each block, of all rows or of those in some blocks of a coarser cut."""

    @abstractmethod
    def rows(self, within: Within) -> list[tuple[str, ...]]:
        """Return the rows of some blocks, each value as its canonical text."""

    @abstractmethod
    def largest(self, place: int) -> str:
        """Return the canonical text of the largest value of a column, texts by their bytes."""

    @abstractmethod
    def holding(self, place: int, texts: Sequence[str]) -> set[str]:
        """Return those of some canonical texts that a column holds; the column is read once for every thousand."""

    def key_span(self) -> Row:
        """Return how many rows there are, and the smallest and largest key, of which the key's first column is one."""
        key = self.quoted_key
        ((count, low, high),) = self.session.rows(f"SELECT count(*), min({key}), max({key}) FROM {self.relation}")
        return count, low, high

    def key_ends(self) -> Row:
        """Return the smallest and the largest key alone."""
        return self.key_span()[1:]

    def count(self) -> int:
        """Return how many rows there are."""
        ((number,),) = self.session.rows(f"SELECT count(*) FROM {self.relation}")
        return int(str(number))

    def repeated(self) -> Row | None:
        """Return a key that stands in several rows, or that is null in part; None where there is none."""
        names = [self.session.quote(self.held[place].column.name) for place in self.key]
        listed, nulls = ", ".join(names), " OR ".join(f"{name} IS NULL" for name in names)
        found = self.session.rows(
            f"SELECT {listed} FROM {self.relation} GROUP BY {listed} HAVING count(*) > 1 OR {nulls} LIMIT 1"
        )
        return found[0] if found else None

    @abstractmethod
    def conditions(self, within: Within) -> Iterator[Query]:
        """Yield conditions, of which each row of some blocks fulfils one."""

    def range_condition(self, cut: Ranges, blocks: Iterable[Block]) -> str:
        """Return the condition that a key is in one of some ranges, neighbours taken together."""
        key = self.quoted_key
        parts = [f"({key} >= {first} AND {key} <= {last})" for first, last in cut.spans(blocks)]
        if None in blocks:
            parts.append(self.keyless())
        return " OR ".join(parts)

    def keyless(self) -> str:
        """Return the condition that a key is in no range."""
        return f"{self.quoted_key} IS NULL"


@record
class Within:
    """Some blocks of a cut, which are not many."""

    cut: Cut
    blocks: tuple[Block, ...]
