"""How a text names a strategy: by its name, by a variant's id, with parameters; and which texts name none."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.errors import Refused
from incload.registry import strategies, strategy, strategy_classes


def test_every_variant_is_named_by_its_id() -> None:
    """The id that a report shows is what the command line takes."""
    assert [strategy(variant.id) for variant in strategies()] == list(strategies())


def test_every_name_stands_for_its_default() -> None:
    """A name without parameters is the first variant."""
    assert [strategy(name) for name in strategy_classes()] == [
        defined.variants()[0] for defined in strategy_classes().values()
    ]


def test_ids_are_permanent_words() -> None:
    """Lower case letters, digits and underscores; no two alike."""
    ids = [variant.id for variant in strategies()]

    assert [each for each in ids if not each.replace("_", "a").isalnum() or each != each.lower()] == []
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("lookback_window:minutes=30", {"minutes": 30, "from_clock": False}),
        ("lookback_window:minutes=0.5,from_clock=true", {"minutes": 0.5, "from_clock": True}),
        ("lookback_window:", {"minutes": 10, "from_clock": False}),
        ("timestamp_watermark:inclusive=True", {"inclusive": True}),
        ("row_hash_cdc:removes=false", {"removes": False}),
        ("sparse_lookback:days=(1,2.5,30),minutes=3", {"minutes": 3, "days": (1, 2.5, 30)}),
        ("lookback_with_reconciliation:every=2", {"minutes": 10, "every": 2}),
    ],
)
def test_parameters_are_read_as_their_types(text: str, parameters: dict[str, object]) -> None:
    """Numbers, truths and tuples; what is not named keeps its default."""
    named = strategy(text)

    assert {each.name: getattr(named, each.name) for each in fields(named)} == parameters


@given(st.integers(0, 10**6))
def test_any_number_of_minutes_is_taken(minutes: int) -> None:
    """And is the window."""
    named = strategy(f"lookback_window:minutes={minutes}")

    assert named.reach is not None
    assert named.reach.window == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timestamp_watermrk", r"^unknown strategy 'timestamp_watermrk': did you mean timestamp_watermark\?$"),
        ("zzz", "^unknown strategy 'zzz': known: adaptive_lookback, boundary_dedup, "),
        ("", "^unknown strategy '': known: "),
        ("lookback_window:minuts=3", r"^unknown parameter of lookback_window 'minuts': did you mean minutes\?$"),
        ("full_refresh:x=1", "^full_refresh has no parameters: leave out 'x=1'[.]$"),
        ("lookback_window:minutes", "^parameter minutes of lookback_window cannot be '': give a value such as 10[.]$"),
        ("lookback_window:minutes=soon", "cannot be 'soon': give a value such as 10"),
        ("lookback_window:minutes=-1", "cannot be '-1'"),
        ("lookback_window:minutes=true", "cannot be 'true'"),
        ("lookback_window:minutes=1e999", "cannot be '1e999'"),
        ("lookback_window:minutes=1e300", "^lookback_window cannot be run with 'minutes=1e300': "),
        ("lookback_with_reconciliation:every=2.5", "cannot be '2.5': give a value such as 4"),
        ("timestamp_watermark:inclusive=yes", "cannot be 'yes': give a value such as False"),
        ("timestamp_watermark:inclusive=1", "cannot be '1'"),
        ("sparse_lookback:days=7", r"cannot be '7': give a value such as \(1, 7\)"),
        ("sparse_lookback:days=('a',)", "^sparse_lookback cannot be run with "),
        ("lookback_window:minutes=__import__('os')", 'cannot be "__import__'),
    ],
)
def test_a_text_that_names_no_strategy_is_refused(text: str, said: str) -> None:
    """In one sentence, with the nearest name or a value that would do."""
    with pytest.raises(Refused, match=said) as refused:
        strategy(text)

    assert "\n" not in str(refused.value)
