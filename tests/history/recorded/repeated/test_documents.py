"""Versions of a document read one after the other: what they give is what each gives alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.engines.files.documents import loads
from incload.engines.files.layout import Layout, Unusable
from incload.history.recorded.repeated.documents import Documents

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, width=16)
    | st.text('a"\\,]}é', max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab]"), inner, max_size=2),
    max_leaves=6,
)
_RECORDS = st.lists(_VALUES, max_size=4)
_BREAKS = st.tuples(st.integers(0, 200), st.sampled_from(["", ",", "}", "]", '"', "{", " ", "\n", ":", "1", "\ufeff"]))


def _read(document_of: object, text: str) -> str:
    """Return what a text is read as, types and order included, or why it cannot be read."""
    try:
        return repr(document_of(text))  # type: ignore[operator]  # any reader of a text
    except Unusable as error:
        return f"unusable: {error}"


def _document(records: list[object], path: str) -> object:
    document: object = records
    for name in reversed(path.split(".") if path else []):
        document = {"a": 1, name: document, "z": [{"a": 1}]}
    return document


@given(
    st.lists(_RECORDS, min_size=2, max_size=4), st.sampled_from(["", "x", "x.y"]), st.sampled_from([None, 1]), _BREAKS
)
def test_a_version_is_read_as_it_is_alone(
    versions: list[list[object]], path: str, indent: int | None, broken: tuple[int, str]
) -> None:
    """Whatever stood in the versions before, also in one that is broken somewhere, and in the one after it."""
    documents = Documents(Layout(path))
    texts = [json.dumps(_document([*versions[0], *records], path), indent=indent) for records in versions]
    at, put = broken
    texts.insert(1, texts[-1][:at] + put + texts[-1][at + 1 :])

    assert [_read(documents.loads, text) for text in texts] == [_read(loads, text) for text in texts]


def test_a_record_whose_text_stays_is_the_same_object() -> None:
    """Wherever it stands; one of which a blank has changed is read again."""
    documents = Documents(Layout("rows"))
    first = documents.loads('{"rows": [{"id": 1}, {"id": 2}, {"id": 3}]}')
    second = documents.loads('{"more": 1, "rows": [{"id": 3}, {"id": 4}, {"id": 1}, {"id":2}]}')

    assert isinstance(first, dict)
    assert isinstance(second, dict)
    before, after = first["rows"], second["rows"]
    assert after == [{"id": 3}, {"id": 4}, {"id": 1}, {"id": 2}]
    assert [any(record is each for each in before) for record in after] == [True, False, True, False]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", '{"a": {"id": 1}, "b": {"id": 2}}'),
        ("rows", '{"rows": {"a": {"id": 1}, "b": {"id": 2}}}'),
        ("all.rows", '{"all": {"n": 2, "rows": {"a": {"id": 1}, "b": {"id": 2}}}}'),
    ],
)
def test_records_of_an_object_are_the_same_objects(path: str, text: str) -> None:
    """However many names lead to it."""
    documents = Documents(Layout(path, key_from_name="code"))
    first, second = documents.loads(text), documents.loads(f" {text}")
    for name in path.split(".") if path else ():
        assert isinstance(first, dict)
        assert isinstance(second, dict)
        first, second = first[name], second[name]

    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert second == {"a": {"id": 1}, "b": {"id": 2}}
    assert [second[name] is first[name] for name in "ab"] == [True, True]


def test_records_that_inherit_a_field_are_read_each_time() -> None:
    """What is around them is written into them, and may be another thing in the next version."""
    documents = Documents(Layout("rows", inherited=("..at",)))
    first = documents.loads('{"at": 1, "rows": [{"id": 1}]}')
    second = documents.loads('{"at": 2, "rows": [{"id": 1}]}')

    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["rows"][0] is not second["rows"][0]


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": [{"id": 1}],}',
        '{"rows": [{"id": 1},]}',
        '{"rows": [{"id": 1}]} x',
        "{1: []}",
        "",
        "[",
        '{"a"',
        '{"a": 1, "a": 2}',
    ],
)
def test_a_document_that_is_none_is_refused_as_any_other(text: str) -> None:
    """In the words of the reader of any document."""
    with pytest.raises(Unusable) as alone:
        loads(text)
    with pytest.raises(Unusable) as here:
        Documents(Layout("rows")).loads(text)

    assert str(here.value) == str(alone.value)


def test_many_records_of_one_beginning_are_all_found_in_their_order() -> None:
    """More than are compared at once: the one that is expected next is tried first."""
    text = json.dumps([{"same": "x" * 300, "id": number} for number in range(50)])
    documents = Documents(Layout())

    first, second = documents.loads(text), documents.loads(text)

    assert isinstance(first, list)
    assert isinstance(second, list)
    assert [one is other for one, other in zip(first, second, strict=True)] == [True] * 50
