"""The pools: a thousand words of each kind, asked of Faker once and kept.

Only this module knows Faker. Faker fills payload and decides nothing; its words may change between its releases, so
they have a digest of their own.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SIZE = 1_000
"""How many words a pool holds; some words may be equal."""

_SEED = 20_260_101
_RECIPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": ("name", ("en_US", "de_DE", "cs_CZ", "ja_JP")),
    "user": ("user_name", ("en_US",)),
    "city": ("city", ("en_US", "pl_PL", "fr_FR")),
    "note": ("catch_phrase", ("en_US",)),
    "sensor": ("mac_address", ("en_US",)),
}
"""Faker's method and the locales of each pool; several locales, so that text is not only ASCII."""


@cache
def pool(name: str) -> pa.Array:
    """Return the words of a pool as text; each of its locales gives an equal share.

    Raises:
        KeyError: There is no pool of that name.
    """
    import pyarrow as pa
    from faker import Faker

    method, locales = _RECIPES[name]
    words: list[str] = []
    for locale in locales:
        faker = Faker(locale, use_weighting=False)
        faker.seed_instance(_SEED)
        words += [getattr(faker, method)() for _ in range(-(-SIZE // len(locales)))]
    return pa.array(words[:SIZE], pa.string())


def pools_digest() -> str:
    """Return a short digest of all words, which distinguishes a change of Faker from a change of ours."""
    return sha256(repr([pool(name).to_pylist() for name in sorted(_RECIPES)]).encode()).hexdigest()[:16]
