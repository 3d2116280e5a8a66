"""The names of contenders and strategies, which readers of a report have to find again."""

from __future__ import annotations

import pytest

from incload.contenders.named import named
from incload.errors import Refused, is_read_as_nothing
from incload.registry import strategy_classes


@pytest.mark.parametrize("name", ["null", "nan", "none", "na"])
def test_a_name_that_readers_drop_is_refused(name: str) -> None:
    """With the remedy."""
    with pytest.raises(Refused, match=f"--contender {name}: readers of the report take '{name}' for no value: rename"):
        named([f"{name}=true"], 1, "", ())


def test_every_name_that_pandas_drops_is_known() -> None:
    """As the reader itself lists them, of those that may be a name; case is no remedy."""
    from pandas._libs.parsers import STR_NA_VALUES

    words = {each for each in STR_NA_VALUES if each and each[0].isalpha()}

    assert words >= {"NA", "NULL", "None", "n/a", "nan"}
    assert all(map(is_read_as_nothing, words))
    assert not any(map(is_read_as_nothing, strategy_classes()))
