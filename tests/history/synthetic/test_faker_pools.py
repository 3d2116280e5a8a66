"""The pools of words: fixed for one release of Faker, and watched for the next."""

from __future__ import annotations

import pytest

from incload.history.synthetic import faker_pools


def test_fakers_words_are_the_known_ones() -> None:
    """Faker still says what it said when the digests of datasets and histories were written down.

    When this fails and `test_no_timestamp_key_or_number_comes_from_faker` does not, a release of Faker changed its
    words: then the literal digests here, of the datasets and of the scenarios change together, and so do published
    histories.
    """
    assert faker_pools.pools_digest() == "7eb518b39805f27c"


def test_a_pool_is_built_once() -> None:
    """Asking again gives the same words in the same place."""
    assert faker_pools.pool("name") is faker_pools.pool("name")


@pytest.mark.parametrize("name", ["name", "user", "city", "note", "sensor"])
def test_a_pool_holds_a_thousand_texts(name: str) -> None:
    """Every pool is full, of text without nulls or blanks."""
    words = faker_pools.pool(name).to_pylist()

    assert len(words) == 1_000
    assert all(isinstance(word, str) and word.strip() for word in words)


@pytest.mark.parametrize("name", ["name", "city"])
def test_some_words_are_not_ascii(name: str) -> None:
    """Names of people and places hold letters that one byte cannot."""
    assert any(not word.isascii() for word in faker_pools.pool(name).to_pylist())


def test_an_unknown_pool_is_an_error() -> None:
    """A pool that no one described is not invented."""
    with pytest.raises(KeyError):
        faker_pools.pool("planet")
