"""A record behaves as a frozen dataclass with slots does, for its users and for the functions of `dataclasses`."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from incload.records import field, record, replace

if TYPE_CHECKING:
    from collections.abc import Callable


class Shape(ABC):
    """What records of both kinds inherit."""

    __slots__ = ()

    @abstractmethod
    def area(self) -> int:
        """How large it is."""


@record
class Box(Shape):
    """A record."""

    width: int
    height: int = 2
    notes: list[str] = field(default_factory=list, compare=False)
    unit: ClassVar[str] = "m"

    def area(self) -> int:
        """How large it is."""
        return self.width * self.height


@record
class Crate(Box):
    """A record that adds a field."""

    depth: int = 3


@record
class Checked:
    """A record that looks at what it is made of."""

    width: int

    def __post_init__(self) -> None:
        """Refuse what no box has."""
        if self.width < 0:
            raise ValueError(self.width)


@record
class Nothing:
    """A record without a field."""


@dataclasses.dataclass(frozen=True, slots=True)
class Like(Shape):
    """The dataclass that `Box` is to be like."""

    width: int
    height: int = 2
    notes: list[str] = dataclasses.field(default_factory=list, compare=False)
    unit: ClassVar[str] = "m"

    def area(self) -> int:
        """How large it is."""
        return self.width * self.height


def raised(act: Callable[[], object]) -> str:
    """Return the type of the error that a call raises."""
    with pytest.raises((AttributeError, TypeError)) as caught:
        act()
    return caught.type.__name__


ACTS: dict[str, Callable[[Any], object]] = {
    "default": lambda made: (made(1).height, made(1).notes, made.unit),
    "by name": lambda made: (made(height=5, width=4).area(), made(1, 2, ["a"]).notes),
    "equal": lambda made: (made(1) == made(1, notes=["a"]), made(1) == made(2), made(1) == 1, made(1) != made(1, 3)),
    "hash": lambda made: (hash(made(1)) == hash(made(1, notes=["a"])), len({made(1), made(1), made(2)})),
    "text": lambda made: repr(made(1)).partition("(")[2],
    "frozen": lambda made: raised(lambda: setattr(made(1), "width", 2)),
    "kept": lambda made: raised(lambda: delattr(made(1), "width")),
    "lacking": raised,
    "unknown": lambda made: raised(lambda: made(1, other=2)),
    "replace": lambda made: dataclasses.replace(made(1), width=7).area(),
    "fields": lambda made: [(each.name, each.compare) for each in dataclasses.fields(made)],
    "asdict": lambda made: dataclasses.asdict(made(1)),
    "copies": lambda made: (copy.copy(made(1)) == made(1), copy.deepcopy(made(1, notes=["a"])).notes),
    "matched": lambda made: made.__match_args__,
    "own": lambda made: raised(lambda: made(1).__dict__),
    "fresh": lambda made: made(1).notes is made(1).notes,
}


@pytest.mark.parametrize("act", ACTS)
def test_a_record_is_like_a_dataclass(act: str) -> None:
    """What is done with the one has the outcome that it has with the other."""
    assert ACTS[act](Box) == ACTS[act](Like)


def test_a_record_takes_no_other_attribute() -> None:
    """It says that it is frozen."""
    assert raised(lambda: setattr(Box(1), "other", 2)) == "FrozenInstanceError"


def test_a_record_can_be_pickled() -> None:
    """It comes back equal, with what it does not compare."""
    back = pickle.loads(pickle.dumps(Crate(1, notes=["a"], depth=4)))  # noqa: S301 - our own bytes

    assert (back, back.notes) == (Crate(1, depth=4), ["a"])


def test_a_record_adds_to_the_fields_of_another() -> None:
    """Inherited fields come first, and records of two classes are never equal."""
    crate = Crate(1, 2, [], 4)

    assert (crate.area(), crate.depth, repr(crate)) == (2, 4, "Crate(width=1, height=2, notes=[], depth=4)")
    assert Crate(1) != Box(1)


def test_a_dataclass_can_stand_on_a_record() -> None:
    """A class that is made the usual way takes the fields of the record."""

    @dataclasses.dataclass(frozen=True)
    class Tagged(Box):
        tag: str = ""

    assert (Tagged(1, tag="a").tag, Tagged(3).area(), [each.name for each in dataclasses.fields(Tagged)]) == (
        "a",
        6,
        ["width", "height", "notes", "tag"],
    )


def test_records_without_fields_are_one() -> None:
    """They are equal and have one hash."""
    assert (Nothing() == Nothing(), len({Nothing(), Nothing()}), repr(Nothing())) == (True, 1, "Nothing()")


def test_a_record_with_other_values_is_a_new_one() -> None:
    """The first stays as it was."""
    box = Box(1)

    assert (replace(box, width=5), box) == (Box(5), Box(1))


def test_an_abstract_record_cannot_be_made() -> None:
    """What is abstract stays so."""

    @record
    class Flat(Shape):
        width: int

    assert raised(lambda: Flat(1)) == "TypeError"


def test_a_record_checks_what_it_is_made_of() -> None:
    """Its `__post_init__` runs when one is made, and when a changed one is."""
    with pytest.raises(ValueError, match="-1"):
        Checked(-1)
    with pytest.raises(ValueError, match="-2"):
        replace(Checked(1), width=-2)
