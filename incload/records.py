"""Frozen records that are made faster than those of `dataclasses`, for a program that starts for every load.

A dataclass costs half a millisecond when its class is made, as each of its methods is compiled. Here methods are
shared, and `__init__` is compiled when the first record of a class is made, so that classes a run does not use cost
next to nothing. What must stay true: a record behaves as a dataclass with `frozen` and `slots` does, and the functions
of `dataclasses` take it for one.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MISSING = object()


class _Field:
    """What a record's class says of one field."""

    __slots__ = ("compare", "default", "factory", "name", "type")

    def __init__(self, default: object, factory: Any, *, compare: bool) -> None:  # noqa: ANN401 - makes any value
        self.name = self.type = ""
        self.default, self.factory, self.compare = default, factory, compare


def field(*, default: Any = _MISSING, default_factory: Any = _MISSING, compare: bool = True) -> Any:  # noqa: ANN401 - as in `dataclasses`
    """Say of a field what its default does not: how it is made, and whether records that differ in it differ."""
    return _Field(default, default_factory, compare=compare)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen record of its annotated fields, with slots."""
    content = dict(vars(cls))
    inherited: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        inherited |= vars(base).get("__record_fields__", {})
    own = _own_fields(content)
    fields = inherited | own
    for name in (*own, "__dict__", "__weakref__"):
        content.pop(name, None)
    compared = tuple(name for name, each in fields.items() if each.compare)
    shared = {
        "__init__": _first_init,
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__getstate__": _state,
        "__setstate__": _set_state,
        "__match_args__": tuple(fields),
        "__dataclass_fields__": _AsDataclass("__dataclass_fields__"),
        "__dataclass_params__": _AsDataclass("__dataclass_params__"),
        "__record_fields__": fields,
        "__record_values__": attrgetter(*compared) if compared else staticmethod(_nothing),
        "__slots__": tuple(name for name in own if name not in inherited),
    }
    metaclass: Any = type(cls)
    made: Any = metaclass(cls.__name__, cls.__bases__, {**shared, **content, "__slots__": shared["__slots__"]})
    made.__qualname__ = cls.__qualname__
    return made  # type: ignore[no-any-return]  # the class again


def replace(changed: T, /, **changes: Any) -> T:  # noqa: ANN401 - as in `dataclasses`
    """Return a record, or a dataclass, with other values in some fields."""
    kind: Any = type(changed)
    for name in kind.__match_args__:
        if name not in changes:
            changes[name] = getattr(changed, name)
    return kind(**changes)  # type: ignore[no-any-return]  # one of the same class


def _own_fields(content: dict[str, Any]) -> dict[str, _Field]:
    found = {}
    for name, type_ in content.get("__annotations__", {}).items():
        if str(type_).startswith("ClassVar"):
            continue
        default = content.get(name, _MISSING)
        found[name] = default if isinstance(default, _Field) else _Field(default, _MISSING, compare=True)
        found[name].name, found[name].type = name, type_
    return found


def _first_init(self: Any, *args: Any, **options: Any) -> None:  # noqa: ANN401 - of any record
    """Compile what makes a record of this class, and make the first."""
    owner: Any = next(each for each in type(self).__mro__ if vars(each).get("__init__") is _first_init)
    made = _compiled_init(owner)
    owner.__init__ = made
    made(self, *args, **options)


def _compiled_init(owner: Any) -> Callable[..., None]:  # noqa: ANN401 - the class of any record
    fields: dict[str, _Field] = owner.__record_fields__
    known: dict[str, object] = {"_missing": _MISSING}
    parameters, body = ["self"], []
    for name, each in fields.items():
        known[f"_set_{name}"] = getattr(owner, name).__set__
        value = name
        if each.factory is not _MISSING:
            known[f"_make_{name}"] = each.factory
            parameters.append(f"{name}=_missing")
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif each.default is not _MISSING:
            known[f"_default_{name}"] = each.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        body.append(f" _set_{name}(self, {value})")
    if hasattr(owner, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + ("\n".join(body) or " pass"), known)  # noqa: S102 - of names of fields
    made: Any = known["__init__"]
    made.__qualname__ = f"{owner.__qualname__}.__init__"
    made.__annotations__ = {name: each.type for name, each in fields.items()} | {"return": "None"}
    return made  # type: ignore[no-any-return]  # as it was just defined


def _nothing(_: object) -> tuple[()]:
    return ()


def _eq(self: Any, other: object) -> bool:  # noqa: ANN401 - of any record
    if other.__class__ is not self.__class__:
        return NotImplemented  # type: ignore[no-any-return]  # as Python has it
    return bool(_values(self) == _values(other))


def _values(each: Any) -> Any:  # noqa: ANN401 - of any record
    return each.__record_values__(each)


def _hash(self: Any) -> int:  # noqa: ANN401 - of any record
    return hash(_values(self))


def _repr(self: Any) -> str:  # noqa: ANN401 - of any record
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__record_fields__)
    return f"{type(self).__qualname__}({values})"


def _refuse_set(self: object, name: str, value: object) -> None:  # noqa: ARG001 - as Python calls it
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:  # noqa: ARG001 - as Python calls it
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401 - of any record
    return [getattr(self, name) for name in type(self).__record_fields__]


def _set_state(self: Any, state: list[object]) -> None:  # noqa: ANN401 - of any record
    for name, value in zip(type(self).__record_fields__, state, strict=True):
        object.__setattr__(self, name, value)


class _AsDataclass:
    """What `dataclasses` looks for in a class, made when it first looks."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _: object, owner: Any) -> object:  # noqa: ANN401 - the class of any record
        import dataclasses

        class Alike:
            """A class of the same fields."""

        fields: dict[str, _Field] = owner.__record_fields__
        for name, each in fields.items():
            default: dict[str, Any] = {} if each.default is _MISSING else {"default": each.default}
            made: dict[str, Any] = {} if each.factory is _MISSING else {"default_factory": each.factory}
            setattr(Alike, name, dataclasses.field(compare=each.compare, **default, **made))
        Alike.__annotations__ = {name: each.type for name, each in fields.items()}
        alike = dataclasses.dataclass(frozen=True)(Alike)
        for name in ("__dataclass_fields__", "__dataclass_params__"):
            setattr(owner, name, getattr(alike, name))
        return getattr(owner, self._name)
