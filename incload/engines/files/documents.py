"""JSON documents: read exactly, and the records in them.

A number is what the file says: an integer of any length, a float where a float is that number, else an `Exact`.
"""

from __future__ import annotations

import json
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Self

from incload.engines.files.layout import PARENT, Layout, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MISSING: Final = object()
"""What `find` returns when there is nothing under a path; null is a value."""

_EXACT = 2**53
_CERTAIN_DIGITS = 15
"""So many characters of a number hold no digit that a float of eight bytes would lose."""
_MOST_WHOLE_DIGITS = 400
_SHOWN = 5


class Exact(float):
    """A number that no float is; as a float it is the nearest one, and its text is that of the number itself."""

    __slots__ = ("text",)
    met: ClassVar[bool] = False
    """Whether there was ever one: what writes numbers need not look for them before."""
    text: str

    def __new__(cls, text: str) -> Self:
        """Keep the number's one text: no zeros at the end, and an exponent as Python writes it."""
        number = super().__new__(cls, text)
        sign, digits, exponent = Decimal(text).as_tuple()
        assert isinstance(exponent, int)  # noqa: S101 - JSON's own grammar knows no NaN here
        kept = "".join(map(str, digits)).rstrip("0") or "0"
        number.text = str(Decimal(f"{'-' * sign}{kept}e{exponent + len(digits) - len(kept)}"))
        cls.met = True
        return number

    def __repr__(self) -> str:
        """Return the number, not the float."""
        return self.text

    def __eq__(self, other: object) -> bool:
        """Compare the numbers."""
        return self.text == other.text if isinstance(other, Exact) else False

    def __hash__(self) -> int:
        """As its text."""
        return hash(self.text)


def number(text: str) -> float:
    """Return the number that a JSON text with a fraction or an exponent spells; a whole one as int."""
    near = float(text)
    if len(text) > _CERTAIN_DIGITS or "e" in text.lower():
        exact = Decimal(text)
        if Decimal(repr(near)) != exact:
            whole = exact.adjusted() < _MOST_WHOLE_DIGITS and exact == exact.to_integral_value()
            return int(exact) if whole else Exact(text)
    return int(near) if near.is_integer() and abs(near) <= _EXACT else near


def object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its pairs; refuse one that names something twice, of which one value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = sorted(name for name, _ in pairs)
        twice = next(name for name, other in pairwise(names) if name == other)
        raise Unusable(f"has an object that names {twice!r} twice: every name stands once in an object")
    return found


_encode = json.JSONEncoder(ensure_ascii=False).encode
_decoder = json.JSONDecoder(parse_float=number, object_pairs_hook=object_of)
_decode = _decoder.decode
scan = _decoder.raw_decode
"""Returns the value that begins at a place of a text, and where it ends; raises a ValueError where none begins."""


def loads(text: str) -> object:
    """Return the document of a JSON text; raise `Unusable` for what is none."""
    try:
        document: object = _decode(text)
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated") or error.pos >= len(error.doc.rstrip())
        where = f"{error.msg.removesuffix(' at')} at line {error.lineno} column {error.colno}"
        raise Unusable(f"breaks off: {where}" if cut else f"is no JSON: {where}") from error
    except ValueError as error:
        raise Unusable(f"is no JSON: {error}") from error
    return document


def exact_json(value: object, *, in_order: bool) -> str:
    """Return the JSON text of a value without spaces, with every digit of its numbers.

    Args:
        value: What a JSON text can hold.
        in_order: Whether the names of objects stand in their alphabet's order, and not in their own.
    """
    if isinstance(value, dict):
        names = sorted(value) if in_order else value
        return f"{{{','.join(f'{_encode(name)}:{exact_json(value[name], in_order=in_order)}' for name in names)}}}"
    if isinstance(value, list):
        return f"[{','.join(exact_json(each, in_order=in_order) for each in value)}]"
    return value.text if isinstance(value, Exact) else _encode(value)


def find(document: object, path: str) -> object:
    """Return what stands under a dotted path; a key that holds the dots itself wins over the way through them."""
    if not isinstance(document, dict):
        return MISSING
    if path in document:
        return document[path]
    head, dot, rest = path.partition(".")
    while dot:
        if head in document and (found := find(document[head], rest)) is not MISSING:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return MISSING


def paths_in(document: object, prefix: str = "", depth: int = 3) -> Iterator[str]:
    """Yield the dotted paths of everything in a document, down to a depth."""
    if isinstance(document, dict) and depth:
        for name, value in document.items():
            yield f"{prefix}{name}"
            yield from paths_in(value, f"{prefix}{name}.", depth - 1)


def nearest(path: str, documents: Iterable[object]) -> str:
    """Return a clause that names the path most like one that was not found, or those there are."""
    known = list(dict.fromkeys(found for document in documents for found in paths_in(document)))
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(path.casefold(), list(folded), n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"it has {', '.join(known[:12]) or 'no fields'}"


def records_in(document: object, layout: Layout) -> list[object]:
    """Return the records of a document, each with the fields that it inherits; raise `Unusable` without any place."""
    path = layout.records
    found = find(document, path) if path not in {"", "."} and not isinstance(document, list) else document
    if isinstance(found, dict) and layout.key_from_name:
        records = [_named(name, value, layout.key_from_name) for name, value in found.items()]
    elif isinstance(found, list):
        records = found
    elif isinstance(found, dict) and (path == "." or (not path and _is_record(found, layout))):
        records = [found]
    else:
        raise Unusable(_no_records(document, found, path))
    return _with_inherited(document, records, layout) if layout.inherited else records


def _is_record(document: dict[str, object], layout: Layout) -> bool:
    """Return whether a document is one record: it has a record's fields, and no records inside."""
    present = [find(document, path) for path in layout.required]
    values = all(value is not MISSING and not isinstance(value, dict | list) for value in present)
    return bool(present) and values and not any(map(_holds_records, document.values()))


def _holds_records(value: object) -> bool:
    """Return whether a value is a list or an object of objects."""
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return bool(inner) and all(isinstance(each, dict) for each in inner)


def _named(name: str, value: object, field: str) -> object:
    """Return the record of an object of objects, which has its name in a field; of a plain value it has `value`."""
    if not isinstance(value, dict):
        return {field: name, "value": value}
    if field in value:
        raise Unusable(f"has records with a field {field!r} of their own: give --key-from-name another name")
    return {field: name, **value}


def _with_inherited(document: object, records: list[object], layout: Layout) -> list[object]:
    """Give every record the fields of the document around it."""
    added: dict[str, object] = {}
    for path in layout.inherited:
        name = path.removeprefix(PARENT)
        value = _around(document, layout.records, name)
        if value is MISSING:
            raise Unusable(f"has no {name!r} around its records: {nearest(name, [document])}")
        added[name.rpartition(".")[2]] = value
    for record in records:
        if isinstance(record, dict):
            for name in added:
                if name in record:
                    raise Unusable(
                        f"has records with a field {name!r} of their own: name it without the dots before it"
                    )
            record.update(added)
    return records


def _around(document: object, path: str, name: str) -> object:
    """Return a field of the innermost object around the records that has it."""
    parts = path.split(".")[:-1]
    for depth in range(len(parts), -1, -1):
        inner = find(document, ".".join(parts[:depth])) if depth else document
        value = find(inner, name)
        if value is not MISSING:
            return value
    return MISSING


def _no_records(document: object, found: object, path: str) -> str:
    """Return why no records are there, with the paths under which there are some."""
    where = f"where --records {path} says" if path else "at its top and --records names none"
    paths = list(paths_in(document))
    lists = [other for other in paths if isinstance(find(document, other), list)][:_SHOWN]
    hints = [f"lists stand under {', '.join(lists)}"] if lists else []
    if isinstance(found, dict) and _holds_records(found):
        hints.append(f"an object of objects stands there: add{'' if path else ' --records .'} --key-from-name FIELD")
    elif named := [other for other in paths if _is_object_of_objects(find(document, other))][:_SHOWN]:
        hints.append(f"objects of objects, for --key-from-name, stand under {', '.join(named)}")
    return f"holds no list of records {where}: {'; '.join(hints) or 'there is no list in it'}"


def _is_object_of_objects(value: object) -> bool:
    return isinstance(value, dict) and _holds_records(value)
