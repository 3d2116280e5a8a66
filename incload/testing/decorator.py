"""`scenarios`: a test for each of several scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from incload.api.options import check_names
from incload.errors import Refused, unknown
from incload.harness.trials.matrix import CORE
from incload.history.synthetic.scenarios import SCENARIOS, scenario
from incload.testing.checking import CheckOptions, prepared

if TYPE_CHECKING:
    import pytest

    from incload.history.synthetic.scenario import Scenario

FIXTURE = "incload_scenario"
"""The fixture that a decorated test takes."""


def scenarios(*names: str, **options: Unpack[CheckOptions]) -> pytest.MarkDecorator:
    """Return a decorator that runs a test once for each scenario; the test takes the fixture `incload_scenario`.

    Args:
        *names: Ids of scenarios, separated by commas or one by one; `core` for the best known six, `all` for all that
            can happen to a sync whose state is not known.
        **options: See `CheckOptions`; `loses` is the set of scenarios in which the sync is known to get the copy wrong.

    Raises:
        Refused: A scenario or an option cannot be.
    """
    import pytest

    check_names("incload.testing.scenarios", options, CheckOptions)
    chosen = _chosen(names)
    _check_loses(options.get("loses", frozenset()), [each.id for each in chosen])
    checks = [pytest.param(prepared(each, options), id=each.id) for each in chosen]
    decorator: Any = pytest.mark.parametrize(FIXTURE, checks, indirect=True)
    found: pytest.MarkDecorator = decorator
    return found


def _chosen(names: tuple[str, ...]) -> list[Scenario]:
    """Return the scenarios that are named, each once."""
    texts = [part.strip() for name in names for part in name.split(",") if part.strip()]
    if not texts:
        raise Refused("scenarios() names no scenario: write core, all, or ids such as late_arrivals.")
    possible = tuple(each.id for each in SCENARIOS if not _needs_state(each))
    groups = {"core": CORE, "all": possible}
    return [scenario(name) for name in dict.fromkeys(name for text in texts for name in groups.get(text, (text,)))]


def _needs_state(each: Scenario) -> bool:
    """Return whether something happens to the loader's state, which is not known of a sync of the user's."""
    return any(fault.needs_state or fault.bends_state for fault in each.faults)


def _check_loses(loses: bool | set[str] | frozenset[str], chosen: list[str]) -> None:  # noqa: FBT001 - an option's value
    """Refuse a declared loss that cannot be seen."""
    if isinstance(loses, bool | str):
        raise Refused(f"loses={loses!r} is no set of scenarios: write loses={{'hard_deletes'}}.")
    for name in loses:
        if name not in {each.id for each in SCENARIOS}:
            raise unknown("scenario", name, (each.id for each in SCENARIOS))
        if name not in chosen:
            raise Refused(f"loses= names {name}, which is none of the chosen scenarios: add it, or take it out.")
